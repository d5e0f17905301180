"""The gate: a released schema may grow, and may not break those who read it.

Our readers ignore unknown fields and skip unknown events, so both may be added. A field may not go, change its type, or lose a
value; a new field needs a default, because old messages lie on the topics. A new value of an enumeration breaks readers that
shipped before, so it is refused too. What must break gets a new event name.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def breaks(event: str, old: Schema, new: Schema) -> list[str]:
    """What of a schema would break a reader or an old message; empty when nothing would."""
    return list(_object(event, old, new, old.get("$defs", {}), new.get("$defs", {})))


def _object(where: str, old: Schema, new: Schema, olds: Schema, news: Schema) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, field in before.items():
        if name not in after:
            yield f"{where}.{name} is gone: keep it, or say the fact under a new event name"
        else:
            yield from _field(f"{where}.{name}", field, after[name], olds, news)
    for name in new.get("required", []):
        if name not in old.get("required", []):
            what = "is new and required: give it a default" if name not in before else "became required: old messages may lack it"
            yield f"{where}.{name} {what}"


def _field(where: str, old: Schema, new: Schema, olds: Schema, news: Schema) -> Iterator[str]:
    before, after = _variants(old, olds), _variants(new, news)
    for kind, schema in before.items():
        if kind not in after:
            yield f"{where} no longer takes {kind}: keep the type, or add a field"
        elif kind == "object":
            yield from _object(where, schema, after[kind], olds, news)
        elif kind == "array":
            yield from _field(f"{where}[]", schema.get("items", {}), after[kind].get("items", {}), olds, news)
        elif kind == "enum":
            yield from _values(where, schema, after[kind])
    for kind in after:
        if kind not in before:
            yield f"{where} may now be {kind}: readers that shipped before would refuse it; add a field instead"


def _values(where: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = set(map(str, old["enum"])), set(map(str, new["enum"]))
    for value in sorted(before - after):
        yield f"{where} lost the value {value!r}: old messages carry it"
    for value in sorted(after - before):
        yield f"{where} gained the value {value!r}: readers that shipped before would refuse it"


def _variants(schema: Schema, defs: Schema) -> dict[str, Schema]:
    """A field's possible types by kind."""
    if "$ref" in schema:
        return _variants(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    if "anyOf" in schema:
        found: dict[str, Schema] = {}
        for part in schema["anyOf"]:
            found |= _variants(part, defs)
        return found
    if "const" in schema:
        return {"enum": {"enum": [schema["const"]]}}
    if "enum" in schema:
        return {"enum": schema}
    kind = str(schema.get("type", "anything"))
    shape = schema.get("format", "")
    return {f"{kind} ({shape})" if shape else kind: schema}

"""Reads a FHIR R4 bundle, tolerantly: what is not understood is kept and named, and only what makes it useless is refused."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from services.intake.rules.chart import Chart, Coding, Entry, Identity, NotUnderstood

PRIVATE_IDENTIFIERS = {"SS", "DL", "PPN"}
"""Identifier types of HL7 v2-0203 that we do not need and therefore do not keep: social security, licence, passport."""
NOT_NEEDED = {
    "Account", "CarePlan", "CareTeam", "Claim", "Coverage", "Device", "DiagnosticReport", "DocumentReference", "Encounter",
    "ExplanationOfBenefit", "Goal", "ImagingStudy", "Immunization", "Location", "Medication", "Organization", "Practitioner",
    "PractitionerRole", "Procedure", "Provenance",
}  # fmt: skip
"""Resource types we know and have no use for in a screening: counted, not kept."""
FIRST_YEAR, LAST_YEAR = 1900, 2200
GENDERS = ("male", "female", "other", "unknown")


class BundleRefused(Exception):
    """A bundle that cannot be used. `expression` is a FHIRPath to the fault."""

    def __init__(self, expression: str, what: str, expected: str) -> None:
        super().__init__(what)
        self.expression = expression
        self.what = what
        self.expected = expected


class _Unreadable(Exception):
    """One entry that cannot be read; the reason carries no values."""


def read_bundle(body: bytes) -> Chart:
    """A chart from a bundle's JSON. Raises BundleRefused."""
    bundle = _parsed(body)
    resources = _resources(bundle)
    patients = [(at, r) for at, r in resources if r.get("resourceType") == "Patient"]
    if len(patients) != 1:
        raise BundleRefused("Bundle.entry.resource", f"The bundle holds {len(patients)} patients.", "exactly one Patient")
    at, patient = patients[0]
    identifiers, identity = _identifiers(patient, at), _identity(patient, at)
    entries: dict[str, Entry] = {}
    strange: list[NotUnderstood] = []
    medicines = _medicines(bundle, resources)
    for place, resource in resources:
        kind = resource.get("resourceType")
        try:
            for entry in _read(_with_medicine(resource, medicines), str(kind)):
                entries[entry.key] = entry
        except _Unreadable as fault:
            strange.append(NotUnderstood(place, str(kind)[:40], str(fault), json.dumps(resource)))
    return Chart(identifiers, identity, tuple(entries.values()), tuple(strange), len(resources))


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        bundle = json.loads(body, parse_constant=_no_json)
    except (RecursionError, ValueError):
        raise BundleRefused("Bundle", "The body is not JSON.", "a FHIR R4 Bundle as application/fhir+json") from None
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise BundleRefused("Bundle.resourceType", "This is not a Bundle.", "resourceType Bundle")
    if bundle.get("type") not in ("transaction", "batch", "collection", "document", "searchset"):
        raise BundleRefused("Bundle.type", "This type of bundle is not taken.", "transaction or collection")
    if not isinstance(bundle.get("entry"), list) or not bundle["entry"]:
        raise BundleRefused("Bundle.entry", "The bundle has no entries.", "at least a Patient")
    return bundle


def _no_json(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _resources(bundle: Mapping[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    found = []
    for place, entry in enumerate(bundle["entry"]):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            raise BundleRefused(f"Bundle.entry[{place}].resource", "The entry holds no resource.", "a resource")
        full_url = entry.get("fullUrl")
        if isinstance(full_url, str) and "id" not in resource:
            resource = {**resource, "id": full_url}
        found.append((place, resource))
    return found


def _medicines(bundle: Mapping[str, Any], resources: Sequence[tuple[int, dict[str, Any]]]) -> dict[str, Any]:
    """What a medicine of the bundle is, by the addresses it may be referred to."""
    found: dict[str, Any] = {}
    for place, resource in resources:
        if resource.get("resourceType") == "Medication":
            found[f"Medication/{resource.get('id')}"] = resource.get("code")
            found[str(bundle["entry"][place].get("fullUrl"))] = resource.get("code")
    return found


def _with_medicine(resource: dict[str, Any], medicines: Mapping[str, Any]) -> dict[str, Any]:
    """A prescription that refers to its medicine, in the bundle or within itself, with what that medicine is."""
    if "medicationCodeableConcept" in resource or "medicationReference" not in resource:
        return resource
    address = str(_dict(resource["medicationReference"]).get("reference"))
    within = {f"#{inner.get('id')}": inner.get("code") for inner in _list(resource.get("contained"))}
    concept = within.get(address) or medicines.get(address)
    return resource if concept is None else {**resource, "medicationCodeableConcept": concept}


def _identifiers(patient: Mapping[str, Any], place: int) -> tuple[tuple[str, str], ...]:
    found = []
    for identifier in _list(patient.get("identifier")):
        types = {str(coding.get("code")) for coding in _list(_dict(identifier.get("type")).get("coding"))}
        system, value = identifier.get("system"), identifier.get("value")
        if isinstance(system, str) and isinstance(value, str) and value.strip() and not types & PRIVATE_IDENTIFIERS:
            found.append((system, value.strip()))
    if not found:
        raise BundleRefused(
            f"Bundle.entry[{place}].resource.identifier",
            "The patient has no identifier we can know them by again.",
            "an identifier with system and value, such as a medical record number",
        )
    return tuple(sorted(set(found)))


def _identity(patient: Mapping[str, Any], place: int) -> Identity:
    names = [name for name in _list(patient.get("name")) if isinstance(name.get("family"), str)]
    names.sort(key=lambda name: name.get("use") != "official")
    if not names:
        raise BundleRefused(
            f"Bundle.entry[{place}].resource.name", "The patient has no family name.", "a name with family and given"
        )
    born = patient.get("birthDate")
    try:
        birth_date = date.fromisoformat(born) if isinstance(born, str) else None
    except ValueError:
        raise BundleRefused(f"Bundle.entry[{place}].resource.birthDate", "The birth date is no date.", "YYYY-MM-DD") from None
    gender = patient.get("gender", "unknown")
    return Identity(
        family_name=names[0]["family"],
        given_names=tuple(given for given in _items(names[0].get("given")) if isinstance(given, str)),
        birth_date=birth_date,
        gender=gender if gender in GENDERS else "unknown",
    )


def _read(resource: Mapping[str, Any], kind: str) -> list[Entry]:
    reader = READERS.get(kind)
    if reader is not None:
        return reader(resource)
    if kind == "Patient" or kind in NOT_NEEDED:
        return []
    raise _Unreadable("a resource type we do not know")


def _condition(resource: Mapping[str, Any]) -> list[Entry]:
    if _status(resource, "verificationStatus") in ("refuted", "entered-in-error"):
        return []
    active = _status(resource, "clinicalStatus") in ("active", "recurrence", "relapse", "")
    at = _instant(resource.get("onsetDateTime") or resource.get("recordedDate"))
    return [_entry(resource, "Condition", resource.get("code"), active=active, at=at)]


def _medication(resource: Mapping[str, Any]) -> list[Entry]:
    if resource.get("status") == "entered-in-error":
        return []
    concept = resource.get("medicationCodeableConcept")
    if concept is None:
        raise _Unreadable("the medicine is a reference to what is not in the bundle")
    active = resource.get("status") in ("active", "intended", "on-hold")
    at = _instant(resource.get("authoredOn") or resource.get("effectiveDateTime") or resource.get("dateAsserted"))
    return [_entry(resource, "Medication", concept, active=active, at=at)]


def _allergy(resource: Mapping[str, Any]) -> list[Entry]:
    if _status(resource, "verificationStatus") in ("refuted", "entered-in-error"):
        return []
    active = _status(resource, "clinicalStatus") in ("active", "")
    at = _instant(resource.get("recordedDate"))
    return [_entry(resource, "Allergy", resource.get("code"), active=active, at=at)]


def _observation(resource: Mapping[str, Any]) -> list[Entry]:
    if resource.get("status") in ("entered-in-error", "cancelled"):
        return []
    at = _instant(
        resource.get("effectiveDateTime") or _dict(resource.get("effectivePeriod")).get("start") or resource.get("issued")
    )
    entries: list[Entry] = []
    components = _list(resource.get("component"))
    for number, part in enumerate([resource, *components]):
        value, unit, answer = _value(part)
        if value is None and answer is None and (components or number):
            continue
        suffix = f"#{number}" if number else ""
        entries.append(
            _entry(resource, "Observation", part.get("code"), suffix=suffix, at=at, value=value, unit=unit, answer=answer)
        )
    return entries


READERS: Mapping[str, Callable[[Mapping[str, Any]], list[Entry]]] = {
    "Condition": _condition,
    "MedicationRequest": _medication,
    "MedicationStatement": _medication,
    "AllergyIntolerance": _allergy,
    "Observation": _observation,
}


def _entry(resource: Mapping[str, Any], kind: Any, concept: Any, *, suffix: str = "", **more: Any) -> Entry:
    identity = resource.get("id")
    if not isinstance(identity, str) or not identity:
        raise _Unreadable("it has no id or fullUrl to be known by again")
    source = f"{resource['resourceType']}/{identity.removeprefix('urn:uuid:')}"
    codings, text = _concept(concept)
    return Entry(key=source + suffix, kind=kind, codings=codings, text=text, source=source, **more)


def _concept(concept: Any) -> tuple[tuple[Coding, ...], str]:
    """Codes, and the words beside them or in their place: an allergy that somebody typed is an allergy."""
    found = [
        Coding(system=coding["system"], code=coding["code"], display=str(coding.get("display") or ""))
        for coding in _list(_dict(concept).get("coding"))
        if isinstance(coding.get("system"), str) and isinstance(coding.get("code"), str)
    ]
    said = _dict(concept).get("text")
    text = said.strip() if isinstance(said, str) else ""
    if not found and not text:
        raise _Unreadable("it carries neither a code of a code system nor words")
    return tuple(found), text


def _value(part: Mapping[str, Any]) -> tuple[float | None, str | None, str | None]:
    quantity = _dict(part.get("valueQuantity"))
    number = _number(quantity.get("value"))
    if number is not None:
        unit = quantity.get("code") or quantity.get("unit")
        return number, str(unit) if unit else None, None
    for coding in _list(_dict(part.get("valueCodeableConcept")).get("coding")):
        if isinstance(coding.get("code"), str):
            return None, None, f"{coding.get('system', '')}|{coding['code']}"
    text = part.get("valueString")
    return None, None, text if isinstance(text, str) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _status(resource: Mapping[str, Any], field: str) -> str:
    for coding in _list(_dict(resource.get(field)).get("coding")):
        if isinstance(coding.get("code"), str):
            return str(coding["code"])
    return ""


def _instant(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text if len(text) > 7 else f"{text}-01" if len(text) == 7 else f"{text}-01-01")
    except ValueError:
        raise _Unreadable("its date is no date") from None
    if not FIRST_YEAR <= instant.year < LAST_YEAR:
        raise _Unreadable(f"its date is not between {FIRST_YEAR} and {LAST_YEAR}")
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _list(value: Any) -> list[dict[str, Any]]:
    return [item for item in _items(value) if isinstance(item, dict)]


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

"""Reading a bundle: what is taken, what is kept and named, and what makes a bundle useless."""

import contextlib
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from services.intake.rules.fhir import BundleRefused, read_bundle

PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [
        {"system": "http://hospital.example/mrn", "value": " 12 "},
        {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-99-9999", "type": {"coding": [{"code": "SS"}]}},
    ],
    "name": [{"family": "Old", "use": "old"}, {"family": "Doe", "given": ["Jo"], "use": "official"}],
    "birthDate": "1985-05-05",
    "gender": "female",
}


def bundle(*resources: Any, **changed: Any) -> bytes:
    return json.dumps(
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": r} for r in (PATIENT, *resources)]} | changed
    ).encode()


def resource(kind: str, **fields: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": "1", **fields}


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


SNOMED = {"coding": [{"system": "http://snomed.info/sct", "code": "38341003", "display": "Hypertension"}]}


def test_a_patient_is_known_by_what_is_no_secret() -> None:
    chart = read_bundle(bundle())
    assert chart.identifiers == (("http://hospital.example/mrn", "12"),)
    assert (chart.identity.family_name, chart.identity.given_names, chart.identity.gender) == ("Doe", ("Jo",), "female")


TAKEN: list[tuple[str, dict[str, Any], list[tuple[bool, str | None, str]]]] = [
    # what comes                                                                                   active, code, words
    ("a condition", resource("Condition", code=SNOMED), [(True, "38341003", "")]),
    ("one resolved", resource("Condition", code=SNOMED, clinicalStatus=status("resolved")), [(False, "38341003", "")]),
    ("one entered in error", resource("Condition", code=SNOMED, verificationStatus=status("entered-in-error")), []),
    ("an allergy in words", resource("AllergyIntolerance", code={"text": " Ketamine "}), [(True, None, "Ketamine")]),
    (
        "a medicine stopped",
        resource("MedicationRequest", status="stopped", medicationCodeableConcept=SNOMED),
        [(False, "38341003", "")],
    ),
    ("an encounter, known and not needed", resource("Encounter"), []),
]


@pytest.mark.parametrize(("comes", "taken"), [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_what_is_taken(comes: dict[str, Any], taken: list[tuple[bool, str | None, str]]) -> None:
    chart = read_bundle(bundle(comes))
    assert [(e.active, e.codings[0].code if e.codings else None, e.text) for e in chart.entries] == taken
    assert chart.not_understood == ()


LAMOTRIGINE = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "28439"}]}
REFERRED: list[tuple[str, str, dict[str, Any]]] = [
    # what the prescription refers to      the medicine's entry in the bundle
    ("by type and id", "Medication/m", {"resource": {"resourceType": "Medication", "id": "m", "code": LAMOTRIGINE}}),
    ("by address", "urn:uuid:1", {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Medication", "code": LAMOTRIGINE}}),
    ("within itself", "#c", {"resource": {"resourceType": "Encounter"}}),
]


@pytest.mark.parametrize(("reference", "entry"), [row[1:] for row in REFERRED], ids=[row[0] for row in REFERRED])
def test_a_medicine_by_reference_is_found_in_the_bundle(reference: str, entry: dict[str, Any]) -> None:
    prescription = resource(
        "MedicationRequest",
        status="active",
        medicationReference={"reference": reference},
        contained=[{"resourceType": "Medication", "id": "c", "code": LAMOTRIGINE}],
    )
    chart = read_bundle(bundle(entry=[{"resource": PATIENT}, {"resource": prescription}, entry]))
    assert [entry.codings[0].code for entry in chart.entries] == ["28439"]
    assert chart.not_understood == ()


STRANGE: list[tuple[str, dict[str, Any], str]] = [
    ("a condition that says nothing", resource("Condition", code={}), "entry 1 (Condition): it carries neither"),
    (
        "a medicine by reference",
        resource("MedicationRequest", status="active", medicationReference={"reference": "x"}),
        "reference",
    ),
    ("a kind we do not know", resource("Spaceship"), "entry 1 (Spaceship): a resource type we do not know"),
    ("no id", {"resourceType": "Condition", "code": SNOMED}, "no id or fullUrl"),
    ("a date that nobody lived", resource("Condition", code=SNOMED, onsetDateTime="0001-01-01"), "not between 1900 and 2200"),
    ("a date that is none", resource("Condition", code=SNOMED, onsetDateTime="someday"), "its date is no date"),
]


@pytest.mark.parametrize(("comes", "named"), [row[1:] for row in STRANGE], ids=[row[0] for row in STRANGE])
def test_what_is_not_understood_is_kept_and_named(comes: dict[str, Any], named: str) -> None:
    [strange] = read_bundle(bundle(comes)).not_understood
    assert named in strange.name()
    assert json.loads(strange.content) == comes


REFUSED: list[tuple[str, bytes, str]] = [
    ("no JSON", b"{", "Bundle"),
    ("no UTF-8", b"\xff", "Bundle"),
    ("a list", b"[]", "Bundle.resourceType"),
    ("a history", bundle(type="history"), "Bundle.type"),
    ("nothing in it", bundle(entry=[]), "Bundle.entry"),
    ("two patients", bundle(PATIENT), "Bundle.entry.resource"),
    ("no patient", bundle(entry=[{"resource": resource("Condition", code=SNOMED)}]), "Bundle.entry.resource"),
    ("no identifier", bundle(entry=[{"resource": PATIENT | {"identifier": []}}]), "Bundle.entry[0].resource.identifier"),
    (
        "a secret for the only identifier",
        bundle(entry=[{"resource": PATIENT | {"identifier": [PATIENT["identifier"][1]]}}]),
        "Bundle.entry[0].resource.identifier",
    ),
    ("no name", bundle(entry=[{"resource": PATIENT | {"name": []}}]), "Bundle.entry[0].resource.name"),
    ("born never", bundle(entry=[{"resource": PATIENT | {"birthDate": "never"}}]), "Bundle.entry[0].resource.birthDate"),
]


WHOLE = json.loads(
    bundle(
        resource("Condition", code=SNOMED, clinicalStatus=status("active"), onsetDateTime="2020-01-01"),
        resource("MedicationRequest", status="active", medicationCodeableConcept=SNOMED, authoredOn="2020"),
        resource("AllergyIntolerance", code=SNOMED, recordedDate="2020-01"),
        resource(
            "Observation",
            code=SNOMED,
            effectiveDateTime="2020-01-01T00:00:00Z",
            valueQuantity={"value": 1, "unit": "kg", "code": "kg"},
            component=[{"code": SNOMED, "valueCodeableConcept": SNOMED}],
        ),
    )
)
ODD = (
    None,
    True,
    -1,
    1e300,
    10**400,
    "",
    "x",
    "2020-13-45",
    [],
    {},
    [None],
    [[]],
    {"a": 1},
    [1],
    {"coding": "x"},
    {"coding": [1]},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def test_whatever_stands_in_one_place_it_is_read_named_or_refused() -> None:
    for path in places(WHOLE):
        for odd in ODD:
            changed = deepcopy(WHOLE)
            inner = changed
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = odd
            with contextlib.suppress(BundleRefused):
                read_bundle(json.dumps(changed).encode())


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a": NaN}', b'{"a": Infinity}'])
def test_what_only_looks_like_json_is_refused(body: bytes) -> None:
    with pytest.raises(BundleRefused, match="not JSON"):
        read_bundle(body)


@pytest.mark.parametrize(("comes", "where"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_used_is_refused_by_a_path(comes: bytes, where: str) -> None:
    with pytest.raises(BundleRefused) as refused:
        read_bundle(comes)
    assert refused.value.expression == where

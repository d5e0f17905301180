"""`chairside refer`: foreign charts get decisions that cite their codes, and what is no chart is refused clearly."""

import json
from pathlib import Path

from tests.integration.chairside.conftest import Said

SHORT = {
    "identifier": {"system": "urn:test:charts", "value": "refer-1"},
    "family_name": "Test",
    "given_names": ["One"],
    "birth_date": "1980-02-01",
    "gender": "male",
    "conditions": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F33.2", "display": "Major depressive disorder"}],
    "medications": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "28439", "display": "lamotrigine"}],
    "allergies": [],
    "observations": [],
}


def test_real_charts_get_decisions_that_cite_their_codes(said: Said, charts: list[str]) -> None:
    code, first = said("refer", *charts)
    assert (code, first["referred"], first["refused"]) == (0, len(charts), 0)
    cited = set()
    for result in first["results"]:
        written = Path(next(chart for chart in charts if Path(chart).name == result["file"])).read_text()
        screening = result["screening"]
        assert screening["decision"] in ("ELIGIBLE", "REVIEW", "BLOCKED", "INCOMPLETE")
        assert screening["rules_version"]
        assert screening["fired"], "nobody with neither consent nor blood pressure may pass"
        for rule in screening["fired"]:
            for fact in rule["facts"]:
                if fact.get("code"):
                    system, _, value = fact["code"].rpartition("|")
                    assert system in written
                    assert f'"{value}"' in written
                    cited.add(value)
    assert "38341003" in cited, "hypertension, SNOMED CT, as the charts have it"
    code, again = said("refer", *charts)
    assert code == 0
    assert [(one["patient_id"], one["created"], one["changed"]) for one in again["results"]] == [
        (one["patient_id"], False, []) for one in first["results"]
    ]


def test_a_short_referral_is_screened_and_an_interaction_is_named(said: Said, tmp_path: Path) -> None:
    (tmp_path / "short.json").write_text(json.dumps(SHORT))
    code, answer = said("refer", str(tmp_path / "short.json"))
    (result,) = answer["results"]
    assert (code, result["created"]) == (0, True)
    (interaction,) = [rule for rule in result["screening"]["fired"] if rule["rule_id"] == "IX-01"]
    assert any("28439" in (fact.get("code") or "") for fact in interaction["facts"])


def test_what_is_no_chart_is_refused_and_the_others_are_not(said: Said, tmp_path: Path) -> None:
    nobody = {name: value for name, value in SHORT.items() if name != "identifier"}
    files = {
        "broken.json": "{",
        "list.json": "[]",
        "nobody.json": json.dumps(nobody),
        "empty-bundle.json": json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": []}),
        "good.json": json.dumps(SHORT | {"identifier": {"system": "urn:test:charts", "value": "refer-2"}}),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    code, answer = said("refer", *(str(tmp_path / name) for name in files))
    assert (code, answer["referred"], answer["refused"]) == (1, 1, 4)
    by_file = {result["file"]: result for result in answer["results"]}
    assert "no JSON" in by_file["broken.json"]["refused"]
    assert "identifier" in by_file["nobody.json"]["refused"]
    assert "screening" in by_file["good.json"]

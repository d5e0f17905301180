"""Charts: simulated patients with a short referral, answers, past treatments and readings that let the clinic decide. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from chairside.simulator.body import Body, drawn, scripted
from chairside.simulator.presets import Mood, Preset, Presets, Script

SIMULATED = "(simulated)"
"""Ends every simulated patient's family name, so that nobody takes one for a person."""
ICD10, RXNORM, IDENTIFIERS = (
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "urn:chairside:simulated",
)
FAMILY = ("Alder", "Birch", "Cedar", "Elm", "Hazel", "Juniper", "Larch", "Maple", "Oak", "Rowan", "Spruce", "Willow")
GIVEN = {
    "female": ("Ada", "Grace", "Hedy", "Joan", "Mary", "Radia"),
    "male": ("Alan", "Claude", "Dennis", "Edsger", "Ken", "Leslie"),
}
TRIALS = (("escitalopram", "SSRI", 20.0, 10.0), ("venlafaxine", "SNRI", 225.0, 75.0), ("bupropion", "NDRI", 300.0, 150.0))


@dataclass(frozen=True)
class Patient:
    """Somebody who never lived."""

    number: int
    gender: str
    birth_date: date
    family_name: str
    given_name: str
    weight_kg: float
    height_cm: float
    body: Body
    phq9: tuple[int, ...]
    script: Script | None = None

    def referral(self, run: str, now: datetime) -> dict[str, Any]:
        """The short referral that a front desk types. `run` keeps mornings apart: each has patients of its own."""
        return {
            "identifier": {"system": IDENTIFIERS, "value": f"{run}-{self.number}"},
            "family_name": f"{self.family_name} {SIMULATED}",
            "given_names": [self.given_name],
            "birth_date": self.birth_date.isoformat(),
            "gender": self.gender,
            "conditions": [
                {"system": ICD10, "code": "F33.2", "display": "Major depressive disorder, recurrent, severe, without psychosis"}
            ],
            "medications": [{"system": RXNORM, "code": "321988", "display": "escitalopram"}],
            "allergies": [],
            "observations": [
                {"code": "29463-7", "value": self.weight_kg, "unit": "kg", "at": now.isoformat()},
                {"code": "8302-2", "value": self.height_cm, "unit": "cm", "at": now.isoformat()},
            ],
        }

    def readings(self, now: datetime, random: Random) -> dict[str, Any]:
        """Blood pressure three times, and what intake staff state. A screening pressure is calmer than the limits."""
        observations = []
        for minutes in (10, 5, 0):
            at = (now - timedelta(minutes=minutes)).isoformat()
            systolic = min(148.0, self.body.base["systolic"] + random.gauss(0, 3))
            diastolic = min(92.0, self.body.base["diastolic"] + random.gauss(0, 2.5))
            observations += [
                {"code": "8480-6", "value": round(systolic), "unit": "mm[Hg]", "at": at},
                {"code": "8462-4", "value": round(diastolic), "unit": "mm[Hg]", "at": at},
            ]
        attested = [{"fact": "cannabis_use", "value": "no"}, {"fact": "diazepam_equivalent_mg_per_day", "value": "0"}]
        if self.gender == "female":
            attested += [{"fact": "childbearing_potential", "value": "yes"}, {"fact": "pregnancy_test", "value": "negative"}]
        return {"observations": observations, "attested": attested}

    def trials(self) -> list[dict[str, Any]]:
        """Two adequate treatments that failed."""
        return [
            {
                "drug": drug,
                "drug_class": family,
                "max_dose_mg": dose,
                "label_minimum_mg": least,
                "weeks_at_adequate_dose": 8,
                "adherence": 0.95,
                "response_pct": 20,
                "stop_reason": "nonresponse",
                "source": "record",
            }
            for drug, family, dose, least in TRIALS[:2]
        ]


def patient(
    number: int, preset: Preset, table: Presets, random: Random, today: date, script: Script | None = None, item9: int = 0
) -> Patient:
    """Draw a patient of a cohort, or one whose session goes as a script says."""
    gender = random.choice(("female", "male"))
    tall = random.gauss(165, 6) if gender == "female" else random.gauss(178, 7)
    return Patient(
        number=number,
        gender=gender,
        birth_date=today - timedelta(days=round(365.25 * random.uniform(22, 62))),
        family_name=FAMILY[number % len(FAMILY)],
        given_name=random.choice(GIVEN[gender]),
        weight_kg=round(random.uniform(21, 28) * (tall / 100) ** 2, 1),
        height_cm=round(tall),
        body=scripted(script, table) if script else drawn(preset, table, random),
        phq9=answers(table.phq9, random, item9),
        script=script,
    )


def answers(mood: Mood, random: Random, item9: int) -> tuple[int, ...]:
    """Nine answers whose total is drawn as the reference says; the ninth is given."""
    total = round(min(mood.most, max(mood.least, random.gauss(mood.baseline.mean, mood.baseline.sd)))) - item9
    items = [0] * 8
    for _ in range(min(total, 24)):
        items[random.choice([place for place, value in enumerate(items) if value < 3])] += 1
    return (*items, item9)

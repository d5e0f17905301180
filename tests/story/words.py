"""What the stories' people say and see: words, units, and what a patient shows who is well."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx2

UNITS = {
    "sys": ("8480-6", "mm[Hg]"),
    "dia": ("8462-4", "mm[Hg]"),
    "hr": ("8867-4", "/min"),
    "spo2": ("59408-5", "%"),
    "rr": ("9279-1", "/min"),
    "moaas": ("moaas", "{score}"),
    "diss_obs": ("diss-obs", "{score}"),
    "oriented": ("oriented", "1"),
    "nausea": ("nausea", "{score}"),
    "pain": ("72514-3", "{score}"),
}
CALM = {"moaas": 5, "diss_obs": 0, "nausea": 0, "pain": 0}
"""What a nurse sees of a patient who is well."""
WELL = {"sys": 124, "dia": 80, "hr": 72, "spo2": 98, "rr": 14}
"""What a monitor shows of one."""
ROUND = timedelta(minutes=9)
"""How often the nurse of a quiet session goes round: within the ten minutes that clinical 4.1 asks."""
Method = Literal["cuff", "continuous"]
STAFF = (("nurse-1", "nurse"), ("nurse-2", "nurse"), ("dr-lee", "prescriber"), ("charge-1", "charge nurse"))
INTAKE = ("charts.read", "charts.write", "assessments.write", "consents.write", "screenings.write", "orders.sign")
START = [
    "identity",
    "pregnancy",
    "npo",
    "escort",
    "suicide_screen",
    "sober",
    "responsive",
    "weight",
    "clinician",
    "emergency_equipment",
]
HOME = [
    *("gait", "fluids", "line_removed", "escort_named", "escort_present", "escort_identity"),
    *("escort_accompanies", "instructions_given", "contacts_given"),
]
SCALES = {
    "aldrete": ("activity", "respiration", "circulation", "consciousness", "saturation"),
    "padss": ("vital_signs", "ambulation", "nausea", "pain", "bleeding"),
}
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def reading_of(at: datetime, method: Method, values: Mapping[str, float | None]) -> dict[str, Any]:
    """A reading as a monitor sends it."""
    measurements = [{"code": UNITS[n][0], "value": v, "unit": UNITS[n][1]} for n, v in values.items()]
    return {"measured_at": at.isoformat(), "method": method, "measurements": measurements, "simulated": True}


async def ok(answering: Any) -> Any:
    """The answer's body, which must be a success."""
    answer: httpx2.Response = await answering
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None

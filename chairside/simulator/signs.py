"""Signs: the LOINC code and UCUM unit of each vital sign that is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

CODES: dict[str, tuple[str, str]] = {
    "systolic": ("8480-6", "mm[Hg]"),
    "diastolic": ("8462-4", "mm[Hg]"),
    "mean": ("8478-0", "mm[Hg]"),
    "heart_rate": ("8867-4", "/min"),
    "pulse_rate": ("8889-8", "/min"),
    "spo2": ("59408-5", "%"),
    "respirations": ("9279-1", "/min"),
}


def sent(
    at: datetime, method: Literal["cuff", "continuous"], values: Mapping[str, float | None], *, simulated: bool
) -> dict[str, Any]:
    """A reading as a device sends it; None is a probe that is off."""
    return {
        "measured_at": at.isoformat(),
        "method": method,
        "measurements": [
            {"code": code, "value": value, "unit": unit}
            for code, value, unit in ((*CODES[name][:1], value, CODES[name][1]) for name, value in values.items())
        ],
        "simulated": simulated,
    }

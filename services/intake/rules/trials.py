"""Medication trials: was a past treatment an adequate try, and did it fail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kit.tables import Row


class Adequacy(Row):
    """What makes a trial adequate, and a response."""

    least_weeks: float
    weeks: float
    least_adherence: float
    response_pct: float


class Trial(BaseModel):
    """One past medicine: clinical 1.6."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    drug: str = Field(min_length=2, max_length=120, description="RxNorm code or name")
    drug_class: str = Field(min_length=2, max_length=60)
    max_dose_mg: Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]
    label_minimum_mg: Annotated[
        float, Field(strict=True, allow_inf_nan=False, gt=0, description="the label's minimum effective dose, mg a day")
    ]
    started: date | None = None
    stopped: date | None = None
    weeks_at_adequate_dose: Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
    adherence: Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]
    response_pct: Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-100, le=100)]
    stop_reason: Literal["nonresponse", "intolerance", "cost", "other"]
    source: Literal["patient", "record"]


@dataclass(frozen=True)
class Verdict:
    """What a trial counts for."""

    adequate: bool
    failed: bool
    why: tuple[str, ...]


def judge(trial: Trial, rule: Adequacy) -> Verdict:
    """Adequate is long enough, dosed enough and taken; failed is adequate without response, or not tolerated."""
    why = []
    if trial.weeks_at_adequate_dose < rule.weeks:
        why.append(f"{trial.weeks_at_adequate_dose:g} weeks at an adequate dose, {rule.weeks:g} needed")
    if trial.max_dose_mg < trial.label_minimum_mg:
        why.append("dose below the label's minimum")
    if trial.adherence < rule.least_adherence:
        why.append(f"adherence below {rule.least_adherence:.0%}")
    adequate = not why
    failed = adequate and (trial.response_pct < rule.response_pct or trial.stop_reason == "intolerance")
    if adequate and not failed:
        why.append(f"response of {rule.response_pct:g} % or more")
    return Verdict(adequate, failed, tuple(why) or ("adequate and failed",))


def failed_adequate(trials: Iterable[Trial], rule: Adequacy) -> tuple[int, tuple[str, ...]]:
    """How many adequate trials failed, and the classes they were of."""
    failed = [trial for trial in trials if judge(trial, rule).failed]
    return len(failed), tuple(sorted({trial.drug_class for trial in failed}))

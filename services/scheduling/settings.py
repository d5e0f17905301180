"""The knobs only scheduling has: when the clinic is open and how many chairs it has."""

from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from kit.db import Tx
from kit.settings import Settings


class SchedulingSettings(Settings):
    """The clinic's own policy; none of it is a clinical number."""

    model_config = SettingsConfigDict(env_prefix="CHAIRSIDE_SCHEDULING_")

    chairs: Annotated[int, Field(ge=1, le=200, description="how many chairs, numbered from 1")] = 4
    time_zone: str = Field(default="UTC", description="the clinic's time zone, as in America/New_York")
    opens: time = time(8, 0)
    closes: time = time(17, 0)
    open_days: str = Field(default="12345", pattern=r"^[1-7]{1,7}$", description="weekdays, 1 is Monday")
    slot_minutes: Annotated[int, Field(ge=5, le=120)] = 15
    preparation_minutes: Annotated[int, Field(ge=0, le=120, description="in the chair before the infusion starts")] = 20
    no_show_minutes: Annotated[int, Field(ge=1, le=240, description="after the start, when a patient counts as not come")] = 30

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError) as error:
            raise ValueError("no time zone of this name is known") from error
        return name


def settings_of(tx: Tx) -> SchedulingSettings:
    """The settings of the transaction's service."""
    assert isinstance(tx.settings, SchedulingSettings)
    return tx.settings

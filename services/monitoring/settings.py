"""The knobs only monitoring has."""

from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from kit.db import Tx
from kit.settings import Settings


class MonitoringSettings(Settings):
    """What monitoring must know of the clinic."""

    model_config = SettingsConfigDict(env_prefix="CHAIRSIDE_MONITORING_")

    time_zone: str = Field(default="UTC", description="the clinic's time zone, as in America/New_York")

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("no time zone of this name is known") from error
        return name


def zone_of(tx: Tx) -> ZoneInfo:
    """The clinic's time zone."""
    assert isinstance(tx.settings, MonitoringSettings)
    return ZoneInfo(tx.settings.time_zone)

"""The knobs only monitoring has."""

from pydantic_settings import SettingsConfigDict

from kit.settings import Settings


class MonitoringSettings(Settings):
    """None so far beyond what every service is told."""

    model_config = SettingsConfigDict(env_prefix="CHAIRSIDE_MONITORING_")

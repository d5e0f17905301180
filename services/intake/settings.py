"""The knobs only intake has."""

from pydantic_settings import SettingsConfigDict

from kit.settings import Settings


class IntakeSettings(Settings):
    """None so far beyond what every service is told."""

    model_config = SettingsConfigDict(env_prefix="CHAIRSIDE_INTAKE_")

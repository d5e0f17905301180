"""The knobs only the auditor has. It shares none with notifications: a wrong one there must not silence it here."""

from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from kit.settings import Settings


class AuditorSettings(Settings):
    """How the auditor says that something is wrong, and where it beats while nothing is."""

    model_config = SettingsConfigDict(env_prefix="CHAIRSIDE_AUDITOR_")

    clinic_name: str = Field(
        default="Clinic", min_length=1, max_length=24, description="the clinic's short name, as its messages show it"
    )
    way_out: SecretStr | None = Field(
        default=None, description="an apprise address of its own, as in ntfys://token@host/topic or mailtos://user:pass@host"
    )
    webhook_secret: SecretStr | None = Field(
        default=None, description="signs its own webhook; 16 characters or more", min_length=16
    )
    webhook_url: SecretStr | None = Field(default=None, description="https address that takes its signed webhook")
    heartbeat_url: SecretStr | None = Field(
        default=None, description="https address of a dead man's switch, which tells people when the beats stop"
    )
    heartbeat_method: Literal["GET", "POST"] = Field(default="GET", description="how that switch is asked")

    @field_validator("webhook_url", "heartbeat_url")
    @classmethod
    def _is_an_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("is no https address")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _can_be_signed(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and info.data.get("webhook_secret") is None:
            raise ValueError("needs CHAIRSIDE_AUDITOR_WEBHOOK_SECRET: an unsigned webhook proves nothing")
        return value


def settings_of(settings: object) -> AuditorSettings:
    """The settings of a transaction or attempt."""
    assert isinstance(settings, AuditorSettings)
    return settings

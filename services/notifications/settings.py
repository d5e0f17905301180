"""The knobs only notifications has."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from kit.settings import Settings
from kit.tables import TableRefused
from services.notifications import tables
from services.notifications.rules.policy import Escalation


class NotificationsSettings(Settings):
    """How pages look, where their links lead, and by what they go out."""

    model_config = SettingsConfigDict(env_prefix="CHAIRSIDE_NOTIFICATIONS_")

    clinic_name: str = Field(
        default="Clinic", min_length=1, max_length=24, description="the clinic's short name, as pages show it"
    )
    public_url: str = Field(default="http://127.0.0.1:8080", pattern=r"^https?://", description="where an answer link leads")
    policies: Path | None = Field(
        default=None, description="a clinic's own escalation policies, TOML; they may only tighten ours"
    )
    link_secret: SecretStr = Field(min_length=16, description="signs answer links; 16 characters or more")
    webhook_secret: SecretStr = Field(min_length=16, description="signs webhooks; 16 characters or more")
    mail_url: SecretStr | None = Field(
        default=None, description="apprise address of a mail server, as in mailtos://user:pass@host?from=clinic@host"
    )

    @field_validator("policies")
    @classmethod
    def _allow_a_start(cls, value: Path | None) -> Path | None:
        try:
            tables.escalation(value)
        except TableRefused as error:
            raise ValueError(str(error)) from None
        return value


def policies_of(settings: object) -> Escalation:
    """Who is told, and when, in this clinic."""
    return tables.escalation(settings_of(settings).policies)


def settings_of(settings: object) -> NotificationsSettings:
    """The settings of a transaction or attempt."""
    assert isinstance(settings, NotificationsSettings)
    return settings

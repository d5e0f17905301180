"""The knobs only notifications has."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from kit.settings import Settings


class NotificationsSettings(Settings):
    """How pages look, where their links lead, and by what they go out."""

    model_config = SettingsConfigDict(env_prefix="CHAIRSIDE_NOTIFICATIONS_")

    clinic_name: str = Field(
        default="Clinic", min_length=1, max_length=24, description="the clinic's short name, as pages show it"
    )
    clinic_phone: str | None = Field(
        default=None, pattern=r"^\+?[0-9 ()-]{5,16}$", description="where patients call the clinic, as their messages show it"
    )
    public_url: str = Field(default="http://127.0.0.1:8080", pattern=r"^https?://", description="where an answer link leads")
    link_secret: SecretStr = Field(min_length=16, description="signs answer links; 16 characters or more")
    webhook_secret: SecretStr = Field(min_length=16, description="signs webhooks; 16 characters or more")
    mail_url: SecretStr | None = Field(
        default=None, description="apprise address of a mail server, as in mailtos://user:pass@host?from=clinic@host"
    )


def settings_of(settings: object) -> NotificationsSettings:
    """The settings of a transaction or attempt."""
    assert isinstance(settings, NotificationsSettings)
    return settings

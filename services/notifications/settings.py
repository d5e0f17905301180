"""The knobs only notifications has."""

from pathlib import Path
from typing import Annotated

import phonenumbers
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
    public_port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="a second port, which serves links and signed callbacks only"),
    ] = None
    policies: Path | None = Field(
        default=None, description="a clinic's own escalation policies, TOML; they may only tighten ours"
    )
    link_secret: SecretStr = Field(min_length=16, description="signs answer links; 16 characters or more")
    webhook_secret: SecretStr = Field(min_length=16, description="signs webhooks; 16 characters or more")
    mail_url: SecretStr | None = Field(
        default=None, description="apprise address of a mail server, as in mailtos://user:pass@host?from=clinic@host"
    )
    phone_region: str = Field(
        default="US", pattern=r"^[A-Z]{2}$", description="the country of a phone number without one, as two capital letters"
    )
    sms_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^?#]+$",
        description="an account at a provider that speaks Twilio's REST API: https://api.twilio.com/2010-04-01/Accounts/AC...",
    )
    sms_user: str | None = Field(default=None, description="who we are there; when not set, the last part of sms_url")
    sms_key: SecretStr | None = Field(default=None, description="our password there: the auth token, or an API key's secret")
    sms_from: str | None = Field(default=None, description="the number that texts and calls come from, as +15550100")
    sms_callback_secret: SecretStr | None = Field(
        default=None, description="what the provider signs receipts and replies with: its auth token"
    )
    callback_url: str | None = Field(
        default=None, pattern=r"^https?://", description="where the provider reaches this service; public_url when not set"
    )
    circuit_failures: Annotated[int, Field(ge=1, description="failures in a row after which a channel is tried last")] = 5
    circuit_open_seconds: Annotated[
        float, Field(gt=0, allow_inf_nan=False, description="how long it is tried last before it is tried first again")
    ] = 30.0
    retry_pause_seconds: Annotated[
        float, Field(gt=0, le=2, allow_inf_nan=False, description="before a person's last channel, away, is tried again")
    ] = 0.5

    @field_validator("phone_region")
    @classmethod
    def _has_phones(cls, value: str) -> str:
        if value not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError("is no country with phone numbers")
        return value

    @property
    def called_back_at(self) -> str:
        """The address that a provider calls, without a slash at its end."""
        return (self.callback_url or self.public_url).rstrip("/")

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

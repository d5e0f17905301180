"""Settings come from the environment, any of them from a file, and all their faults are told at once, before anything starts."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from kit.clock import RunningClock, wall

PREFIX = "CHAIRSIDE_"


class SettingsRefused(Exception):
    """The settings do not allow a start: exit with 78 (EX_CONFIG). The text names every fault and what to do, and no value."""


class FromArguments(BaseSettings):
    """Built directly it takes arguments only; the environment is read by `load`, so that a test never inherits its machine's."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True, populate_by_name=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, and nothing else."""
        return (init_settings,)


class KafkaSettings(FromArguments):
    """Where Kafka is, how we are let in, and what our topics are called there."""

    kafka: str = Field(description="bootstrap servers, as host:port[,host:port]", min_length=3)
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_sasl_username: str | None = Field(default=None, validate_default=True, description="who we are to Kafka")
    kafka_sasl_password: SecretStr | None = Field(default=None, validate_default=True, description="our password at Kafka")
    kafka_tls_ca: str | None = Field(default=None, description="path of the CA's certificates, PEM")
    kafka_replication: Annotated[int, Field(ge=1, description="replicas of each topic that is made")] = 1
    kafka_fetch_wait_ms: Annotated[int, Field(ge=1, le=500)] = 20
    """How long the broker may hold a fetch open, in milliseconds: lower is quicker, higher is idler."""
    prefix: str = Field(default="clinic", pattern=r"^[a-z0-9][a-z0-9-]*$", description="first part of every topic's name")

    @field_validator("kafka_sasl_username", "kafka_sasl_password")
    @classmethod
    def _is_given_to_sasl(cls, value: object, info: ValidationInfo) -> object:
        if value is None and str(info.data.get("kafka_security_protocol", "")).startswith("SASL"):
            raise ValueError("must be set, because the security protocol is SASL")
        return value

    @field_validator("kafka_tls_ca")
    @classmethod
    def _is_a_file(cls, value: str | None) -> str | None:
        if value is not None and not Path(value).is_file():
            raise ValueError("is no file that can be found")
        return value


class StoreSettings(FromArguments):
    """Where a service's own database is."""

    database_url: SecretStr = Field(description="postgresql://role:password@host:port/database")

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("is no PostgreSQL address")
        return value


class Settings(StoreSettings, KafkaSettings):
    """What every service is told. A service's own settings subclass this, with `env_prefix` CHAIRSIDE_<SERVICE>_."""

    host: str = Field(default="127.0.0.1", description="the address to listen on")
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    instance: str | None = Field(default=None, description="a replica's stable name, for static group membership")
    jwks: str = Field(description="path or https address of the token issuer's JSON Web Key Set")
    issuer: str = "chairside"
    audience: str = "chairside"
    clock_wall: AwareDatetime | None = None
    clock_domain: AwareDatetime | None = None
    clock_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    beat_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False, description="wall seconds between beats; 0 is none")] = 10.0
    otlp: str | None = Field(default=None, description="OTLP endpoint for traces; none are sent without it")
    audit_key: SecretStr | None = Field(default=None, description="key of the audit chain")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("jwks")
    @classmethod
    def _is_trusted(cls, value: str) -> str:
        if "://" in value and not value.startswith("https://"):
            raise ValueError("must be https or a path: whoever can change the key set can be anybody")
        return value

    def domain_clock(self) -> RunningClock:
        """The clinic's clock: the wall's time, unless anchors and a rate say otherwise."""
        anchor = self.clock_wall or wall()
        return RunningClock(anchor, self.clock_domain or anchor, self.clock_rate)


S = TypeVar("S", bound=FromArguments)


def load(kind: type[S], env: Mapping[str, str] = os.environ) -> S:
    """Read settings from the environment; set to nothing counts as not set. Raises SettingsRefused with all faults at once."""
    given: dict[str, str] = {}
    faults: dict[str, str] = {}
    for field in kind.model_fields:
        try:
            found = _found(name_of(kind, field), env)
        except ValueError as refusal:
            faults[field] = str(refusal)
        else:
            if found:
                given[field] = found
    try:
        settings = kind.model_validate(given)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False, include_context=False):
            field = str(fault["loc"][0]) if fault["loc"] else ""
            faults.setdefault(field, "is not set" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, "))
        raise SettingsRefused(_told(kind, faults)) from None
    if faults:
        raise SettingsRefused(_told(kind, faults))
    return settings


def _found(name: str, env: Mapping[str, str]) -> str:
    value, path = env.get(name, ""), env.get(f"{name}_FILE", "")
    if value and path:
        raise ValueError(f"is set, and {name}_FILE too: keep one of them")
    if not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"cannot be read from {path}, named by {name}_FILE: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"cannot be read from {path}, named by {name}_FILE: it is not UTF-8 text") from None


def name_of(kind: type[FromArguments], field: str) -> str:
    """The environment variable of a setting: a service's own fields carry the service's name."""
    own = field not in Settings.model_fields
    prefix = kind.model_config.get("env_prefix", PREFIX) if own else PREFIX
    return f"{prefix}{field}".upper()


def _told(kind: type[FromArguments], faults: Mapping[str, str]) -> str:
    lines = ["These settings must be mended before the service can start:"]
    for field, fault in faults.items():
        about = kind.model_fields[field].description if field in kind.model_fields else None
        lines.append(f"  {name_of(kind, field) if field else 'Together'}: {fault}{f' (expected: {about})' if about else ''}")
    return "\n".join([*lines, "Any may also be given as <NAME>_FILE=path."])

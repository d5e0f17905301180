"""Settings come from the environment, any of them from a file, and all their faults are told at once, before anything starts."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AwareDatetime, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kit.clock import RunningClock, wall

PREFIX = "CHAIRSIDE_"


class SettingsRefused(Exception):
    """The settings do not allow a start. The text names every fault and what to do about it, and no value."""


class Settings(BaseSettings):
    """What every service is told. A service's own settings subclass this, with `env_prefix` CHAIRSIDE_<SERVICE>_."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True, populate_by_name=True)

    kafka: str = Field(description="bootstrap servers, as host:port[,host:port]", min_length=3)
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_tls_ca: str | None = Field(default=None, description="path of the CA's certificates, PEM")
    kafka_replication: Annotated[int, Field(ge=1, description="replicas of each topic that is made")] = 1
    kafka_fetch_wait_ms: Annotated[int, Field(ge=1, le=500)] = 20
    """How long the broker may hold a fetch open, in milliseconds: lower is quicker, higher is idler."""
    database_url: SecretStr = Field(description="postgresql://role:password@host:port/database")
    host: str = Field(default="127.0.0.1", description="the address to listen on")
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    prefix: str = Field(default="clinic", pattern=r"^[a-z0-9][a-z0-9-]*$", description="first part of every topic's name")
    instance: str | None = Field(default=None, description="a replica's stable name, for static group membership")
    jwks: str = Field(description="path or https address of the token issuer's JSON Web Key Set")
    issuer: str = "chairside"
    audience: str = "chairside"
    clock_wall: AwareDatetime | None = None
    clock_domain: AwareDatetime | None = None
    clock_rate: Annotated[float, Field(gt=0)] = 1.0
    otlp: str | None = Field(default=None, description="OTLP endpoint for traces; none are sent without it")
    audit_key: SecretStr | None = Field(default=None, description="key of the audit chain")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    def domain_clock(self) -> RunningClock:
        """The clinic's clock: the wall's time, unless anchors and a rate say otherwise."""
        anchor = self.clock_wall or wall()
        return RunningClock(anchor, self.clock_domain or anchor, self.clock_rate)


S = TypeVar("S", bound=Settings)


def load(kind: type[S], env: Mapping[str, str] = os.environ) -> S:
    """Read settings from the environment. Raises SettingsRefused with all faults in one message."""
    given: dict[str, Any] = {}
    faults: list[str] = []
    for field in kind.model_fields:
        name = name_of(kind, field)
        if name in env:
            given[field] = env[name]
        elif path := env.get(f"{name}_FILE"):
            try:
                given[field] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                faults.append(f"  {name}_FILE: {path} cannot be read: {error.strerror}")
                given[field] = None
    try:
        settings = kind.model_validate(given)
    except ValidationError as error:
        seen = {fault.split(":")[0].strip().removesuffix("_FILE") for fault in faults}
        for fault in error.errors(include_url=False, include_input=False, include_context=False):
            field = str(fault["loc"][0]) if fault["loc"] else ""
            name = name_of(kind, field) if field in kind.model_fields else field
            if name not in seen:
                said = "is not set" if fault["type"] == "missing" else fault["msg"]
                about = kind.model_fields[field].description if field in kind.model_fields else None
                faults.append(f"  {name}: {said}{f' (expected: {about})' if about else ''}")
        raise SettingsRefused(_told(faults)) from None
    if faults:
        raise SettingsRefused(_told(faults))
    return settings


def name_of(kind: type[Settings], field: str) -> str:
    """The environment variable of a setting: a service's own fields carry the service's name."""
    own = field not in Settings.model_fields
    prefix = kind.model_config.get("env_prefix", PREFIX) if own else PREFIX
    return f"{prefix}{field}".upper()


def _told(faults: list[str]) -> str:
    return "\n".join(
        ["These settings must be mended before the service can start:", *faults, "Any may also be given as <NAME>_FILE=path."]
    )

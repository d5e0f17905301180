"""The knobs only trends has."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from kit.settings import Settings


class TrendsSettings(Settings):
    """A stream process: it needs a stable name for its place in the group, and no database."""

    model_config = SettingsConfigDict(env_prefix="CHAIRSIDE_TRENDS_")

    database_url: SecretStr = Field(default=SecretStr(""), validate_default=False, description="not used: its state is in Kafka")
    instance: str | None = Field(
        default="trends-0", description="a replica's stable name: recovery takes 8 s with it, 15 without"
    )

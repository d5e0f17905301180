"""Tables: rules as data. A versioned TOML file, read into a model, with all its faults told at once."""

import tomllib
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Evidence = Literal["L", "K", "S", "D"]
"""L looked up, K from knowledge of the named source, S stated by clinics, D chosen here as a default."""


class Row(BaseModel):
    """A row of a table. Every row says where it comes from and how well that is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=2)
    evidence: Evidence


class Table(BaseModel):
    """A whole file. `version` is stored with every decision that used it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}(\.\d+)?$")


class TableRefused(Exception):
    """A table does not allow a start. The text names file, row and field of every fault."""


T = TypeVar("T", bound=Table)


def read_table(file: Path, model: type[T]) -> T:
    """Read and check a table. Raises TableRefused."""
    try:
        return model.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise TableRefused(f"{file.name} cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise TableRefused(f"{file.name} is no TOML: {error}") from error
    except ValidationError as error:
        faults = [f"  {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_url=False)]
        raise TableRefused("\n".join([f"{file.name} must be mended before the service can start:", *faults])) from None

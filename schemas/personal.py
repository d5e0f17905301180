"""Personal: a group of fields about a person that never prints, so that no log can hold it."""

from pydantic import BaseModel, ConfigDict


class Personal(BaseModel):
    """A group of personal data. Its text form is its name alone; `model_dump` still carries it over the wire."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: personal>"

    __str__ = __repr__

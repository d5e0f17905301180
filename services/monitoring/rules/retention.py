"""How long clinical records are kept."""

from datetime import timedelta

from pydantic import Field

from kit.tables import Row, Table


class RecordsKept(Row):
    """Records go when the patient was last seen this many years ago."""

    years_after_last_visit: int = Field(ge=1, le=100)

    @property
    def time(self) -> timedelta:
        """The years as days, each taken as a leap year: rather some days too long than one too short."""
        return timedelta(days=366 * self.years_after_last_visit)


class Retention(Table):
    """What is kept for how long."""

    readings: RecordsKept

"""Colours of IEC 60601-1-8: high is red, medium yellow, low cyan; an emergency is a high priority that calls the team."""

from chairside.view.picture import Phase
from schemas.monitoring.alarms import Priority

COLOURS: dict[Priority, str] = {"emergency": "bold white on red", "high": "bold red", "medium": "yellow", "low": "cyan"}
WORDS: dict[Priority, str] = {"emergency": "EMERG", "high": "HIGH", "medium": "MED", "low": "LOW"}
PHASES: dict[Phase, str] = {
    "in the chair": "white",
    "held": "magenta",
    "cleared": "white",
    "infusing": "bold green",
    "slowed": "yellow",
    "paused": "bold yellow",
    "recovering": "blue",
    "ready to go": "bold blue",
    "home": "dim",
    "left": "yellow",
    "transferred": "dim",
    "cancelled": "dim",
}

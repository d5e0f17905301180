"""Progress: each loop of a service shows that it moves; being up is not being alive."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kit.clock import monotonic


@dataclass
class Progress:
    """When each loop last moved, on the monotonic clock."""

    _last: dict[str, float] = field(default_factory=dict)
    _limits: dict[str, float] = field(default_factory=dict)

    def watch(self, name: str, limit: float) -> Callable[[], None]:
        """Watch a loop that must move every `limit` seconds. Returns what it calls when it moves."""
        self._limits[name] = limit
        self._last[name] = monotonic()

        def moved() -> None:
            self._last[name] = monotonic()

        return moved

    def stuck(self) -> dict[str, float]:
        """Loops that have not moved for longer than they may, with the seconds since they did."""
        now = monotonic()
        return {name: now - last for name, last in self._last.items() if now - last > self._limits[name]}

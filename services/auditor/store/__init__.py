"""What the auditor remembers: what was said, what it found, and who lives."""

from services.auditor.store.named import queries

__all__ = ["queries"]

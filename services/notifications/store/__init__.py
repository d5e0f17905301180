"""What notifications remembers: pages, people, and the ways to reach them."""

from services.notifications.store.named import queries

__all__ = ["queries"]

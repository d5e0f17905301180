"""What monitoring remembers: a module a theme, with its queries beside it."""

from services.monitoring.rules.infusion import Order
from services.monitoring.store.devices import (
    Binding,
    bind,
    binding,
    bindings_of,
    bound_to,
    devices_of,
    place_device,
    placed,
    release,
    release_all,
    remove_device,
)
from services.monitoring.store.heard import order, said_about
from services.monitoring.store.named import queries
from services.monitoring.store.readings import Kept, keep_readings, readings
from services.monitoring.store.sessions import (
    Session,
    attest,
    attested,
    hold,
    hold_many,
    keep,
    note_move,
    open_session,
    see,
    see_all,
    session_of,
)

__all__ = [
    "Binding",
    "Kept",
    "Order",
    "Session",
    "attest",
    "attested",
    "bind",
    "binding",
    "bindings_of",
    "bound_to",
    "devices_of",
    "hold",
    "hold_many",
    "keep",
    "keep_readings",
    "note_move",
    "open_session",
    "order",
    "place_device",
    "placed",
    "queries",
    "readings",
    "release",
    "release_all",
    "remove_device",
    "said_about",
    "see",
    "see_all",
    "session_of",
]

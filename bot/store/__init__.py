"""What is kept: the shared tables, the one transaction that each event gets, and the database below."""

from bot.store.circles import Rules
from bot.store.store import Store, open_engine, to_the_end
from bot.store.tables import (
    OPEN,
    Asked,
    Circle,
    Consent,
    Copy,
    DayCount,
    Invitation,
    Linked,
    Mandate,
    Outgoing,
    Reaction,
    Receipt,
    Remembered,
    Room,
    Seen,
    State,
    instant,
    now,
    personal,
    place,
    where,
)
from bot.store.work import ACTION, TAKEN_BACK, Work

__all__ = [
    "ACTION", "OPEN", "TAKEN_BACK", "Asked", "Circle", "Consent", "Copy", "DayCount", "Invitation", "Linked", "Mandate",
    "Outgoing",
    "Reaction", "Receipt", "Remembered", "Room", "Rules", "Seen", "State", "Store", "Work", "instant", "now",
    "open_engine", "personal", "place", "to_the_end", "where",
]  # fmt: skip

"""What is kept: the shared tables, the one transaction that each event gets, and the database below."""

from bot.store.circles import Rules
from bot.store.store import Store, open_engine, patient, to_the_end
from bot.store.tables import (
    IS_OPEN,
    OPEN,
    Asked,
    Ballot,
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
    Sighting,
    State,
    Strand,
    instant,
    now,
    personal,
    place,
    where,
)
from bot.store.work import ACTION, LOOSE, TAKEN_BACK, Work

__all__ = [
    "ACTION", "IS_OPEN", "LOOSE", "OPEN", "TAKEN_BACK", "Asked", "Ballot", "Circle", "Consent", "Copy", "DayCount",
    "Invitation", "Linked", "Mandate", "Outgoing", "Reaction", "Receipt", "Remembered", "Room", "Rules", "Seen",
    "Sighting", "State", "Store", "Strand", "Work", "instant", "now", "open_engine", "patient", "personal", "place",
    "to_the_end", "where",
]  # fmt: skip

"""What is kept: the shared tables, the one transaction that each event gets, and the database below."""

from bot.purposes import keyed, personal
from bot.store.circles import Rules
from bot.store.holds import HELD, NEW
from bot.store.standards import scopes
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
    Layer,
    Linked,
    Mandate,
    Member,
    Outgoing,
    Reaction,
    Receipt,
    Remembered,
    Room,
    Sanction,
    Seen,
    Sighting,
    State,
    Strand,
    instant,
    now,
    place,
    where,
)
from bot.store.work import ACTION, LOOSE, TAKEN_BACK, Work

__all__ = [
    "ACTION", "HELD", "IS_OPEN", "LOOSE", "NEW", "OPEN", "TAKEN_BACK", "Asked", "Ballot", "Circle", "Consent", "Copy",
    "DayCount", "Invitation", "Layer", "Linked", "Mandate", "Member", "Outgoing", "Reaction", "Receipt", "Remembered",
    "Room", "Rules", "Sanction", "Seen", "Sighting", "State", "Store", "Strand", "Work", "instant", "keyed", "now",
    "open_engine", "patient", "personal", "place", "scopes", "to_the_end", "where",
]  # fmt: skip

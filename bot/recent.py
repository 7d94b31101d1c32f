"""How much someone has said lately, and whether others said the very same: in memory, for an hour, as hashes."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from moderation.subject import Recent

KEPT, PEOPLE, TEXTS = timedelta(hours=1), 5_000, 5_000
SHORT, MINUTE = timedelta(seconds=10), timedelta(minutes=1)
SHORTEST = 20  # letters of a text that two people do not write by chance


@dataclass(slots=True)
class Text:
    """Where the same words were said, and by how many."""

    last: datetime
    by: dict[str, int] = field(default_factory=dict)  # person -> how often
    places: set[str] = field(default_factory=set)


class Recently:
    """What was said in the last hour, as far as this process heard it: no words, no names.

    Several workers each hear their own network, so that what is said on both is seen as the same only by one process.
    """

    def __init__(self) -> None:
        self._said: dict[str, deque[datetime]] = {}
        self._texts: dict[str, Text] = {}

    def note(self, person: str, place: str, text: str, at: datetime) -> Recent:
        """One message more: `text` is the keyed hash of its words, or empty where they are too short to tell."""
        said = self._said.pop(person, None) or deque(maxlen=200)
        self._said[person] = said
        said.append(at)
        while at - said[0] > MINUTE:
            said.popleft()
        of_late = sum(at - one <= SHORT for one in said)
        self._trim(at)
        if not text:
            return Recent(in_10s=of_late, in_60s=len(said))
        known = self._texts.pop(text, None) or Text(at)
        self._texts[text] = known
        known.last = at
        known.by[person] = known.by.get(person, 0) + 1
        known.places.add(place)
        return Recent(
            in_10s=of_late, in_60s=len(said), same_text=known.by[person], same_text_places=len(known.places),
            same_text_people=len(known.by),
        )  # fmt: skip

    def _trim(self, at: datetime) -> None:
        """Forget what is old, and the oldest of what is too much."""
        while len(self._said) > PEOPLE or at - next(iter(self._said.values()))[-1] > KEPT:
            del self._said[next(iter(self._said))]
        while self._texts and (len(self._texts) > TEXTS or at - next(iter(self._texts.values())).last > KEPT):
            del self._texts[next(iter(self._texts))]

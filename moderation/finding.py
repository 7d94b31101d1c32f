"""What one check found: how grave it is, why, and the words that show it."""

from dataclasses import dataclass, replace
from enum import IntEnum


class Decision(IntEnum):
    """The ladder, from nothing to the gravest; its name in small letters is what people and programs read."""

    PASS = 0
    NUDGE = 1
    HOLD = 2
    HIDE = 3
    MUTE = 4
    BAN = 5

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Finding:
    """`reason` is the key of a text; `matched` are the words at `spans` of the text that was judged.

    Where the words stood elsewhere (in a link's address, in a file's name), `matched` has them without a span.
    `dry`: it is only being tried, and decides nothing.
    """

    check: str
    reason: str
    severity: Decision
    matched: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    dry: bool = False

    def under(self, most: Decision, *, dry: bool) -> "Finding":
        """The same under a policy's rule: no graver than `most`."""
        if self.severity <= most and self.dry == dry:
            return self
        return replace(self, severity=min(self.severity, most), dry=dry)

"""What a stand-in for a network notes: which message it gave away when, and which it was brought when."""

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.measures.wire import Answer, Request, said

MARK = re.compile(r"(?<!\d)(\d+)-(\d+)-(\d{6})(?!\d)")
WORDS = "le pont est fermé ce matin la benne passe mardi qui a vu un chat gris".split()  # noqa: SIM905


@dataclass(slots=True)
class Round:
    """One measurement: messages as (chat, number, nanoseconds), the moments by `time.monotonic_ns`.

    `brought` are those of the other network, with the chat in which they arrived; `calls` is how many calls that took.
    """

    given: list[tuple[int, int, int]] = field(default_factory=list)
    brought: list[tuple[int, int, int, int]] = field(default_factory=list)
    distinct: set[tuple[int, int]] = field(default_factory=set)
    calls: int = 0


class Ledger:
    """The book of one stand-in; `tell(chat, text)` has a resident write into the chat of that number."""

    def __init__(self, tell: Callable[[int, str], None]) -> None:
        self._tell, self._rounds = tell, dict[int, Round]()
        self._feeding: asyncio.Task[None] | None = None
        self._odd = deque[str](maxlen=20)
        self.asleep = False  # whether the bot waits for news
        self.refused = 0  # how many calls got a 429

    def round(self, number: int) -> Round:
        return self._rounds.setdefault(number, Round())

    def gave(self, texts: list[str]) -> Callable[[], None] | None:
        """For the end of an answer that holds these texts."""
        marks = [tuple(map(int, found.groups())) for text in texts if (found := MARK.search(text))]
        if not marks:
            return None

        def note() -> None:
            now = time.monotonic_ns()
            for number, chat, n in marks:
                self.round(number).given.append((chat, n, now))

        return note

    def brought(self, chat: int, text: str) -> None:
        """A call wants this said; several messages may be in one."""
        now, marks = time.monotonic_ns(), MARK.findall(text)
        if not marks:
            self._odd.append(text[:200])
        for number, of, n in marks:
            book = self.round(int(number))
            book.brought.append((int(of), int(n), now, chat))
            book.distinct.add((int(of), int(n)))
        if marks:
            self.round(int(marks[0][0])).calls += 1

    def control(self, request: Request) -> Answer:
        """What the measuring program asks: `/control/feed|count|report|odd`."""
        match request.parts[1], request.parts[2:]:
            case "feed", []:
                self._feeding = asyncio.ensure_future(self._feed(**json.loads(request.body)))
                return said({})
            case "count", [number]:
                book = self.round(int(number))
                state = {"given": len(book.given), "brought": len(book.distinct), "asleep": self.asleep}
                return said({**state, "refused": self.refused})
            case "report", [number]:
                book = self._rounds.pop(int(number), Round())
                return said({"given": book.given, "brought": book.brought, "calls": book.calls})
            case "odd", []:
                return said({"odd": list(self._odd)})
        return said({}, 404)

    async def _feed(self, number: int, chats: list[int], count: int, pause: float, length: list[int]) -> None:
        """`count` messages in turn into these chats, with so many seconds between two; 0: all at once."""
        dice, begin = Random(number), time.monotonic()  # noqa: S311 - lengths, not secrets
        for n in range(count):
            if pause and (wait := begin + n * pause - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            chat = chats[n % len(chats)]
            self._tell(chat, words(f"{number}-{chat}-{n // len(chats):06d}", dice.randint(*length), dice))


def words(mark: str, length: int, dice: Random) -> str:
    """A text of about so many characters that begins with its mark."""
    text = mark
    while len(text) < length:
        text += f" {dice.choice(WORDS)}"
    return text[: max(length, len(mark))].rstrip()


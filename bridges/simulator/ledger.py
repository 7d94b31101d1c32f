"""What bots have asked, and how it ended: for tests, and for counting."""

from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import islice

from bridges.simulator.world import Json


@dataclass
class Ledger:
    """The last calls in order, and counts of all; `keep` calls are remembered, 0 for all."""

    keep: int = 0
    count: int = 0
    calls: deque[Json] = field(default_factory=deque)
    methods: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)

    def note(self, call: Json) -> None:
        """`method` and `status` (0: it got no answer) are counted."""
        self.count += 1
        self.methods[call["method"]] += 1
        self.statuses[call["status"]] += 1
        self.calls.append({"n": self.count} | call)
        while self.keep and len(self.calls) > self.keep:
            self.calls.popleft()

    def since(self, number: int) -> list[Json]:
        """The calls after that one, as far as they are remembered."""
        first = self.count - len(self.calls) + 1
        return list(islice(self.calls, max(0, number + 1 - first), None))

"""The statement of reasons: what the EU's Digital Services Act asks for in article 17(3), as plain sentences."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.features.cases.ladder import What
from bot.features.cases.tables import Kind

Say = Callable[..., str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The fields of article 17(3), by its letters.

    (a) `acts`, `until` and `territory`; (b) `facts` and `source`; (c) `automated`; (d), (e) `ground` and `words`, the
    rule of the house and what the moderator says of it: nothing is ever declared illegal; (f) `number`, by which it is
    appealed, until `last`.
    """

    number: int
    acts: tuple[What, ...]
    until: datetime | None
    territory: str
    facts: str
    source: Kind
    reports: int
    automated: bool
    ground: str
    words: str
    last: datetime
    prefix: str

    def lines(self, say: Say, day: Callable[[datetime], str]) -> list[tuple[str, str]]:
        """Each field's heading and its sentence, in the order in which one asks."""
        ends = {What.MUTE: day(self.until)} if self.until else {}
        done = " ".join(say(f"done-{w}-until", until=ends[w]) if w in ends else say(f"done-{w}") for w in self.acts)
        how = say("statement-how", number=str(self.number), last=day(self.last), prefix=self.prefix)
        fields = [
            (say("statement-decision"), done),
            (say("statement-territory"), say("statement-where", circle=self.territory)),
            (say("statement-ground"), self.ground),
            (say("statement-words"), self.words),
            (say("statement-facts"), self.facts),
            (say("statement-source"), say(f"source-{self.source}", count=self.reports)),
            (say("statement-automated"), say("automated-yes" if self.automated else "automated-no")),
            (say("statement-appeal"), how),
        ]
        return [(heading, sentence) for heading, sentence in fields if sentence]

"""How much a message looks like what is unwanted: the sum of what is counted in it, each times a readable weight.

The weights (`weights/*.txt`) are fitted to sentences that were written for this project, by `tests/moderation/fit.py`;
nothing is ever learnt from what people write. See docs/adr/0015.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from heapq import nlargest

from moderation.policy import Policy
from moderation.reading import Reading
from moderation.scales import Kind, weights_of
from moderation.traits import ABUSE, STEMS, THEMES, leads_out, plainly, traits, weight

ENOUGH = 0.0  # from here on a message is held
BIAS = "always"
_SHOWN = 8  # words that are named as what weighed most
_A_THEME = 2.0  # how much phrases of a theme weigh where it is one
_RUDE = frozenset((*ABUSE, "aimed", "doxxing"))


@dataclass(frozen=True, slots=True)
class Weighing:
    """The sums of what was counted in a message, by kind."""

    spam: float
    abuse: float


def weigh(reading: Reading, policy: Policy) -> Weighing:
    """Everything that speaks for and against; reckoned once for a reading."""
    if (known := reading.memo.get("weighed")) is None:
        both = weights()
        spam, abuse = both[BIAS]
        for name, value in traits(reading, policy).items():
            if known_weights := both.get(name):
                spam += value * known_weights[0]
                abuse += value * known_weights[1]
        known = reading.memo["weighed"] = Weighing(spam, abuse)
    weighed: Weighing = known
    return weighed


def is_enough(reading: Reading, policy: Policy, kind: Kind) -> bool:
    """Whether it is to be held; common words alone, in which nothing speaks of such things, hold nothing."""
    return concerns(reading, kind) and float(getattr(weigh(reading, policy), kind)) >= ENOUGH


def concerns(reading: Reading, kind: Kind) -> bool:
    """Whether there is anything to weigh: most of what neighbours say is spared the rest."""
    if kind == "abuse":
        return not _RUDE.isdisjoint(reading.hits)
    return leads_out(reading) or sum(weight(reading.hits[one]) for one in THEMES.intersection(reading.hits)) >= _A_THEME


@cache
def weights() -> Mapping[str, tuple[float, float]]:
    """What each thing weighs, for spam and for abuse."""
    spam, abuse = weights_of("spam"), weights_of("abuse")
    return {name: (spam.get(name, 0.0), abuse.get(name, 0.0)) for name in {BIAS, *spam, *abuse}}


def heaviest(reading: Reading, policy: Policy, kind: Kind) -> set[str]:
    """The words, and beginnings of words, that speak for it most."""
    all_of, counted = weights_of(kind), traits(reading, policy)
    told = [name for name in counted if all_of.get(name, 0.0) > 0 and name.startswith(("word ", "stem "))]
    return {name.partition(" ")[2] for name in nlargest(_SHOWN, told, key=all_of.__getitem__)}


def spots(reading: Reading, policy: Policy, kind: Kind, themes: Iterable[str]) -> list[tuple[int, int]]:
    """Where the words stand that weighed most, and the phrases of these themes; none within another."""
    said, told = plainly(reading), heaviest(reading, policy, kind)
    short, long = STEMS
    heavy = [one for one in reading.tokens if not told.isdisjoint((one.word, one.word[:short], one.word[:long]))]
    placed = [reading.span(one.start, one.end) for one in heavy if one.end - one.start >= short]
    placed += reading.spots(hit for theme in themes for hit in said.get(theme, ()))
    found: list[tuple[int, int]] = []
    for start, end in sorted(placed, key=lambda one: (one[0], -one[1])):
        if not found or end > found[-1][1]:
            found.append((start, end))
    return found

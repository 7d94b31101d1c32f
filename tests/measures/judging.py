"""How long moderation looks at a message: at ordinary ones, and at the worst of 4,000 characters."""

import random
import time
from statistics import median
from typing import TYPE_CHECKING

from moderation.judgement import judge
from moderation.policy import Policy
from moderation.subject import Subject
from tests.moderation.corpus import read
from tests.moderation.test_cost import HOSTILE, PHRASES, filled

if TYPE_CHECKING:  # it names this one among its rows
    from tests.measures.rows import Options, Result

MIDDLE, WORST = 1.0, 5.0  # milliseconds
LONG = 4000  # characters, more than are judged
LISTS = {"words": ["palourde", "grève dure"], "allowed_domains": ["a.example"], "denied_domains": ["b.example"]}
POLICY = Policy.layered([("a circle", LISTS)])


def took(subject: Subject) -> float:
    """Milliseconds of this thread: the least of three, so that no other process and no collection of garbage counts."""
    least = 9.0
    for _ in range(3):
        began = time.thread_time()
        judge(subject, POLICY)
        least = min(least, time.thread_time() - began)
    return least * 1000


def long_texts(*, short: bool) -> dict[str, str]:
    """Texts of 4,000 characters by what they are: what people say, what machines repeat, and words without an order."""
    dice = random.Random(1)  # noqa: S311 - a mixture, no secret
    said = [line.text for line in read("unseen")]
    words = [word for text in said for word in text.split()]
    texts = {repr(fragment): filled(fragment, LONG) for fragment in (HOSTILE[::5] if short else HOSTILE)}
    texts |= {repr(phrase): filled(f"{phrase} ", LONG) for phrase in PHRASES[:: 400 if short else 20]}
    for n in range(3 if short else 30):
        texts |= {
            f"messages {n}": filled(" ".join(dice.sample(said, 60)), LONG),
            f"lines {n}": filled("\n".join(dice.sample(said, 60)), LONG),
            f"words {n}": filled(" ".join(dice.choices(words, k=900)), LONG),
            f"phrases {n}": filled(" ".join(dice.sample(PHRASES, 300)), LONG),
            f"characters {n}": "".join(chr(dice.randrange(32, 0x3000)) for _ in range(LONG)),
        }
    return texts


async def judging(options: "Options") -> list["Result"]:
    """What is read once is read before."""
    from tests.measures.rows import Result

    messages = [Subject(text=line.text, newcomer=line.newcomer) for line in read("unseen")]
    texts = long_texts(short=options.short)
    for subject in messages[:50]:
        judge(subject, POLICY)
    middle = median(map(took, messages))
    worst, name = max((took(Subject(text=text, newcomer=True)), name) for name, text in texts.items())
    figure = f"{middle:.2f} ms / {worst:.1f} ms ({name[:30]})"
    good = middle <= MIDDLE and worst <= WORST
    what = f"judging a message, median of ordinary ones / worst of {LONG:,} characters"
    return [Result(what, figure, "", "", f"{MIDDLE:.0f} ms / {WORST:.0f} ms", good)]

"""Fits the weights of `moderation/weights` to the tuned half of the corpus: `python -m tests.moderation.fit [--write]`.

A linear support vector machine with squared hinge loss, by coordinate descent in the dual (Hsieh et al. 2008, algorithm
1): twenty lines that give the same weights on every machine. What stands in too few messages gets no weight.
"""

import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from moderation.policy import DEFAULT
from moderation.reading import Reading
from moderation.scales import Kind
from moderation.subject import Subject
from moderation.traits import traits
from moderation.weighing import BIAS
from tests.moderation.corpus import Line, disguised, read

FOLDER = Path(__file__).parents[2] / "moderation" / "weights"
MEANT = {"spam": {"spam", "swindle"}, "abuse": {"abuse"}}
FEWEST = 2  # messages that a word stands in
COST = {"spam": 0.1, "abuse": 0.1}  # how much an error costs beside large weights
SHIFT = {"spam": 0.2, "abuse": 0.0}  # how much surer than even we want to be
ROUNDS = 40
LIGHT = 0.001  # what weighs less is left out


def counted(line: Line) -> dict[str, float]:
    """What is counted in a message."""
    reading = Reading.of(Subject(text=line.text, newcomer=line.newcomer))
    return {**traits(reading, DEFAULT), BIAS: 1.0}


def rare(rows: Sequence[Mapping[str, float]]) -> set[str]:
    """Words that stand in too few messages to tell anything."""
    number = Counter(name for row in rows for name in row)
    return {name for name, count in number.items() if count < FEWEST and name.startswith(("word ", "stem ", "pair "))}


def fit(rows: Sequence[Mapping[str, float]], meant: Sequence[bool], cost: float, few: set[str]) -> dict[str, float]:
    """Weights with which the sum is 1 or more where it is meant, and -1 or less where not, as far as that goes.

    `cost`: of an error, beside large weights; `few`: what gets no weight.
    """
    named = [[(name, value) for name, value in row.items() if name not in few] for row in rows]
    share = sum(meant) / len(meant)
    costs = [cost * (0.5 / share if yes else 0.5 / (1 - share)) for yes in meant]
    signs = [1.0 if yes else -1.0 for yes in meant]
    norms = [sum(value * value for _, value in row) + 0.5 / c for row, c in zip(named, costs, strict=True)]
    weights, duals = dict.fromkeys({name for row in named for name, _ in row}, 0.0), [0.0] * len(rows)
    order, dice = list(range(len(rows))), random.Random(1)  # noqa: S311 - an order, no secret
    for _ in range(ROUNDS):
        dice.shuffle(order)
        for at in order:
            total = sum(weights[name] * value for name, value in named[at])
            slope = signs[at] * total - 1 + duals[at] * 0.5 / costs[at]
            if (new := max(0.0, duals[at] - slope / norms[at])) != duals[at]:
                step, duals[at] = (new - duals[at]) * signs[at], new
                for name, value in named[at]:
                    weights[name] += step * value
    return weights


def fitted(kind: Kind, lines: Sequence[Line]) -> dict[str, float]:
    """The weights for one kind of message; each line is taken as it stands and once more in a disguise."""
    some = [line for line in lines if kind == "abuse" or line.kind != "abuse"]
    rows = [counted(line) for line in some]
    few, rows = rare(rows), [*rows, *(counted(disguised(line)) for line in some)]
    weights = fit(rows, [line.kind in MEANT[kind] for line in some] * 2, COST[kind], few)
    weights[BIAS] -= SHIFT[kind]
    return weights


def main() -> None:
    """Fit, and with --write keep."""
    lines = read("tuned")
    for kind in ("spam", "abuse"):
        weights = fitted(kind, lines)
        told = {name: f"{value:.4f}" for name, value in sorted(weights.items())}
        text = "".join(f"{number} {name}\n" for name, number in told.items() if abs(float(number)) > LIGHT)
        head = "# Made by tests/moderation/fit.py from sentences written for this project. Above zero speaks for it.\n"
        print(kind, len(text.splitlines()), "weights")  # noqa: T201
        if "--write" in sys.argv:
            (FOLDER / f"{kind}.txt").write_text(head + text, "utf-8")


if __name__ == "__main__":
    main()

"""The weights of what is counted in messages, read from files once; see `tests/moderation/fit.py`, which makes them."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

Kind = Literal["spam", "abuse"]
KINDS: tuple[Kind, ...] = ("spam", "abuse")


@cache
def weights_of(kind: Kind) -> Mapping[str, float]:
    """What each thing weighs: a line is a number, a blank and the name of what it is for."""
    text = files("moderation").joinpath("weights", f"{kind}.txt").read_text("utf-8")
    lines = (line.partition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(number) for number, _, name in lines}


@cache
def weighty() -> Mapping[str, str]:
    """The words that weigh, by how they look where an l may be read as an i; of two that look alike, the heavier."""
    found: dict[str, tuple[float, str]] = {}
    for kind in KINDS:
        for name, weight in weights_of(kind).items():
            if name.startswith("word ") and (word := name.removeprefix("word ")).isalpha() and len(word) > 2:
                look = alike(word)
                found[look] = max(found.get(look, (0.0, "")), (abs(weight), word))
    return {look: word for look, (_, word) in found.items()}


def alike(word: str) -> str:
    """Words that differ by i and l are one where a 1 was read."""
    return word.replace("l", "i")

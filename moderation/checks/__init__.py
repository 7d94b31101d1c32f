"""The checks: each file of this package is one, found by listing; adding a check is adding a file."""

import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from moderation.finding import Decision, Finding

if TYPE_CHECKING:  # a policy asks which checks there are
    from moderation.policy import Policy
    from moderation.reading import Reading

Look = Callable[["Reading", "Policy"], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """A pure opinion: what it looks at, for people; the reasons it may give, and how grave each is; and its eyes.

    A reason is the key of a text, `reason-...`.
    """

    name: str
    looks_at: str
    reasons: Mapping[str, Decision]
    look: Look


NAMES = tuple(sorted(one.name for one in pkgutil.iter_modules(__path__)))


@cache
def checks() -> Mapping[str, Check]:
    """All of them by name: each file has `LOOKS_AT`, `REASONS` and `look`."""
    made = {name: import_module(f"{__name__}.{name}") for name in NAMES}
    return MappingProxyType({name: Check(name, one.LOOKS_AT, one.REASONS, one.look) for name, one in made.items()})

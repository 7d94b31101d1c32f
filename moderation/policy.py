"""How strict a circle is: values in layers, from the default to the circle, each inheriting what it does not say."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from moderation.checks import NAMES as CHECKS
from moderation.finding import Decision
from moderation.links import is_domain
from moderation.vocabulary import Vocabulary
from moderation.wording import words_of

DEFAULT_NAME, EVERYWHERE = "default", "everywhere"
_MOST_WORDS, _LONGEST_WORD = 500, 60
_RANGES = {
    "newcomer_days": (0, 365), "newcomer_messages": (0, 100), "newcomer_delay": (0, 3600),
    "flood_10s": (2, 1000), "flood_60s": (2, 1000), "same_text_places": (2, 1000), "mentions": (1, 1000),
    "raid_arrivals": (2, 10_000), "raid_seconds": (1, 86_400), "raid_minutes": (1, 10_080), "strike_days": (1, 3650),
}  # fmt: skip


class PolicyError(ValueError):
    """A layer cannot be used; its text is one sentence that says which value, and why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one check is applied: whether at all, how far at most, and whether it is only tried."""

    on: bool = True
    most: Decision = Decision.BAN
    dry: bool = False


_ALWAYS = Rule()


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Everything that a town hall, a neighbourhood or a circle may choose; `name` tells which layers had a say.

    `words`: held wherever they stand as whole words. `allowed_domains` and `denied_domains` hold for what lies below
    them too. A person is new for `newcomer_days` and until `newcomer_messages` were seen, and what they write may wait
    `newcomer_delay` seconds before it crosses. `flood_10s` and `flood_60s`: so many messages of one person are too
    many. `same_text_places`: so many chats with the same words. `mentions`: so many people meant at once. A raid is
    `raid_arrivals` within `raid_seconds`; its mode lasts `raid_minutes`. A strike fades after `strike_days`.
    """

    name: str = DEFAULT_NAME
    dry: bool = False
    words: tuple[str, ...] = ()
    allowed_domains: tuple[str, ...] = ()
    denied_domains: tuple[str, ...] = ()
    newcomer_days: int = 7
    newcomer_messages: int = 5
    newcomer_delay: int = 0
    flood_10s: int = 6
    flood_60s: int = 20
    same_text_places: int = 3
    mentions: int = 6
    raid_arrivals: int = 10
    raid_seconds: int = 60
    raid_minutes: int = 30
    strike_days: int = 90
    checks: Mapping[str, Rule] = field(default_factory=lambda: MappingProxyType({}))

    def rule(self, check: str) -> Rule:
        """How a check is applied here."""
        return self.checks.get(check, _ALWAYS)

    @cached_property
    def known_domains(self) -> tuple[frozenset[str], frozenset[str]]:
        """The allowed and the denied ones, to look up."""
        return frozenset(self.allowed_domains), frozenset(self.denied_domains)

    @cached_property
    def listed(self) -> Vocabulary:
        """The words of the list, to look for; what people type there is only words, never a pattern."""
        made = Vocabulary()
        for phrase in self.words:
            made.add("listed", 1, " ".join(words_of(phrase)))
        return made

    @classmethod
    def layered(cls, layers: Sequence[tuple[str, Mapping[str, Any]]]) -> "Policy":
        """From what each layer says, the widest first (whose name is empty); a value replaces the one above it.

        `checks` goes deeper: `{"capitals": {"on": False}}` changes that one value of that one check. PolicyError where
        a name is unknown or a value is not of its kind.
        """
        policy, names = DEFAULT, [DEFAULT_NAME]
        for name, values in layers:
            if values:
                policy = replace(policy, **_understood(policy, values))
                names.append(name or EVERYWHERE)
        return replace(policy, name=" > ".join(dict.fromkeys(names)))


def _understood(policy: Policy, values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _checks(policy, value) if key == "checks" else _value(key, value) for key, value in values.items()}


def _value(key: str, value: Any) -> object:
    match key, value:
        case "dry", bool():
            return value
        case "dry", _:
            raise PolicyError("dry must be true or false")
        case ("words" | "allowed_domains" | "denied_domains"), (list() | tuple()):
            return _several(key, value)
        case ("words" | "allowed_domains" | "denied_domains"), _:
            raise PolicyError(f"{key} must be a list")
        case _, int() if key in _RANGES and not isinstance(value, bool):
            least, most = _RANGES[key]
            if least <= value <= most:
                return value
            raise PolicyError(f"{key} must be from {least} to {most}")
        case _ if key in _RANGES:
            raise PolicyError(f"{key} must be a whole number")
    raise PolicyError(f"there is no {_shown(key)}{_near(key, [*NAMES])}")


def _several(key: str, values: Sequence[Any]) -> tuple[str, ...]:
    if len(values) > _MOST_WORDS:
        raise PolicyError(f"{key} has more than {_MOST_WORDS} entries")
    several = []
    for value in values:
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_WORD:
            raise PolicyError(f"{key} must hold texts of 1 to {_LONGEST_WORD} characters")
        if key != "words" and not is_domain(value.strip().lower()):
            raise PolicyError(f"{key}: {_shown(value)} is not a domain, such as example.org")
        if key == "words" and not words_of(value):
            raise PolicyError(f"{key}: {_shown(value)} holds no word")
        several.append(value.strip() if key == "words" else value.strip().lower())
    return tuple(dict.fromkeys(several))


def _checks(policy: Policy, values: Any) -> Mapping[str, Rule]:
    if not isinstance(values, Mapping):
        raise PolicyError('checks must be a table, such as { capitals = { most = "nudge" } }')
    rules = dict(policy.checks)
    for name, changes in values.items():
        if name not in CHECKS:
            raise PolicyError(f"there is no check {_shown(name)}{_near(name, CHECKS)}")
        if not isinstance(changes, Mapping):
            raise PolicyError(f'checks.{name} must be a table, such as {{ most = "nudge" }}')
        rules[name] = replace(policy.rule(name), **{key: _choice(name, key, value) for key, value in changes.items()})
    return MappingProxyType(rules)


def _choice(check: str, key: str, value: Any) -> Any:
    match key, value:
        case ("on" | "dry"), bool():
            return value
        case ("on" | "dry"), _:
            raise PolicyError(f"checks.{check}.{key} must be true or false")
        case "most", str() if value.upper() in Decision.__members__:
            return Decision[value.upper()]
        case "most", _:
            raise PolicyError(f"checks.{check}.most must be one of {', '.join(map(str, Decision))}")
    raise PolicyError(f"there is no {_shown(f'checks.{check}.{key}')}{_near(key, ['on', 'most', 'dry'])}")


def _shown(name: object) -> str:
    text = str(name)[:40]
    return text if text.isprintable() else ascii(text)


def _near(name: object, known: Any) -> str:
    near = difflib.get_close_matches(str(name), list(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


NAMES = tuple(one.name for one in fields(Policy) if one.name != "name")
DEFAULT = Policy()

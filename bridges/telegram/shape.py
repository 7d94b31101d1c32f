"""Whether an event is of the shape that the model says, whatever the network has put into it."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Check = Callable[[Any], bool]


def fits(value: object) -> bool:
    """Whether all fields of a dataclass hold what they are declared to hold, and texts can be written as UTF-8."""
    kind: Any = type(value)
    return all(holds(getattr(value, name)) for name, holds in parts(kind))


@cache
def parts(kind: Any) -> list[tuple[str, Check]]:
    """The fields of a dataclass."""
    types = get_type_hints(kind)
    return [(field.name, shape(types[field.name])) for field in fields(kind)]


@cache
def shape(kind: Any) -> Check:
    """What tells whether a value is of a type, as the model writes types."""
    inner = get_args(kind)
    match get_origin(kind):
        case None if kind is str:
            return is_text
        case None if kind is datetime:
            return lambda value: isinstance(value, datetime) and value.tzinfo is not None
        case None if kind is float:
            return lambda value: isinstance(value, float | int) and abs(value) < 1e18  # NaN is not
        case None if isinstance(kind, type) and is_dataclass(kind):
            return lambda value: isinstance(value, kind) and fits(value)
        case origin if origin in (Union, UnionType):
            either = [shape(one) for one in inner]
            return lambda value: any(holds(value) for holds in either)
        case origin if origin is Literal:
            return lambda value: value in inner
        case origin if origin in (tuple, frozenset):
            each = shape(inner[0])
            return lambda value: isinstance(value, origin) and all(map(each, value))
    return lambda value: isinstance(value, kind)


def is_text(value: object) -> bool:
    """A text without half of a surrogate pair in it."""
    return isinstance(value, str) and (value.isascii() or not any("\ud800" <= one <= "\udfff" for one in value))

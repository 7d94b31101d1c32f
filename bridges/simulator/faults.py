"""Faults on demand: what a call meets instead of, or after, being carried out."""

import secrets
from dataclasses import dataclass, field
from typing import Literal, get_args

Breakage = Literal["429", "5xx", "timeout", "half-open", "reset", "cut"]


@dataclass(frozen=True, slots=True)
class Fault:
    """`count` calls fail after `skip` went well, or `every` (n of m calls) without end.

    `timeout` and `half-open` are one: the call is taken and never answered. `cut`: half of the answer comes.
    """

    id: str
    method: str
    kind: Breakage
    when: Literal["before", "after"] = "before"
    chat: str = ""
    status: int = 502
    retry_after: int = 1
    count: int = 1
    skip: int = 0
    every: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Breakage) or self.when not in ("before", "after"):
            raise ValueError(f"kind is one of {', '.join(get_args(Breakage))}; when is before or after")
        if self.kind == "5xx" and not 500 <= self.status <= 599:
            raise ValueError("status is 500 to 599")

    def hits(self, nth: int) -> bool:
        """Whether the nth call (from 0) that the fault is about fails."""
        nth -= self.skip
        if nth < 0:
            return False
        return nth % self.every[1] < self.every[0] if self.every else nth < self.count


@dataclass
class Faults:
    """What is arranged at the moment; methods compare without case, `*` is every one."""

    faults: dict[str, Fault] = field(default_factory=dict)
    delays: list[tuple[str, str, float]] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)

    def add(self, **wanted: object) -> str:
        """Arrange one; the fields are `Fault`'s. Raises `ValueError` or `TypeError` for what makes no sense."""
        fault = Fault(secrets.token_hex(4), **wanted)  # type: ignore[arg-type]  # checked by the dataclass itself
        self.faults[fault.id] = fault
        return fault.id

    def clear(self) -> None:
        self.faults.clear()
        self._seen.clear()

    def meet(self, method: str, chat: str) -> Fault | None:
        """The fault that this call meets, if any; every fault that is about it counts it."""
        met = None
        for fault in self.faults.values():
            if _about(fault.method, fault.chat, method, chat):
                nth = self._seen.get(fault.id, 0)
                self._seen[fault.id] = nth + 1
                met = met or (fault if fault.hits(nth) else None)
        return met

    def delay(self, method: str, chat: str) -> float:
        """Seconds that this call is held up."""
        return sum(seconds for of, where, seconds in self.delays if _about(of, where, method, chat))


def _about(wanted: str, where: str, method: str, chat: str) -> bool:
    return wanted.lower() in ("*", method.lower()) and where in ("", chat)

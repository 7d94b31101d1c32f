"""Power levels: a mute and a lock keep their word in any room, and taking them off leaves the levels as they were."""

from typing import Any

from hypothesis import given as forall
from hypothesis import strategies as st

from bridges.matrix.levels import (
    REDACTION,
    SAID,
    given,
    is_locked,
    is_mute,
    level_of,
    lock_level,
    locked,
    mute_level,
    patched,
    taken,
    unlocked,
)
from bridges.matrix.rooms import number

ANA, BEA = "@ana:x", "@bea:x"
numbers = st.one_of(st.integers(-10, 100), st.integers(-10, 100).map(str))  # old rooms hold some as strings
kinds = st.sampled_from(["m.room.message", "m.reaction", "m.room.name", REDACTION, "m.room.power_levels"])
names = st.sampled_from(["events_default", "users_default", "redact", "ban", "invite"])
LEVELS = st.builds(
    lambda plain, users, events: plain | users | events,
    st.dictionaries(names, numbers),
    st.one_of(st.just({}), st.dictionaries(st.sampled_from([ANA, BEA]), numbers).map(lambda one: {"users": one})),
    st.one_of(st.just({}), st.dictionaries(kinds, numbers).map(lambda one: {"events": one})),
)


def need(levels: dict[str, Any], kind: str) -> float:
    return number(levels.get("events", {}).get(kind), number(levels.get("events_default"), 0))


@forall(LEVELS)
def test_who_is_mute_can_say_nothing_and_nobody_else_is_touched(levels: dict[str, Any]) -> None:
    muted = given(levels, BEA, mute_level(levels))
    assert is_mute(muted, BEA) and all(level_of(muted, BEA) < need(muted, kind) for kind in SAID)
    assert level_of(muted, ANA) == level_of(levels, ANA)
    before = levels.get("users", {}).get(BEA)
    assert given(muted, BEA, before) == levels | {"users": levels.get("users", {})}


@forall(LEVELS)
def test_a_locked_room_opens_as_it_was(levels: dict[str, Any]) -> None:
    at = lock_level(levels)
    shut = locked(levels, at)
    assert is_locked(shut, at) and all(need(shut, kind) >= at for kind in SAID)
    assert need(shut, REDACTION) == need(levels, REDACTION)
    assert locked(shut, at) == shut
    assert unlocked(shut, taken(levels)) == levels


@forall(LEVELS)
def test_what_is_muted_in_a_locked_room_is_mute_when_it_opens(levels: dict[str, Any]) -> None:
    levels["events_default"] = max(0, int(levels.get("events_default", 0)))
    levels["events"] = {kind: max(0, int(value)) for kind, value in levels.get("events", {}).items()}
    shut = locked(levels, lock_level(levels))
    muted = unlocked(given(shut, BEA, mute_level(shut)), taken(levels))
    assert is_mute(muted, BEA) and all(level_of(muted, BEA) < need(muted, kind) for kind in SAID)


@forall(LEVELS, LEVELS, numbers)
def test_a_change_and_anothers_change_are_both_there(old: dict[str, Any], new: dict[str, Any], mine: Any) -> None:
    ours = given(old, BEA, mine)
    merged = patched(ours, old, new)
    for name in new.keys() - {"users"}:
        assert merged[name] == new[name]
    theirs = new.get("users", {})
    if theirs.get(BEA) == old.get("users", {}).get(BEA) and isinstance(old.get("users"), dict) == ("users" in new):
        assert merged["users"].get(BEA) == mine
    assert patched(old, old, new) == new

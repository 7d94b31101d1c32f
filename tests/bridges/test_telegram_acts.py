"""What moderators do on Telegram: the calls that an act becomes, terms that mean what they say, and plain refusals."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.model import Act, Admit, Chat, ClearReactions, Lock, Person, React, Ref, Restrict
from bridges.port import ACTS, Doubtful, Refused, TryLater
from bridges.telegram import TelegramBridge
from bridges.telegram.acts import OTHERS, WRITING, until
from tests.bridges.matrix_lab import Memory
from tests.bridges.telegram_server import SECRET, Server, no, refused

CHAT = Chat("telegram", "-1005")
ANA, CHANNEL = Person("9", CHAT, "Ana"), Person("-1007", CHAT, "Le canal", collective=True)
MUTE, BAN, FREE = (Restrict(chat=CHAT, person=ANA, what=what) for what in ("mute", "ban", "free"))
LOCK, UNLOCK = Lock(chat=CHAT, on=True), Lock(chat=CHAT, on=False)
YES, NO = Admit(chat=CHAT, person=ANA, yes=True), Admit(chat=CHAT, person=ANA, yes=False)
MEMBER, KICKED, RESTRICTED = ({"status": status} for status in ("member", "kicked", "restricted"))
WHERE = {"chat_id": -1005, "user_id": 9}
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
OPEN = dict.fromkeys(sorted(WRITING | OTHERS), True) | {"can_change_info": False, "can_send_polls": False}
SHUT = OPEN | dict.fromkeys(WRITING, False)


def begin(memory: Memory | None = None, **answers: Any) -> tuple[TelegramBridge, Server]:
    server = Server(**answers)
    return TelegramBridge(SECRET, transport=server, cursor=memory or Memory()), server


CALLS: list[tuple[Act, dict[str, Any], list[tuple[str, dict[str, Any]]]]] = [
    (
        MUTE,
        {"getChatMember": MEMBER},
        [("restrictChatMember", WHERE | {"permissions": {}, "use_independent_chat_permissions": True})],
    ),
    (MUTE, {"getChatMember": KICKED}, []),  # or it would lift the ban
    (BAN, {}, [("banChatMember", WHERE | {"revoke_messages": False})]),
    (FREE, {"getChatMember": KICKED}, [("unbanChatMember", WHERE | {"only_if_banned": True})]),
    (
        FREE,
        {"getChatMember": RESTRICTED},
        [("restrictChatMember", WHERE | {"permissions": dict.fromkeys(sorted(WRITING | OTHERS), True)})],
    ),
    (FREE, {"getChatMember": MEMBER}, []),
    (FREE, {"getChatMember": {"status": "administrator"}}, []),
    (FREE, {"getChatMember": no("PARTICIPANT_ID_INVALID")}, []),
    (ClearReactions(chat=CHAT, person=ANA), {}, [("deleteAllMessageReactions", WHERE)]),
    (
        ClearReactions(chat=CHAT, person=CHANNEL),
        {},
        [("deleteAllMessageReactions", {"chat_id": -1005, "actor_chat_id": -1007})],
    ),
    (
        Restrict(chat=CHAT, person=CHANNEL, what="mute"),
        {},
        [("banChatSenderChat", {"chat_id": -1005, "sender_chat_id": -1007})],
    ),
    (
        Restrict(chat=CHAT, person=CHANNEL, what="free"),
        {},
        [("unbanChatSenderChat", {"chat_id": -1005, "sender_chat_id": -1007})],
    ),
    (YES, {}, [("approveChatJoinRequest", WHERE)]),
    (NO, {}, [("declineChatJoinRequest", WHERE)]),
    (
        YES,
        {"approveChatJoinRequest": no("HIDE_REQUESTER_MISSING"), "getChatMember": MEMBER},
        [("approveChatJoinRequest", WHERE)],
    ),
    (
        YES,
        {"approveChatJoinRequest": no("USER_ALREADY_PARTICIPANT"), "getChatMember": RESTRICTED | {"is_member": True}},
        [("approveChatJoinRequest", WHERE)],
    ),
    (
        NO,
        {"declineChatJoinRequest": no("HIDE_REQUESTER_MISSING"), "getChatMember": {"status": "left"}},
        [("declineChatJoinRequest", WHERE)],
    ),
    (UNLOCK, {}, []),  # nobody has locked it
]


@pytest.mark.parametrize(("act", "answers", "calls"), CALLS, ids=[f"{n}" for n in range(len(CALLS))])
async def test_the_calls_that_an_act_becomes(
    act: Act, answers: dict[str, Any], calls: list[tuple[str, dict[str, Any]]]
) -> None:
    bridge, server = begin(**answers)
    assert await bridge.do(act, key="k") is None
    assert [(name, given) for name, given in server.asked if name != "getChatMember"] == calls


ADMIN, RIGHTS = no("user is an administrator of the chat"), no("not enough rights to restrict/unrestrict chat member")
NEVER: list[tuple[Act, dict[str, Any], str]] = [
    (MUTE, {"getChatMember": MEMBER, "restrictChatMember": ADMIN}, "is-admin"),
    (BAN, {"banChatMember": no("can't remove chat owner")}, "is-admin"),
    (BAN, {"banChatMember": no("can't restrict self")}, "is-admin"),
    (BAN, {"banChatMember": RIGHTS}, "no-right"),
    (BAN, {"banChatMember": no("CHAT_ADMIN_REQUIRED")}, "no-right"),
    (BAN, {"banChatMember": no("user not found")}, "not-there"),
    (BAN, {"banChatMember": no("USER_NOT_PARTICIPANT")}, "not-there"),
    (BAN, {"banChatMember": refused("Forbidden: bot was kicked from the supergroup chat", 403)}, "kicked"),
    (
        MUTE,
        {"getChatMember": MEMBER, "restrictChatMember": no("method is available only for supergroups")},
        "not-in-this-group",
    ),
    (Restrict(chat=CHAT, person=Person("@ana:x", CHAT), what="ban"), {}, "not-there"),
    (Restrict(chat=CHAT, person=Person(CHAT.id, CHAT, collective=True), what="mute"), {}, "is-admin"),
    (ClearReactions(chat=CHAT, person=ANA), {"deleteAllMessageReactions": no("not enough rights")}, "no-right"),
    (
        ClearReactions(chat=CHAT, person=ANA),
        {"deleteAllMessageReactions": refused("Not Found: method not found", 404)},
        "not-in-this-group",
    ),
    (LOCK, {"getChat": {"id": 9, "type": "private"}}, "not-in-this-group"),
    (
        LOCK,
        {"getChat": {"permissions": OPEN}, "setChatPermissions": no("not enough rights to change chat permissions")},
        "no-right",
    ),
    (YES, {"approveChatJoinRequest": no("USER_ID_INVALID"), "getChatMember": no("user not found")}, "not-there"),
    (YES, {"approveChatJoinRequest": no("not enough rights to manage chat invite link")}, "no-right"),
    (NO, {"declineChatJoinRequest": no("HIDE_REQUESTER_MISSING"), "getChatMember": MEMBER}, "not-there"),
]


@pytest.mark.parametrize(("act", "answers", "why"), NEVER, ids=[f"{n}" for n in range(len(NEVER))])
async def test_what_cannot_be_done_is_told_in_known_words(act: Act, answers: dict[str, Any], why: str) -> None:
    bridge, _ = begin(**answers)
    with pytest.raises(Refused) as caught:
        await bridge.do(act, key="k")
    assert caught.value.why == why


async def test_a_wait_and_a_lost_answer_are_no_refusals() -> None:
    bridge, _ = begin(banChatMember=[refused("Too Many Requests", 429, retry_after=7), httpx.ReadTimeout("x"), True])
    with pytest.raises(TryLater) as caught:
        await bridge.do(BAN, key="k")
    assert caught.value.after == timedelta(seconds=7)
    with pytest.raises(Doubtful):
        await bridge.do(BAN, key="k")
    assert await bridge.do(BAN, key="k") is None


@given(st.timedeltas(timedelta(days=-1), timedelta(days=3000)))
def test_a_term_never_becomes_for_ever(left: timedelta) -> None:
    term = until(NOW + left, NOW)
    if left <= timedelta(0):
        assert term is None
    else:
        assert term
        seconds = term["until_date"] - NOW.timestamp()
        assert 30 < seconds < 366 * 86400
        assert seconds == int(left.total_seconds()) or not 60 <= left.total_seconds() <= 365 * 86400
    assert until(None, NOW) == {}


async def test_a_term_that_is_over_does_nothing() -> None:
    bridge, server = begin()
    for what in ("mute", "ban"):
        for who in (ANA, CHANNEL):
            await bridge.do(Restrict(chat=CHAT, person=who, what=what, until=NOW - timedelta(days=900)), key="k")
    assert server.asked == []


# --- locked groups


async def test_only_what_was_taken_is_given_back() -> None:
    changed = SHUT | {"can_invite_users": False}  # by an administrator, while the group was locked
    bridge, server = begin(getChat=[{"permissions": OPEN}, {"permissions": changed}])
    await bridge.do(LOCK, key="1")
    await bridge.do(UNLOCK, key="2")
    asked = server.calls("setChatPermissions")
    assert [one["use_independent_chat_permissions"] for one in asked] == [True, True]
    assert [one["permissions"] for one in asked] == [SHUT, OPEN | {"can_invite_users": False}]


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_crash_between_keeping_and_locking_forgets_nothing(arrived: object) -> None:
    memory = Memory()
    bridge, _ = begin(memory, getChat=[{"permissions": OPEN}], setChatPermissions=[httpx.ReadTimeout("x")])
    with pytest.raises(Doubtful):
        await bridge.do(LOCK, key="1")
    again, server = begin(memory, getChat=[{"permissions": SHUT if arrived else OPEN}, {"permissions": SHUT}])
    await again.do(LOCK, key="1")
    await again.do(UNLOCK, key="2")
    assert server.calls("setChatPermissions")[-1]["permissions"] == OPEN
    assert memory.kept == {}


async def test_a_group_that_was_opened_by_hand_is_left_alone() -> None:
    memory = Memory()
    bridge, server = begin(memory, getChat=[{"permissions": OPEN}, {"permissions": SHUT | {"can_send_messages": True}}])
    await bridge.do(LOCK, key="1")
    await bridge.do(UNLOCK, key="2")
    assert len(server.calls("setChatPermissions")) == 1 and memory.kept == {}


async def test_a_group_that_is_shut_already_stays_so() -> None:
    memory = Memory()
    bridge, server = begin(memory, getChat=[{"permissions": SHUT}] * 2)
    await bridge.do(LOCK, key="1")
    await bridge.do(UNLOCK, key="2")
    assert server.calls("setChatPermissions") == [] and memory.kept == {}


async def test_without_a_place_to_keep_it_nothing_is_locked() -> None:
    server = Server(getChat={"permissions": OPEN})
    with pytest.raises(Refused, match="defect"):
        await TelegramBridge(SECRET, transport=server).do(LOCK, key="1")
    assert server.calls("setChatPermissions") == []


# --- whether a message stands


STANDS = [
    (True, True), (no("MESSAGE_NOT_MODIFIED"), True), (no("message to react not found"), False),
    (no("MESSAGE_ID_INVALID"), False), (no("REACTION_INVALID"), None), (no("CHAT_ADMIN_REQUIRED"), None),
    (refused("Forbidden: bot was kicked from the supergroup chat", 403), None),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "stands"), STANDS, ids=[f"{n}" for n in range(len(STANDS))])
async def test_whether_a_message_stands(answer: Any, stands: object) -> None:
    bridge, server = begin(setMessageReaction=answer)
    assert await bridge.stands(Ref(CHAT, "7")) is stands
    assert server.asked == [("setMessageReaction", {"chat_id": -1005, "message_id": 7, "reaction": []})]


async def test_the_bots_own_reaction_is_set_again_and_a_whisper_is_not_asked_about() -> None:
    bridge, server = begin()
    ref, ours = Ref(CHAT, "7"), [{"type": "emoji", "emoji": "👍"}]
    await bridge.do(React(chat=CHAT, ref=ref, emoji=("👍",)), key="1")
    await bridge.stands(Ref(Chat("telegram", CHAT.id, "3"), "7"))
    await bridge.do(React(chat=CHAT, ref=ref), key="2")
    await bridge.stands(ref)
    assert [call["reaction"] for call in server.calls("setMessageReaction")] == [ours, ours, [], []]
    assert await bridge.stands(Ref(CHAT, "e7")) is None and len(server.asked) == 4


async def test_a_wait_is_passed_on() -> None:
    bridge, _ = begin(setMessageReaction=refused("Too Many Requests", 429, retry_after=3))
    with pytest.raises(TryLater):
        await bridge.stands(Ref(CHAT, "7"))


def test_what_a_chat_knows_of_it() -> None:
    bridge, _ = begin()
    assert bridge.capabilities(CHAT).acts == ACTS and bridge.capabilities(CHAT).forgets_mutes
    assert bridge.capabilities(Chat("telegram", "-5")).acts == {"ban", "lock", "clear", "admit"}
    assert bridge.capabilities(Chat("telegram", "9")).acts == frozenset()

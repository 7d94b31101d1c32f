"""What comes in from Telegram, and what the bridge knows about its chats."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from bridges.model import (
    Event,
    Menu,
    MenuItem,
    Message,
    Ref,
    Remove,
    Right,
    Send,
    Tapped,
)
from bridges.port import Fate, Standing, Stopped
from bridges.telegram import TelegramBridge
from bridges.telegram.calls import REACTIONS
from tests.bridges.telegram_server import (
    ANA,
    CHAT,
    PRIVATE,
    SECRET,
    SEVEN,
    WHISPER,
    begin,
    no,
    refused,
    running,
    said,
)


async def test_a_batch_is_confirmed_only_after_it_was_handled() -> None:
    bold = said(3, "hi all", entities=[{"type": "bold", "offset": 0, "length": 2}])
    batch = [{"update_id": 7, "message": bold}, {"update_id": 8, "message": said(4, "2", reply_to_message=bold)}]
    bridge, server = begin(getUpdates=[batch])
    got: list[tuple[Sequence[Event], int]] = []

    async def inbox(events: Sequence[Event]) -> None:
        await asyncio.sleep(0.01)
        got.append((events, len(server.calls("getUpdates"))))

    await running(bridge, inbox, lambda: len(server.calls("getUpdates")) > 1)
    first, second = server.calls("getUpdates")
    assert "offset" not in first and second["offset"] == 9
    assert first["allowed_updates"] == second["allowed_updates"] and "message_reaction" in first["allowed_updates"]
    [((one, two), asked)] = got
    assert asked == 1
    assert isinstance(one, Message) and isinstance(two, Message)
    assert (one.key, one.html, one.sender) == ("telegram 7", "<b>hi</b> all", ANA)
    assert two.reply_to == one.ref
    assert bridge.address == "@palier_bot"
    assert server.calls("deleteWebhook") == [{"drop_pending_updates": False}]


async def test_what_the_inbox_did_not_take_comes_again() -> None:
    batch = [{"update_id": 7, "message": said(3, "hi")}]
    bridge, server = begin(getUpdates=[batch, batch])
    got: list[Event] = []

    async def broken(_events: Sequence[Event]) -> None:
        raise RuntimeError

    async def inbox(events: Sequence[Event]) -> None:
        got.extend(events)

    with pytest.raises(RuntimeError):
        await bridge.run(broken)
    await running(bridge, inbox, lambda: len(server.calls("getUpdates")) > 2)
    assert [call.get("offset") for call in server.calls("getUpdates")] == [None, None, 8]
    assert [event.key for event in got] == ["telegram 7"]


async def test_one_bad_update_takes_nothing_with_it() -> None:
    batch: list[dict[str, Any]] = [
        {"update_id": 6, "message": {"message_id": "nonsense"}},
        {"update_id": 7, "message": said(3, "kept")},
        {"update_id": 8, "message": said(5, "too", **{"from": {"id": 9, "is_bot": False, "first_name": ["Ana"]}})},
        {"update_id": 9, "something_new": {"a": 1}},
    ]
    bridge, server = begin(getUpdates=[batch])
    got: list[Event] = []

    async def inbox(events: Sequence[Event]) -> None:
        got.extend(events)

    await running(bridge, inbox, lambda: len(server.calls("getUpdates")) > 1)
    assert [event.key for event in got] == ["telegram 7"]
    assert bridge.odd == {"malformed": 2}
    assert server.calls("getUpdates")[1]["offset"] == 10


@pytest.mark.parametrize(
    ("method", "answer", "why"),
    [
        ("getMe", refused("Unauthorized", 401), "telegram-token"),
        ("getMe", refused("Not Found", 404), "telegram-token"),
        ("getUpdates", refused("Conflict: terminated by other getUpdates request", 409), "telegram-second"),
    ],
)
async def test_only_a_human_can_help(method: str, answer: Any, why: str) -> None:
    bridge, _ = begin(**{method: answer})

    async def inbox(_events: Sequence[Event]) -> None:
        """Nothing comes."""

    with pytest.raises(Stopped) as caught:
        await bridge.run(inbox)
    assert caught.value.why == why



async def test_what_became_of_a_lost_call() -> None:
    bridge, _ = begin()
    since = datetime.now(UTC)
    assert await bridge.settle(Send(chat=CHAT, html="x"), key="k", since=since) is Fate.UNKNOWN
    assert await bridge.settle(Remove(chat=CHAT, ref=SEVEN), key="k", since=since) is Fate.AGAIN


async def test_what_a_chat_can_do() -> None:
    bridge, _ = begin()
    group, private = bridge.capabilities(CHAT), bridge.capabilities(PRIVATE)
    assert (group.whispers, private.whispers) == (True, False)
    assert [pace.count for pace in group.paces + private.paces + group.pace_of_all] == [1, 20, 1, 30]
    assert len(REACTIONS) == 73 and {"🙊", "🙈", "❤"} <= REACTIONS and "🗑" not in REACTIONS
    free = TelegramBridge(SECRET, paced=False)
    assert free.capabilities(CHAT).paces == free.capabilities(CHAT).pace_of_all == ()
    await free.close()


async def test_links_open_the_bot() -> None:
    bridge, server = begin()
    assert bridge.link(start="abc") == ""

    async def inbox(_events: Sequence[Event]) -> None:
        """Nothing comes."""

    await running(bridge, inbox, lambda: bool(server.calls("getUpdates")))
    assert bridge.link(start="abc") == "https://t.me/palier_bot?start=abc"
    assert bridge.link(group="abc").startswith("https://t.me/palier_bot?startgroup=abc&admin=delete_messages+")


async def test_what_the_bot_is_in_a_chat() -> None:
    me = {"id": 1, "is_bot": True, "first_name": "P"}
    can = ["can_be_edited", "can_manage_chat", "can_change_info", "can_delete_messages", "can_invite_users"]
    can += ["can_restrict_members", "can_promote_members", "can_manage_video_chats", "can_post_stories"]
    can += ["can_edit_stories", "can_delete_stories", "is_anonymous"]
    admin = {"user": me, "status": "administrator", **dict.fromkeys(can, False), "can_delete_messages": True}
    about = {"id": -5, "type": "supergroup", "title": "Rue"}
    kicked = refused("Forbidden: bot was kicked from the group chat", 403)
    bridge, server = begin(getChat=[about, about, kicked], getChatMember=[admin, {"user": me, "status": "member"}])
    given = frozenset({Right.ADMIN, Right.SEND, Right.DELETE})
    assert await bridge.inspect(CHAT) == Standing(title="Rue", kind="supergroup", member=True, rights=given)
    assert (await bridge.inspect(CHAT)).rights == {Right.SEND}
    assert not (await bridge.inspect(CHAT)).member
    assert server.calls("getChatMember")[0] == {"chat_id": -5, "user_id": 1}


async def test_menus_are_offered_in_every_language() -> None:
    item = MenuItem(word="aide", text="Aide", whispered=True)
    menus = [Menu(language="fr", items=(item,)), Menu(language="en", items=(MenuItem(word="help", text="Help"),))]
    bridge, server = begin(setMyCommands=[no("unknown field"), True, True, True, True, True, True])
    await bridge.offer(menus)
    first, again, *rest = server.calls("setMyCommands")
    assert first["commands"] == [{"command": "aide", "description": "Aide", "is_ephemeral": True}]
    assert again["commands"] == [{"command": "aide", "description": "Aide"}] and "language_code" not in again
    assert [(call["scope"]["type"], call.get("language_code")) for call in rest] == [
        ("all_group_chats", "fr"),
        ("all_group_chats", "en"),
        ("all_private_chats", None),
        ("all_private_chats", "fr"),
        ("all_private_chats", "en"),
    ]
    assert "is_ephemeral" in rest[0]["commands"][0] and "is_ephemeral" not in rest[-2]["commands"][0]


async def test_a_tap_on_a_whisper_names_it_and_what_it_is_about() -> None:
    whisper = {**said(0, "?"), "from": {"id": 1, "is_bot": True, "first_name": "P"}, "ephemeral_message_id": 70}
    whisper["reply_to_message"] = said(3, "lost keys")
    query = {"id": "q", "from": said(1, "")["from"], "chat_instance": "c", "data": "yes", "message": whisper}
    bridge, server = begin(getUpdates=[[{"update_id": 7, "callback_query": query}]])
    got: list[Event] = []

    async def inbox(events: Sequence[Event]) -> None:
        got.extend(events)

    await running(bridge, inbox, lambda: len(server.calls("getUpdates")) > 1)
    [tap] = got
    assert isinstance(tap, Tapped) and tap.about
    assert (tap.key, tap.tap, tap.data, tap.ref, tap.sender) == ("telegram 7", "q", "yes", WHISPER, ANA)
    assert (tap.about.key, tap.about.ref, tap.about.html) == ("telegram about 7", Ref(CHAT, "3"), "lost keys")
    assert tap.at.tzinfo is UTC

"""What goes out to Telegram: the calls that an action becomes, and what follows a refusal."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridges.model import (
    Action,
    Button,
    Chat,
    Edit,
    Join,
    Leave,
    Mirror,
    Person,
    Pin,
    React,
    Ref,
    Remove,
    Send,
    Spot,
    Toast,
    Unreact,
)
from bridges.port import Doubtful, Refused
from tests.bridges.telegram_server import ANA, CHAT, HEARD_PRIVATELY, MADE, PRIVATE, SEVEN, WHISPER, begin, no, refused


async def test_words_are_sent_as_text_and_entities() -> None:
    bridge, server = begin()
    buttons = ((Button("Oui", "yes"), Button("Lire", url="https://example.org")),)
    topic = Chat("telegram", "-5", "12")
    html = "<i>&lt;b&gt;</i> 😀<b>x</b>"
    send = Send(chat=topic, html=html, by="Ana", aside=True, reply_to=SEVEN, quote="q", buttons=buttons)
    assert await bridge.do(send, key="k") == Ref(topic, "7")
    assert server.calls("sendMessage") == [
        {
            "chat_id": -5,
            "text": "Ana: <b> 😀x",
            "entities": [
                {"type": "bold", "offset": 0, "length": 3},
                {"type": "italic", "offset": 5, "length": 3},
                {"type": "bold", "offset": 11, "length": 1},
            ],
            "reply_markup": {
                "inline_keyboard": [
                    [{"text": "Oui", "callback_data": "yes"}, {"text": "Lire", "url": "https://example.org"}]
                ]
            },
            "message_thread_id": 12,
            "disable_notification": True,
            "link_preview_options": {"is_disabled": True},
            "reply_parameters": {"message_id": 7, "allow_sending_without_reply": True, "quote": "q"},
        }
    ]


async def test_an_invalid_quote_costs_only_the_quote() -> None:
    bridge, server = begin(sendMessage=[no("QUOTE_TEXT_INVALID"), MADE])
    assert await bridge.do(Send(chat=CHAT, html="x", reply_to=SEVEN, quote="q"), key="k") == SEVEN
    assert [call["reply_parameters"].get("quote") for call in server.calls("sendMessage")] == ["q", None]
    assert server.calls("sendMessage")[1]["reply_parameters"]["message_id"] == 7


async def test_an_answer_to_what_is_elsewhere_is_a_plain_message() -> None:
    bridge, server = begin(sendMessage=[no("message to be replied not found"), MADE])
    assert await bridge.do(Send(chat=CHAT, html="x", reply_to=SEVEN), key="k") == SEVEN
    assert ["reply_parameters" in call for call in server.calls("sendMessage")] == [True, False]


async def test_refused_entities_cost_only_the_formatting() -> None:
    bridge, server = begin(sendMessage=[no("can't parse entities: unsupported"), MADE])
    assert await bridge.do(Send(chat=CHAT, html="<b>x</b>"), key="k") == SEVEN
    assert [call.get("entities") for call in server.calls("sendMessage")][1] is None
    assert bridge.odd == {"entities": 1}


async def test_an_edit_too_is_shown_without_formatting_rather_than_not() -> None:
    bridge, server = begin(editMessageText=[no("can't parse entities: unsupported"), True])
    assert await bridge.do(Edit(chat=CHAT, html="<b>x</b>", ref=SEVEN), key="k") == SEVEN
    assert ["entities" in call for call in server.calls("editMessageText")] == [True, False]
    assert bridge.odd == {"entities": 1}


async def test_what_is_too_long_is_refused_before_it_leaves() -> None:
    bridge, server = begin()
    assert await bridge.do(Send(chat=CHAT, html="😀" * 2048), key="k") == SEVEN
    with pytest.raises(Refused, match="too-long"):
        await bridge.do(Send(chat=CHAT, html="😀" * 2048 + "x"), key="k")
    assert len(server.asked) == 1


PINGS = [
    ("ask @ana or @bea_2", "ask @\u2060ana or @\u2060bea_2"),
    ("mail a@b.org, @ alone, @@ana", "mail a@b.org, @ alone, @@\u2060ana"),
    ("<code>@ana</code> <b>@ana</b> <pre>@ana</pre>", "@ana @\u2060ana @ana"),
    ("https://example.org/@ana @ana", "https://example.org/@ana @\u2060ana"),
    ('<a href="https://example.org/@ana">@ana</a>', "@\u2060ana"),
]


@pytest.mark.parametrize(("html", "text"), PINGS, ids=range(len(PINGS)))
async def test_names_from_elsewhere_call_nobody_here(html: str, text: str) -> None:
    bridge, server = begin()
    await bridge.do(Send(chat=CHAT, html=html, by="Bea"), key="1")
    await bridge.do(Send(chat=CHAT, html="@ana"), key="2")
    theirs, own = server.calls("sendMessage")
    assert (theirs["text"], own["text"]) == (f"Bea: {text}", "@ana")


async def test_names_that_call_nobody_make_no_text_too_long() -> None:
    bridge, server = begin()
    html = "@ana " * 818
    await bridge.do(Send(chat=CHAT, html=html, by="Bea"), key="1")
    [call] = server.calls("sendMessage")
    assert call["text"] == "Bea: " + "\uff20ana " * 818 and len(call["text"]) == 4095


async def test_an_answer_that_does_not_name_the_message_is_doubtful() -> None:
    bridge, _ = begin(sendMessage={"message": 7}, sendLocation=True)
    with pytest.raises(Doubtful):
        await bridge.do(Send(chat=CHAT, html="x"), key="1")
    with pytest.raises(Doubtful):
        await bridge.do(Send(chat=CHAT, html="", spot=Spot(latitude=1, longitude=2)), key="2")


WHISPERED = {**MADE, "message_id": 0, "ephemeral_message_id": 70}


async def test_a_whisper_is_seen_by_one_person() -> None:
    bridge, server = begin(sendMessage=WHISPERED)
    send = Send(chat=CHAT, html="x", to=ANA, tap="t", reply_to=Ref(CHAT, "e3"))
    assert await bridge.do(send, key="k") == WHISPER
    assert server.calls("sendMessage") == [
        {
            "chat_id": -5,
            "text": "x",
            "ephemeral_message_parameters": {"receiver_user_id": 9, "callback_query_id": "t"},
            "reply_parameters": {"ephemeral_message_id": 3},
        }
    ]


async def test_in_private_a_whisper_is_a_message() -> None:
    bridge, server = begin(sendMessage=HEARD_PRIVATELY)
    assert await bridge.do(Send(chat=PRIVATE, html="x", to=Person("9", PRIVATE)), key="k") == Ref(PRIVATE, "3")
    assert server.calls("sendMessage") == [{"chat_id": 9, "text": "x"}]


async def test_where_a_whisper_is_refused_the_person_is_written_to() -> None:
    answers = [no("MESSAGE_NOT_COMMAND"), no("BOT_NOT_ADMIN"), HEARD_PRIVATELY]
    bridge, server = begin(sendMessage=answers)
    topic = Chat("telegram", "-5", "12")
    send = Send(chat=topic, html="x", to=ANA, reply_to=SEVEN, buttons=((Button("Oui", "yes"),),))
    assert await bridge.do(send, key="k") == Ref(PRIVATE, "3")
    *whispers, last = server.calls("sendMessage")
    assert ["reply_parameters" in call for call in whispers] == [True, False]
    assert all("ephemeral_message_parameters" in call for call in whispers)
    assert set(last) == {"chat_id", "text", "reply_markup"} and last["chat_id"] == 9


async def test_a_tap_that_is_too_old_is_left_out() -> None:
    bridge, server = begin(sendMessage=[no("query is too old and response timeout expired"), WHISPERED])
    assert await bridge.do(Send(chat=CHAT, html="x", to=ANA, tap="t"), key="k") == WHISPER
    assert [call["ephemeral_message_parameters"] for call in server.calls("sendMessage")] == [
        {"receiver_user_id": 9, "callback_query_id": "t"},
        {"receiver_user_id": 9},
    ]


async def test_who_never_opened_the_chat_cannot_be_reached() -> None:
    silent = refused("Forbidden: bot can't initiate conversation with a user", 403)
    bridge, server = begin(sendMessage=[no("BOT_NOT_ADMIN"), silent])
    with pytest.raises(Refused, match="unreachable"):
        await bridge.do(Send(chat=CHAT, html="x", to=ANA), key="k")
    assert [call["chat_id"] for call in server.calls("sendMessage")] == [-5, 9]


async def test_a_server_that_does_not_know_whispers_is_asked_once() -> None:
    bridge, server = begin(sendMessage=[MADE, HEARD_PRIVATELY, HEARD_PRIVATELY])
    assert bridge.capabilities(CHAT).whispers
    for _ in range(2):
        assert await bridge.do(Send(chat=CHAT, html="x", to=ANA), key="k") == Ref(PRIVATE, "3")
    assert server.calls("deleteMessage") == [{"chat_id": -5, "message_id": 7}]
    assert [call["chat_id"] for call in server.calls("sendMessage")] == [-5, 9, 9]
    assert not bridge.capabilities(CHAT).whispers and bridge.odd == {"whisper": 1}


async def test_what_everybody_saw_by_mistake_is_taken_away_for_sure() -> None:
    wait = refused("Too Many Requests: retry after 0", 429, retry_after=0.01)
    bridge, server = begin(sendMessage=[MADE, HEARD_PRIVATELY], deleteMessage=[wait, wait, True])
    assert await bridge.do(Send(chat=CHAT, html="x", to=ANA), key="k") == Ref(PRIVATE, "3")
    assert len(server.calls("deleteMessage")) == 3


async def test_an_answer_to_a_whisper_never_reaches_the_group() -> None:
    bridge, server = begin()
    with pytest.raises(Refused, match="defect"):
        await bridge.do(Send(chat=CHAT, html="x", aside=True, reply_to=WHISPER), key="k")
    assert server.asked == []


async def test_a_whisper_is_replaced_in_place() -> None:
    bridge, server = begin()
    send = Send(chat=CHAT, html="<b>x</b>", to=ANA, tap="t", instead=WHISPER)
    assert await bridge.do(send, key="k") == WHISPER
    assert server.asked == [
        (
            "editEphemeralMessageText",
            {
                "chat_id": -5,
                "receiver_user_id": 9,
                "ephemeral_message_id": 70,
                "text": "x",
                "entities": [{"type": "bold", "offset": 0, "length": 1}],
            },
        )
    ]


async def test_a_whisper_that_is_gone_is_followed_by_a_new_one() -> None:
    made = {**WHISPERED, "ephemeral_message_id": 71}
    bridge, server = begin(editEphemeralMessageText=no("message to edit not found"), sendMessage=made)
    assert await bridge.do(Send(chat=CHAT, html="x", to=ANA, instead=WHISPER), key="k") == Ref(CHAT, "e71")
    assert [name for name, _ in server.asked] == ["editEphemeralMessageText", "sendMessage"]


@pytest.mark.parametrize("chat", [CHAT, PRIVATE])
async def test_what_was_written_in_private_is_replaced_there(chat: Chat) -> None:
    bridge, server = begin()
    old = Ref(PRIVATE, "3")
    assert await bridge.do(Send(chat=chat, html="x", to=ANA, instead=old), key="k") == old
    assert server.asked == [("editMessageText", {"chat_id": 9, "message_id": 3, "text": "x"})]


async def test_only_what_one_person_sees_is_replaced() -> None:
    bridge, server = begin(sendMessage=[WHISPERED, MADE])
    assert await bridge.do(Send(chat=CHAT, html="x", to=ANA, instead=SEVEN), key="k") == WHISPER
    assert await bridge.do(Send(chat=CHAT, html="x", instead=SEVEN), key="k") == SEVEN
    assert [name for name, _ in server.asked] == ["sendMessage"] * 2


REMOVE = Remove(chat=CHAT, ref=SEVEN, stub="[retiré]")
DONE: list[tuple[Action, dict[str, Any], list[tuple[str, dict[str, Any]]]]] = [
    (Edit(chat=CHAT, html="x", ref=SEVEN), {}, [("editMessageText", {"text": "x"})]),
    (
        Edit(chat=CHAT, html="x", ref=SEVEN),
        {"editMessageText": no("message is not modified: specified new message content")},
        [("editMessageText", {"text": "x"})],
    ),
    (REMOVE, {}, [("deleteMessage", {})]),
    (REMOVE, {"deleteMessage": no("message to delete not found")}, [("deleteMessage", {})]),
    (
        REMOVE,
        {"deleteMessage": no("message can't be deleted for everyone")},
        [("deleteMessage", {}), ("editMessageText", {"text": "[retiré]"})],
    ),
    (
        Remove(chat=CHAT, ref=SEVEN, stub="[retiré]", sent_at=datetime.now(UTC) - timedelta(days=3)),
        {},
        [("editMessageText", {"text": "[retiré]"})],
    ),
    (
        React(chat=CHAT, ref=SEVEN, emoji=("🗑", "❤️", "👍")),
        {},
        [("setMessageReaction", {"reaction": [{"type": "emoji", "emoji": "❤"}]})],
    ),
    (
        Mirror(chat=CHAT, ref=SEVEN, emoji=("👍🏽",)),
        {},
        [("setMessageReaction", {"reaction": [{"type": "emoji", "emoji": "👍"}]})],
    ),
    (React(chat=CHAT, ref=SEVEN), {}, [("setMessageReaction", {"reaction": []})]),
    (Pin(chat=CHAT, ref=SEVEN), {}, [("pinChatMessage", {"disable_notification": True})]),
    (
        Pin(chat=CHAT, ref=SEVEN),
        {"pinChatMessage": no("CHAT_NOT_MODIFIED")},
        [("pinChatMessage", {"disable_notification": True})],
    ),
    (Pin(chat=CHAT, ref=SEVEN, on=False), {}, [("unpinChatMessage", {})]),
]


@pytest.mark.parametrize(("action", "answers", "asked"), DONE, ids=[f"{n}" for n in range(len(DONE))])
async def test_what_is_done_to_a_message(
    action: Action, answers: dict[str, Any], asked: list[tuple[str, dict[str, Any]]]
) -> None:
    bridge, server = begin(**answers)
    assert await bridge.do(action, key="k") == SEVEN
    which = {"chat_id": -5, "message_id": 7}
    assert server.asked == [(method, which | more) for method, more in asked]


NEVER: list[tuple[Action, dict[str, Any], str]] = [
    (Edit(chat=CHAT, html="x", ref=SEVEN), {"editMessageText": no("message to edit not found")}, "gone"),
    (Edit(chat=CHAT, html="x", ref=SEVEN), {"editMessageText": no("message can't be edited")}, "gone"),
    (Edit(chat=CHAT, html="x", ref=WHISPER), {}, "gone"),
    (
        REMOVE,
        {"deleteMessage": no("message can't be deleted"), "editMessageText": no("message can't be edited")},
        "kept",
    ),
    (Unreact(chat=CHAT, ref=SEVEN), {}, "defect"),
]


@pytest.mark.parametrize(("action", "answers", "why"), NEVER, ids=[f"{n}" for n in range(len(NEVER))])
async def test_what_will_never_work(action: Action, answers: dict[str, Any], why: str) -> None:
    bridge, _ = begin(**answers)
    with pytest.raises(Refused) as caught:
        await bridge.do(action, key="k")
    assert caught.value.why == why


QUIET: list[tuple[Action, dict[str, Any], list[tuple[str, dict[str, Any]]]]] = [
    (
        Toast(chat=CHAT, tap="t", text="x" * 300),
        {},
        [("answerCallbackQuery", {"callback_query_id": "t", "text": "x" * 200})],
    ),
    (
        Toast(chat=CHAT, tap="t"),
        {"answerCallbackQuery": no("query is too old and response timeout expired or query ID is invalid")},
        [("answerCallbackQuery", {"callback_query_id": "t"})],
    ),
    (Leave(chat=CHAT), {}, [("leaveChat", {"chat_id": -5})]),
    (
        Leave(chat=CHAT),
        {"leaveChat": refused("Forbidden: bot is not a member of the supergroup chat", 403)},
        [("leaveChat", {"chat_id": -5})],
    ),
    (Join(chat=CHAT), {}, []),
]


@pytest.mark.parametrize(("action", "answers", "asked"), QUIET, ids=[f"{n}" for n in range(len(QUIET))])
async def test_what_leaves_no_message(
    action: Action, answers: dict[str, Any], asked: list[tuple[str, dict[str, Any]]]
) -> None:
    bridge, server = begin(**answers)
    assert await bridge.do(action, key="k") is None
    assert server.asked == asked

"""Sending, editing, removing, pinning, reacting and answering taps."""

from typing import Any

import pytest

from tests.simulator.conftest import Town

DAY = 86400
YES = {"inline_keyboard": [[{"text": "Oui", "callback_data": "yes"}]]}
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


async def send(town: Town, text: str = "bonjour", **more: Any) -> Any:
    return await town.api("sendMessage", chat_id=town.group, text=text, **more)


async def test_ids_run_by_one_per_supergroup_and_are_shared_elsewhere(town: Town) -> None:
    first = await send(town)
    person = await town.say("moi")
    assert [person["message_id"], (await send(town))["message_id"]] == [
        first["message_id"] + 1,
        first["message_id"] + 2,
    ]
    small = await town.control.chat("Palier", type="group", members=[town.bruno, town.bot])
    hello = await town.control.start(town.bruno, town.bot)
    in_group = await town.api("sendMessage", chat_id=small, text="a")
    private = await town.api("sendMessage", chat_id=town.bruno, text="b")
    assert [hello["message_id"] + n for n in (1, 2)] == [in_group["message_id"], private["message_id"]]


async def test_what_text_is_refused(town: Town) -> None:
    async def refused(text: str) -> str:
        return await town.api.refused("sendMessage", chat_id=town.group, text=text)

    assert await refused("") == await refused(" \n ") == "message text is empty"
    assert await refused("a" * 4097) == await refused("😀" * 2049) == "message is too long"
    assert len((await send(town, "😀" * 2048))["text"]) == 2048
    assert (await send(town, "  \n bonjour \n"))["text"] == "bonjour"


async def test_answers_and_quotes(town: Town) -> None:
    original = await town.say("Le marché 😀 ouvre à 9 h")
    reply = await send(town, reply_parameters={"message_id": original["message_id"], "quote": "ouvre à 9 h"})
    assert reply["reply_to_message"]["text"] == original["text"]
    assert reply["quote"] == {"text": "ouvre à 9 h", "position": 13, "is_manual": True}
    again = await send(town, reply_parameters={"message_id": reply["message_id"]})
    assert "reply_to_message" not in again["reply_to_message"]
    # A chain of replies is numbered like a topic outside of any topic; it is none.
    assert again["message_thread_id"] == original["message_id"] and "is_topic_message" not in again
    wrong = {"message_id": original["message_id"], "quote": "ferme"}
    assert (
        await town.api.refused("sendMessage", chat_id=town.group, text="a", reply_parameters=wrong)
        == "QUOTE_TEXT_INVALID"
    )
    gone = {"message_id": 999}
    assert (
        await town.api.refused("sendMessage", chat_id=town.group, text="a", reply_parameters=gone)
        == "message to be replied not found"
    )
    assert "reply_to_message" not in await send(town, reply_parameters=gone | {"allow_sending_without_reply": True})


async def test_a_wrong_quote_is_not_forgiven_by_allow_sending_without_reply(town: Town) -> None:
    original = await town.say("bonjour")
    wrong = {"message_id": original["message_id"], "quote": "non", "allow_sending_without_reply": True}
    assert (
        await town.api.refused("sendMessage", chat_id=town.group, text="a", reply_parameters=wrong)
        == "QUOTE_TEXT_INVALID"
    )


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "a", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "a"}, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        ({"callback_data": "a"}, "can't parse inline keyboard button: Can't find field \"text\""),
        ({"text": "a", "url": "nothing"}, "inline keyboard button URL 'nothing' is invalid: Wrong HTTP URL"),
    ],
)
async def test_keyboards_that_are_refused(town: Town, button: dict[str, str], words: str) -> None:
    markup = {"inline_keyboard": [[button]]}
    assert await town.api.refused("sendMessage", chat_id=town.group, text="a", reply_markup=markup) == words


async def test_editing(town: Town) -> None:
    message = await send(town, "un", reply_markup=YES)
    here = {"chat_id": town.group, "message_id": message["message_id"]}
    assert await town.api.refused("editMessageText", **here, text="un", reply_markup=YES) == NOT_MODIFIED
    edited = await town.api("editMessageText", **here, text="deux", reply_markup=YES)
    assert edited["text"] == "deux" and edited["edit_date"] >= message["date"] and edited["reply_markup"] == YES
    bare = await town.api("editMessageText", **here, text="trois")
    assert "reply_markup" not in bare
    assert await town.api.refused("editMessageReplyMarkup", **here) == NOT_MODIFIED
    assert (await town.api("editMessageReplyMarkup", **here, reply_markup=YES))["reply_markup"] == YES
    gone = {"chat_id": town.group, "message_id": 999}
    assert await town.api.refused("editMessageText", **gone, text="a") == "message to edit not found"
    theirs = {"chat_id": town.group, "message_id": (await town.say("à moi"))["message_id"]}
    assert await town.api.refused("editMessageText", **theirs, text="a") == "message can't be edited"
    assert await town.api.refused("editMessageReplyMarkup", **theirs) == "message can't be edited"
    town.shift(90 * DAY)
    assert (await town.api("editMessageText", **here, text="plus tard"))["text"] == "plus tard"


async def test_deleting_with_and_without_the_right(town: Town) -> None:
    async def refused(message: Any) -> str:
        return await town.api.refused("deleteMessage", chat_id=town.group, message_id=message["message_id"])

    theirs, old = await town.say("à moi"), await town.say("vieux")
    assert await town.api("deleteMessage", chat_id=town.group, message_id=theirs["message_id"])
    assert await town.texts(town.bruno) == ["vieux"]
    assert await refused(theirs) == "message to delete not found"
    town.shift(2 * DAY + 1)
    assert await refused(old) == "message can't be deleted"  # not even by an administrator
    await town.control.member(town.group, town.bot, "member")
    theirs, mine = await town.say("/encore@palier_bot"), await send(town)
    assert await refused(theirs) == "message can't be deleted"
    town.shift(2 * DAY - 10)
    assert await town.api("deleteMessage", chat_id=town.group, message_id=mine["message_id"])
    late = await send(town)
    town.shift(2 * DAY + 1)
    assert await refused(late) == "message can't be deleted"


async def test_deleting_many_passes_over_what_is_gone(town: Town) -> None:
    ids = [(await send(town, text))["message_id"] for text in "ab"]
    assert await town.api("deleteMessages", chat_id=town.group, message_ids=[*ids, 999])
    assert await town.texts(town.alice) == []
    assert await town.api.refused("deleteMessages", chat_id=town.group, message_ids=[]) == (
        "message identifiers are not specified"
    )


async def test_reactions_of_a_bot(town: Town) -> None:
    message = await town.say("bravo")
    here = {"chat_id": town.group, "message_id": message["message_id"]}
    await town.api("setMessageReaction", **here, reaction=[{"type": "emoji", "emoji": "🙊"}])
    assert (await town.control.view(town.group, town.alice))["messages"][-1]["reactions"] == {"🙊": [town.bot]}
    for emoji in ("🗑", "❤\ufe0f"):
        words = await town.api.refused("setMessageReaction", **here, reaction=[{"type": "emoji", "emoji": emoji}])
        assert words == "REACTION_INVALID"
    two = [{"type": "emoji", "emoji": emoji} for emoji in "👍👎"]
    assert await town.api.refused("setMessageReaction", **here, reaction=two) == "REACTIONS_TOO_MANY"
    await town.api("setMessageReaction", **here)
    assert (await town.control.view(town.group, town.alice))["messages"][-1]["reactions"] == {}


async def test_taps(town: Town) -> None:
    message = await send(town, reply_markup=YES, reply_parameters={"message_id": (await town.say("?"))["message_id"]})
    tap = await town.control.tap(town.group, town.bruno, "yes", message=message["message_id"])
    query = (await town.api.updates())[-1]["callback_query"]
    assert query["id"] == tap and query["data"] == "yes" and query["from"]["id"] == town.bruno
    assert (
        query["message"]["message_id"] == message["message_id"] and query["message"]["reply_to_message"]["text"] == "?"
    )
    assert not (await town.control.tapped(tap))["answered"]
    await town.api("answerCallbackQuery", callback_query_id=tap, text="Merci", show_alert=True)
    assert await town.control.tapped(tap) == {"answered": True, "text": "Merci", "show_alert": True, "url": ""}
    old = "query is too old and response timeout expired or query ID is invalid"
    assert await town.api.refused("answerCallbackQuery", callback_query_id="12") == old
    late = await town.control.tap(town.group, town.bruno, "yes", message=message["message_id"])
    town.shift(60)
    assert await town.api.refused("answerCallbackQuery", callback_query_id=late) == old


async def test_what_cannot_be_tapped(town: Town) -> None:
    from bridges.simulator import Rejected

    message = (await send(town, reply_markup=YES))["message_id"]
    outsider = await town.control.user("Dora")
    for who, data, where in ((town.bruno, "no", message), (outsider, "yes", message), (town.bruno, "yes", 999)):
        with pytest.raises(Rejected):
            await town.control.tap(town.group, who, data, message=where)


async def test_pins(town: Town) -> None:
    first, second = await send(town, "un"), await send(town, "deux")
    await town.api.updates()
    for message in (first, second):
        await town.api("pinChatMessage", chat_id=town.group, message_id=message["message_id"])
    pins = [u["message"]["pinned_message"]["text"] for u in await town.api.updates()]
    assert pins == ["un", "deux"]  # a bot hears of its own service messages, and of nothing else that it does
    view = await town.control.view(town.group, town.alice)
    assert view["pinned"] == [first["message_id"], second["message_id"]]
    assert [m["service"] for m in view["messages"] if "service" in m][-1] == "Palier épingle un message « deux »"
    assert (await town.api("getChat", chat_id=town.group))["pinned_message"]["text"] == "deux"
    await town.api("unpinChatMessage", chat_id=town.group)
    assert (await town.control.view(town.group, town.alice))["pinned"] == [first["message_id"]]
    await town.api("unpinAllChatMessages", chat_id=town.group)
    assert (await town.control.view(town.group, town.alice))["pinned"] == []
    await town.control.member(town.group, town.bot, "administrator", rights={"can_delete_messages": True})
    words = await town.api.refused("pinChatMessage", chat_id=town.group, message_id=first["message_id"])
    assert words == "not enough rights to manage pinned messages in the chat"


async def test_link_previews_and_typing(town: Town) -> None:
    options = {"is_disabled": True}
    assert (await send(town, link_preview_options=options))["link_preview_options"] == options
    assert await town.api("sendChatAction", chat_id=town.group, action="typing")
    assert await town.api.refused("sendChatAction", chat_id=town.group, action="dancing") == (
        "wrong parameter action in request"
    )

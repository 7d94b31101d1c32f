"""Ephemeral messages: who may send them, who sees them, and what becomes of them."""

from typing import Any

import pytest

from bridges.simulator import Rejected
from tests.simulator.conftest import Town

YES = {"inline_keyboard": [[{"text": "Oui", "callback_data": "yes"}]]}
OLD = "query is too old and response timeout expired or query ID is invalid"


async def whisper(town: Town, to: int, text: str = "psst", *, tap: str = "", **more: Any) -> Any:
    parameters: dict[str, Any] = {"receiver_user_id": to} | ({"callback_query_id": tap} if tap else {})
    return await town.api("sendMessage", chat_id=town.group, text=text, ephemeral_message_parameters=parameters, **more)


async def commands(town: Town) -> None:
    hidden = {"command": "relais", "description": "Relais", "is_ephemeral": True}
    await town.api("setMyCommands", commands=[hidden, {"command": "aide", "description": "Aide"}])


async def test_an_administrator_whispers_to_one_member(town: Town) -> None:
    asked = await town.say("qui ?")
    message = await whisper(town, town.bruno, reply_markup=YES, reply_parameters={"message_id": asked["message_id"]})
    assert message["message_id"] == 0 and message["ephemeral_message_id"] == 1
    assert message["receiver_user"]["id"] == town.bruno and message["reply_to_message"]["text"] == "qui ?"
    assert await town.texts(town.bruno) == ["qui ?", "psst"]
    assert await town.texts(town.alice) == await town.texts(town.chloe) == ["qui ?"]


@pytest.mark.parametrize("who", ["stranger", "bot"])
async def test_only_people_in_the_chat_can_be_whispered_to(town: Town, who: str) -> None:
    parameters = {"receiver_user_id": await town.control.user("Dora") if who == "stranger" else town.bot}
    words = await town.api.refused("sendMessage", chat_id=town.group, text="a", ephemeral_message_parameters=parameters)
    assert words == ("PARTICIPANT_ID_INVALID" if who == "stranger" else "USER_ID_INVALID")


async def test_taps_on_whispers_say_what_they_answer(town: Town) -> None:
    asked = await town.say("qui ?")
    message = await whisper(town, town.bruno, reply_markup=YES, reply_parameters={"message_id": asked["message_id"]})
    number = message["ephemeral_message_id"]
    with pytest.raises(Rejected):
        await town.control.tap(town.group, town.chloe, "yes", ephemeral_message=number)
    tap = await town.control.tap(town.group, town.bruno, "yes", ephemeral_message=number)
    told = (await town.api.updates())[-1]["callback_query"]["message"]
    assert told["message_id"] == 0 and told["ephemeral_message_id"] == number
    assert told["reply_to_message"]["message_id"] == asked["message_id"]
    replacing = {"receiver_user_id": town.bruno, "callback_query_id": tap, "replace_callback_query_message": True}
    words = await town.api.refused("sendMessage", chat_id=town.group, text="a", ephemeral_message_parameters=replacing)
    assert words == "ephemeral messages must be edited instead of being replaced"


async def test_whispers_are_edited_and_deleted_by_their_own_methods(town: Town) -> None:
    number = (await whisper(town, town.bruno))["ephemeral_message_id"]
    here = {"chat_id": town.group, "receiver_user_id": town.bruno, "ephemeral_message_id": number}
    assert await town.api("editEphemeralMessageText", **here, text="chut") is True
    assert await town.api("editEphemeralMessageReplyMarkup", **here, reply_markup=YES) is True
    (line,) = (await town.control.view(town.group, town.bruno))["messages"][-1:]
    assert line["text"] == "chut" and line["buttons"] == [[{"text": "Oui", "data": "yes"}]]
    wrong = here | {"receiver_user_id": town.chloe}
    assert await town.api.refused("editEphemeralMessageText", **wrong, text="a") == "message to edit not found"
    assert await town.api.refused("deleteEphemeralMessage", **wrong) == "message to delete not found"
    assert await town.api("deleteEphemeralMessage", **here) is True
    assert await town.texts(town.bruno) == []
    assert await town.api.refused("editEphemeralMessageText", **here, text="a") == "message to edit not found"


async def test_a_whisper_can_stand_in_for_the_tapped_message(town: Town) -> None:
    public = await town.api("sendMessage", chat_id=town.group, text="vote", reply_markup=YES)
    await town.say("après")
    tap = await town.control.tap(town.group, town.bruno, "yes", message=public["message_id"])
    replacing = {"receiver_user_id": town.bruno, "callback_query_id": tap, "replace_callback_query_message": True}
    await town.api("sendMessage", chat_id=town.group, text="voté", ephemeral_message_parameters=replacing)
    assert await town.texts(town.bruno) == ["voté", "après"]
    assert await town.texts(town.alice) == ["vote", "après"]


async def test_a_plain_bot_whispers_only_in_answer(town: Town) -> None:
    await commands(town)
    public = await town.api("sendMessage", chat_id=town.group, text="vote", reply_markup=YES)
    await town.control.member(town.group, town.bot, "member")
    parameters = {"receiver_user_id": town.bruno}
    words = await town.api.refused("sendMessage", chat_id=town.group, text="a", ephemeral_message_parameters=parameters)
    assert words == "not enough rights to send ephemeral messages to the chat"
    tap = await town.control.tap(town.group, town.bruno, "yes", message=public["message_id"])
    await whisper(town, town.bruno, tap=tap)
    command = await town.control.say(town.group, town.bruno, "/relais")
    answer = {"ephemeral_message_id": command["ephemeral_message_id"]}
    await whisper(town, town.bruno, "fait", reply_parameters=answer)
    assert await town.texts(town.bruno) == ["vote", "psst", "/relais", "fait"]
    town.shift(16)
    words = await town.api.refused(
        "sendMessage", chat_id=town.group, text="a", reply_parameters=answer, ephemeral_message_parameters=parameters
    )
    assert words == "not enough rights to send ephemeral messages to the chat"
    late = parameters | {"callback_query_id": tap}
    assert await town.api.refused("sendMessage", chat_id=town.group, text="a", ephemeral_message_parameters=late) == OLD
    other = await town.control.tap(town.group, town.bruno, "yes", message=public["message_id"])
    theirs = {"receiver_user_id": town.chloe, "callback_query_id": other}
    assert (
        await town.api.refused("sendMessage", chat_id=town.group, text="a", ephemeral_message_parameters=theirs) == OLD
    )


@pytest.mark.parametrize("typed", ["/relais", "/relais@palier_bot oui"])
async def test_an_ephemeral_command_reaches_the_bot_alone(town: Town, typed: str) -> None:
    await commands(town)
    other = await town.another_bot(can_read_all_group_messages=True)
    await town.control.member(town.group, other.id)
    await town.api.updates()
    await other.updates()
    await town.control.say(town.group, town.bruno, typed)
    message = (await town.api.updates())[-1]["message"]
    assert message["message_id"] == 0 and message["ephemeral_message_id"] and message["text"] == typed
    assert message["from"]["id"] == town.bruno and message["receiver_user"]["id"] == town.bot
    assert await other.updates() == []
    assert await town.texts(town.bruno) == [typed] and await town.texts(town.alice) == []
    await town.control.say(town.group, town.bruno, "/aide")
    assert (await town.api.updates())[-1]["message"]["message_id"] > 0
    await town.control.say(town.group, town.bruno, typed, ephemeral=False)
    assert await town.texts(town.alice) == ["/aide", typed]
    with pytest.raises(Rejected):
        await town.control.say(town.group, town.bruno, "bonjour", ephemeral=True)


async def test_whispers_may_silently_not_arrive(town: Town) -> None:
    await town.control.settings(ephemerals_arrive=False)
    message = await whisper(town, town.bruno, reply_markup=YES)
    assert message["ephemeral_message_id"] and await town.texts(town.bruno) == []
    with pytest.raises(Rejected):
        await town.control.tap(town.group, town.bruno, "yes", ephemeral_message=message["ephemeral_message_id"])
    await town.control.settings(ephemerals_arrive=True)
    await whisper(town, town.bruno)
    assert await town.texts(town.bruno) == ["psst"]


async def test_no_whispers_in_private(town: Town) -> None:
    await town.control.start(town.bruno, town.bot)
    parameters = {"receiver_user_id": town.bruno}
    words = await town.api.refused("sendMessage", chat_id=town.bruno, text="a", ephemeral_message_parameters=parameters)
    assert words == "ephemeral messages can be sent only to groups and supergroups"

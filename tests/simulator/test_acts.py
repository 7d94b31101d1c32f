"""Acts about people: what members may do by default, channels shut out, reactions taken away, requests to join."""

import pytest

from bridges.simulator import Rejected
from tests.simulator.conftest import Town, read_by_both
from tests.simulator.test_chats import plain

SILENT = {"can_react_to_messages": True, "can_add_web_page_previews": False}


async def may(town: Town, **rights: bool) -> None:
    """Give the bot these rights, and no others."""
    await town.control.member(town.group, town.bot, "administrator", rights=rights)


async def test_default_permissions_bind_members_and_nobody_else(town: Town) -> None:
    where = {"chat_id": town.group}
    await town.api("setChatPermissions", **where, permissions=SILENT, use_independent_chat_permissions=True)
    with pytest.raises(Rejected):
        await town.control.say(town.group, town.bruno, "non")
    await town.control.say(town.group, town.alice, "oui")
    told = (await town.api("getChat", **where))["permissions"]
    assert {name for name, given in told.items() if given} == {"can_react_to_messages"}
    await town.api("setChatPermissions", **where, permissions={"can_send_polls": True})
    await town.control.say(town.group, town.bruno, "enfin")  # polls imply texts, where nothing else is said
    await town.api("setChatPermissions", **where, permissions={"can_send_other_messages": True})
    told = (await town.api("getChat", **where))["permissions"]
    assert told["can_send_photos"] and told["can_send_messages"] and not told["can_send_polls"]


async def test_default_permissions_need_the_right_and_a_group(town: Town) -> None:
    channel = await town.control.chat("Canal", type="channel", members=[town.bot])
    words = await town.api.refused("setChatPermissions", chat_id=channel, permissions=SILENT)
    assert words == "can't change channel chat permissions"
    assert await town.api.refused("setChatPermissions", chat_id=town.group) == "permissions object expected"
    await plain(town)
    words = await town.api.refused("setChatPermissions", chat_id=town.group, permissions=SILENT)
    assert words == "not enough rights to change chat permissions"


async def test_a_channel_is_shut_out_and_let_in_again(town: Town) -> None:
    channel = await town.control.chat("Canal", type="channel", members=[town.bruno])
    where = {"chat_id": town.group, "sender_chat_id": channel}
    for _ in range(2):
        assert await town.api("banChatSenderChat", **where)
    with pytest.raises(Rejected):
        await town.control.say(town.group, town.bruno, "promo", as_chat=channel)
    await town.control.say(town.group, town.bruno, "moi")
    assert await town.api("unbanChatSenderChat", **where)
    await town.control.say(town.group, town.bruno, "promo", as_chat=channel)
    nobody = {"chat_id": town.group, "sender_chat_id": -1009}
    assert await town.api.refused("banChatSenderChat", **nobody) == "PARTICIPANT_ID_INVALID"


async def test_somebodys_reactions_are_taken_away_without_a_word(town: Town) -> None:
    first, second = await town.say("un"), await town.say("deux")
    for message in (first, second):
        for who in (town.bruno, town.alice):
            await town.control.react(town.group, who, message["message_id"], "👍")
    await town.api.updates()
    one = {"chat_id": town.group, "message_id": first["message_id"]}
    assert await town.api("deleteMessageReaction", **one, user_id=town.bruno)
    assert [len(line["reactions"].get("👍", ())) for line in await lines(town)] == [1, 2]
    assert await town.api("deleteAllMessageReactions", chat_id=town.group, user_id=town.alice)
    assert [len(line["reactions"].get("👍", ())) for line in await lines(town)] == [0, 1]
    assert await town.api.updates() == []
    gone = {"chat_id": town.group, "message_id": 999, "user_id": town.bruno}
    assert await town.api.refused("deleteMessageReaction", **gone) == "message to delete reaction not found"
    await may(town, can_pin_messages=True)
    words = await town.api.refused("deleteAllMessageReactions", chat_id=town.group, user_id=town.alice)
    assert words == "not enough rights to delete reactions"


async def lines(town: Town) -> list[dict[str, dict[str, list[int]]]]:
    view = await town.control.view(town.group, town.alice)
    return [line for line in view["messages"] if "service" not in line]


async def test_a_request_to_join_is_told_and_answered(town: Town) -> None:
    dora, eric = await town.control.user("Dora"), await town.control.user("Éric")
    await may(town, can_invite_users=True)
    await town.api.updates(allowed_updates=["chat_join_request", "chat_member", "message"])
    await town.control.ask_in(town.group, dora, bio="Numéro 9")
    await town.control.ask_in(town.group, eric)
    told, other = await town.api.updates()
    read_by_both(told["chat_join_request"], "ChatJoinRequest")
    assert told["chat_join_request"]["bio"] == "Numéro 9" and "bio" not in other["chat_join_request"]
    assert await town.api("approveChatJoinRequest", chat_id=town.group, user_id=dora)
    change, service = await town.api.updates()
    read_by_both(change["chat_member"], "ChatMemberUpdated")
    assert change["chat_member"]["via_join_request"] and change["chat_member"]["from"]["id"] == town.bot
    assert service["message"]["new_chat_members"][0]["id"] == service["message"]["from"]["id"] == dora
    assert await town.api("declineChatJoinRequest", chat_id=town.group, user_id=eric)
    assert await town.api.updates() == []
    await town.control.say(town.group, dora, "bonjour")
    for method, who, words in [
        ("approveChatJoinRequest", dora, "USER_ALREADY_PARTICIPANT"),
        ("approveChatJoinRequest", eric, "HIDE_REQUESTER_MISSING"),
        ("declineChatJoinRequest", eric, "HIDE_REQUESTER_MISSING"),
        ("declineChatJoinRequest", 5, "USER_ID_INVALID"),
    ]:
        assert await town.api.refused(method, chat_id=town.group, user_id=who) == words
    with pytest.raises(Rejected):
        await town.control.ask_in(town.group, dora)


async def test_requests_reach_who_may_let_people_in(town: Town) -> None:
    dora = await town.control.user("Dora")
    await may(town, can_pin_messages=True)
    await town.api.updates(allowed_updates=["chat_join_request"])
    await town.control.ask_in(town.group, dora)
    assert await town.api.updates() == []
    words = await town.api.refused("approveChatJoinRequest", chat_id=town.group, user_id=dora)
    assert words == "not enough rights to manage chat invite link"

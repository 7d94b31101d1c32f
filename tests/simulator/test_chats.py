"""Who is where and who may do what: membership, privacy mode, private chats, topics, migration."""

from typing import Any

import pytest

from bridges.simulator import Rejected
from tests.simulator.conftest import Api, Failed, Town

ON = {"can_send_messages": True}


async def plain(town: Town) -> None:
    """The bot is no administrator any more."""
    await town.control.member(town.group, town.bot, "member")
    await town.api.updates()


async def heard(api: Api) -> list[str]:
    return [u["message"]["text"] for u in await api.updates() if "text" in u.get("message", {})]


# --- privacy mode


async def test_a_plain_bot_hears_only_what_is_meant_for_it(town: Town) -> None:
    await plain(town)
    mine = await town.api("sendMessage", chat_id=town.group, text="moi")
    await town.say("bonjour")
    await town.say("bonjour @palier_bot")
    await town.say("/aide")
    await town.say("/aide@palier_bot")
    await town.say("/aide@autre_bot")
    await town.say("oui", reply_to=mine["message_id"])
    assert await heard(town.api) == ["/aide", "/aide@palier_bot", "oui"]


async def test_a_command_without_a_name_is_for_the_bot_that_spoke_last(town: Town) -> None:
    await plain(town)
    other = await town.another_bot()
    await town.control.member(town.group, other.id)
    await other("sendMessage", chat_id=town.group, text="moi")
    await other.updates()
    await town.say("/aide")
    assert await heard(town.api) == [] and await heard(other) == ["/aide"]


async def test_a_bot_that_may_read_all_hears_all(town: Town) -> None:
    reader = await town.another_bot(can_read_all_group_messages=True)
    await town.control.member(town.group, reader.id)
    await reader.updates()
    await town.say("bonjour")
    assert await heard(reader) == ["bonjour"]


async def test_bots_hear_neither_each_other_nor_themselves(town: Town) -> None:
    other = await town.another_bot()
    await town.control.member(town.group, other.id, "administrator", rights={"can_pin_messages": True})
    await town.api.updates()
    await other("sendMessage", chat_id=town.group, text="/aide")
    await town.api("sendMessage", chat_id=town.group, text="moi")
    assert await town.api.updates() == []


async def test_edits_of_residents_are_told(town: Town) -> None:
    message = await town.say("bonjour")
    await town.control.edit(town.group, town.alice, message["message_id"], "bonsoir")
    edited = (await town.api.updates())[-1]["edited_message"]
    assert edited["text"] == "bonsoir" and edited["message_id"] == message["message_id"] and edited["edit_date"]
    with pytest.raises(Rejected):
        await town.control.edit(town.group, town.bruno, message["message_id"], "à moi")
    await plain(town)
    await town.control.edit(town.group, town.alice, message["message_id"], "encore")
    assert await town.api.updates() == []


async def test_reactions_reach_administrators_alone(town: Town) -> None:
    message = await town.say("bonjour")
    await town.api.updates(allowed_updates=["message_reaction", "message"])
    await town.control.react(town.group, town.bruno, message["message_id"], "👍")
    assert len(await town.api.updates()) == 1
    await plain(town)
    await town.control.react(town.group, town.bruno, message["message_id"])
    assert await town.api.updates() == []


# --- members


async def test_coming_and_going_is_told(town: Town) -> None:
    dora = await town.control.user("Dora")
    await town.api.updates(allowed_updates=["message", "my_chat_member", "chat_member"])
    await town.control.member(town.group, dora)
    joined, service = await town.api.updates()
    assert joined["chat_member"]["new_chat_member"]["status"] == "member"
    assert service["message"]["new_chat_members"][0]["id"] == dora
    await town.control.member(town.group, dora, "left")
    assert "left_chat_member" in (await town.api.updates())[-1]["message"]
    await town.control.member(town.group, town.bot, "kicked", by=town.alice)
    kicked, service = await town.api.updates()
    assert service["message"]["left_chat_member"]["id"] == town.bot
    assert kicked["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    assert kicked["my_chat_member"]["from"]["id"] == town.alice


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
async def test_a_bot_outside_is_told_why(town: Town, kind: Any) -> None:
    chat = await town.control.chat("Ailleurs", type=kind, members=[town.alice])
    assert await town.api.refused("sendMessage", chat_id=chat, text="a") == "chat not found"
    await town.control.member(chat, town.bot, "administrator", rights={"can_post_messages": True})
    assert await town.api("sendMessage", chat_id=chat, text="a")
    states: list[tuple[Any, str]] = [("kicked", "bot was kicked from"), ("left", "bot is not a member of")]
    for status, words in states:
        await town.control.member(chat, town.bot, status)
        with pytest.raises(Failed) as failure:
            await town.api("sendMessage", chat_id=chat, text="a")
        assert failure.value.code == 403 and str(failure.value) == f"Forbidden: {words} the {kind} chat"


async def test_what_a_bot_can_ask_about_a_chat(town: Town) -> None:
    chat = await town.api("getChat", chat_id=town.group)
    assert (
        chat["title"] == "Rue des Lilas" and chat["type"] == "supergroup" and chat["permissions"]["can_send_messages"]
    )
    assert await town.api("getChatMemberCount", chat_id=town.group) == 4
    admins = await town.api("getChatAdministrators", chat_id=town.group)
    assert {(a["status"], a["user"]["first_name"]) for a in admins} == {
        ("creator", "Alice"),
        ("administrator", "Palier"),
    }
    me = await town.api("getChatMember", chat_id=town.group, user_id=town.bot)
    assert me["can_delete_messages"] and not me["can_promote_members"]
    dora = await town.control.user("Dora")
    assert await town.api.refused("getChatMember", chat_id=town.group, user_id=dora) == "user not found"
    assert await town.api.refused("getChat") == "chat_id is empty"
    assert await town.api.refused("getChat", chat_id="@nobody") == "chat not found"
    assert await town.api("leaveChat", chat_id=town.group)
    with pytest.raises(Failed):
        await town.api("getChat", chat_id=town.group)


async def test_restricting_and_banning(town: Town) -> None:
    who = {"chat_id": town.group, "user_id": town.bruno}
    await town.api("restrictChatMember", **who, permissions={}, until_date=int(town.sim.server.world.now()) + 600)
    with pytest.raises(Rejected):
        await town.control.say(town.group, town.bruno, "non")
    assert (await town.api("getChatMember", **who))["status"] == "restricted"
    town.shift(601)
    await town.control.say(town.group, town.bruno, "enfin")
    await town.api("banChatMember", **who, revoke_messages=True)
    assert await town.texts(town.alice) == [] and await town.texts(town.bruno) == []
    assert (await town.api("getChatMember", **who))["status"] == "kicked"
    await town.api("unbanChatMember", **who, only_if_banned=True)
    assert (await town.api("getChatMember", **who))["status"] == "left"
    owner = {"chat_id": town.group, "user_id": town.alice}
    assert await town.api.refused("banChatMember", **owner) == "can't remove chat owner"
    assert await town.api.refused("banChatMember", chat_id=town.group, user_id=town.bot) == "can't restrict self"
    await town.control.member(town.group, town.chloe, "administrator", rights={"can_pin_messages": True})
    chloe = {"chat_id": town.group, "user_id": town.chloe}
    assert (
        await town.api.refused("restrictChatMember", **chloe, permissions=ON) == "user is an administrator of the chat"
    )
    await plain(town)
    assert await town.api.refused("banChatMember", **chloe) == "not enough rights to restrict/unrestrict chat member"
    small = await town.control.chat("Palier", type="group", members=[town.bruno, town.bot])
    words = await town.api.refused("restrictChatMember", chat_id=small, user_id=town.bruno, permissions=ON)
    assert words == "method is available only for supergroups"


async def test_promoting_needs_the_right_and_gives_no_more_than_one_has(town: Town) -> None:
    bruno = {"chat_id": town.group, "user_id": town.bruno}
    assert await town.api.refused("promoteChatMember", **bruno, can_pin_messages=True) == "not enough rights"
    rights = {"can_promote_members": True, "can_pin_messages": True}
    await town.control.member(town.group, town.bot, "administrator", rights=rights)
    assert await town.api.refused("promoteChatMember", **bruno, can_delete_messages=True) == "RIGHT_FORBIDDEN"
    assert await town.api("promoteChatMember", **bruno, can_pin_messages=True)
    admin = await town.api("getChatMember", **bruno)
    assert admin["status"] == "administrator" and admin["can_pin_messages"] and admin["can_be_edited"]
    await town.api("promoteChatMember", **bruno)
    assert (await town.api("getChatMember", **bruno))["status"] == "member"


async def test_a_muted_bot_is_told(town: Town) -> None:
    await town.control.member(town.group, town.bot, "restricted", rights={"can_send_messages": False})
    words = await town.api.refused("sendMessage", chat_id=town.group, text="a")
    assert words == "not enough rights to send text messages to the chat"


async def test_anonymous_administrators_speak_as_the_chat(town: Town) -> None:
    await town.say("avis", anonymous=True)
    message = (await town.api.updates())[-1]["message"]
    assert message["sender_chat"]["id"] == message["chat"]["id"] == town.group
    assert message["from"]["id"] == 1087968824 and message["from"]["is_bot"]
    with pytest.raises(Rejected):
        await town.control.say(town.group, town.bruno, "avis", anonymous=True)


# --- private chats


async def test_a_bot_cannot_write_first(town: Town) -> None:
    with pytest.raises(Failed) as failure:
        await town.api("sendMessage", chat_id=town.bruno, text="a")
    assert failure.value.code == 403 and str(failure.value) == "Forbidden: bot can't initiate conversation with a user"
    stranger = await town.control.user("Dora")
    assert await town.api.refused("sendMessage", chat_id=stranger, text="a") == "chat not found"
    await town.control.start(town.bruno, town.bot, "lien-42")
    update = (await town.api.updates())[-1]
    assert update["message"]["text"] == "/start lien-42"
    assert update["message"]["chat"] == {"id": town.bruno, "type": "private", "first_name": "Bruno"}
    await town.api("sendMessage", chat_id=town.bruno, text="bienvenue")
    assert await town.control.texts(town.bot, town.bruno) == ["/start lien-42", "bienvenue"]


async def test_a_blocked_bot_is_told(town: Town) -> None:
    await town.control.start(town.bruno, town.bot)
    await town.api.updates()
    await town.control.block(town.bruno, town.bot)
    (update,) = await town.api.updates()
    assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    with pytest.raises(Failed) as failure:
        await town.api("sendMessage", chat_id=town.bruno, text="a")
    assert failure.value.code == 403 and str(failure.value) == "Forbidden: bot was blocked by the user"
    with pytest.raises(Rejected):
        await town.control.say(town.bot, town.bruno, "oui ?")
    await town.control.block(town.bruno, town.bot, blocked=False)
    await town.control.say(town.bot, town.bruno, "oui ?")
    assert await town.api("sendMessage", chat_id=town.bruno, text="a")


async def test_startgroup_adds_the_bot_with_rights(town: Town) -> None:
    other = await town.another_bot()
    await town.control.startgroup(town.alice, other.id, town.group, "abc", rights={"can_pin_messages": True})
    placed, joined, start = await other.updates()
    assert placed["my_chat_member"]["new_chat_member"]["can_pin_messages"]
    assert joined["message"]["new_chat_members"][0]["id"] == other.id
    assert start["message"]["text"] == "/start@autre_bot abc"
    with pytest.raises(Rejected):
        await town.control.startgroup(town.bruno, other.id, town.group, rights={"can_pin_messages": True})


# --- channels, topics, migration


async def test_channel_posts_have_no_person(town: Town) -> None:
    channel = await town.control.chat("Mairie", type="channel", members=[town.bruno])
    await town.control.member(channel, town.alice, "creator")
    await town.control.member(channel, town.bot, "administrator")
    await town.api.updates()
    await town.control.say(channel, town.alice, "avis")
    post = (await town.api.updates())[-1]["channel_post"]
    assert post["text"] == "avis" and "from" not in post and post["sender_chat"]["id"] == channel
    with pytest.raises(Rejected):
        await town.control.say(channel, town.bruno, "et moi")
    words = await town.api.refused("sendMessage", chat_id=channel, text="a")
    assert words == "need administrator rights in the channel chat"


@pytest.fixture
async def forum(town: Town) -> int:
    chat = await town.control.chat("Forum", is_forum=True, members=[town.bruno])
    await town.control.member(chat, town.alice, "creator")
    await town.control.member(chat, town.bot, "administrator", rights={"can_manage_topics": True})
    await town.api.updates()
    return chat


async def test_messages_in_a_topic_carry_its_opening(town: Town, forum: int) -> None:
    topic = await town.control.topic(forum, "Vélos", town.alice)
    opening = (await town.api.updates())[-1]["message"]
    assert opening["message_id"] == topic and opening["forum_topic_created"]["name"] == "Vélos"
    await town.control.say(forum, town.alice, "bonjour", thread=topic)
    message = (await town.api.updates())[-1]["message"]
    assert message["is_topic_message"] and message["message_thread_id"] == topic
    assert message["reply_to_message"]["message_id"] == topic and message["chat"]["is_forum"]
    reply = await town.api(
        "sendMessage", chat_id=forum, text="oui", reply_parameters={"message_id": message["message_id"]}
    )
    assert reply["message_thread_id"] == topic and reply["reply_to_message"]["text"] == "bonjour"
    await town.control.say(forum, town.alice, "général")
    general = (await town.api.updates())[-1]["message"]
    assert "message_thread_id" not in general and "is_topic_message" not in general


async def test_threads_that_are_refused(town: Town, forum: int) -> None:
    async def refused(thread: int) -> str:
        return await town.api.refused("sendMessage", chat_id=forum, text="a", message_thread_id=thread)

    assert await refused(1) == await refused(999) == "message thread not found"
    first = await town.control.say(forum, town.alice, "un")
    await town.control.say(forum, town.alice, "deux", reply_to=first["message_id"])
    assert await refused(first["message_id"]) == "message thread is not a forum topic thread"


async def test_opening_and_closing_topics(town: Town, forum: int) -> None:
    topic = await town.api("createForumTopic", chat_id=forum, name="Fête")
    here = {"chat_id": forum, "message_thread_id": topic["message_thread_id"]}
    assert await town.api("editForumTopic", **here, name="Fête de juin")
    assert await town.api("closeForumTopic", **here)
    assert await town.api.refused("closeForumTopic", **here) == "TOPIC_NOT_MODIFIED"
    assert await town.api("sendMessage", **here, text="encore moi")
    await town.control.member(forum, town.bot, "member")
    assert await town.api.refused("sendMessage", **here, text="a") == "TOPIC_CLOSED"
    with pytest.raises(Rejected):
        await town.control.say(forum, town.bruno, "a", thread=topic["message_thread_id"])
    assert await town.api("reopenForumTopic", **here)
    assert await town.api("sendMessage", **here, text="a")
    assert (
        await town.api.refused("createForumTopic", chat_id=forum, name="Autre") == "not enough rights to create a topic"
    )
    assert await town.api.refused("createForumTopic", chat_id=town.group, name="A") == "the chat is not a forum"


async def test_a_topic_goes_with_all_that_is_in_it(town: Town, forum: int) -> None:
    rights = {"can_manage_topics": True, "can_pin_messages": True, "can_delete_messages": True}
    await town.control.member(forum, town.bot, "administrator", rights=rights)
    topic = await town.control.topic(forum, "Vélos", town.alice)
    message = await town.control.say(forum, town.alice, "bonjour", thread=topic)
    general = await town.control.say(forum, town.alice, "ici")
    for one in (message, general):
        await town.control.pin(forum, town.alice, one["message_id"])
    here = {"chat_id": forum, "message_thread_id": topic}
    assert await town.api("unpinAllForumTopicMessages", **here)
    assert (await town.control.view(forum, town.alice))["pinned"] == [general["message_id"]]
    assert await town.api("deleteForumTopic", **here)
    assert await town.control.texts(forum, town.alice) == ["ici"]
    assert await town.api.refused("sendMessage", **here, text="a") == "message thread not found"
    await town.control.member(forum, town.bot, "administrator", rights={"can_manage_topics": True})
    here["message_thread_id"] = await town.control.topic(forum, "Fête", town.alice)
    assert await town.api.refused("deleteForumTopic", **here) == "not enough rights to delete a topic"


async def test_migration(town: Town) -> None:
    small = await town.control.chat("Palier", type="group", members=[town.alice, town.bot])
    old = await town.control.say(small, town.alice, "/bonjour")
    await town.api.updates()
    new = await town.control.migrate(small)
    away, here = [u["message"] for u in await town.api.updates()]
    assert (away["chat"]["id"], away["migrate_to_chat_id"]) == (small, new)
    assert (here["chat"]["id"], here["migrate_from_chat_id"]) == (new, small)
    with pytest.raises(Failed) as failure:
        await town.api("sendMessage", chat_id=small, text="a")
    assert str(failure.value) == "Bad Request: group chat was upgraded to a supergroup chat"
    assert failure.value.code == 400 and failure.value.parameters == {"migrate_to_chat_id": new}
    assert await town.api("sendMessage", chat_id=new, text="a")
    gone = {"chat_id": new, "message_id": old["message_id"]}
    assert (await town.api("getChat", chat_id=new))["type"] == "supergroup"
    assert await town.api.refused("deleteMessage", **gone | {"message_id": 99}) == "message to delete not found"
    with pytest.raises(Rejected):
        await town.control.migrate(small)


# --- what the bot says of itself


async def test_commands_by_scope_and_language(town: Town) -> None:
    commands = [{"command": "aide", "description": "Aide"}]
    assert await town.api("setMyCommands", commands=commands, language_code="fr")
    assert await town.api("getMyCommands", language_code="fr") == commands
    assert await town.api("getMyCommands") == []
    scope = {"type": "chat", "chat_id": town.group}
    hidden = [{"command": "relais", "description": "Relais", "is_ephemeral": True}]
    assert await town.api("setMyCommands", commands=hidden, scope=scope)
    assert await town.api("getMyCommands", scope=scope) == hidden
    assert await town.api("deleteMyCommands", scope=scope)
    assert await town.api("getMyCommands", scope=scope) == []
    bad = [{"command": "Aide-moi", "description": "x"}]
    assert await town.api.refused("setMyCommands", commands=bad) == "BOT_COMMAND_INVALID"


async def test_names_and_texts(town: Town) -> None:
    for setting, name, text in (("Name", "name", "Palier 2"), ("Description", "description", "Un robot")):
        assert await town.api(f"setMy{setting}", **{name: text})
        assert await town.api(f"getMy{setting}", language_code="fr") == {name: text}
    assert (await town.api("getMe"))["first_name"] == "Palier 2"
    assert (
        await town.api.refused("setMyShortDescription", short_description="x" * 121) == "short description is too long"
    )
    assert await town.api("setMyDefaultAdministratorRights", rights={"can_pin_messages": True})
    assert (await town.api("getMyDefaultAdministratorRights"))["can_pin_messages"]

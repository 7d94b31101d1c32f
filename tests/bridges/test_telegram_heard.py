"""What else happens in a group of the simulator, and how it is heard: pins, people, polls, collectives, forwards."""

from collections.abc import AsyncIterator

import pytest

from bridges.model import Message, Moved, Pin, Pinned, PollClosed, Reacted, Ref, Stirred
from tests.bridges.matrix_lab import until
from tests.bridges.telegram_rue import Rue, street


@pytest.fixture
async def rue() -> AsyncIterator[Rue]:
    async with street() as made:
        await made.promote()
        await made.control.member(made.group, made.ana, "creator")
        yield made


async def last(rue: Rue) -> Message:
    """What was said last, as the bridge heard it."""
    number = (await rue.control.view(rue.group, rue.bea))["messages"][-1]["message_id"]
    return await rue.heard(number)


async def test_pins_are_heard_but_not_the_bots_own(rue: Rue) -> None:
    ready = (await rue.hears("ready")).ref
    await rue.bridge.do(Pin(chat=rue.chat, ref=ready), key="1")
    await rue.bridge.do(Pin(chat=rue.chat, ref=ready, on=False), key="2")
    await rue.control.pin(rue.group, rue.ana, int(ready.id))
    await until(lambda: rue.ear.of(Pinned), 5)
    await rue.control.say(rue.group, rue.ana, "done")
    await rue.hears("done")
    [pinned] = rue.ear.of(Pinned)
    assert (pinned.ref, pinned.sender.id, pinned.on) == (ready, str(rue.ana), True)


async def test_who_comes_and_goes_is_heard(rue: Rue) -> None:
    carl = await rue.control.user("Carl")
    await rue.control.member(rue.group, carl)
    await rue.control.member(rue.group, carl, "left")
    await until(lambda: len(rue.ear.of(Stirred)) == 2, 5)
    assert [(one.what, one.sender.id, one.sender.name) for one in rue.ear.of(Stirred)] == [
        ("joined", str(carl), "Carl"),
        ("left", str(carl), "Carl"),
    ]


async def test_a_group_and_its_channel_speak_as_such(rue: Rue) -> None:
    await rue.control.say(rue.group, rue.ana, "anonymous", anonymous=True)
    who = (await rue.hears("anonymous")).sender
    assert (who.id, who.name, who.collective) == (str(rue.group), "Rue", True)
    channel = await rue.control.chat("Mairie", type="channel", members=[rue.ana])
    await rue.control.member(channel, rue.ana, "creator")
    await rue.control.link(rue.group, channel)
    await rue.control.say(channel, rue.ana, "post")
    post = await rue.hears("post")
    assert (post.sender.id, post.sender.name, post.sender.collective) == (str(channel), "Mairie", True)
    assert (post.shared, post.origin) == ("", "")


async def test_a_poll_is_heard_and_how_it_ended(rue: Rue) -> None:
    asked = await rue.control.poll(rue.group, rue.ana, "Venez-vous ?", ["oui", "non"])
    poll = (await rue.heard(asked["message_id"])).poll
    assert poll and (poll.question, poll.options, poll.closed) == ("Venez-vous ?", ("oui", "non"), False)
    await rue.control.vote(rue.group, rue.bea, asked["message_id"], 0)
    await rue.control.stop_poll(rue.group, rue.ana, asked["message_id"])
    await until(lambda: rue.ear.of(PollClosed), 5)
    [closed] = rue.ear.of(PollClosed)
    assert (closed.poll.id, closed.poll.votes, closed.poll.closed) == (poll.id, (1, 0), True)


async def test_what_is_forwarded_names_chats_and_no_people(rue: Rue) -> None:
    channel = await rue.control.chat("Mairie", type="channel", members=[rue.ana])
    await rue.control.say(rue.group, rue.ana, "by Bea", forward={"user": rue.bea})
    assert ((await last(rue)).shared, (await last(rue)).html) == ("forwarded", "")
    await rue.control.say(rue.group, rue.ana, "by someone", forward={"hidden": "Carl"})
    assert ((await last(rue)).shared, (await last(rue)).html) == ("forwarded", "")
    await rue.control.say(rue.group, rue.ana, "news", forward={"channel": channel, "message": 1})
    assert (await rue.hears("news")).origin == "Mairie"
    assert not any("Bea" in repr(event) or "Carl" in repr(event) for event in rue.ear.of(Message))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"contact": {"phone_number": "+33123456789", "first_name": "Carl"}}, "contact"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "dice"),
        ({"checklist": {"title": "t", "tasks": []}}, "checklist"),
        ({"hologram": {"depth": 3}}, "other"),
    ],
    ids=["contact", "dice", "checklist", "of tomorrow"],
)
async def test_what_never_crosses_is_heard_by_its_kind(rue: Rue, body: dict[str, object], kind: str) -> None:
    await rue.control.show(rue.group, rue.ana, body)
    heard = await last(rue)
    assert (heard.shared, heard.html) == (kind, "") and "+33" not in repr(heard)


async def test_a_topic_is_heard_with_its_title(rue: Rue) -> None:
    topic = await rue.control.topic(rue.group, "Jardin", rue.ana)
    await rue.control.say(rue.group, rue.ana, "au jardin", thread=topic)
    heard = await rue.hears("au jardin")
    assert (heard.topic, heard.ref.chat.thread, heard.reply_to) == ("Jardin", str(topic), None)


async def test_an_answer_is_heard_with_what_it_answers_and_the_part(rue: Rue) -> None:
    ready = await rue.hears("ready")
    await rue.control.say(rue.group, rue.bea, "yes", reply_to=int(ready.ref.id), quote="read")
    heard = await rue.hears("yes")
    assert (heard.reply_to, heard.quote) == (ready.ref, "read")
    assert heard.answered and (heard.answered.html, heard.answered.sender.id) == ("ready", str(rue.ana))


async def test_reactions_are_heard_of_administrators(rue: Rue) -> None:
    ready = (await rue.hears("ready")).ref
    await rue.control.react(rue.group, rue.bea, int(ready.id), "❤")
    await until(lambda: rue.ear.of(Reacted), 5)
    [reacted] = rue.ear.of(Reacted)
    assert (reacted.ref, reacted.added) == (Ref(rue.chat, ready.id), ("❤",))


async def test_a_group_that_moves_is_heard_of(rue: Rue) -> None:
    basic = await rue.control.chat("Cour", type="group", members=[rue.ana, rue.bot["id"]])
    new = await rue.control.migrate(basic)
    await until(lambda: rue.ear.of(Moved), 5)
    assert (rue.ear.of(Moved)[0].old.id, rue.ear.of(Moved)[0].new.id) == (str(basic), str(new))

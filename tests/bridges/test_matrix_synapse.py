"""The Matrix bridge on a real homeserver: what comes in, in which order, and what people see."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.demo.resident import Resident
from bot.demo.synapse import Synapse
from bridges.matrix import MatrixBridge
from bridges.model import (
    Chat,
    Edit,
    Edited,
    Invited,
    Join,
    Message,
    Mirror,
    Person,
    Pin,
    Placed,
    React,
    Reacted,
    Ref,
    Remove,
    Removed,
    Send,
    Unreact,
)
from bridges.port import Fate, Refused, Shut, TryLater
from tests.bridges.matrix_lab import Bot, bot, resident, until


def chat(room: str) -> Chat:
    return Chat("matrix", room)


async def settled(synapse: Synapse, *people: Resident, **more: Any) -> tuple[Bot, str]:
    """A bot that is in a room of the first of these people, and has handled all that happened there."""
    palier = await bot(synapse)
    founder, *others = people
    room = await founder.create_room("Tilleuls", [palier.user, *(one.user for one in others)], **more)
    for one in others:
        await one.join(room)
    async with palier.up() as bridge:
        await bridge.do(Join(chat=chat(room)), key="join")
        await until(lambda: palier.ear.of(Placed) and not palier.memory.behind)
    palier.ear.heard.clear()
    return palier, room


async def test_a_pause_loses_nothing(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        said = [await ana.send(room, f"message {n}") for n in range(250)]
        async with palier.up():
            await until(lambda: palier.ear.of(Message))
        heard = palier.ear.of(Message)
        assert [message.ref.id for message in heard] == said
        assert [message.html for message in heard] == [f"message {n}" for n in range(250)]
        assert {message.sender for message in heard} == {Person(ana.user, chat(room), "Ana")}


async def test_what_was_broken_off_starts_over(synapse: Synapse, monkeypatch: pytest.MonkeyPatch) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        token = palier.memory.kept["matrix"]
        said = [await ana.send(room, f"message {n}") for n in range(230)]

        bridge, pages = palier.bridge(), 0
        ask = bridge._client.room_messages

        async def breaks(*args: Any, **more: Any) -> Any:
            nonlocal pages
            pages += 1
            if pages == 2:
                raise TimeoutError
            return await ask(*args, **more)

        monkeypatch.setattr(bridge._client, "room_messages", breaks)
        with pytest.raises(TryLater):
            await bridge.run(palier.ear)
        assert (palier.ear.heard, palier.memory.kept["matrix"]) == ([], token)

        palier.ear.strike = OSError("the database is away")
        with pytest.raises(OSError, match="away"):
            await bridge.run(palier.ear)
        assert (palier.ear.heard, palier.memory.kept["matrix"]) == ([], token)
        await bridge.close()

        async with palier.up():
            await until(lambda: palier.ear.of(Message))
        assert palier.ear.ids() == said


async def test_nothing_from_before_the_bot_came_is_heard(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier = await bot(synapse)
        room = await ana.create_room("Tilleuls", initial_state=[history("shared")])
        async with palier.up() as bridge:
            for n in range(130):
                await ana.send(room, f"before {n}")
            await ana.invite(room, palier.user)
            await until(lambda: palier.ear.of(Invited))
            await ana.send(room, "still before")
            await bridge.do(Join(chat=chat(room)), key="join")
            after = await ana.send(room, "after")
            await until(lambda: palier.ear.of(Message))
        assert palier.ear.ids() == [after]
        placed = palier.ear.of(Placed)
        assert [(one.member, one.by.id, one.title) for one in placed] == [(True, ana.user, "Tilleuls")]
        # A memory that was lost brings nothing old either.
        palier.memory.kept.pop("matrix")
        palier.ear.heard.clear()
        async with palier.up() as bridge:
            assert bridge.whereabouts(ana.user) == [chat(room)]
        assert palier.ear.heard == []


async def test_put_out_and_back_during_a_long_pause(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana, initial_state=[history("shared")])
        heard = [await ana.send(room, f"inside {n}") for n in range(60)]
        await ana.kick(room, palier.user)
        for n in range(60):
            await ana.send(room, f"outside {n}")
        await ana.invite(room, palier.user)
        async with palier.itself() as itself:
            await itself.join(room)
        heard += [await ana.send(room, f"back {n}") for n in range(120)]
        async with palier.up():
            await until(lambda: palier.ear.of(Message))
        assert palier.ear.ids() == heard
        assert [one.member for one in palier.ear.of(Placed)] == [False, True]


async def test_put_out_during_a_pause(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana, initial_state=[history("world_readable")])
        said = await ana.send(room, "inside")
        await ana.ban(room, palier.user)
        await ana.send(room, "outside")
        async with palier.up() as bridge:
            await until(lambda: palier.ear.of(Placed))
            assert bridge.whereabouts(ana.user) == []
            assert not (await bridge.inspect(chat(room))).member
            with pytest.raises(Shut) as shut:
                await bridge.do(Send(chat=chat(room), html="x"), key="1")
            assert shut.value.why == "kicked"
        assert palier.ear.ids() == [said]
        (gone,) = palier.ear.of(Placed)
        assert (gone.member, gone.by.id) == (False, ana.user)


async def test_the_same_key_is_one_event(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        send = Send(chat=chat(room), html="<b>once</b>", by="Bea · Telegram")
        bridge = palier.bridge()
        first = await bridge.do(send, key="row 1/é")
        await bridge.close()
        bridge = palier.bridge()
        assert await bridge.settle(send, key="row 1/é", since=datetime.now(UTC)) is Fate.AGAIN
        assert await bridge.do(send, key="row 1/é") == first
        # As if the homeserver had forgotten the transaction: the echo tells.
        long_ago = datetime.now(UTC) - timedelta(days=2)
        assert await bridge.settle(send, key="row 1/é", since=long_ago) == first
        assert await bridge.settle(send, key="row 2", since=long_ago) is Fate.AGAIN
        await bridge.close()
        lines = [line for line in await ana.timeline(room) if line.sender == palier.user]
        assert [(line.body, line.profile, line.kind) for line in lines] == [
            ("Bea · Telegram: once", "Bea · Telegram", "m.text")
        ]
        assert lines[0].html.endswith("Bea · Telegram: </strong><strong>once</strong>")


async def test_answers_edits_and_removals_go_out(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        question = await ana.send(room, "question")
        bridge, here = palier.bridge(), chat(room)
        sent = await bridge.do(Send(chat=here, html="secret", by="Bea", reply_to=Ref(here, question)), key="1")
        assert sent is not None
        for n in range(2):
            assert await bridge.do(Edit(chat=here, html=f"secret {n}", by="Bea", ref=sent), key=f"e{n}") == sent
        (line,) = [one for one in await ana.timeline(room) if one.event_id == sent.id]
        assert (line.body, line.reply_to, line.edited, line.profile) == ("Bea: secret 1", question, True, "Bea")
        edits = await ana.relations(room, sent.id, "m.replace")
        assert len(edits) == 2
        for _ in range(2):
            await bridge.do(Remove(chat=here, ref=sent), key="r")
        await bridge.close()
        for id_ in (sent.id, *(edit["event_id"] for edit in edits)):
            assert (await ana.event(room, id_))["content"] == {}
        assert await ana.relations(room, sent.id) == []
        assert "secret" not in json.dumps(await ana.history(room))
        with pytest.raises(Refused, match="gone"):
            await bridge.do(Remove(chat=here, ref=Ref(here, "$nothing")), key="x")
        await bridge.close()


async def test_a_stranger_s_edit_does_not_keep_a_removal_from_happening(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        bridge, here = palier.bridge(), chat(room)
        sent = await bridge.do(Send(chat=here, html="words"), key="1")
        assert sent is not None
        await ana.edit(room, sent.id, "other words")
        await bridge.do(Remove(chat=here, ref=sent), key="r")
        await bridge.close()
        assert (await ana.event(room, sent.id))["content"] == {}


async def test_reactions_are_just_those_that_were_asked_for(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        here = chat(room)
        on = Ref(here, await ana.send(room, "nice"))
        await ana.react(room, on.id, "👍️")
        bridge = palier.bridge()

        async def shown() -> set[str]:
            (line,) = [one for one in await ana.timeline(room) if one.event_id == on.id]
            return {emoji for emoji, who in line.reactions.items() if palier.user in who}

        for n, emoji in enumerate([("❤", "👍"), ("👍", "🙊"), ("🙊",), (), ("❤",)]):
            for _ in range(2):
                await bridge.do(Mirror(chat=here, ref=on, emoji=emoji), key=f"m{n}")
            assert {one.replace("\ufe0f", "") for one in await shown()} == set(emoji)
        await bridge.do(React(chat=here, ref=on, emoji=("👀",)), key="react")
        assert await shown() == {"👀"}
        (line,) = [one for one in await ana.timeline(room) if one.event_id == on.id]
        assert line.reactions["👍️"] == {ana.user}
        await bridge.close()


async def test_what_people_do_is_heard(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        here = chat(room)
        async with palier.up() as bridge:
            first = await ana.send(room, "hello *", "hello <strong>there</strong>")
            reply = await bea.send(room, "hi", reply_to=first)
            await ana.edit(room, first, "hello again")
            mark = await bea.react(room, first, "❤️")
            await bea.redact(room, mark)
            await ana.redact(room, first)
            await until(lambda: len(palier.ear.of(Removed)) == 2)
            hello, hi = palier.ear.of(Message)
            assert (hello.html, hello.private, hello.sender.name) == ("hello <b>there</b>", False, "Ana")
            assert (hi.ref.id, hi.reply_to, hi.sender.id) == (reply, Ref(here, first), bea.user)
            (edited,), (heart,) = palier.ear.of(Edited), palier.ear.of(Reacted)
            assert (edited.ref, edited.html, edited.sender.id) == (Ref(here, first), "hello again", ana.user)
            assert (heart.ref, heart.added, heart.mark) == (Ref(here, first), ("❤",), mark)
            gone = [(one.ref.id, one.sender.id) for one in palier.ear.of(Removed)]
            assert gone == [(mark, bea.user), (first, ana.user)]
            assert bridge.odd.total() == 0


async def test_the_vote_of_a_person_can_be_taken_off_the_card(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        await ana.appoint(room, palier.user, 50)
        card = await ana.send(room, "card")
        mark = await ana.react(room, card, "👍")
        bridge = palier.bridge()
        for on in (True, True, False):
            await bridge.do(Pin(chat=chat(room), ref=Ref(chat(room), card), on=on), key=f"pin {on}")
            assert (await ana.state(room, "m.room.pinned_events"))["pinned"] == ([card] if on else [])
        await bridge.do(Unreact(chat=chat(room), ref=Ref(chat(room), mark)), key="u")
        await bridge.close()
        (line,) = [one for one in await ana.timeline(room) if one.event_id == card]
        assert line.reactions == {}


async def says(bridge: MatrixBridge, room: str, times: int) -> None:
    for n in range(times):
        await bridge.do(Send(chat=chat(room), html="x"), key=str(n))


def history(visibility: str) -> dict[str, Any]:
    return {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": visibility}}

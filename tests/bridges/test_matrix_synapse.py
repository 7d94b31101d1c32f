"""The Matrix bridge on a real homeserver: what comes in, in which order, and what people see."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
    Leave,
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
    Right,
    Send,
    Unreact,
    Unreadable,
)
from bridges.port import Fate, Refused, Stopped, TryLater
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
            with pytest.raises(Refused, match="rights"):
                await bridge.do(Send(chat=chat(room), html="x"), key="1")
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


async def test_a_direct_room_is_opened_once_and_used_again(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        to = Person(ana.user, chat(room), "Ana")
        bridge = palier.bridge()
        sends = [bridge.do(Send(chat=chat(room), html=f"for you {n}", to=to), key=f"d{n}") for n in range(3)]
        sent = await asyncio.gather(*sends)
        await bridge.close()
        async with palier.up() as again:
            sent.append(await again.do(Send(chat=chat(room), html="for you 3", to=to), key="d3"))
            (direct,) = {one.chat.id for one in sent if one}
            assert direct != room and await ana.invitations() == [direct]
            await ana.join(direct)
            answer = await ana.send(direct, "thank you")
            await until(lambda: any(one.ref.id == answer for one in palier.ear.of(Message)))
            (thanks,) = [one for one in palier.ear.of(Message) if one.ref.id == answer]
            assert thanks.private
            assert again.whereabouts(ana.user) == [chat(room)]
            assert [line.body for line in await bea.timeline(room) if "for you" in line.body] == []
            # The list of direct rooms may be lost; the room is found by what it is.
            again._talks.learn({"@x:y": 5})
            found = await again.do(Send(chat=chat(room), html="for you 4", to=to), key="d4")
            assert found and found.chat.id == direct
            again._talks._listed = None
            await ana.leave(direct)
            with pytest.raises(Refused, match="unreachable"):
                await again.do(Send(chat=chat(room), html="for you 5", to=to), key="d5")
            assert await ana.invitations() == []


async def test_a_talk_that_a_person_began_is_used_too(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        async with palier.up() as bridge:
            direct = await ana.create_room(invite=[palier.user], direct=True)
            await until(lambda: palier.ear.of(Invited))
            (asked,) = palier.ear.of(Invited)
            assert (asked.chat, asked.direct, asked.by.id, asked.by.name) == (chat(direct), True, ana.user, "Ana")
            await bridge.do(Join(chat=chat(direct)), key="j")
            await until(lambda: any(one.chat.id == direct for one in palier.ear.of(Placed)))
            assert [one.kind for one in palier.ear.of(Placed) if one.chat.id == direct] == ["private"]
            assert (await bridge.inspect(chat(direct))).kind == "private"
            await bridge.do(Leave(chat=chat(direct)), key="out")
            await until(lambda: len([one for one in palier.ear.of(Placed) if one.chat.id == direct]) == 2)
            assert {one.kind for one in palier.ear.of(Placed) if one.chat.id == direct} == {"private"}
            await ana.invite(direct, palier.user)
            await bridge.do(Join(chat=chat(direct)), key="again")
            sent = await bridge.do(Send(chat=chat(room), html="x", to=Person(ana.user, chat(room))), key="1")
            assert sent and sent.chat.id == direct
        async with palier.itself() as itself:
            assert await itself.call("GET", f"/user/{palier.user}/account_data/m.direct") == {ana.user: [direct]}


async def test_a_room_that_the_bot_opened_for_a_talk_is_private(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        async with palier.up() as bridge:
            sent = await bridge.do(Send(chat=chat(room), html="x", to=Person(ana.user, chat(room))), key="1")
            assert sent and sent.chat.id != room
            await ana.join(sent.chat.id)
            levels = await ana.state(sent.chat.id, "m.room.power_levels")
            await ana.put_state(sent.chat.id, "m.room.power_levels", {**levels, "redact": 0, "kick": 101})
            await until(lambda: any(one.chat == sent.chat for one in palier.ear.of(Placed)))
            assert {one.kind for one in palier.ear.of(Placed) if one.chat == sent.chat} == {"private"}


async def test_a_whisper_never_goes_where_others_can_come(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana)
        named = await ana.create_room("Ours", [palier.user], direct=True)
        crowd = await ana.create_room(invite=[palier.user, bea.user], direct=True)
        async with palier.up() as bridge:
            for one in (named, crowd):
                await bridge.do(Join(chat=chat(one)), key=one)
            await bea.join(crowd)
            await bea.leave(crowd)
            await until(lambda: {named, crowd} <= {one.chat.id for one in palier.ear.of(Placed)})
            to, found = Person(ana.user, chat(room)), set()
            for here in (room, named, crowd):
                sent = await bridge.do(Send(chat=chat(here), html="for you", to=to), key=f"in {here}")
                assert sent
                found.add(sent.chat.id)
            assert len(found) == 1 and not found & {room, named, crowd}


async def test_an_edit_that_is_taken_away_takes_its_message_along(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        async with palier.up():
            first = await ana.send(room, "at number 4")
            edit, foreign = await ana.edit(room, first, "at number 5"), await bea.edit(room, first, "nowhere")
            await until(lambda: len(palier.ear.of(Edited)) == 2)
            await bea.redact(room, foreign)
            await ana.redact(room, edit)
            await until(lambda: len(palier.ear.of(Removed)) == 2)
            assert [one.ref.id for one in palier.ear.of(Removed)] == [foreign, first]


async def test_a_batch_that_was_not_taken_comes_again_the_same(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        bridge = palier.bridge()
        first = asyncio.create_task(bridge.run(palier.ear))
        await until(lambda: bridge._known)
        palier.ear.strike = OSError("the database is away")
        said = await ana.send(room, "number 4")
        with pytest.raises(OSError, match="away"):
            await first
        edit = await ana.edit(room, said, "number 5")
        await ana.kick(room, palier.user)
        palier.ear.strike = OSError("the database is away")
        with pytest.raises(OSError, match="away"):
            await bridge.run(palier.ear)
        assert palier.ear.heard == [] and bridge.whereabouts(ana.user) == []
        running = asyncio.create_task(bridge.run(palier.ear))
        await until(lambda: palier.ear.of(Placed) and room not in bridge._rooms)
        running.cancel()
        await asyncio.wait([running])
        await bridge.close()
        (message,), (edited,), (placed,) = palier.ear.of(Message), palier.ear.of(Edited), palier.ear.of(Placed)
        assert (message.sender.name, edited.sender.name, placed.by.name, placed.title) == (*["Ana"] * 3, "Tilleuls")
        assert (message.ref.id, edited.key, placed.member) == (said, f"matrix {edit}", False)


async def test_what_opens_a_talk_is_heard_although_the_bot_had_not_come_yet(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier = await bot(synapse)
        async with palier.up() as bridge:
            talk = await ana.create_room(invite=[palier.user], direct=True)
            first = await ana.send(talk, "!bonjour CODE")
            await until(lambda: palier.ear.of(Invited))
            await bridge.do(Join(chat=chat(talk)), key="yes")
            await until(lambda: palier.ear.of(Message))
            group = await ana.create_room("Tilleuls", [palier.user])
            await ana.send(group, "a secret from before")
            await until(lambda: len(palier.ear.of(Invited)) == 2)
            await bridge.do(Join(chat=chat(group)), key="group")
            await until(lambda: len(palier.ear.of(Placed)) == 2)
            await ana.send(talk, "and after")
            await until(lambda: len(palier.ear.of(Message)) == 2)
    heard = palier.ear.of(Message)
    assert [one.html for one in heard] == ["!bonjour CODE", "and after"]
    assert heard[0].ref.id == first and heard[0].private


async def test_invitations_bring_their_reason_and_can_be_declined(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier = await bot(synapse)
        early = await ana.create_room("Early", [palier.user])
        async with palier.up() as bridge:
            await until(lambda: palier.ear.of(Invited))
            room = await ana.create_room("Tilleuls")
            await ana.invite(room, palier.user, "code 1234")
            await until(lambda: len(palier.ear.of(Invited)) == 2)
            first, second = palier.ear.of(Invited)
            assert (first.chat, first.reason) == (chat(early), "")
            assert (second.chat, second.reason, second.direct) == (chat(room), "code 1234", False)
            assert second.by == Person(ana.user, chat(room), "Ana")
            await bridge.do(Join(chat=chat(room), accept=False), key="no")
            await bridge.do(Join(chat=chat(early)), key="yes")
            await until(lambda: palier.ear.of(Placed))
            assert (await ana.members(room))[palier.user] == "leave"
            for _ in range(2):
                await bridge.do(Leave(chat=chat(early)), key="out")
            await until(lambda: len(palier.ear.of(Placed)) == 2)
            assert (await ana.members(early))[palier.user] == "leave"
        assert [(one.chat.id, one.member) for one in palier.ear.of(Placed)] == [(early, True), (early, False)]


async def test_rights_follow_the_power_levels(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        async with palier.up() as bridge:
            standing = await bridge.inspect(chat(room))
            assert (standing.member, standing.title, standing.rights) == (True, "Tilleuls", frozenset({Right.SEND}))
            await ana.appoint(room, palier.user, 50)
            await until(lambda: palier.ear.of(Placed))
            (placed,) = palier.ear.of(Placed)
            assert placed.rights == {Right.SEND, Right.DELETE, Right.PIN, Right.RESTRICT}
            assert (placed.by.id, placed.title, placed.member) == (ana.user, "Tilleuls", True)
            assert (await bridge.inspect(chat(room))).rights == placed.rights
        async with palier.itself() as itself:
            own = await itself.create_room("Its own")
        bridge = palier.bridge()
        assert Right.ADMIN in (await bridge.inspect(chat(own))).rights
        assert not (await bridge.inspect(chat("!nowhere"))).member
        await bridge.close()


async def test_a_revoked_token_stops_the_bridge(synapse: Synapse) -> None:
    palier = await bot(synapse)
    async with palier.up():
        pass
    session = json.loads(palier.memory.kept["matrix.session"])
    async with palier.itself() as itself:
        await itself.call("POST", "/logout", {})
    bridge, calls = palier.bridge(), 0
    send = bridge._client.send

    async def counted(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        return await send(*args, **more)

    bridge._client.send = counted
    with pytest.raises(Stopped, match="matrix-login"):
        await asyncio.wait_for(bridge.run(palier.ear), 10)
    with pytest.raises(Stopped, match="matrix-login"):
        await bridge.do(Send(chat=chat("!a"), html="x"), key="1")
    assert calls < 5
    await bridge.close()
    assert json.loads(palier.memory.kept["matrix.session"]) == session


async def test_a_wrong_password_stops_the_bridge_and_a_session_is_made_once(synapse: Synapse) -> None:
    palier = await bot(synapse)
    right, palier.password = palier.password, "wrong"
    bridge = palier.bridge()
    with pytest.raises(Stopped, match="matrix-login"):
        await bridge.run(palier.ear)
    await bridge.close()
    palier.password = right
    async with palier.up() as bridge:
        assert bridge.address == palier.user
        assert bridge.link() == f"https://matrix.to/#/{palier.user}"
    session = palier.memory.kept["matrix.session"]
    palier.password = "forgotten since"
    async with palier.up():
        assert palier.memory.kept["matrix.session"] == session
    # A token instead of a password brings the same session.
    memory = type(palier.memory)()
    other = MatrixBridge(synapse.url, palier.user, token=json.loads(session)["access_token"], cursor=memory)
    await other._enter()
    await other.close()
    assert json.loads(memory.kept["matrix.session"]) == json.loads(session)


async def test_malformed_events_are_counted_and_the_next_is_heard(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        async with palier.up() as bridge:
            shapes: list[dict[str, Any]] = [
                {"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.replace", "event_id": 5}},
                {"msgtype": "m.weird", "body": "x"},
                {"msgtype": "m.text", "body": "x", "m.new_content": 7, "m.relates_to": {"rel_type": "m.replace"}},
            ]
            for content in shapes:
                await ana.raw(room, "m.room.message", content)
            for relation in (7, {"rel_type": "m.annotation", "key": {}}, None):
                content = {"m.relates_to": relation} if relation else {}
                await ana.raw(room, "m.reaction", content)
            fine = [
                await ana.raw(room, "m.room.message", {"msgtype": "m.text", "body": "x" * 10_000}),
                await ana.raw(room, "m.room.message", {"msgtype": "m.text", "body": "a", "m.relates_to": []}),
                await ana.raw(room, "m.room.message", {"msgtype": "m.text", "body": "b", "formatted_body": 7}),
            ]
            await ana.raw(room, "m.room.message", {"msgtype": "m.image", "body": "x.png", "url": "mxc://x/1"})
            await ana.raw(room, "m.room.message", {"msgtype": "m.notice", "body": "beep"})
            await ana.put_state(room, "m.room.canonical_alias", {"alias": None})
            await ana.put_state(room, "m.room.encrypted", {"weird": True}, "key")
            fine.append(await ana.send(room, "last"))
            await until(lambda: any(one.ref.id == fine[-1] for one in palier.ear.of(Message)))
        heard = palier.ear.of(Message)
        assert [message.ref.id for message in heard] == fine
        assert len(heard[0].html) == 10_000
        assert bridge.odd == {"malformed": len(shapes) + 3, "media": 1}


async def test_an_encrypted_room_is_told(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        async with palier.up() as bridge:
            await ana.put_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
            await ana.raw(room, "m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "xxx"})
            await until(lambda: len(palier.ear.of(Unreadable)) == 2)
            assert {(one.chat, one.sender.id, one.why) for one in palier.ear.of(Unreadable)} == {
                (chat(room), ana.user, "encrypted")
            }
            assert (await bridge.inspect(chat(room))).encrypted


async def test_a_server_that_was_away_is_found_again(tmp_path: Path) -> None:
    synapse = await Synapse(tmp_path / "server").start()
    try:
        async with await resident(synapse, "Ana") as ana:
            palier, room = await settled(synapse, ana)
            send, bridge = Send(chat=chat(room), html="x"), palier.bridge()
            first = await bridge.do(send, key="1")
            await synapse.kill()
            with pytest.raises(TryLater) as later:
                await bridge.run(palier.ear)
            assert later.value.everywhere
            with pytest.raises(TryLater):
                await bridge.do(send, key="1")
            synapse = await Synapse(tmp_path / "server").start()
            assert await bridge.do(send, key="1") == first
            await bridge.close()
            said = await ana.send(room, "here again")
            async with palier.up():
                await until(lambda: any(one.ref.id == said for one in palier.ear.of(Message)))
    finally:
        await synapse.stop()


async def test_the_server_s_pause_is_told(tmp_path: Path) -> None:
    synapse = await Synapse(tmp_path / "server", limits=True).start()
    try:
        async with await resident(synapse, "Ana") as ana:
            palier, room = await settled(synapse, ana)
            bridge = palier.bridge()
            with pytest.raises(TryLater) as later:
                await says(bridge, room, 30)
            assert later.value.after is not None and timedelta() < later.value.after < timedelta(seconds=30)
            await synapse.override_ratelimit(palier.user)
            await says(bridge, room, 30)
            assert len([line for line in await ana.timeline(room) if line.sender == palier.user]) == 30
            await synapse.restore_ratelimit(palier.user)
            with pytest.raises(TryLater):
                await says(bridge, room, 60)
            await bridge.close()
    finally:
        await synapse.stop()


async def says(bridge: MatrixBridge, room: str, times: int) -> None:
    for n in range(times):
        await bridge.do(Send(chat=chat(room), html="x"), key=str(n))


def history(visibility: str) -> dict[str, Any]:
    return {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": visibility}}

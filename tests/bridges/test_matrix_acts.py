"""What moderators do on a real homeserver: what others change meanwhile stays, and what cannot be done is told."""

from typing import Any, Literal

import pytest

from bot.demo.synapse import Synapse
from bridges.matrix import MatrixBridge
from bridges.model import Act, Admit, AskedIn, ClearReactions, Lock, Person, Restrict
from bridges.port import Refused
from tests.bridges.matrix_lab import resident, until
from tests.bridges.test_matrix_synapse import chat, settled

LEVELS = "m.room.power_levels"
BOTH: tuple[Literal["mute"], Literal["ban"]] = ("mute", "ban")


def before_writing(bridge: MatrixBridge, monkeypatch: pytest.MonkeyPatch, *meanwhile: Any) -> list[Any]:
    """Let these happen, one at a time, between the bridge's look at the power levels and its change of them."""
    server, left = bridge._outward._acts._server, list(meanwhile)
    put = server.put_state

    async def late(room: str, kind: str, content: dict[str, Any]) -> str:
        if left:
            await left.pop(0)()
        return await put(room, kind, content)

    monkeypatch.setattr(server, "put_state", late)
    return left


async def test_levels_that_change_meanwhile_are_not_undone(synapse: Synapse, monkeypatch: pytest.MonkeyPatch) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        await ana.appoint(room, palier.user, 100)
        async with palier.up() as bridge:

            async def louder() -> None:
                await ana.put_state(room, LEVELS, {**await ana.state(room, LEVELS), "invite": 50})

            async def helper() -> None:
                await ana.appoint(room, "@helper:example.org", 50)

            left = before_writing(bridge, monkeypatch, helper, louder)
            who = Person(bea.user, chat(room), "Bea")
            await bridge.do(Restrict(chat=chat(room), person=who, what="mute"), key="1")
            now = await ana.state(room, LEVELS)
            assert not left and now["invite"] == 50
            assert now["users"] == {palier.user: 100, bea.user: -1, "@helper:example.org": 50} | (
                {ana.user: now["users"][ana.user]} if ana.user in now["users"] else {}
            )


async def test_with_a_moderators_level_the_bot_bans_and_cannot_mute(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        here, who = chat(room), Person(bea.user, chat(room), "Bea")
        async with palier.up() as bridge:
            for level, refused in [(0, ["mute", "ban", "lock", "clear"]), (50, ["mute", "lock"])]:
                await ana.appoint(room, palier.user, level)
                acts: dict[str, Act] = {
                    "mute": Restrict(chat=here, person=who, what="mute"), "lock": Lock(chat=here, on=True),
                    "clear": ClearReactions(chat=here, person=who), "ban": Restrict(chat=here, person=who, what="ban"),
                }  # fmt: skip
                whys = {}
                for name, act in acts.items():
                    try:
                        await bridge.do(act, key=f"{level} {name}")
                    except Refused as no:
                        whys[name] = no.why
                assert whys == dict.fromkeys(refused, "no-right")
            assert (await ana.members(room))[bea.user] == "ban"


async def test_while_a_room_is_locked_one_can_still_take_ones_words_away(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        await ana.appoint(room, palier.user, 100)
        said = await bea.send(room, "oops")
        async with palier.up() as bridge:
            await bridge.do(Lock(chat=chat(room), on=True), key="1")
            await bea.redact(room, said)
            assert "body" not in (await ana.event(room, said))["content"]


async def test_a_room_that_was_opened_by_hand_stays_as_it_was_opened(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        await ana.appoint(room, palier.user, 100)
        async with palier.up() as bridge:
            await bridge.do(Lock(chat=chat(room), on=True), key="1")
            opened = {**await ana.state(room, LEVELS), "events_default": 5}
            await ana.put_state(room, LEVELS, opened)
            await bridge.do(Lock(chat=chat(room), on=False), key="2")
            assert await ana.state(room, LEVELS) == opened
            await bridge.do(Lock(chat=chat(room), on=True), key="3")
            await bridge.do(Lock(chat=chat(room), on=False), key="4")
            assert (await ana.state(room, LEVELS))["events_default"] == 5


async def test_who_is_not_there_and_who_is_the_bot(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        await ana.appoint(room, palier.user, 100)
        async with palier.up() as bridge:
            for who, why in [("12345", "not-there"), (palier.user, "is-admin"), (ana.user, "is-admin")]:
                for what in BOTH:
                    act = Restrict(chat=chat(room), person=Person(who, chat(room)), what=what)
                    with pytest.raises(Refused) as no:
                        await bridge.do(act, key=f"{who} {what}")
                    assert no.value.why == why
            with pytest.raises(Refused) as no:
                await bridge.do(Lock(chat=chat("!elsewhere:example.org"), on=True), key="elsewhere")
            assert no.value.why == "kicked"


async def test_a_knock_is_told_only_where_the_bot_could_answer_it(synapse: Synapse) -> None:
    knocking = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Eve") as eve:
        palier, room = await settled(synapse, ana, initial_state=[knocking])
        await ana.put_state(room, LEVELS, {**await ana.state(room, LEVELS), "invite": 50})
        async with palier.up() as bridge:
            await eve.call("POST", f"/knock/{room}", {"reason": "hello"})
            await until(lambda: (here := bridge._rooms.get(room)) and here.membership(eve.user) == "knock")
            assert not palier.ear.of(AskedIn)
            with pytest.raises(Refused) as no:
                await bridge.do(Admit(chat=chat(room), person=Person(eve.user, chat(room)), yes=True), key="1")
            assert no.value.why == "no-right"

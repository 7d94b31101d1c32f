"""The Matrix bridge on a real homeserver when a session, the server or an event is not as it should be."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.demo.synapse import Synapse
from bridges.matrix import MatrixBridge
from bridges.model import (
    Message,
    Send,
    Unreadable,
)
from bridges.port import Stopped, TryLater
from tests.bridges.matrix_lab import bot, resident, until
from tests.bridges.test_matrix_synapse import chat, says, settled


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
                {"msgtype": "m.audio", "body": "x"},
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
            await ana.raw(room, "m.room.message", {"msgtype": "m.image", "body": "x.png", "url": "https://x/1"})
            await ana.raw(room, "m.room.message", {"msgtype": "m.notice", "body": "beep"})
            await ana.put_state(room, "m.room.canonical_alias", {"alias": None})
            await ana.put_state(room, "m.room.encrypted", {"weird": True}, "key")
            fine.append(await ana.send(room, "last"))
            await until(lambda: any(one.ref.id == fine[-1] for one in palier.ear.of(Message)))
        heard = palier.ear.of(Message)
        assert [message.ref.id for message in heard] == fine
        assert len(heard[0].html) == 10_000
        assert bridge.odd == {"malformed": len(shapes) + 4}


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

"""Files, captions, polls and forgeries in an encrypted room of a real homeserver."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import nio
import pytest

from bot.demo.synapse import Synapse
from bridges.matrix import MatrixBridge
from bridges.matrix.files import opened
from bridges.matrix.media import whence
from bridges.model import Edit, Media, MediaKind, Message, PollClosed, Ref, Removed, Send
from tests.bridges.keys.sealed import Sealed
from tests.bridges.matrix_lab import Bot, Shelf, Shelved, bot, until
from tests.bridges.test_matrix_synapse import chat

BYTES = bytes(range(256)) * 2000
POLL = "org.matrix.msc3381.poll"


@pytest.fixture
async def palier(synapse: Synapse, tmp_path: Path) -> Bot:
    made = await bot(synapse)
    made.more = {"pickle_key": "a key of tests", "depot": Shelf(tmp_path)}
    return made


@pytest.fixture
async def nour(synapse: Synapse) -> AsyncIterator[Sealed]:
    one = await Sealed.login(synapse, f"nour{token_hex(3)}", "Nour")
    yield one
    await one.close()


async def together(palier: Bot, bridge: MatrixBridge, nour: Sealed) -> str:
    """An encrypted room with both in it."""
    room = await nour.room(palier.user)
    await bridge._server.join(room)
    await until(lambda: room in bridge._rooms and bridge._rooms[room].is_member)
    return room


async def say(nour: Sealed, room: str, kind: str, content: dict[str, Any]) -> str:
    """Any event, encrypted."""
    await nour.sync()
    await nour.ignore_unsigned()
    sent = await nour.client.room_send(room, kind, content, ignore_unverified_devices=True)
    assert isinstance(sent, nio.RoomSendResponse)
    return sent.event_id


async def test_files_are_encrypted_both_ways(palier: Bot, nour: Sealed, tmp_path: Path) -> None:
    (tmp_path / "garden").write_bytes(BYTES)
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        media = Media(kind=MediaKind.PHOTO, network="telegram", source="garden", name="garden.jpg", type="image/jpeg")
        sent = await bridge.do(Send(chat=chat(room), html="look", by="Bea", media=media), key="1")
        assert sent
        shown = (await nour.until("look"))["content"]
        assert (shown["msgtype"], shown["body"], "url" in shown) == ("m.image", "Bea: look", False)
        where = json.loads(whence(None, shown["file"]))
        async with palier.itself() as me:
            dark = await me.download(where["mxc"])

        async def stream() -> AsyncIterator[bytes]:
            yield dark

        clear = [piece async for piece in opened(stream(), where["key"], where["iv"], where["sha256"])]
        assert b"".join(clear) == BYTES != dark
        await bridge.do(Edit(chat=chat(room), html="there", by="Someone", ref=sent, form="photo"), key="2")
        edited = (await nour.until("Someone: there"))["content"]["m.new_content"]
        assert edited["file"] == shown["file"]
        # The other way round.
        file = Shelved(tmp_path / "garden", MediaKind.PHOTO, "garden.jpg", "image/jpeg", len(BYTES))
        up = await bridge._files.upload(file, encrypted=True)
        await say(nour, room, "m.room.message", {"msgtype": "m.image", "body": "hers", "filename": "g.jpg", **up})
        await until(lambda: palier.ear.of(Message))
        (heard,) = palier.ear.of(Message)
        assert heard.media and heard.html == "hers"
        async with bridge.fetch(heard.media.source) as pieces:
            assert b"".join([piece async for piece in pieces]) == BYTES


async def test_the_last_words_are_recalled_and_votes_counted(palier: Bot, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        first = await nour.say(room, "first")
        new = {"msgtype": "m.text", "body": "then"}
        relation = {"rel_type": "m.replace", "event_id": first}
        await nour.say(room, "* then", **{"m.new_content": new, "m.relates_to": relation})
        assert await bridge.recall(Ref(chat(room), first)) == "then"
        answers = [{"id": "a", "org.matrix.msc1767.text": "A"}, {"id": "b", "org.matrix.msc1767.text": "B"}]
        asked = {"question": {"org.matrix.msc1767.text": "?"}, "answers": answers}
        poll = await say(nour, room, f"{POLL}.start", {f"{POLL}.start": asked})
        about = {"m.relates_to": {"rel_type": "m.reference", "event_id": poll}}
        await say(nour, room, f"{POLL}.response", {f"{POLL}.response": {"answers": ["b"]}, **about})
        await say(nour, room, f"{POLL}.end", {f"{POLL}.end": {}, **about})
        await until(lambda: palier.ear.of(PollClosed))
        (closed,) = palier.ear.of(PollClosed)
        assert (closed.poll.id, closed.poll.options, closed.poll.votes) == (poll, ("A", "B"), (0, 1))


async def test_what_a_homeserver_would_not_allow_is_not_believed_because_it_came_encrypted(
    palier: Bot, nour: Sealed
) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        sent = await bridge.do(Send(chat=chat(room), html="words"), key="1")
        assert sent
        await say(nour, room, "m.room.redaction", {"redacts": sent.id})
        await nour.say(room, "last")
        await until(lambda: palier.ear.of(Message))
        assert palier.ear.of(Removed) == [] and bridge.odd == {"forged": 1}

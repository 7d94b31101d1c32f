"""The Matrix bridge on a real homeserver: files of every kind, both ways, and homeservers that fail at it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.demo.synapse import Synapse
from bridges.matrix import MatrixBridge
from bridges.matrix.files import LARGEST, PIECE
from bridges.model import Edit, Edited, Media, MediaKind, Message, Ref, Remove, Send, Spot
from bridges.port import Refused, TryLater
from tests.bridges.matrix_lab import Bot, Memory, Shelf, Shelved, resident, until
from tests.bridges.test_matrix_synapse import chat, settled

BYTES = bytes(range(256)) * 5000  # more than one piece


async def fetched(bridge: MatrixBridge, source: str) -> bytes:
    async with bridge.fetch(source) as pieces:
        return b"".join([piece async for piece in pieces])


def shelf(palier: Bot, folder: Path) -> Shelf:
    palier.more["depot"] = made = Shelf(folder)
    return made


async def test_files_of_every_kind_are_heard_and_fetched(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        async with palier.up() as bridge:
            spoken: dict[str, Any] = {"org.matrix.msc3245.voice": {}, "org.matrix.msc1767.audio": {"duration": 3000}}
            sent = [
                await ana.show(room, BYTES, "garden.jpg", "image/jpeg", "the <garden>", info={"w": 4, "h": 3}),
                await ana.show(room, BYTES, "walk.mp4", "video/mp4", info={"duration": 2500}),
                await ana.show(room, b"OggS", "voice.ogg", "audio/ogg", **spoken),
                await ana.show(room, b"%PDF", "plan.pdf", "application/pdf"),
                await ana.sticker(room, b"\x89PNG", "🎉"),
            ]
            await until(lambda: len(palier.ear.of(Message)) == len(sent))
            heard = palier.ear.of(Message)
            assert [one.ref.id for one in heard] == sent
            files = [one.media for one in heard if one.media]
            photo, video, voice, plan, sticker = files
            assert [one.kind for one in files] == [
                MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.FILE, MediaKind.STICKER
            ]  # fmt: skip
            assert [one.html for one in heard] == ["the &lt;garden&gt;", "", "", "", ""]
            assert (photo.name, photo.type, photo.size, photo.width) == ("garden.jpg", "image/jpeg", len(BYTES), 4)
            assert (video.seconds, voice.seconds, plan.name, sticker.emoji) == (2.5, 3, "plan.pdf", "🎉")
            assert await fetched(bridge, photo.source) == BYTES and len(BYTES) > PIECE
            assert await fetched(bridge, sticker.source) == b"\x89PNG"
            gone = json.dumps({"mxc": f"mxc://{synapse.server_name}/nothing"})
            with pytest.raises(Refused, match="gone"):
                await fetched(bridge, gone)
            # Whoever breaks off gets the connection out of the way.
            async with bridge.fetch(photo.source) as pieces:
                assert len(await anext(pieces)) <= PIECE
            assert bridge.odd == {}


async def test_files_go_out_with_their_author_and_once(synapse: Synapse, tmp_path: Path) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        depot = shelf(palier, tmp_path)
        source, bridge = depot.put("garden", BYTES), palier.bridge()
        media = Media(kind=MediaKind.PHOTO, network="telegram", source=source, name="garden.jpg", type="image/jpeg")
        send = Send(chat=chat(room), html="<i>look</i>", by="Bea · Telegram", media=media)
        first = await bridge.do(send, key="1")
        assert first and await bridge.do(send, key="1") == first and depot.brought == 2
        voice = Media(kind=MediaKind.VOICE, network="telegram", source=source, type="audio/ogg", seconds=2)
        spoken = await bridge.do(Send(chat=chat(room), html="", by="Bea", media=voice), key="2")
        assert spoken
        shown, said = [line for line in await ana.timeline(room) if line.sender == palier.user]
        assert (shown.event_id, shown.kind, shown.body) == (first.id, "m.image", "Bea · Telegram: look")
        assert shown.content["filename"] == "garden.jpg" and shown.profile == "Bea · Telegram"
        assert await ana.download(shown.content["url"]) == BYTES
        assert (said.kind, said.body, said.content["org.matrix.msc3245.voice"]) == ("m.audio", "Bea: ", {})
        assert said.content["info"]["duration"] == said.content["org.matrix.msc1767.audio"]["duration"] == 2000
        # Edits of captions keep the file; a removal takes all away.
        for n in range(2):
            await bridge.do(Edit(chat=chat(room), html=f"no {n}", by="Someone", ref=first, form="photo"), key=f"e{n}")
        shown, _ = [line for line in await ana.timeline(room) if line.sender == palier.user]
        assert (shown.body, shown.kind, shown.edited) == ("Someone: no 1", "m.image", True)
        assert await ana.download(shown.content["url"]) == BYTES
        await bridge.do(Remove(chat=chat(room), ref=first, form="photo"), key="r")
        assert [line.event_id for line in await ana.timeline(room) if line.sender == palier.user] == [spoken.id]
        with pytest.raises(Refused, match="gone"):
            await bridge.do(Edit(chat=chat(room), html="x", ref=first, form="photo"), key="late")
        await bridge.close()


async def test_what_is_too_large_is_refused_with_the_server_s_own_limit(synapse: Synapse, tmp_path: Path) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        depot, bridge = shelf(palier, tmp_path), palier.bridge()
        limit = int((await ana.call("GET", f"{synapse.url}/_matrix/client/v1/media/config"))["m.upload.size"])
        assert bridge.capabilities(chat(room)).uploads == LARGEST
        with (tmp_path / "huge").open("wb") as file:
            file.truncate(limit + 1)
        media = Media(kind=MediaKind.FILE, network="telegram", source="huge", name="huge", type="application/zip")
        with pytest.raises(Refused, match="too-large"):
            await bridge.do(Send(chat=chat(room), html="", media=media), key="1")
        assert bridge.capabilities(chat(room)).uploads == limit and depot.brought == 0
        with pytest.raises(Refused, match="too-large"):
            await bridge._files.upload(Shelved(tmp_path / "huge", MediaKind.FILE, "", "", limit + 1))
        await bridge.close()


async def test_a_file_for_an_encrypted_room_is_encrypted(synapse: Synapse, tmp_path: Path) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        bridge = palier.bridge()
        await bridge._enter()
        assert not await bridge._is_encrypted(room)
        (tmp_path / "garden").write_bytes(BYTES)
        where = await bridge._files.upload(
            Shelved(tmp_path / "garden", MediaKind.PHOTO, "garden.jpg", "image/jpeg", len(BYTES)), encrypted=True
        )
        assert set(where) == {"file"} and where["file"]["v"] == "v2"
        dark = await ana.download(where["file"]["url"])
        assert len(dark) == len(BYTES) and dark != BYTES
        info = {"mimetype": "image/jpeg", "size": len(BYTES)}
        async with palier.up() as up:
            content = {"msgtype": "m.image", "body": "garden.jpg", "info": info, **where}
            await ana.raw(room, "m.room.message", content)
            await until(lambda: palier.ear.of(Message))
            (heard,) = palier.ear.of(Message)
            assert heard.media and await fetched(up, heard.media.source) == BYTES
            other = json.dumps({**json.loads(heard.media.source), "sha256": "A" * 43})
            with pytest.raises(Refused, match="gone"):
                await fetched(up, other)
            await ana.put_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
            assert await bridge._is_encrypted(room)
            await until(lambda: up._rooms[room].encrypted)
            assert await up._is_encrypted(room)
        await bridge.close()


async def test_without_a_depot_no_file_goes_out(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        media, bridge = Media(kind=MediaKind.PHOTO, network="telegram", source="x"), palier.bridge()
        with pytest.raises(Refused, match="defect"):
            await bridge.do(Send(chat=chat(room), html="", media=media), key="1")
        await bridge.close()


async def test_captions_are_edited_and_recalled(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        async with palier.up() as bridge:
            said, photo = await ana.send(room, "first"), await ana.show(room, b"x", "a.png", "image/png", "before")
            url = (await ana.event(room, photo))["content"]["url"]
            new = {"msgtype": "m.image", "body": "after", "filename": "a.png", "url": url}
            await ana.raw(
                room, "m.room.message",
                {**new, "m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": photo}},
            )  # fmt: skip
            await bea.edit(room, said, "not hers")
            await until(lambda: len(palier.ear.of(Edited)) == 2)
            assert palier.ear.of(Edited)[0].html == "after"
            assert await bridge.recall(Ref(chat(room), photo)) == "after"
            assert await bridge.recall(Ref(chat(room), said)) == "first"
            await ana.edit(room, said, "then *", "then <em>*</em>")
            assert await bridge.recall(Ref(chat(room), said)) == "then <i>*</i>"
            await ana.redact(room, said)
            assert await bridge.recall(Ref(chat(room), said)) is None
            assert await bridge.recall(Ref(chat(room), "$nothing")) is None


async def test_places_go_both_ways(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        async with palier.up() as bridge:
            spot = Spot(latitude=48.8566, longitude=2.3522, title="Town hall")
            sent = await bridge.do(Send(chat=chat(room), html="", by="Bea", spot=spot), key="1")
            assert sent
            (line,) = [line for line in await ana.timeline(room) if line.sender == palier.user]
            assert (line.kind, line.content["geo_uri"]) == ("m.location", "geo:48.856600,2.352200")
            assert line.body == "Bea: Town hall"
            await bridge.do(Edit(chat=chat(room), html="", by="Someone", ref=sent, form="spot"), key="2")
            (line,) = [line for line in await ana.timeline(room) if line.sender == palier.user]
            assert (line.body, line.content["geo_uri"]) == ("Someone: Town hall", "geo:48.856600,2.352200")
            await ana.raw(room, "m.room.message", {"msgtype": "m.location", "body": "x geo:1,2", "geo_uri": "geo:1,2"})
            await until(lambda: palier.ear.of(Message))
            assert palier.ear.of(Message)[0].spot == Spot(latitude=1, longitude=2)


# --- homeservers that are older, or fail


class Failing:
    """A content repository of one file that does what it is told to."""

    def __init__(self) -> None:
        self.modern: tuple[int, dict[str, Any]] | None = None
        self.broken = False
        self.paths: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path)
        if request.path.endswith("/config"):
            return web.json_response({"errcode": "M_UNRECOGNIZED"}, status=404)
        if request.path.endswith("/upload"):
            return web.json_response({"errcode": "M_TOO_LARGE"}, status=413)
        if self.modern and "/client/v1/" in request.path:
            return web.json_response(self.modern[1], status=self.modern[0])
        answer = web.StreamResponse(headers={"Content-Length": "10"})
        await answer.prepare(request)
        await answer.write(b"12345" if self.broken else b"1234567890")
        if self.broken and request.transport:
            request.transport.close()
        return answer

    @asynccontextmanager
    async def up(self) -> AsyncIterator[MatrixBridge]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        memory = Memory()
        memory.kept["matrix.session"] = json.dumps({"user_id": "@p:x", "device_id": "D", "access_token": "T"})
        bridge = MatrixBridge(f"http://127.0.0.1:{runner.addresses[0][1]}", "p", cursor=memory)
        yield bridge
        await bridge.close()
        await runner.cleanup()


SOURCE = '{"mxc": "mxc://x/1"}'


async def test_an_older_homeserver_is_asked_in_the_older_way() -> None:
    failing = Failing()
    failing.modern = 404, {"errcode": "M_UNRECOGNIZED"}
    async with failing.up() as bridge:
        assert await fetched(bridge, SOURCE) == b"1234567890"
        assert bridge.capabilities(chat("!a")).uploads == LARGEST
    assert failing.paths[-2:] == ["/_matrix/client/v1/media/download/x/1", "/_matrix/media/v3/download/x/1"]


async def test_a_file_that_breaks_off_is_worth_another_try() -> None:
    failing = Failing()
    failing.broken = True
    async with failing.up() as bridge:
        with pytest.raises(TryLater):
            await fetched(bridge, SOURCE)


@pytest.mark.parametrize(
    ("status", "said", "why"),
    [
        (404, {"errcode": "M_NOT_FOUND"}, "gone"),
        (502, {"errcode": "M_TOO_LARGE"}, "too-large"),
        (502, {"errcode": "M_UNKNOWN"}, None),
        (504, {"errcode": "M_NOT_YET_UPLOADED"}, None),
    ],
)
async def test_what_a_refused_download_means(status: int, said: dict[str, Any], why: str | None) -> None:
    failing = Failing()
    failing.modern = status, said
    async with failing.up() as bridge:
        with pytest.raises(Refused if why else TryLater) as caught:
            await fetched(bridge, SOURCE)
    if isinstance(caught.value, Refused):
        assert caught.value.why == why
    else:
        assert isinstance(caught.value, TryLater) and not caught.value.everywhere


async def test_what_a_server_finds_too_large_after_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    async with Failing().up() as bridge:
        with pytest.raises(Refused, match="too-large"):
            await bridge._files.upload(Shelved(tmp_path / "x", MediaKind.FILE, "", "", 1))

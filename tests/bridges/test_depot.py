"""The depot as a whole: what arrives of a file, and that it stays bounded, quick and empty whatever happens."""

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bridges.depot import Carrier
from bridges.depot.shelf import Shelf
from bridges.depot.workshop import Workshop
from bridges.fake import FakeBridge, pieces
from bridges.model import Media, MediaKind
from bridges.port import File, Refused, TryLater
from tests.bridges.depot_files import (
    EVERY,
    PICTURES,
    SECRET,
    SIDES,
    avif,
    gif,
    jpeg,
    mp4,
    png,
    sample,
    saved,
    tiff,
    webp,
)

MIB = 1 << 20
Accepts = Callable[[MediaKind, str], bool]


def anything(_: MediaKind, type_: str) -> bool:
    return bool(type_)


def only(*shapes: tuple[MediaKind, str]) -> Accepts:
    return lambda kind, type_: (kind, type_) in shapes


TELEGRAM = only(
    (MediaKind.PHOTO, "image/jpeg"), (MediaKind.PHOTO, "image/png"), (MediaKind.VIDEO, "video/mp4"),
    (MediaKind.ANIMATION, "image/gif"), (MediaKind.ANIMATION, "video/mp4"), (MediaKind.VOICE, "audio/ogg"),
    (MediaKind.AUDIO, "audio/mpeg"),
)  # fmt: skip


class Slow(FakeBridge):
    """Gives what it has when it may."""

    def __init__(self, name: str = "slow") -> None:
        super().__init__(name)
        self.may, self.now, self.most = asyncio.Event(), 0, 0
        self.fails: BaseException | None = None

    @asynccontextmanager
    async def fetch(self, source: str) -> AsyncIterator[AsyncIterator[bytes]]:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.may.wait()
            if self.fails:
                raise self.fails
            yield pieces(self.files[source])
        finally:
            self.now -= 1


@pytest.fixture
def there() -> FakeBridge:
    return FakeBridge("there")


@pytest.fixture
async def depot(there: FakeBridge, tmp_path: Path) -> AsyncIterator[Carrier]:
    made = Carrier({"there": there}, tmp_path / "depot")
    yield made
    assert list((tmp_path / "depot").iterdir()) == []
    await made.close()
    assert not (tmp_path / "depot").exists()


def media(kind: MediaKind = MediaKind.PHOTO, source: str = "x", **more: object) -> Media:
    return Media(kind=kind, network="there", source=source, **more)  # type: ignore[arg-type]


async def brought(
    depot: Carrier, there: FakeBridge, data: bytes, what: Media, accepts: Accepts = anything
) -> tuple[File, bytes]:
    there.files["x"] = data
    async with depot.bring(what, largest=None, accepts=accepts) as file:
        content = file.path.read_bytes()
    assert not file.path.exists() and file.size == len(content)
    return file, content


# --- what arrives


@pytest.mark.parametrize("type_", EVERY)
async def test_no_file_arrives_with_what_it_told(depot: Carrier, there: FakeBridge, type_: str) -> None:
    for kind in (MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.FILE):
        _, content = await brought(depot, there, EVERY[type_](), media(kind, name="x.dat"))
        assert SECRET not in content


async def test_a_photo_does_not_arrive_lying_down(depot: Carrier, there: FakeBridge) -> None:
    file, content = await brought(depot, there, jpeg(turned=6), media(name="IMG_1.JPG"), TELEGRAM)
    assert (file.kind, file.type, file.name) == (MediaKind.PHOTO, "image/jpeg", "IMG_1.jpg")
    assert (file.width, file.height) == SIDES[::-1]
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == SIDES[::-1] and not picture.getexif()
        top, bottom = picture.getpixel((16, 4)), picture.getpixel((16, 44))
        assert isinstance(top, tuple) and isinstance(bottom, tuple)
        assert top[0] > 200 > top[2] and bottom[2] > 200 > bottom[0]


async def test_a_photo_that_stands_upright_is_not_drawn_anew(depot: Carrier, there: FakeBridge) -> None:
    plain = saved("JPEG", quality=31)
    _, content = await brought(depot, there, plain, media())
    assert content == plain


async def test_a_picture_as_a_file_keeps_its_pixels_and_which_side_is_up(depot: Carrier, there: FakeBridge) -> None:
    file, content = await brought(depot, there, jpeg(turned=6), media(MediaKind.FILE, name="plan.jpg"))
    assert (file.kind, file.name, file.width) == (MediaKind.FILE, "plan.jpg", SIDES[1])
    with Image.open(io.BytesIO(content)) as picture:
        assert dict(picture.getexif()) == {0x0112: 6} and picture.size == SIDES


@pytest.mark.parametrize(
    ("data", "kind", "shape"),
    [
        (webp(), MediaKind.STICKER, (MediaKind.PHOTO, "image/jpeg")),
        (png(), MediaKind.STICKER, (MediaKind.PHOTO, "image/png")),
        (saved("WEBP", mode="RGBA"), MediaKind.PHOTO, (MediaKind.PHOTO, "image/jpeg")),
        (tiff(), MediaKind.PHOTO, (MediaKind.PHOTO, "image/jpeg")),
        (saved("BMP"), MediaKind.PHOTO, (MediaKind.PHOTO, "image/jpeg")),
        (avif(), MediaKind.PHOTO, (MediaKind.PHOTO, "image/jpeg")),
        (saved("JPEG", mode="CMYK"), MediaKind.PHOTO, (MediaKind.PHOTO, "image/jpeg")),
        (gif(), MediaKind.PHOTO, (MediaKind.ANIMATION, "image/gif")),
        (gif(), MediaKind.ANIMATION, (MediaKind.ANIMATION, "image/gif")),
        (gif(1), MediaKind.ANIMATION, (MediaKind.PHOTO, "image/jpeg")),
        (mp4(), MediaKind.ROUND, (MediaKind.VIDEO, "video/mp4")),
        (mp4(b"qt  "), MediaKind.VIDEO, (MediaKind.FILE, "video/quicktime")),
        (sample("voice.ogg"), MediaKind.VOICE, (MediaKind.VOICE, "audio/ogg")),
        (sample("voice.ogg"), MediaKind.AUDIO, (MediaKind.FILE, "audio/ogg")),
        (sample("audio.mp3"), MediaKind.VOICE, (MediaKind.AUDIO, "audio/mpeg")),
        (sample("sticker.webm"), MediaKind.STICKER, (MediaKind.FILE, "video/webm")),
        (b"<html><body>", MediaKind.PHOTO, (MediaKind.FILE, "application/octet-stream")),
        (b"%PDF-1.7", MediaKind.PHOTO, (MediaKind.FILE, "application/pdf")),
        (jpeg()[:300], MediaKind.PHOTO, (MediaKind.FILE, "image/jpeg")),
    ],
)
async def test_what_a_network_does_not_take_is_made_into_something(
    depot: Carrier, there: FakeBridge, data: bytes, kind: MediaKind, shape: tuple[MediaKind, str]
) -> None:
    file, _ = await brought(depot, there, data, media(kind, name="x.jpg", type="image/jpeg"), TELEGRAM)
    assert (file.kind, file.type) == shape


async def test_a_sticker_that_moves_comes_as_the_picture_that_stands_for_it(depot: Carrier, there: FakeBridge) -> None:
    there.files["still"] = webp()
    moves = media(MediaKind.STICKER, still="still", width=512, height=512)
    for name in ("sticker.tgs", "sticker.webm"):
        file, _ = await brought(depot, there, sample(name), moves, TELEGRAM)
        assert (file.kind, file.type, file.width) == (MediaKind.PHOTO, "image/jpeg", SIDES[0])
    file, _ = await brought(depot, there, sample("sticker.tgs"), moves)
    assert (file.kind, file.type) == (MediaKind.STICKER, "application/x-tgsticker")
    del there.files["still"]
    file, _ = await brought(depot, there, sample("sticker.tgs"), moves, TELEGRAM)
    assert (file.kind, file.name) == (MediaKind.FILE, "sticker.tgs")


async def test_what_shines_through_gets_a_white_ground(depot: Carrier, there: FakeBridge) -> None:
    Image.new("RGBA", SIDES).save(clear := io.BytesIO(), "WEBP", lossless=True)
    _, content = await brought(depot, there, clear.getvalue(), media(), only((MediaKind.PHOTO, "image/jpeg")))
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.getpixel((1, 1)) == (255, 255, 255)


async def test_length_and_size_are_found_where_nobody_told(depot: Carrier, there: FakeBridge) -> None:
    film, _ = await brought(depot, there, mp4(), media(MediaKind.VIDEO))
    assert (film.width, film.height, film.seconds) == (360, 640, 5)
    voice, _ = await brought(depot, there, sample("voice.ogg"), media(MediaKind.VOICE))
    assert voice.seconds > 0
    told, _ = await brought(depot, there, b"%PDF-1.7", media(MediaKind.FILE, seconds=3))
    assert told.seconds == 3


async def test_a_document_goes_as_it_is(depot: Carrier, there: FakeBridge) -> None:
    paper = b"%PDF-1.7" + os.urandom(5000)
    file, content = await brought(depot, there, paper, media(MediaKind.FILE, name="a/../note.pdf", type="text/html"))
    assert content == paper and (file.name, file.type) == ("note.pdf", "application/pdf")


# --- what does not


@pytest.mark.parametrize("told", [None, 1, 10, 10_000_000])
async def test_what_is_too_large_is_refused_whatever_was_said(
    depot: Carrier, there: FakeBridge, told: int | None
) -> None:
    there.files["x"] = bytes(5001)
    with pytest.raises(Refused, match="too-large"):
        async with depot.bring(media(size=told), largest=5000, accepts=anything):
            pass
    async with depot.bring(media(size=told), largest=5001, accepts=anything) as file:
        assert file.size == 5001


async def test_what_is_not_there_is_gone(depot: Carrier, there: FakeBridge) -> None:
    there.files["x"] = b""
    for what in (media(), media(source="y"), Media(kind=MediaKind.FILE, network="elsewhere", source="x")):
        with pytest.raises(Refused, match="gone"):
            async with depot.bring(what, largest=None, accepts=anything):
                pass


async def test_a_bomb_does_not_explode(depot: Carrier, there: FakeBridge) -> None:
    Image.new("1", (30_000, 30_000)).save(bomb := io.BytesIO(), "PNG")
    file, _ = await brought(depot, there, bomb.getvalue(), media(), only((MediaKind.PHOTO, "image/jpeg")))
    assert (file.kind, file.type) == (MediaKind.FILE, "image/png")


async def test_sound_that_cannot_be_cleaned_is_not_sent(depot: Carrier, there: FakeBridge) -> None:
    there.files["x"] = b"ID3" + bytes(100)
    with pytest.raises(Refused, match="refused"):
        async with depot.bring(media(MediaKind.AUDIO), largest=None, accepts=anything):
            pass


@pytest.mark.parametrize("why", [TryLater(timedelta(seconds=7)), ConnectionError(), TimeoutError()])
async def test_a_network_that_fails_is_asked_again_later(tmp_path: Path, why: Exception) -> None:
    bridge = Slow()
    bridge.fails, depot = why, Carrier({"there": bridge}, tmp_path)
    bridge.may.set()
    with pytest.raises(TryLater):
        async with depot.bring(media(), largest=None, accepts=anything):
            pass
    await depot.close()


async def test_a_fetch_that_hangs_is_given_up(tmp_path: Path) -> None:
    depot = Carrier({"there": Slow()}, tmp_path, patience=0.05)
    with pytest.raises(TryLater):
        async with depot.bring(media(), largest=None, accepts=anything):
            pass
    await depot.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_damaged_files_arrive_as_something_or_are_refused(
    depot: Carrier, there: FakeBridge, data: st.DataObject
) -> None:
    content = bytearray(data.draw(st.sampled_from([make() for make in EVERY.values()])))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        content[at : at + data.draw(st.integers(0, 60))] = data.draw(st.binary(max_size=8))
    there.files["x"] = bytes(content) or b"x"
    kind = data.draw(st.sampled_from(MediaKind))
    async with asyncio.timeout(20):
        with suppress(Refused, TryLater):
            async with depot.bring(media(kind), largest=None, accepts=TELEGRAM) as file:
                assert file.path.stat().st_size == file.size


# --- bounds


async def test_only_so_many_are_fetched_at_once(tmp_path: Path) -> None:
    bridge = Slow()
    bridge.files["x"], depot = b"%PDF-", Carrier({"there": bridge}, tmp_path, at_once=3)

    async def one() -> None:
        async with depot.bring(media(), largest=None, accepts=anything):
            pass

    tasks = [asyncio.create_task(one()) for _ in range(9)]
    while bridge.now < 3:
        await asyncio.sleep(0)
    bridge.may.set()
    await asyncio.gather(*tasks)
    assert bridge.most == 3
    await depot.close()


async def test_files_wait_for_room_on_the_disk(there: FakeBridge, tmp_path: Path) -> None:
    depot = Carrier({"there": there}, tmp_path, most=20 * MIB)
    there.files["x"] = b"%PDF-" + bytes(5 * MIB)
    done: list[int] = []

    async def one(number: int) -> None:
        async with depot.bring(media(size=5 * MIB), largest=None, accepts=anything):
            held = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
            assert held <= 20 * MIB
            done.append(number)
            await asyncio.sleep(0.05)

    async with asyncio.timeout(20):
        await asyncio.gather(*(one(number) for number in range(6)))
    assert sorted(done) == list(range(6))
    await depot.close()


async def test_a_file_larger_than_was_said_waits_for_the_room_that_it_needs(there: FakeBridge, tmp_path: Path) -> None:
    depot = Carrier({"there": there}, tmp_path, most=30 * MIB)
    there.files |= {"x": b"%PDF-" + bytes(9 * MIB), "y": b"%PDF-" + bytes(8 * MIB)}
    async with AsyncExitStack() as first:
        await first.enter_async_context(depot.bring(media(source="y"), largest=None, accepts=anything))

        async def second() -> int:
            async with depot.bring(media(size=10), largest=None, accepts=anything) as file:
                return file.size

        task = asyncio.create_task(second())
        await asyncio.sleep(0.3)
        assert not task.done()
        await first.aclose()
        async with asyncio.timeout(20):
            assert await task == 9 * MIB + 5
    await depot.close()


async def test_an_album_may_be_held_whole(depot: Carrier, there: FakeBridge) -> None:
    there.files["x"] = PICTURES["image/jpeg"]()
    async with asyncio.timeout(30), AsyncExitStack() as album:
        for _ in range(10):
            await album.enter_async_context(depot.bring(media(), largest=None, accepts=anything))


async def test_two_that_wait_for_each_other_do_not_wait_for_ever(there: FakeBridge, tmp_path: Path) -> None:
    depot = Carrier({"there": there}, tmp_path, most=18 * MIB, patience=0.5)
    there.files["x"] = b"%PDF-" + bytes(4 * MIB)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(depot.bring(media(size=5 * MIB), largest=None, accepts=anything))
        with pytest.raises(TryLater):
            await stack.enter_async_context(depot.bring(media(size=5 * MIB), largest=None, accepts=anything))
    async with depot.bring(media(size=5 * MIB), largest=None, accepts=anything) as file:
        assert file.size > 4 * MIB
    await depot.close()


async def test_the_loop_goes_on_while_a_picture_is_drawn(depot: Carrier, there: FakeBridge) -> None:
    Image.effect_noise((3000, 3000), 90).convert("RGB").save(large := io.BytesIO(), "TIFF")
    there.files["x"] = large.getvalue()
    longest, last, on = 0.0, asyncio.get_running_loop().time(), True

    async def tick() -> None:
        nonlocal longest, last
        while on:
            await asyncio.sleep(0.005)
            now = asyncio.get_running_loop().time()
            longest, last = max(longest, now - last), now

    task = asyncio.create_task(tick())
    async with depot.bring(media(), largest=None, accepts=TELEGRAM) as file:
        assert file.type == "image/jpeg"
    on = False
    await task
    assert longest < 0.5


@pytest.mark.parametrize("after", [0.0, 0.02, 0.1, 0.3])
async def test_nothing_is_left_after_a_cancellation(depot: Carrier, there: FakeBridge, after: float) -> None:
    there.files["x"] = jpeg(turned=6)
    entered = asyncio.Event()

    async def one() -> None:
        async with depot.bring(media(), largest=None, accepts=TELEGRAM):
            entered.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(one())
    await asyncio.sleep(after)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    file, _ = await brought(depot, there, jpeg(), media())  # the next one finds everything in order
    assert file.kind is MediaKind.PHOTO


# --- processes


async def test_a_job_that_dies_or_hangs_ends_alone(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(jpeg())
    shop = Workshop(2)
    clean = {"source": str(tmp_path / "x"), "target": str(tmp_path / "y"), "name": ""}
    assert await shop.do("clean", room=MIB, seconds=20, **clean)
    os.mkfifo(tmp_path / "never")
    hanging = {**clean, "source": str(tmp_path / "never")}
    other = asyncio.create_task(shop.do("clean", room=MIB, seconds=20, **clean))
    assert await shop.do("clean", room=MIB, seconds=0.5, **hanging) is None
    assert await other and await shop.do("clean", room=MIB, seconds=20, **clean)
    assert await shop.do("no such job", room=MIB, seconds=20) is None
    assert await shop.do("clean", room=10, seconds=20, **clean) is None  # it writes more than it may
    process, _ = shop._idle[-1]
    process.kill()
    await process.wait()
    assert await shop.do("clean", room=MIB, seconds=20, **clean)
    shop._dismiss()
    assert shop._idle == []
    await shop.close()


async def test_a_process_sees_nothing_of_our_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALIER_KEY", "secret")
    shop = Workshop(1)
    await shop.do("none", room=0, seconds=20)
    process, _ = shop._idle[0]
    assert b"secret" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    await shop.close()


def test_a_worker_bounds_itself() -> None:
    code = "from bridges.depot import worker; worker.limit(9, worker.MEMORY); bytearray(2 << 30)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "MemoryError" in done.stderr


def test_a_worker_answers_and_goes_on_after_a_failure() -> None:
    jobs = json.dumps({"do": "view", "room": 0, "source": "/", "type": "image/png"}) + "\n"
    done = subprocess.run(
        [sys.executable, "-m", "bridges.depot.worker"], input=2 * jobs, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert [list(json.loads(line)) for line in done.stdout.splitlines()] == [["failed"], ["failed"]]


# --- folders


async def test_what_a_crash_left_goes_at_the_next_start_and_nothing_else(there: FakeBridge, tmp_path: Path) -> None:
    there.files["x"] = jpeg()
    dead, foreign = tmp_path / "palier-depot-dead", tmp_path / "letters"
    for folder in (dead, foreign):
        folder.mkdir()
        (folder / "photo").write_bytes(SECRET)
    (tmp_path / "palier-depot-link").symlink_to(foreign)
    alive = Carrier({"there": there}, tmp_path)
    assert not dead.exists()
    async with alive.bring(media(), largest=None, accepts=anything) as file:
        assert file.path.stat().st_mode & 0o077 == 0 and file.path.parent.stat().st_mode & 0o077 == 0
        await Carrier({}, tmp_path).close()  # another worker comes and goes
        assert file.path.exists()
    assert (foreign / "photo").exists()
    await alive.close()


def test_the_folder_of_a_process_that_was_killed_is_taken_for_a_leftover(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from bridges.depot.shelf import Shelf\n"
        "print(Shelf(pathlib.Path(sys.argv[1]), 10, 1).place(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        left = Path(process.stdout.readline().strip())
        Shelf(tmp_path, 10, 1)
        assert left.exists()
        process.kill()
        process.wait()
        Shelf(tmp_path, 10, 1)
        assert not left.exists()

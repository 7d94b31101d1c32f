"""A poisoned file ends one process and is refused; whatever it does, others arrive, and nothing of it is left."""

import asyncio
import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from zlib import crc32

import pytest

from bridges.depot import Carrier, workshop
from bridges.fake import FakeBridge
from bridges.model import Media, MediaKind
from bridges.port import File, Refused
from tests.bridges.depot_files import jpeg, saved

# The real worker, but for files that hold these words.
POISONED = """
import os, sys, time
from pathlib import Path
from bridges.depot import worker

clean = worker.clean

def poisoned(source, target, name):
    data = Path(source).read_bytes()
    if b"CRASH" in data:
        os.kill(os.getpid(), 11)
    if b"HANG" in data:
        time.sleep(3600)
    if b"PRINT" in data:
        print('{"type": "text/html"}', flush=True)
    return clean(source, target, name)

worker.JOBS["clean"] = poisoned
worker.main()
"""


@pytest.fixture
def there() -> FakeBridge:
    made = FakeBridge("there")
    for word in ("CRASH", "HANG", "PRINT", "well"):
        made.files[word] = jpeg() + word.encode()
    return made


@pytest.fixture
async def depot(there: FakeBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Carrier]:
    monkeypatch.setattr(workshop, "COMMAND", (sys.executable, "-c", POISONED))
    made = Carrier({"there": there}, tmp_path / "depot", thinking=3)
    yield made
    await made.close()
    assert list(tmp_path.rglob("*")) == []


async def bring(depot: Carrier, source: str, kind: MediaKind = MediaKind.PHOTO) -> File:
    media = Media(kind=kind, network="there", source=source)
    async with depot.bring(media, largest=None, accepts=lambda *_: True) as file:
        return file


@pytest.mark.parametrize("word", ["CRASH", "HANG"])
async def test_a_poisoned_file_is_refused_and_the_others_arrive(depot: Carrier, word: str) -> None:
    async with asyncio.timeout(30):
        poisoned, *others = await asyncio.gather(
            bring(depot, word), *(bring(depot, "well") for _ in range(4)), return_exceptions=True
        )
    assert isinstance(poisoned, Refused) and poisoned.why == "refused"
    assert [getattr(other, "type", other) for other in others] == ["image/jpeg"] * 4


async def test_what_a_library_prints_is_no_answer(depot: Carrier) -> None:
    for word in ("PRINT", "well", "PRINT"):
        assert (await bring(depot, word)).type == "image/jpeg"


async def test_a_process_that_died_of_something_else_refuses_nothing(depot: Carrier) -> None:
    await bring(depot, "well")
    for process, _ in depot._workshop._idle:
        process.kill()
    assert (await bring(depot, "well")).type == "image/jpeg"


async def test_no_process_outlives_the_depot(depot: Carrier) -> None:
    await asyncio.gather(*(bring(depot, "well") for _ in range(3)))
    processes = [process for process, _ in depot._workshop._idle]
    assert 1 <= len(processes) <= 2
    await depot.close()
    assert all(process.returncode is not None for process in processes)


# --- pictures that are larger than they look


def claiming(width: int, height: int) -> bytes:
    """A small PNG that says how large it is."""
    plain = saved("PNG")
    head = b"IHDR" + struct.pack(">II", width, height) + plain[24:29]
    return plain[:12] + head + struct.pack(">I", crc32(head)) + plain[33:]


@pytest.mark.parametrize("kind", [MediaKind.PHOTO, MediaKind.STICKER, MediaKind.FILE])
async def test_a_bomb_is_refused(depot: Carrier, there: FakeBridge, kind: MediaKind) -> None:
    there.files["bomb"] = claiming(65_535, 65_535)
    with pytest.raises(Refused, match="refused"):
        await bring(depot, "bomb", kind)
    assert (await bring(depot, "well")).kind is MediaKind.PHOTO


async def test_what_is_too_large_to_be_shown_goes_as_a_file(depot: Carrier, there: FakeBridge) -> None:
    there.files["large"] = claiming(12_000, 9_000)
    assert (await bring(depot, "large")).kind is MediaKind.FILE

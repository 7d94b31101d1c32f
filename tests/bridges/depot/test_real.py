"""Real files arrive as what they are and can still be read; damaged ones arrive as something, or are refused."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import mutagen
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bridges.depot import Carrier
from bridges.depot.boxes import boxes
from bridges.depot.kinds import kind_of
from bridges.fake import FakeBridge
from bridges.matrix import media as on_matrix
from bridges.model import Media, MediaKind
from bridges.port import Refused, TryLater
from bridges.simulator.media import SAMPLES
from bridges.telegram import media as on_telegram

REAL = {path.name: path.read_bytes() for path in sorted(SAMPLES.iterdir()) if path.suffix != ".tgs"}
SHOWN = {"photo": MediaKind.PHOTO, "loop": MediaKind.ANIMATION, "round": MediaKind.ROUND, "video": MediaKind.VIDEO,
         "voice": MediaKind.VOICE, "audio": MediaKind.AUDIO, "sticker": MediaKind.STICKER}  # fmt: skip
NETWORKS = {"telegram": on_telegram.accepts, "matrix": on_matrix.accepts}


@pytest.fixture
async def depot(tmp_path: Path) -> AsyncIterator[Carrier]:
    there = FakeBridge("there")
    there.files |= REAL
    made = Carrier({"there": there}, tmp_path / "depot")
    yield made
    await made.close()
    assert list(tmp_path.rglob("*")) == []


def readable(data: bytes) -> bool:
    """Whether whoever reads such files finds one here."""
    type_ = kind_of(data).type
    match type_.partition("/")[0]:
        case "image":
            with Image.open(io.BytesIO(data)) as picture:
                picture.load()
                return picture.width > 0
        case "audio":
            return bool(mutagen.File(io.BytesIO(data)).info.length > 0)
        case "video" if type_ == "video/mp4":
            return {box.kind for box in boxes(data, 0, len(data))} >= {b"ftyp", b"moov", b"mdat"}
    return type_ == "video/webm"


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", REAL)
async def test_what_is_real_arrives_and_can_be_read(depot: Carrier, name: str, network: str) -> None:
    for kind in (SHOWN[name.partition(".")[0]], MediaKind.FILE):
        media = Media(kind=kind, network="there", source=name, name=name)
        async with depot.bring(media, largest=None, accepts=NETWORKS[network]) as file:
            data = file.path.read_bytes()
            assert readable(data) and file.size == len(data)
            assert b"Lavf" not in data or file.type.startswith("audio/")  # there the encoder names itself in the stream
            assert NETWORKS[network](file.kind, file.type) and (kind is not MediaKind.FILE or file.name == name)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_what_is_damaged_breaks_nothing(depot: Carrier, data: st.DataObject) -> None:
    name, kind = data.draw(st.sampled_from(sorted(REAL))), data.draw(st.sampled_from(MediaKind))
    content = bytearray(REAL[name])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        content[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    there = depot.bridges["there"]
    assert isinstance(there, FakeBridge)
    there.files["damaged"] = bytes(content)
    media = Media(kind=kind, network="there", source="damaged", name=name)
    async with asyncio.timeout(60):
        with suppress(Refused, TryLater):
            async with depot.bring(media, largest=None, accepts=on_telegram.accepts) as file:
                assert file.path.stat().st_size == file.size and file.seconds >= 0 and file.width >= 0

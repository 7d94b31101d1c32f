"""Fetches a file into a folder of its own, has it cleaned and converted beside the loop, and lets go of it."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bridges.depot.sniff import SAFE, safe_name, sniff
from bridges.model import Media, MediaKind
from bridges.port import Bridge, Depot, File, Refused, TryLater

log = structlog.get_logger()
FETCH = 300.0  # seconds
WORK = 60.0
AT_ONCE, WORKERS = 4, 2
MOST = 100 * 1024 * 1024
PICTURES = "image/jpeg", "image/png", "image/webp"
# What holds more than what it shows. These are never sent as they came.
TELLING = ("image/", "video/", "audio/", "application/ogg")
Accepts = Callable[[MediaKind, str], bool]


@dataclass(frozen=True, slots=True)
class Brought(File):
    """A file at hand."""

    path: Path
    kind: MediaKind
    name: str
    type: str
    size: int
    width: int = 0
    height: int = 0
    seconds: float = 0


class Carrier(Depot):
    """`bridges` are filled in when they are there. `folder` is where files are for a moment; else a private one.

    At most `AT_ONCE` files are at hand at a time, and `WORKERS` of them on the bench.
    """

    def __init__(self, bridges: Mapping[str, Bridge] | None = None, folder: Path | None = None) -> None:
        self.bridges: Mapping[str, Bridge] = bridges or {}
        if folder:
            shutil.rmtree(folder, ignore_errors=True)  # what a crash left
            folder.mkdir(parents=True, mode=0o700)
        self._folder = folder or Path(tempfile.mkdtemp(prefix="palier-"))
        self._hands, self._benches = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(WORKERS)

    @asynccontextmanager
    async def bring(self, media: Media, *, largest: int | None, accepts: Accepts) -> AsyncIterator[File]:
        """See `Depot`. Documents other than pictures, films and sounds are handed over as they are."""
        async with self._hands:
            place = Path(tempfile.mkdtemp(dir=self._folder))
            try:
                yield await self._at_hand(media, place, min(largest or MOST, MOST), accepts)
            finally:
                await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    async def _at_hand(self, media: Media, place: Path, largest: int, accepts: Accepts) -> Brought:
        moving = media.kind is MediaKind.STICKER and media.type != "image/webp" and media.still
        if media.size is not None and media.size > largest and not moving:
            raise Refused("too-large")
        raw, made = place / "raw", place / "made"
        await self._fetch(media.network, media.still if moving else media.source, raw, largest)
        type_, kind = sniff(raw), media.kind
        about: dict[str, Any] = {}
        if type_.startswith(TELLING):
            picture = type_.startswith("image/") and kind in {MediaKind.PHOTO, MediaKind.STICKER}
            wanted = [one for one in PICTURES if accepts(kind, one)] if picture else []
            about = await self._on_bench(raw, made, type_, wanted)
            type_ = str(about.get("type", type_))
        else:
            raw.rename(made)
        size = made.stat().st_size
        if size > largest:
            raise Refused("too-large")
        kind = next((one for one in likely(kind) if fits(one, type_) and accepts(one, type_)), MediaKind.FILE)
        return Brought(
            made, kind, safe_name(media.name or media.kind.value, type_), type_ or own_type(media.type), size,
            int(about.get("width") or media.width), int(about.get("height") or media.height),
            float(about.get("seconds") or media.seconds),
        )  # fmt: skip

    async def _fetch(self, network: str, source: str, path: Path, largest: int) -> None:
        if (bridge := self.bridges.get(network)) is None:
            raise Refused("gone")
        size = 0
        try:
            async with asyncio.timeout(FETCH), bridge.fetch(source) as pieces:
                with path.open("wb") as file:
                    async for piece in pieces:
                        size += len(piece)
                        if size > largest:
                            raise Refused("too-large")
                        file.write(piece)
        except TimeoutError as error:
            raise TryLater from error
        if not size:
            raise Refused("gone")

    async def _on_bench(self, raw: Path, made: Path, type_: str, wanted: list[str]) -> dict[str, Any]:
        """Clean and convert in a process that may die; what cannot be cleaned is not sent."""
        command = [sys.executable, "-m", "bridges.depot.bench", str(raw), str(made), type_, *wanted]
        async with self._benches:
            process = await asyncio.create_subprocess_exec(
                *command, cwd=Path(__file__).parents[2], stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            try:
                async with asyncio.timeout(WORK):
                    said, _ = await process.communicate()
            except (TimeoutError, asyncio.CancelledError) as error:
                process.kill()
                await process.wait()
                if isinstance(error, asyncio.CancelledError):
                    raise
                said = b""
        try:
            about = json.loads(said)
        except ValueError:
            about = None
        if process.returncode or not isinstance(about, dict):
            log.warning("a file could not be cleaned", type=type_)
            raise Refused("refused")
        return about

    async def close(self) -> None:
        """Leave no file behind."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)


def likely(kind: MediaKind) -> tuple[MediaKind, ...]:
    """What a file may be shown as, the best first."""
    match kind:
        case MediaKind.VOICE:
            return (MediaKind.VOICE, MediaKind.AUDIO)
        case MediaKind.ROUND | MediaKind.ANIMATION:
            return (kind, MediaKind.VIDEO)
        case MediaKind.STICKER:
            return (MediaKind.STICKER, MediaKind.PHOTO)
    return (kind,)


def fits(kind: MediaKind, type_: str) -> bool:
    """Whether a file with this content can be that at all."""
    match kind:
        case MediaKind.PHOTO | MediaKind.STICKER:
            return type_.startswith("image/")
        case MediaKind.VIDEO | MediaKind.ROUND:
            return type_.startswith("video/")
        case MediaKind.ANIMATION:
            return type_.startswith("video/") or type_ == "image/gif"
        case MediaKind.VOICE | MediaKind.AUDIO:
            return type_.startswith("audio/")
    return True


def own_type(told: str) -> str:
    """The type that somebody gave to a document, unless it could be run or shown as a page."""
    harmless = told.startswith(("application/vnd.", "application/zip", "application/msword", "text/plain", "text/csv"))
    return told if harmless else SAFE

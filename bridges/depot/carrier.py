"""The depot: fetches a file, has it cleaned and converted elsewhere, and lends it until it was sent."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import structlog

from bridges.depot.absent import Absent
from bridges.depot.kinds import LOTTIE, name_for
from bridges.depot.shelf import Lease, Shelf
from bridges.depot.worker import FORMATS
from bridges.depot.workshop import Workshop
from bridges.model import Media, MediaKind
from bridges.port import Bridge, Depot, File, Refused, Stopped, TryLater

log = structlog.get_logger()
Accepts = Callable[[MediaKind, str], bool]

OWN = "palier"  # the network of what the bot wrote itself: no other place holds it
MIB = 1 << 20
_SLACK = 8 * MIB  # by how much a file may grow when it is converted
_STILL = 4 * MIB  # a picture that stands for a sticker; with what is made of it, it fits into the slack
_FIRST = MIB  # taken for a file whose size nobody told
_PIECE = 256 * 1024
_SPEED = 4 * MIB  # bytes a second, that cleaning takes at the slowest
_SLOWEST = 64 * 1024  # bytes a second, that a network gives at the slowest


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a cleaned file is."""

    path: Path
    type: str
    codec: str = ""
    turned: int = 1
    width: int = 0
    height: int = 0
    seconds: float = 0
    seen: bool = False  # a picture that can be decoded
    moves: bool = False
    alpha: bool = False


class Way(NamedTuple):
    """As what a file might go: as it is, or drawn anew."""

    kind: MediaKind
    type: str
    anew: bool = False


class Crowded(Exception):
    """A file is larger than was said, and there is no room at this moment."""


class Carrier(Depot):
    """See `Depot`. Everything a stranger could have prepared is opened by processes of their own, never here.

    `folder`: where files lie while they are on their way (default: the system's), in a private folder that is removed
    by `close`; what a crash left goes at the next start. `most`: bytes on disk in all; who finds no room waits.
    `at_once`: how many are fetched from a network and prepared at a time; `hands`: processes. `patience`: seconds for
    room, and for a fetch before it has to run at `_SLOWEST`; `thinking`: seconds for a conversion.

    Taken out, byte for byte around what remains: of JPEG, PNG, WebP, GIF, TIFF, HEIC, AVIF all EXIF, GPS, XMP, IPTC,
    comments, previews and dates (colours and which side is up remain); of MP4, MOV, M4A, WebM, MKV, WAV, AVI all tags,
    places, dates and tracks of sensors; of MP3, AAC, FLAC, Ogg every tag and picture but title and artist. Left are
    what stands inside a stream of pictures or sound itself, and documents (PDF, office, archives, text), which go as
    they are. What should be cleaned and cannot be is refused.
    """

    def __init__(
        self,
        bridges: Mapping[str, Bridge] | None = None,
        folder: Path | None = None,
        *,
        most: int = 1024 * MIB,
        at_once: int = 4,
        hands: int = 2,
        patience: float = 120,
        thinking: float = 20,
    ) -> None:
        self.bridges: Mapping[str, Bridge] = bridges or {}
        self._folder, self._shelf = folder, Shelf(folder, most, patience)
        self._workshop = Workshop(hands)
        self._turns = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(at_once))
        self._absent = Absent()
        self._patience, self._thinking = patience, thinking
        self._largest = (most - _SLACK) // 2

    @asynccontextmanager
    async def bring(self, media: Media, *, largest: int | None, accepts: Accepts) -> AsyncIterator[File]:
        most = min(self._largest, largest) if largest is not None else self._largest
        # Room is waited for with empty hands: what turned out larger than told begins again with all it may need.
        for guess in (min(max(media.size or _FIRST, 1), most), most):
            made: list[Path] = []
            async with self._shelf.lease(_need(guess)) as lease:
                try:
                    try:
                        async with self._turns[media.network]:
                            file = await self._prepared(media, most, accepts, lease, made)
                    except Crowded:
                        continue
                    except OSError as error:  # the disk is full, or broken
                        raise TryLater from error
                    if file.size > most:
                        raise Refused("too-large")
                    for path in made:
                        if path != file.path:
                            path.unlink(missing_ok=True)
                    lease.shrink(file.size)
                    yield file
                    return
                finally:
                    for path in made:
                        with suppress(OSError):
                            path.unlink(missing_ok=True)
        raise TryLater

    async def close(self) -> None:
        """End the processes and remove every file."""
        await self._workshop.close()
        self._shelf.close()
        if self._folder:
            with suppress(OSError):  # others may use it too
                self._folder.rmdir()

    # --- the way of one file

    async def _prepared(
        self, media: Media, most: int, accepts: Accepts, lease: Lease, made: list[Path]
    ) -> Brought:
        found = await self._found(media, media.source, most, lease, made)
        file = await self._shaped(media, found, accepts, made)
        if file.kind is MediaKind.FILE and media.kind is MediaKind.STICKER and media.still:
            try:
                still = await self._found(media, media.still, min(most, _STILL), lease, made)
            except Refused:
                return file
            there = await self._shaped(replace(media, seconds=0), still, accepts, made)
            return file if there.kind is MediaKind.FILE else there
        return file

    async def _found(self, media: Media, source: str, most: int, lease: Lease, made: list[Path]) -> Found:
        """Fetch, clean, and look at it."""
        raw, cleaned = self._new(made), self._new(made)
        size = await self._fetch(media.network, source, raw, most, lease)
        room, seconds = size + _SLACK, self._thinking + size / _SPEED
        about = await self._workshop.do(
            "clean", room=room, seconds=seconds, source=str(raw), target=str(cleaned), name=media.name
        )
        if about is None:
            raise Refused("refused")
        raw.unlink()
        found = Found(path=cleaned, **about)
        if found.type in FORMATS:
            seen = await self._workshop.do("view", room=0, seconds=self._thinking, source=str(cleaned), type=found.type)
            if seen:
                sides = (seen["height"], seen["width"]) if found.turned > 4 else (seen["width"], seen["height"])
                found = replace(
                    found, seen=True, moves=seen["moves"], alpha=seen["alpha"], width=sides[0], height=sides[1]
                )
        return found

    async def _fetch(self, network: str, source: str, path: Path, most: int, lease: Lease) -> int:
        """Write it down piece by piece, counting; nothing that was said about its size is believed."""
        if network not in self.bridges and network != OWN:
            raise Refused("gone")
        try:
            size = await self._write(network, source, path, most, lease)
        except (Refused, Crowded):
            self._absent.came(network, source)
            raise
        except (TryLater, Stopped, TimeoutError, ConnectionError) as error:
            # It says something of the network where the file is, and nothing of the one where it goes.
            if self._absent.failed(network, source):
                raise Refused("gone") from error
            raise TryLater(error.after if isinstance(error, TryLater) else None) from error
        except OSError:  # our disk
            raise
        except Exception as error:
            log.error("a file could not be fetched", network=network, kind=type(error).__name__)
            raise Refused("defect") from error
        self._absent.came(network, source)
        if not size:
            raise Refused("gone")
        return size

    async def _write(self, network: str, source: str, path: Path, most: int, lease: Lease) -> int:
        size, began = 0, asyncio.get_running_loop().time()
        async with asyncio.timeout(self._patience) as limit, self._open(network, source) as pieces:
            with path.open("wb") as file:
                waiting = bytearray()
                async for piece in pieces:
                    size += len(piece)
                    limit.reschedule(began + self._patience + size / _SLOWEST)
                    if size > most:
                        raise Refused("too-large")
                    if _need(size) > lease.size and not (
                        lease.grow(_need(min(2 * size, most))) or lease.grow(_need(size))
                    ):
                        raise Crowded
                    waiting += piece
                    if len(waiting) >= _PIECE:
                        await asyncio.to_thread(file.write, waiting)
                        waiting = bytearray()
                await asyncio.to_thread(file.write, waiting)
        return size

    def _open(self, network: str, source: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return written(source) if network == OWN else self.bridges[network].fetch(source)

    async def _shaped(self, media: Media, found: Found, accepts: Accepts, made: list[Path]) -> Brought:
        """The first shape that the network takes, or else a file."""
        for way in ways(media.kind, found):
            if not accepts(way.kind, way.type):
                continue
            if not way.anew:
                return _brought(media, found, way.kind)
            target = self._new(made)
            drawn = await self._workshop.do(
                "convert", room=found.path.stat().st_size + _SLACK, seconds=self._thinking,
                source=str(found.path), target=str(target), type=found.type, into=way.type,
            )  # fmt: skip
            if drawn:
                return _brought(media, replace(found, path=target, type=way.type, turned=1, **drawn), way.kind)
            target.unlink()
        return _brought(media, found, MediaKind.FILE)

    def _new(self, made: list[Path]) -> Path:
        path = self._shelf.place()
        made.append(path)
        return path


@asynccontextmanager
async def written(text: str) -> AsyncIterator[AsyncIterator[bytes]]:
    """A file of the bot's own is its source: it is sealed with the action, and gone with it."""

    async def whole() -> AsyncIterator[bytes]:
        yield text.encode()

    yield whole()


def ways(kind: MediaKind, found: Found) -> Iterator[Way]:
    """As what it might be shown, best first."""
    type_ = found.type
    film, heard = type_.startswith("video/"), type_.startswith("audio/")
    match kind:
        case MediaKind.PHOTO if found.moves:
            yield Way(MediaKind.ANIMATION, type_)
            yield from _drawn(MediaKind.PHOTO, found)
        case MediaKind.PHOTO:
            yield from _drawn(MediaKind.PHOTO, found)
        case MediaKind.STICKER:
            if found.seen or film or type_ in {LOTTIE, "application/gzip"}:
                yield Way(MediaKind.STICKER, LOTTIE if type_ == "application/gzip" else type_)
            for shown in (MediaKind.STICKER, MediaKind.PHOTO):
                yield from _drawn(shown, found)
        case MediaKind.ANIMATION | MediaKind.ROUND | MediaKind.VIDEO if film:
            yield Way(kind, type_)
            yield Way(MediaKind.VIDEO, type_)
        case MediaKind.ANIMATION | MediaKind.VIDEO if found.seen and found.moves:
            yield Way(MediaKind.ANIMATION, type_)
        case MediaKind.ANIMATION:
            yield from _drawn(MediaKind.PHOTO, found)
        case MediaKind.VOICE if found.codec == "opus":
            yield Way(MediaKind.VOICE, type_)
            yield Way(MediaKind.AUDIO, type_)
        case MediaKind.VOICE | MediaKind.AUDIO if heard:
            yield Way(MediaKind.AUDIO, type_)


def _drawn(kind: MediaKind, found: Found) -> Iterator[Way]:
    """A picture as it is or anew; anew first where it would lie on its side for whoever does not look at its EXIF."""
    if not found.seen:
        return
    if found.turned == 1:
        yield Way(kind, found.type)
    for type_ in ("image/png", "image/jpeg") if found.alpha else ("image/jpeg", "image/png"):
        yield Way(kind, type_, anew=True)
    yield Way(kind, found.type)


def _brought(media: Media, found: Found, kind: MediaKind) -> Brought:
    type_ = found.type
    if media.kind is MediaKind.STICKER and type_ == "application/gzip":
        type_ = LOTTIE
    return Brought(
        path=found.path,
        kind=kind,
        name=name_for(media.name, type_, media.kind),
        type=type_,
        size=found.path.stat().st_size,
        width=found.width or media.width,
        height=found.height or media.height,
        seconds=found.seconds or media.seconds,
    )


def _need(size: int) -> int:
    """Room for a file and what is made of it."""
    return 2 * size + _SLACK

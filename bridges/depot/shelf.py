"""The folder for files on their way, how much may lie there, and what is left of a run that crashed."""

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bridges.port import TryLater

_PREFIX = "palier-depot-"
_LOCK = "lock"


class Lease:
    """Bytes of the disk that somebody holds."""

    def __init__(self, shelf: "Shelf", size: int) -> None:
        self._shelf, self.size = shelf, size

    def grow(self, size: int) -> bool:
        """Hold so many, if they are free at this moment."""
        if size - self.size > self._shelf.free:
            return False
        self._shelf.free -= size - self.size
        self.size = size
        return True

    def shrink(self, size: int) -> None:
        """Need no more than so many."""
        if size < self.size:
            self._shelf.free += self.size - size
            self.size = size
            self._shelf.serve()


class Shelf:
    """Room for `most` bytes in a private folder in `parent`; who finds none waits, in order, up to `patience` seconds.

    The folder is there while somebody has something in it, and its process holds a lock on it: what nobody holds was
    left by a crash and goes at the next start, whichever process that is. Raises OSError where nothing can be written.
    """

    def __init__(self, parent: Path | None, most: int, patience: float) -> None:
        self._parent = parent or Path(tempfile.gettempdir())
        self.most, self.free, self._patience = most, most, patience
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._folder: Path | None = None
        self._lock = -1
        self._users = 0
        self._parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sweep()

    # --- room

    @asynccontextmanager
    async def lease(self, size: int) -> AsyncIterator[Lease]:
        """Hold so many bytes; raises TryLater where there is no room for very long.

        Whoever waits here may hold others at the same time, as for an album; two such could wait for each other.
        """
        size = min(size, self.most)
        if self._waiting or size > self.free:
            await self._wait(size)
        else:
            self.free -= size
        held = Lease(self, size)
        self._users += 1
        try:
            yield held
        finally:
            self._users -= 1
            if not self._users:
                self.close()
            held.shrink(0)

    async def _wait(self, size: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # it came at the same moment
                self.free += size
            self._waiting = deque(one for one in self._waiting if one[1] is not turn)
            self.serve()
            if isinstance(error, TimeoutError):
                raise TryLater from None
            raise

    def serve(self) -> None:
        """Let those go on for whom there is room now, first come, first served."""
        while self._waiting and self._waiting[0][0] <= self.free:
            size, turn = self._waiting.popleft()
            if not turn.done():
                self.free -= size
                turn.set_result(None)

    # --- folders

    def place(self) -> Path:
        """A name for a new file, which nobody else has."""
        if self._folder is None:
            self._folder, self._lock = self._open()
        handle, name = tempfile.mkstemp(dir=self._folder)
        os.close(handle)
        return Path(name)

    def _open(self) -> tuple[Path, int]:
        self._parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._parent))
            with suppress(FileNotFoundError):  # somebody who starts now took it for a leftover
                lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
                fcntl.flock(lock, fcntl.LOCK_EX)
                if (folder / _LOCK).exists():
                    return folder, lock
                os.close(lock)

    def _sweep(self) -> None:
        """Remove what other processes left that live no more; only what is ours, and no links."""
        for folder in self._parent.glob(f"{_PREFIX}*"):
            with suppress(OSError):
                about = folder.lstat()
                if about.st_uid != os.getuid() or folder.is_symlink():
                    continue
                lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder)
                finally:
                    os.close(lock)

    def close(self) -> None:
        """Remove the folder and everything in it."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._lock)
            self._folder = None

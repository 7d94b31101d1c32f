"""Files that only their owner may read: the key, a token, a password."""

import base64
import os
import secrets
import shlex
import stat
import tempfile
from pathlib import Path


def new_key() -> str:
    """32 random bytes in base64, to be kept as `palier.key` or in PALIER_KEY."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def read_private(path: Path) -> str:
    """What stands in a file, without the white space around it.

    FileNotFoundError where there is none; ValueError, in words for people, where it cannot be had or where others can
    read it too.
    """
    try:
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                name = shlex.quote(str(path))
                raise ValueError(f"{name} can be read by others; type: chmod 600 {name}")
            return file.read().strip()
    except UnicodeDecodeError:
        raise ValueError("the file is not text") from None
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"the file cannot be read ({(error.strerror or 'unknown error').lower()})") from None


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner may read: all of it or nothing, and never over another (FileExistsError)."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # born with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)  # unlike a renaming, this fails where a file stands
    finally:
        Path(name).unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

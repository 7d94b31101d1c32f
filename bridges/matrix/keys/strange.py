"""What strangers sent where keys, signatures and ciphertexts belong: looked at before the cryptography sees it."""

from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeGuard

KEY = 32  # bytes of a public key, Ed25519 or Curve25519


class Missing(Exception):
    """The key to this is not there yet."""


class Broken(Exception):
    """No key will ever open this; `kind` says what is counted."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@contextmanager
def suspicion(odd: Counter[str], kind: str) -> Iterator[None]:
    """Whatever goes wrong inside, which waits for nothing, is counted and is over.

    vodozemac panics where it meets what its authors did not think of, and a panic is no Exception.
    """
    try:
        yield
    except BaseException as error:
        if not is_theirs(error):
            raise
        odd[kind] += 1


def is_theirs(error: BaseException) -> bool:
    """Whether it can come from what was sent, and not from somebody who ends this program."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def is_key(value: object) -> TypeGuard[str]:
    """Whether this can be a public key: vodozemac panics on one of 33 bytes."""
    if not isinstance(value, str) or not value.isascii():
        return False
    try:
        return len(unpadded(value)) == KEY
    except ValueError:
        return False


def unpadded(text: str) -> bytes:
    """The bytes of unpadded base64 (Appendices, "Unpadded Base64"); raises ValueError."""
    return b64decode(text + "=" * (-len(text) % 4), validate=True)

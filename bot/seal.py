"""Seals what the database must not show, and makes keyed hashes by which sealed things are found."""

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12


class WrongKey(Exception):
    """This was sealed with another key, or changed since."""


class Seal:
    """AES-256-GCM (NIST SP 800-38D) with random nonces, and HMAC-SHA-256: each with its own key by HKDF (RFC 5869)."""

    def __init__(self, key: bytes, before: Sequence[bytes] = ()) -> None:
        """Take the installation's secret: 32 random bytes that are kept outside the database.

        `before`: what hashes were made with under earlier secrets, oldest first. Nobody knows any more what was hashed,
        so a new secret hashes the hashes: whoever has only an old one finds nothing.
        """
        self._cipher, self._macs = AESGCM(derive(key, b"palier seal")), [*before, derive(key, b"palier find")]

    def close(self, text: str) -> bytes:
        """Seal a text; the same text twice looks different."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, text.encode(), None)

    def open(self, sealed: bytes) -> str:
        """Give the text back, or raise `WrongKey`."""
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None).decode()
        except (InvalidTag, ValueError) as error:
            raise WrongKey from error

    def find(self, *parts: str) -> str:
        """A keyed hash, the same for the same words: by it something is found, and nobody without the key can try."""
        message = b"".join(len(data).to_bytes(4, "big") + data for data in (part.encode() for part in parts))
        found = hashed(self._macs[0], message)
        for mac in self._macs[1:]:
            found = hashed(mac, found.encode())
        return found

    def renewed(self, key: bytes) -> "Seal":
        """The seal after a change of the secret; `again` then makes its hashes out of this one's."""
        return Seal(key, self._macs)

    def again(self, found: str) -> str:
        """The hash by which is found now what was found by this one before the last change."""
        return hashed(self._macs[-1], found.encode())

    @property
    def before(self) -> list[bytes]:
        """What it was given as `before`."""
        return self._macs[:-1]


def hashed(mac: bytes, message: bytes) -> str:
    """HMAC-SHA-256 (RFC 2104), half of it."""
    return hmac.new(mac, message, hashlib.sha256).hexdigest()[:32]


def derive(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)

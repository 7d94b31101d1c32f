"""Encrypted rooms: a key store of our own under nio's Olm machine, cross-signing, and keys that come late."""

from bridges.matrix.keys.keys import Keys

__all__ = ["Keys"]

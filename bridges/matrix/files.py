"""Carries files to a homeserver and from it, piece by piece, and encrypts and decrypts them on the way."""

import asyncio
import hmac
import json
from base64 import b64decode, urlsafe_b64decode
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import nio
from aiohttp import ClientError, ClientResponse
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from nio.crypto import async_encrypt_attachment

from bridges.matrix.errors import ask, meaning, told
from bridges.matrix.media import MXC
from bridges.matrix.server import V1
from bridges.matrix.strangers import amount
from bridges.port import BridgeError, File, Refused, TryLater

MEDIA = "/_matrix/media/v3"  # where uploads go, and where older homeservers (before Matrix 1.11) keep all of it
PIECE = 2**18  # bytes
SILENCE = 30  # seconds in which something has to come
SLOWEST = 20_000  # bytes a second
LARGEST = 50_000_000  # where the homeserver does not say


class Files:
    """The content repository of a homeserver (client-server API, "Content repository")."""

    def __init__(self, client: nio.AsyncClient) -> None:
        self._client = client
        self.largest, self._knows = LARGEST, False

    async def learn(self) -> None:
        """Ask once how large a file may be (`/media/config`)."""
        if self._knows:
            return
        for path in (f"{V1}/media/config", f"{MEDIA}/config"):
            try:
                self.largest = int(amount((await ask(self._client, "GET", path)).get("m.upload.size"))) or LARGEST
            except Refused:
                continue
            break
        self._knows = True

    async def upload(self, file: File, *, encrypted: bool = False) -> dict[str, Any]:
        """Take a file there; returns what its message says of where it is: `url`, or `file` with its keys.

        Raises Refused("too-large"), TryLater.
        """
        await self.learn()
        if file.size > self.largest:
            raise Refused("too-large")
        keys: dict[str, Any] = {}
        # What it is and how it is called is told inside the encryption alone.
        type_ = "application/octet-stream" if encrypted else file.type or "application/octet-stream"
        name = "" if encrypted or not file.name else "?" + urlencode({"filename": file.name})
        headers = {**self._pass(), "Content-Type": type_, "Content-Length": str(file.size)}
        async with aclosing(sealed(file.path, keys) if encrypted else pieces(file.path)) as body:
            try:
                async with asyncio.timeout(SILENCE + file.size / SLOWEST):
                    response = await self._client.send("POST", f"{MEDIA}/upload{name}", body, headers, timeout=0)
                    said = await told(response) or {}
            except (ClientError, TimeoutError) as error:
                raise TryLater from error
        if response.status != 200:
            raise trouble(response.status, said)
        url = said.get("content_uri")
        if not isinstance(url, str) or not MXC.fullmatch(url):
            raise TryLater
        return {"file": {**keys, "url": url}} if encrypted else {"url": url}

    @asynccontextmanager
    async def fetch(self, source: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes behind a source that `media.whence` made. Raises TryLater, Refused("gone", "too-large")."""
        where = json.loads(source)
        if not (found := MXC.fullmatch(where["mxc"])):
            raise Refused("gone")
        response = await self._download(f"{found[1]}/{found[2]}")
        try:
            async with aclosing(arriving(response)) as raw:
                if "key" not in where:
                    yield raw
                    return
                async with aclosing(opened(raw, where["key"], where["iv"], where["sha256"])) as clear:
                    yield clear
        finally:
            response.close()

    async def _download(self, file: str) -> ClientResponse:
        """With authentication (Matrix 1.11, MSC3916); a homeserver that does not know that is older."""
        for path in (f"{V1}/media/download/{file}", f"{MEDIA}/download/{file}"):
            try:
                async with asyncio.timeout(2 * SILENCE):  # ours may have to ask another homeserver first
                    response: ClientResponse = await self._client.send("GET", path, headers=self._pass(), timeout=0)
                    if response.status == 200:
                        return response
                    said = await told(response) or {}
            except (ClientError, TimeoutError) as error:
                raise TryLater from error
            if said.get("errcode") != "M_UNRECOGNIZED":
                break
        raise trouble(response.status, said)

    def _pass(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._client.access_token}"}


def trouble(status: int, said: dict[str, Any]) -> BridgeError:
    """What a refusal means where a file was meant; another homeserver that is away holds up nothing else."""
    if said.get("errcode") == "M_TOO_LARGE" or status == 413:
        return Refused("too-large")
    if said.get("errcode") == "M_UNRECOGNIZED":
        return Refused("gone")
    meant = meaning(status, said.get("errcode"), said.get("retry_after_ms"))
    return TryLater(meant.after) if isinstance(meant, TryLater) else meant


async def pieces(path: Path) -> AsyncGenerator[bytes, None]:
    """A file from the disk, read beside the loop."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


async def sealed(path: Path, keys: dict[str, Any]) -> AsyncGenerator[bytes, None]:
    """A file encrypted as it is read; in the end, `keys` holds what opens it (`EncryptedFile`)."""
    async with aclosing(pieces(path)) as plain:
        async for piece in async_encrypt_attachment(plain):
            if isinstance(piece, dict):
                keys |= piece
            else:
                yield piece


async def arriving(response: ClientResponse) -> AsyncGenerator[bytes, None]:
    """What comes over the network; raises TryLater where it breaks off."""
    while True:
        try:
            async with asyncio.timeout(SILENCE):
                piece = await response.content.read(PIECE)
        except (ClientError, TimeoutError) as error:
            raise TryLater from error
        if not piece:
            return
        yield piece


async def opened(sealed: AsyncIterator[bytes], key: str, iv: str, digest: str) -> AsyncGenerator[bytes, None]:
    """Decrypt as it comes (client-server API, "Sending encrypted attachments").

    Whether it is what was sent is known in the end only: then Refused("gone") is raised where it is not.
    """
    try:
        secret, start, expected = urlsafe_b64decode(padded(key)), b64decode(padded(iv)), b64decode(padded(digest))
        cipher = Cipher(algorithms.AES256(secret), modes.CTR(start)).decryptor()
    except ValueError as error:
        raise Refused("gone") from error
    seen = sha256()
    async for piece in sealed:
        seen.update(piece)
        yield cipher.update(piece)
    if not hmac.compare_digest(seen.digest(), expected):
        raise Refused("gone")


def padded(base64: str) -> str:
    """Matrix writes base64 without padding."""
    return base64.rstrip("=") + "=" * (-len(base64.rstrip("=")) % 4)

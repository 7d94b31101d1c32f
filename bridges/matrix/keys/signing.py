"""Cross-signing (client-server API, "Cross-signing"): the account's own keys, and this device signed with them.

Clients send keys to no device that its owner has not signed. nio knows nothing of it.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import nio
from aiohttp import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridges.matrix.errors import ask, meaning, told
from bridges.matrix.keys.machine import Machine
from bridges.matrix.keys.strange import unpadded
from bridges.matrix.strangers import part, text
from bridges.port import Cursor, Refused, TryLater

V3 = "/_matrix/client/v3"
NAME = "matrix.keys.cross-signing"
USAGES = ("master", "self_signing", "user_signing")
Json = dict[str, Any]


class Signer:
    """One account's Ed25519 keys by usage; the seeds are kept sealed."""

    def __init__(self, user: str, seeds: Mapping[str, str]) -> None:
        self._user = user
        self._keys = {usage: Ed25519PrivateKey.from_private_bytes(b64decode(seeds[usage])) for usage in USAGES}

    @staticmethod
    def seeds() -> dict[str, str]:
        """New ones."""
        return {usage: b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode() for usage in USAGES}

    def public(self, usage: str) -> str:
        """Unpadded base64, which is the key's name, too."""
        return bare(self._keys[usage].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def signed(self, usage: str, said: Json) -> Json:
        """The same with one more signature (Appendices, "Signing JSON")."""
        signatures: Json = said.get("signatures", {})
        name, mine = f"ed25519:{self.public(usage)}", signatures.get(self._user, {})
        made = bare(self._keys[usage].sign(canonical(said)))
        return {**said, "signatures": {**signatures, self._user: {**mine, name: made}}}

    def has_signed(self, usage: str, said: Json, shown: object) -> bool:
        """Whether `shown`, which the homeserver tells, holds this key's signature of `said`."""
        made = text(part(shown, "signatures", self._user, f"ed25519:{self.public(usage)}"))
        try:
            self._keys[usage].public_key().verify(unpadded(made), canonical(said))
        except (InvalidSignature, ValueError):
            return False
        return True

    def key(self, usage: str) -> Json:
        """A public key as it is uploaded; all but the master key are signed by that one."""
        public = self.public(usage)
        made = {"user_id": self._user, "usage": [usage], "keys": {f"ed25519:{public}": public}}
        return made if usage == "master" else self.signed("master", made)


async def cross_sign(client: nio.AsyncClient, cursor: Cursor, machine: Machine, password: str | None) -> bool:
    """Make the account's keys, upload them and sign this device, as far as that is not done yet.

    Repeated after a crash it goes on where it was: the seeds are durable before anybody sees a key. False where the
    account has keys of somebody else's making, the server knows this device by other keys, or it wants to see a
    password that is not there. Raises TryLater, Stopped.
    """
    user, device = client.user_id, client.device_id or ""
    signer = Signer(user, await seeds(cursor, user))
    there = await ask(client, "POST", f"{V3}/keys/query", {"device_keys": {user: []}})
    master, own = (part(there, f"{name}_keys", user) for name in ("master", "self_signing"))
    if master is not None and not (shows(master, signer.key("master")) and shows(own, signer.key("self_signing"))):
        return False
    if master is None and not await upload(client, {f"{usage}_key": signer.key(usage) for usage in USAGES}, password):
        return False
    mine, shown = machine.device_keys(), part(there, "device_keys", user, device)
    if not shows(shown, mine):
        return False
    new: Json = {}
    if not signer.has_signed("self_signing", mine, shown):
        new[device] = signer.signed("self_signing", mine)
    if part(master, "signatures", user, f"ed25519:{device}") is None:
        new[signer.public("master")] = machine.signed(signer.key("master"))
    if not new:
        return True
    said = await ask(client, "POST", f"{V3}/keys/signatures/upload", {user: new})
    return not said.get("failures")


async def seeds(cursor: Cursor, user: str) -> dict[str, str]:
    """The account's own, made when there are none."""
    if kept := await cursor.load(NAME):
        said = json.loads(kept)
        if said["user"] == user:
            return dict(said["seeds"])
    made = Signer.seeds()
    await cursor.save(NAME, json.dumps({"user": user, "seeds": made}))
    return made


async def upload(client: nio.AsyncClient, keys: Json, password: str | None) -> bool:
    """`/keys/device_signing/upload`, with the password if the server asks who it is (MSC3967: not for first keys)."""
    status, said = await attempt(client, keys)
    session = said.get("session")
    if status == 401 and password and isinstance(session, str):
        who = {"type": "m.id.user", "user": client.user_id}
        auth = {"type": "m.login.password", "identifier": who, "password": password, "session": session}
        status, said = await attempt(client, {**keys, "auth": auth})
    if status == 200:
        return True
    if status == 401 and "flows" in said:  # it asks for what we do not have; that is not a lost session
        return False
    error = meaning(status, said.get("errcode"), said.get("retry_after_ms"))
    if isinstance(error, Refused):
        return False
    raise error


async def attempt(client: nio.AsyncClient, body: Json) -> tuple[int, Json]:
    """Status and answer, whatever they are: a 401 asks back here (client-server API, "User-Interactive API")."""
    headers = {"Authorization": f"Bearer {client.access_token}", "Content-Type": "application/json"}
    try:
        response = await client.send("POST", f"{V3}/keys/device_signing/upload", json.dumps(body), headers)
        return response.status, await told(response) or {}
    except (ClientError, TimeoutError) as error:
        raise TryLater(everywhere=True) from error


def shows(shown: object, made: Json) -> bool:
    """Whether the homeserver tells of the keys in `made`."""
    return bool(part(shown, "keys") == made["keys"])


def bare(data: bytes) -> str:
    """Unpadded base64."""
    return b64encode(data).decode().rstrip("=")


def canonical(said: Json) -> bytes:
    """Canonical JSON of what is signed (Appendices)."""
    plain = {name: value for name, value in said.items() if name not in {"signatures", "unsigned"}}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()

"""Cross-signing (client-server API, 11.12.2): the account's own keys, and this device signed with them.

Clients send keys to no device that its owner has not signed. nio knows nothing of it.
"""

import json
from base64 import b64decode, b64encode
from contextlib import suppress
from typing import Any

import nio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridges.matrix.errors import ask
from bridges.port import Cursor, Refused

V3 = "/_matrix/client/v3"
NAME = "matrix.keys.cross-signing"
USAGES = ("master", "self_signing", "user_signing")
Json = dict[str, Any]


class Signer:
    """Ed25519 keys by usage; the seeds are kept sealed."""

    def __init__(self, seeds: dict[str, str]) -> None:
        self._keys = {usage: Ed25519PrivateKey.from_private_bytes(b64decode(seed)) for usage, seed in seeds.items()}

    @staticmethod
    def seeds() -> dict[str, str]:
        """New ones."""
        return {usage: b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode() for usage in USAGES}

    def public(self, usage: str) -> str:
        """Unpadded base64, which is the key's name, too."""
        return unpadded(self._keys[usage].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, usage: str, user: str, said: Json) -> Json:
        """The same with one more signature (Appendices, "Signing JSON")."""
        bare = {name: value for name, value in said.items() if name not in {"signatures", "unsigned"}}
        signature = unpadded(self._keys[usage].sign(canonical(bare)))
        mine = said.get("signatures", {}).get(user, {})
        signatures = {**said.get("signatures", {}), user: {**mine, f"ed25519:{self.public(usage)}": signature}}
        return {**said, "signatures": signatures}

    def key(self, usage: str, user: str) -> Json:
        """A public key as it is uploaded; all but the master key are signed by that one."""
        public = self.public(usage)
        made = {"user_id": user, "usage": [usage], "keys": {f"ed25519:{public}": public}}
        return made if usage == "master" else self.sign("master", user, made)


async def cross_sign(client: nio.AsyncClient, cursor: Cursor, olm: Any, password: str | None) -> bool:
    """Make the account's keys, upload them and sign this device, as far as that is not done yet.

    Repeated after a crash it goes on where it was. False where the account has keys of somebody else's making, or the
    server wants to see a password that is not there.
    """
    user, device = client.user_id, client.device_id
    if (kept := await cursor.load(NAME)) is None:
        kept = json.dumps(Signer.seeds())
        await cursor.save(NAME, kept)
    signer = Signer(json.loads(kept))
    there = await ask(client, "POST", f"{V3}/keys/query", {"device_keys": {user: []}})
    match there.get("master_keys", {}).get(user):
        case {"keys": dict(keys)} if signer.public("master") not in keys.values():
            return False
        case None:
            keys = {f"{usage}_key": signer.key(usage, user) for usage in USAGES}
            if not await upload(client, keys, user, password):
                return False
    mine = there.get("device_keys", {}).get(user, {}).get(device)
    if mine is None:
        return False
    name = f"ed25519:{signer.public('self_signing')}"
    if name in mine.get("signatures", {}).get(user, {}):
        return True
    signed = signer.sign("self_signing", user, {key: value for key, value in mine.items() if key != "unsigned"})
    master = signer.key("master", user)
    by_device = {user: {f"ed25519:{device}": olm.sign_json(dict(master))}}
    both = {device: signed, signer.public("master"): {**master, "signatures": by_device}}
    said = await ask(client, "POST", f"{V3}/keys/signatures/upload", {user: both})
    return not said.get("failures")


async def upload(client: nio.AsyncClient, keys: Json, user: str, password: str | None) -> bool:
    """`/keys/device_signing/upload`, with the password if the server asks who it is (MSC3967: not for first keys)."""
    path = f"{V3}/keys/device_signing/upload"
    with suppress(Refused):
        await ask(client, "POST", path, keys)
        return True
    asked = await client.send("POST", path, json.dumps(keys), headers(client))
    session = json.loads(await asked.text()).get("session")
    if not password or not session:
        return False
    who = {"type": "m.id.user", "user": user}
    auth = {"type": "m.login.password", "identifier": who, "password": password, "session": session}
    with suppress(Refused):
        await ask(client, "POST", path, {**keys, "auth": auth})
        return True
    return False


def headers(client: nio.AsyncClient) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.access_token}", "Content-Type": "application/json"}


def unpadded(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")


def canonical(said: Json) -> bytes:
    """Canonical JSON (Appendices)."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()

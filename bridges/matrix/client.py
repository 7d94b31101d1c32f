"""matrix-nio's client without what Palier does not need of it."""

from typing import Any

import nio
from aiohttp import ClientResponse

from bridges.matrix.strangers import part


class Client(nio.AsyncClient):
    """Without its own picture of the rooms: ours knows room version 12, and does not fail on what people send.

    And without the echo: what the bot says comes back with the next sync, concerns nobody, and would be read and
    validated as carefully as what people say. `only_echo` tells whether rooms had nothing else to tell.
    """

    only_echo = False

    async def receive_response(self, response: nio.Response) -> None:
        if not isinstance(response, nio.SyncResponse):
            await super().receive_response(response)

    async def parse_body(self, transport_response: ClientResponse) -> dict[Any, Any]:
        body = await super().parse_body(transport_response)
        joined = part(body, "rooms", "join")
        if "next_batch" in body:
            self.only_echo = isinstance(joined, dict) and self._drop_echo(joined)
        return body

    def _drop_echo(self, joined: dict[str, Any]) -> bool:
        """Take the bot's own messages out; returns whether there was nothing else."""
        dropped = left = 0
        for room in joined.values():
            if isinstance(events := part(room, "timeline", "events"), list):
                others = [event for event in events if not self._is_echo(event)]
                dropped += len(events) - len(others)
                left += len(others)
                room["timeline"]["events"] = others
        return dropped > 0 and left == 0

    def _is_echo(self, event: Any) -> bool:
        """The bot's own words; not what it encrypted: its place among comings and goings says who needs the key."""
        match event:
            case {"state_key": _} | {"type": "m.room.encrypted"}:
                return False
            case {"sender": sender}:
                return bool(sender == self.user_id)
        return False

"""What befalls the network: raw and repeated updates, faults, delays, settings."""

from typing import Literal

from bridges.simulator.client.link import Json, Link


class Trouble(Link):
    """What goes wrong, and what is set."""

    async def update(self, bot: int, update: Json) -> int:
        """Queue a raw update, malformed ones too; its id."""
        return int((await self._ask("POST", "updates", {"bot": bot, "update": update}))["update_id"])

    async def repeat(self, bot: int, update_id: int) -> None:
        await self._ask("POST", "repeat", {"bot": bot, "update_id": update_id})

    async def fault(
        self,
        method: str,
        kind: Literal["429", "5xx", "timeout", "half-open", "reset", "cut"],
        *,
        when: Literal["before", "after"] = "before",
        chat: int | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        count: int | None = None,
        skip: int | None = None,
        every: tuple[int, int] | None = None,
    ) -> str:
        """The next `count` calls after `skip`, or `every` n of m calls, of that method (`*`: all) fail.

        `when`: before they are carried out, or after. `timeout`, `half-open`: no answer ever comes; `cut`: half of it
        does. `download` is the fetching of a file, `webhook` the bringing of an update.
        """
        body = {"method": method, "kind": kind, "when": when, "chat": chat, "status": status, "count": count}
        more = {"retry_after": retry_after, "skip": skip, "every": list(every) if every else None}
        return str((await self._ask("POST", "faults", body | more))["id"])

    async def no_faults(self) -> None:
        await self._ask("DELETE", "faults")

    async def delay(self, method: str, seconds: float, *, chat: int | None = None) -> None:
        await self._ask("POST", "delays", {"method": method, "seconds": seconds, "chat": chat})

    async def no_delays(self) -> None:
        await self._ask("DELETE", "delays")

    async def settings(
        self,
        *,
        limits: bool | None = None,
        ephemerals_arrive: bool | None = None,
        clock_shift: float | None = None,
        revoke: str | None = None,
        keep: int | None = None,
        webhook_pause: float | None = None,
    ) -> None:
        """`clock_shift`: seconds ahead of real time. `keep`: messages a chat, and calls, 0 for all. `webhook_pause`:
        half the seconds after a webhook's second failure.
        """
        body = {"limits": limits, "ephemerals_arrive": ephemerals_arrive, "clock_shift": clock_shift, "revoke": revoke}
        await self._ask("POST", "settings", body | {"keep": keep, "webhook_pause": webhook_pause})

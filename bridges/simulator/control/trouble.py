"""What befalls the network: raw and repeated updates, faults, delays, settings."""

import secrets
from collections.abc import Callable
from typing import Any

from bridges.simulator.control.desk import Desk
from bridges.simulator.world import Json


class Trouble(Desk):
    """What goes wrong, and what is set."""

    def push(self, ask: Json) -> Json:
        return {"update_id": self.world.bot(int(ask["bot"])).queue.put(dict(ask["update"]))}

    def repeat(self, ask: Json) -> Json:
        queue = self.world.bot(int(ask["bot"])).queue
        return {"update_id": queue.put(queue.past[int(ask["update_id"])])}

    def add_fault(self, ask: Json) -> Json:
        fields = dict(ask)
        if fields.get("chat"):
            fields["chat"] = str(fields["chat"])
        if fields.get("every"):
            n, m = fields["every"]
            fields["every"] = (int(n), int(m))
        try:
            return {"id": self.faults.add(**{k: v for k, v in fields.items() if v is not None})}
        except TypeError as error:
            raise ValueError(str(error)) from error

    def clear_faults(self) -> Json:
        self.faults.clear()
        return {}

    def add_delay(self, ask: Json) -> Json:
        self.faults.delays.append((str(ask["method"]), str(ask.get("chat") or ""), float(ask["seconds"])))
        return {}

    def clear_delays(self) -> Json:
        self.faults.delays.clear()
        return {}

    def set(self, ask: Json) -> Json:
        """`clock_shift` is in seconds from real time, not from the last shift."""
        settings: dict[str, Callable[[Any], None]] = {
            "limits": lambda value: setattr(self.limits, "on", bool(value)),
            "ephemerals_arrive": lambda value: setattr(self.world, "ephemerals_arrive", bool(value)),
            "keep": self._keep,
            "webhook_pause": lambda value: setattr(self.world, "webhook_pause", float(value)),
            "clock_shift": lambda value: setattr(self.world, "shift", float(value)),
            "revoke": self._revoke,
        }
        for name, value in ask.items():
            if name not in settings:
                raise ValueError(f"no such setting: {name}")
            settings[name](value)
        return {}

    def _revoke(self, token: str) -> None:
        number = token.partition(":")[0]
        self.world.revoke(token, f"{number}:{secrets.token_urlsafe(27)[:35]}")

    def _keep(self, count: int) -> None:
        """Of messages in a chat, of calls, of past updates."""
        self.world.keep = self.ledger.keep = int(count)

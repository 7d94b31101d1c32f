"""How a bot gets its updates: by asking; a webhook can be set, and then asking is refused."""

from typing import Any

from bridges.simulator.errors import bad
from bridges.simulator.methods.call import Call, method
from bridges.simulator.updates import KINDS, USUAL
from bridges.simulator.world import Json


def _allow(call: Call) -> None:
    """`allowed_updates` is remembered; an empty list means all but those that must be asked for."""
    wanted = call.structure("allowed_updates", "allowed_updates")
    if isinstance(wanted, list):
        known = frozenset(str(kind).lower() for kind in wanted) & frozenset(KINDS)
        call.bot.queue.allowed = known or USUAL


@method("getUpdates", "offset", "limit", "timeout", "allowed_updates")
async def get_updates(call: Call) -> list[Json]:
    _allow(call)
    limit = call.number("limit", 100)
    return await call.bot.queue.poll(
        call.number("offset"), limit if 1 <= limit <= 100 else 100, min(50, max(0, call.number("timeout")))
    )


@method(
    "setWebhook", "url", "certificate", "ip_address", "max_connections", "allowed_updates", "drop_pending_updates",
    "secret_token",
)  # fmt: skip
def set_webhook(call: Call) -> bool:
    url = call.text("url")
    if url and not url.startswith("https://"):
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    _allow(call)
    _set(call, url)
    return True


@method("deleteWebhook", "drop_pending_updates")
def delete_webhook(call: Call) -> bool:
    _set(call, "")
    return True


def _set(call: Call, url: str) -> None:
    call.bot.queue.webhook = url
    if call.flag("drop_pending_updates"):
        call.bot.queue.forget()


@method("getWebhookInfo")
def get_webhook_info(call: Call) -> Json:
    queue = call.bot.queue
    told: dict[str, Any] = {
        "url": queue.webhook,
        "has_custom_certificate": False,
        "pending_update_count": len(queue.ready(0, len(queue.waiting))),
    }
    return told | ({} if queue.allowed == USUAL else {"allowed_updates": sorted(queue.allowed)})

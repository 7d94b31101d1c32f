"""How a bot gets its updates: by asking, or at a webhook; while one is set, asking is refused."""

import re
from urllib.parse import urlsplit

from bridges.simulator.errors import bad
from bridges.simulator.methods.call import Call, method
from bridges.simulator.updates import KINDS, USUAL
from bridges.simulator.webhook import LOOPBACK, Webhook
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
async def set_webhook(call: Call) -> bool:
    """Unlike the real server this one takes plain HTTP too, to this machine; it calls no other."""
    url, secret = call.text("url").strip(), call.text("secret_token")
    parts = urlsplit(url)
    if url and parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if len(secret) > 256:
        raise bad("secret token is too long")
    if not re.fullmatch(r"[\w-]*", secret, re.ASCII):
        raise bad("secret token contains unallowed characters")
    _allow(call)
    await _clear(call)
    if url:
        hook = Webhook(
            url, call.bot.queue, call.faults, lambda: call.world.webhook_pause, secret,
            min(100, max(1, call.number("max_connections", 40))),
        )  # fmt: skip
        call.bot.webhook = hook
        hook.open()
    return True


@method("deleteWebhook", "drop_pending_updates")
async def delete_webhook(call: Call) -> bool:
    await _clear(call)
    return True


async def _clear(call: Call) -> None:
    hook, call.bot.webhook = call.bot.webhook, None
    if hook:
        await hook.close()
    if call.flag("drop_pending_updates"):
        call.bot.queue.forget()


@method("getWebhookInfo")
def get_webhook_info(call: Call) -> Json:
    queue, hook = call.bot.queue, call.bot.webhook
    queue.expire()
    told: Json = {
        "url": queue.webhook,
        "has_custom_certificate": False,
        "pending_update_count": len(queue.waiting),
    }
    if hook:
        told["max_connections"] = hook.connections
        if hook.error:
            told |= {"last_error_date": int(hook.error_at), "last_error_message": hook.error}
    return told | ({} if queue.allowed == USUAL else {"allowed_updates": sorted(queue.allowed)})

"""Looks at everything that may be wrong with an installation, and says what it costs and what to do."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from rich.table import Table
from sqlmodel import col, select

from bot.cli import networks
from bot.cli.networks import Unknown, Unreachable
from bot.cli.speaking import fault, out, say, texts
from bot.config import Settings
from bot.metrics import count
from bot.run import KEY_CHECK, Unfit, connect, is_at_work, open_store
from bot.store import Circle, Linked, Outgoing, State, Store
from bridges import markup
from bridges.model import Chat
from bridges.port import Bridge, BridgeError, Refused, Stopped

PATIENCE = 20.0  # seconds for a network to tell what the bot is in one chat
TOO_OLD = timedelta(hours=1)
LISTED = 50


@dataclass(slots=True)
class Report:
    """What was found so far."""

    wrong: bool = False
    _said: set[str] = field(default_factory=set)

    def good(self, key: str, **args: object) -> None:
        """As it should be."""
        out().print(f"✓ {say(key, **args)}", style="green")

    def note(self, key: str, **args: object) -> None:
        """Worth knowing."""
        out().print(f"• {say(key, **args)}")

    def bad(self, key: str, **args: object) -> None:
        """Somebody has to do something."""
        self.wrong = True
        if (line := f"✗ {say(key, **args)}") not in self._said:
            self._said.add(line)
            out().print(line, style="red")


async def check(settings: Settings, *, offline: bool) -> bool:
    """Whether all is well."""
    report = Report()
    report.good("cli-check-config", communes=", ".join(commune.name for commune in settings.commune))
    if await is_running(settings, report):
        await ask_running(settings, report)
    try:
        async with open_store(settings) as store:
            if await store.load(KEY_CHECK) is None:
                report.note("cli-check-key-new")
            report.good("cli-check-database")
            known = [] if offline else await check_networks(settings, store, report)
            await check_chats(settings, store, known, report)
            await check_outbox(store, report)
    except Unfit as error:
        report.bad(error.key, **error.filled)
        if not offline:
            await check_networks(settings, None, report)
    return not report.wrong


async def is_running(settings: Settings, report: Report) -> bool:
    """Whether a bot works on this database."""
    try:
        runs = await is_at_work(settings.database)
    except Unfit:
        return False  # said by what follows
    if runs:
        report.good("cli-check-running")
    else:
        report.note("cli-check-not-running")
    return runs


async def ask_running(settings: Settings, report: Report) -> None:
    """What the running bot says of its bridges."""
    if not settings.web.enabled:
        return
    host = f"[{settings.web.host}]" if ":" in settings.web.host else settings.web.host
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
            said = (await http.get(f"http://{host}:{settings.web.port}/health")).json()
        bridges = {str(name): (str(one["state"]), one["why"]) for name, one in said["bridges"].items()}
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError):
        report.bad("cli-check-no-health", port=str(settings.web.port))
        return
    for name, (state, why) in bridges.items():
        if state == "stopped":
            report.bad("cli-check-stopped", network=name.title(), why=str(why))


async def check_networks(settings: Settings, store: Store | None, report: Report) -> list[str]:
    """Ask each network who the bot is; tells those that can be asked about chats."""
    known = []
    if settings.telegram:
        try:
            me = await networks.telegram(settings.telegram.api, settings.telegram.token.get_secret_value())
        except Unknown:
            report.bad("cli-check-stopped", network="Telegram", why=stopped("telegram-token"))
        except Unreachable as error:
            report.bad("cli-check-unreachable", network="Telegram", why=error.why)
        else:
            known.append("telegram")
            report.good("cli-check-name", network="Telegram", name=me.name)
            if not me.hears_all:
                report.note("cli-telegram-privacy", name=me.name)
    if settings.matrix and await check_matrix(settings.matrix.homeserver, settings.matrix.user, store, report):
        known.append("matrix")
    return known


async def check_matrix(homeserver: str, user: str, store: Store | None, report: Report) -> bool:
    """The session that the bot keeps; before the first start, only whether a password will do."""
    session = await store.load("matrix.session") if store else None
    try:
        if session is None:
            if await networks.matrix_flows(homeserver):
                report.note("cli-check-no-session", name=user)
            else:
                report.bad("cli-matrix-no-password", server=homeserver)
            return False
        name = await networks.matrix_account(homeserver, token_of(session))
    except Unknown:
        report.bad("cli-check-stopped", network="Matrix", why=stopped("matrix-login"))
    except Unreachable as error:
        report.bad("cli-check-unreachable", network="Matrix", why=error.why)
    else:
        report.good("cli-check-name", network="Matrix", name=name)
        return True
    return False


async def check_chats(settings: Settings, store: Store, known: Sequence[str], report: Report) -> None:
    """Each linked chat: its circle, and the rights that the bot lacks there."""
    async with store.work() as work:
        found = await work.exec(
            select(Linked, Circle).join(Circle, col(Circle.id) == Linked.circle).order_by(Circle.name, Linked.network)
        )
        linked = [(one.chat, circle.name) for one, circle in found]
        titles = {chat: room.title for chat, _ in linked if (room := await work.room(chat))}
    if not linked:
        report.note("cli-check-no-chats")
    bridges = {bridge.name: bridge for bridge in connect(settings, store) if known}
    try:
        for chat, circle in linked:
            name = titles.get(chat) or chat.id
            if chat.network in known and (bridge := bridges.get(chat.network)):
                await check_chat(bridge, chat, name, circle, report)
            else:
                report.note("cli-check-chat-unasked", network=chat.network.title(), title=name, circle=circle)
    finally:
        await asyncio.gather(*(bridge.close() for bridge in bridges.values()))


async def check_chat(bridge: Bridge, chat: Chat, title: str, circle: str, report: Report) -> None:
    """Ask the network what the bot is in one chat."""
    about = {"network": chat.network.title(), "circle": circle}
    try:
        async with asyncio.timeout(PATIENCE):
            standing = await bridge.inspect(chat)
    except Stopped as error:
        report.bad("cli-check-stopped", network=chat.network.title(), why=stopped(error.why))
        return
    except Refused as error:
        report.bad("cli-check-chat-refused", title=title, why=reason(error.why), **about)
        return
    except (BridgeError, TimeoutError):
        report.bad("cli-check-chat-silent", title=title, **about)
        return
    about["title"] = standing.title or title
    missing = [right for right in bridge.capabilities(chat).wants if right not in standing.rights]
    if not standing.member:
        report.bad("cli-check-chat-left", **about)
    elif missing:
        report.bad("cli-check-chat-rights", **about)
        for right in missing:
            key = f"right-{right}-{chat.network}"
            out().print(f"    {markup.plain(say(key)) if texts().has(key) else right}", style="red")
    else:
        report.good("cli-check-chat", **about)


async def check_outbox(store: Store, report: Report) -> None:
    """What waits, and what can never be delivered: numbers, kinds and reasons, never words."""
    async with store.work() as work:
        seen = await count(work)
        newest = select(Outgoing).where(Outgoing.state == State.DEAD).order_by(col(Outgoing.id).desc()).limit(LISTED)
        dead = (await work.exec(newest)).all()
    waiting, oldest = sum(queue.waiting for queue in seen.queues.values()), seen.oldest_seconds or 0
    if oldest > TOO_OLD.total_seconds():
        report.bad("cli-check-waiting-long", count=waiting, minutes=round(oldest / 60))
    else:
        report.good("cli-check-waiting", count=waiting, seconds=round(oldest))
    if not dead:
        return
    if any(row.why == "defect" for row in dead):
        report.bad("cli-check-dead-defect")
    report.note("cli-check-dead", count=len(dead), most=LISTED)
    table = Table(*(say(f"cli-check-dead-{name}") for name in ("id", "network", "kind", "when", "why")), box=None)
    for row in dead:
        when = f"{row.done:%Y-%m-%d %H:%M}" if row.done else ""
        table.add_row(str(row.id), row.network, row.kind, when, f"{row.why}: {reason(row.why)}")
    out().print(table)


def stopped(why: str) -> str:
    """What to do where a bridge has stopped."""
    key = f"stopped-{why}"
    return say(key) if texts().has(key) else why


def reason(why: str) -> str:
    """Why a network would not."""
    key = f"refused-{why}"
    return markup.plain(say(key if texts().has(key) else "refused-refused"))


def token_of(session: str) -> str:
    """The access token of the session that the bridge keeps."""
    token = json.loads(session).get("access_token")
    return token if isinstance(token, str) else ""


def tell_faults(faults: Sequence[str]) -> None:
    """Every fault of the settings."""
    for one in faults:
        fault(one)

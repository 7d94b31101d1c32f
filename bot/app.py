"""Where everything is put together, and the way of every event."""

import asyncio
import importlib
import pkgutil
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from bot import features as shelf
from bot.config import Settings
from bot.courier import Alive, Courier
from bot.events import Barred, Judged, Tick, Undelivered, Within
from bot.feature import Context, Feature, World, language_of
from bot.judging import Judging
from bot.store import Circle, Rules, Store, Work, scopes, to_the_end
from bot.texts import Texts
from bot.watchdog import Watchdog
from bridges import markup
from bridges.model import (
    Action,
    Chat,
    Edited,
    Event,
    Heard,
    Menu,
    MenuItem,
    Message,
    Moved,
    Person,
    Pinned,
    PollClosed,
    Reacted,
    Ref,
    Stirred,
    Tapped,
)
from bridges.port import Bridge, Stopped, TryLater
from moderation.names import Reserved

log = structlog.get_logger()
MOMENT = 0.5  # seconds
BOUND = frozenset({"matrix"})  # whoever acts there has to know all that was heard: the rooms' state, the keys
LONGEST_CALL = 60.0  # seconds
CONFLICTS, PAUSE_OF_TWO = 3, 3.0  # a worker that has lost its place may not know it yet; seconds
STORE_FAILED = (OperationalError, InterfaceError, OSError)
WhileMine = Callable[[str, Callable[[], Awaitable[None]]], Coroutine[Any, Any, None]]
COMMAND = re.compile(r"[/!]([A-Za-z]\w*)(?:@(\S+))?(?:\s+(.*))?", re.DOTALL)


def find_features() -> list[Feature]:
    """Every module of bot.features is a feature; the file is the registration."""
    names = [module.name for module in pkgutil.iter_modules(shelf.__path__)]
    return [importlib.import_module(f"bot.features.{name}").feature for name in sorted(names)]


def make_rules(settings: Settings, texts: Texts, bridges: Sequence[Bridge]) -> Rules:
    """What every transaction has to know of the world."""
    by_name = {bridge.name: bridge for bridge in bridges}
    names = [name for c in settings.commune for name in (c.name, c.town_hall, *c.also)]

    def label(circle: Circle, number: int) -> str:
        language = circle.language or settings.language
        return markup.plain(texts.say(language, "someone", circle=circle.name, number=str(number)))

    return Rules(
        can=lambda chat: by_name[chat.network].capabilities(chat),
        label=label,
        reserved=Reserved.of(names, ["Palier"]),
        budget=lambda _: settings.budget,
        knows=lambda network: network in by_name,
        layers=lambda circle: dict(zip(
            scopes(circle), settings.moderation.layers(circle.commune, circle.neighbourhood, circle.name), strict=False
        )),
    )  # fmt: skip


@dataclass(slots=True)
class Line:
    """How a bridge is doing."""

    state: str = "starting"  # starting, running, waiting, stopped
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    why: str = ""

    def turn(self, state: str, why: str = "") -> None:
        """Note a change."""
        if (state, why) != (self.state, self.why):
            self.state, self.why, self.since = state, why, datetime.now(UTC)


class App:
    """The bot: networks on one side, features on the other."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        bridges: Sequence[Bridge],
        *,
        features: Sequence[Feature] | None = None,
        texts: Texts | None = None,
        worker: int = 0,
        alive: Alive | None = None,
        renew: Callable[[str], Bridge] | None = None,
    ) -> None:
        """Take what the composition root made; `worker` and `alive` are the courier's; `renew` makes a bridge anew."""
        self._worker, self._alive, self._renew = worker, alive, renew
        self.bridges = {bridge.name: bridge for bridge in bridges}
        self.lines = {bridge.name: Line() for bridge in bridges}
        self.tally = Counter[str]()
        self.watchdog = Watchdog(self.tally)
        self.store, self._judging = store, Judging()
        shown = list(find_features() if features is None else features)
        self.world = World(
            settings=settings, texts=texts or Texts(), features=shown, bridges=self.bridges, route=self._spread
        )
        self.courier = self.new_courier()
        self._heard: dict[str, Bridge] = {}  # those that this worker runs
        self._beside: set[asyncio.Task[None]] = set()
        words = self.world.texts.words
        self._features = {c.name: f.name for f in shown for c in f.commands}
        self._commands = {word: c for f in shown for c in f.commands for word in words(f"command-{c.name}")}

    def new_courier(self) -> Courier:
        """One that knows nothing but what the database holds."""
        return Courier(
            self.store, self.bridges, self.tell_undelivered, self.tally, on_shut=self.tell_shut, alive=self._alive,
            worker=self._worker, doubts=self.world.settings.doubts,
        )  # fmt: skip

    def adopt(self, settings: Settings) -> None:
        """Go on with other settings; the networks and the database are the same."""
        language = self.world.settings.language
        self.world, self.courier.doubts = replace(self.world, settings=settings), settings.doubts
        made, rules = make_rules(settings, self.world.texts, []), self.store.rules
        self.store.adopt(replace(made, can=rules.can, knows=rules.knows))
        if settings.language != language:
            for bridge in self._heard.values():
                self._do_beside(self._offer(bridge))

    def _do_beside(self, what: Coroutine[Any, Any, None]) -> None:
        self._beside.add(task := asyncio.create_task(what))
        task.add_done_callback(self._beside.discard)

    # --- running

    async def run(self, while_mine: WhileMine | None = None) -> None:
        """Until cancelled; a bridge that only a human can help stops alone.

        Where there are several workers, one hears what happens on a network: `while_mine` says when it is this one.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.courier.run())
            for name, bridge in self.bridges.items():
                if while_mine is None:
                    tasks.create_task(self._listen(bridge))
                else:
                    self.courier.elsewhere |= BOUND & {name}
                    tasks.create_task(while_mine(f"listen {name}", partial(self._take_over, name)))

    async def _take_over(self, name: str) -> None:
        """Hear what happens on a network from now on; what was known of it from an earlier time is out of date."""
        if self._renew and (old := self._heard.get(name)):
            self.bridges[name] = self._renew(name)
            self._do_beside(retire(old))
        self.courier.elsewhere.discard(name)
        self.courier.ring()
        try:
            await self._listen(self.bridges[name], conflicts=CONFLICTS)
        finally:
            self.courier.elsewhere |= BOUND & {name}

    async def _listen(self, bridge: Bridge, *, conflicts: int = 0) -> None:
        """Run a bridge for ever: what passes is waited out with growing pauses.

        `conflicts`: how often another may listen, too, before that is taken for a mistake of the operator's.
        """
        line, failures = self.lines[bridge.name], 0
        self._heard[bridge.name] = bridge
        while True:
            began = time.monotonic()
            beside = [asyncio.create_task(self._offer(bridge)), asyncio.create_task(seems_well(line))]
            try:
                await bridge.run(self.handle)
            except Stopped as error:
                if error.why != "telegram-second" or not conflicts:
                    line.turn("stopped", error.why)
                    self.courier.stopped[bridge.name] = error.why
                    log.error("a bridge has stopped", network=bridge.name, why=error.why)
                    return
                log.warning("another listens too", network=bridge.name)
                conflicts, pause = conflicts - 1, PAUSE_OF_TWO
            except TryLater as error:
                failures = 1 if time.monotonic() - began > growing(failures) else failures + 1
                pause = growing(failures) if error.after is None else error.after.total_seconds()
            except STORE_FAILED as error:  # the database is back before long, and then nobody should wait
                log.error("a bridge has to wait for the database", network=bridge.name, kind=type(error).__name__)
                failures = 1 if time.monotonic() - began > growing(failures) else failures + 1
                pause = min(3.0, growing(failures))
            except Exception as error:  # whatever broke, nothing was confirmed: it comes again
                failures = 1 if time.monotonic() - began > growing(failures) else failures + 1
                log.error("a bridge failed", network=bridge.name, kind=type(error).__name__)
                self.tally["bridge_errors"] += 1
                pause = growing(failures)
            finally:
                for task in beside:
                    task.cancel()
            line.turn("waiting")
            await asyncio.sleep(pause)

    async def _offer(self, bridge: Bridge) -> None:
        """Show the commands in the network's menu, however long that takes."""
        pause = 1.0
        while True:
            try:
                await bridge.offer(self.menus())
            except TryLater as error:
                await asyncio.sleep(pause if error.after is None else error.after.total_seconds())
                pause = min(60.0, pause * 2)
            except Exception as error:
                log.warning("the menu could not be set", network=bridge.name, kind=type(error).__name__)
                return
            else:
                return

    def menus(self) -> list[Menu]:
        """What everyone may type, in each language; the installation's own language first."""
        texts, own = self.world.texts, self.world.settings.language
        open_to_all = [c for feature in self.world.features for c in feature.commands if not c.roles]
        return [
            Menu(
                language=language,
                items=tuple(
                    MenuItem(
                        word=texts.say(language, f"command-{c.name}").split()[0],
                        text=markup.plain(texts.say(language, f"command-{c.name}-help")),
                        whispered=c.private,
                    )
                    for c in open_to_all
                ),
            )
            for language in sorted(texts.languages, key=lambda name: name != own)
        ]

    # --- the way of an event

    async def handle(self, events: Sequence[Event]) -> None:
        """Seen, judged, routed, committed: what comes together is one transaction, and each event a part of it."""
        await to_the_end(self._handle(events))
        self.courier.ring()

    async def _handle(self, events: Sequence[Event]) -> None:
        """All at once; if anything breaks a feature, the batch again with each event by itself."""
        try:
            await self._together(events)
        except STORE_FAILED:  # nothing is confirmed, it comes again
            raise
        except Exception:
            self.tally["batches_again"] += 1
            await self._one_by_one(events)

    async def _together(self, events: Sequence[Event]) -> None:
        async with self.store.work() as work, self.courier.joining(work) as claimed:
            fresh = await work.fresh([storable(event.key) for event in events])
            for event in events:
                if (key := storable(event.key)) in fresh:
                    fresh.remove(key)
                    await self._route(await self._context(work, event))
        self.courier.launch(claimed)
        self.tally["events"] += len(events)

    async def _one_by_one(self, events: Sequence[Event]) -> None:
        async with self.store.work() as work:
            for event in events:
                self.tally["events"] += 1
                if await work.fresh([storable(event.key)]):
                    await self._once(await self._context(work, event))

    async def _context(self, work: Work, event: Event) -> Context:
        event = await settled(work, event)
        sender = getattr(event, "sender", None) or getattr(event, "by", None)
        work.speaker = sender if isinstance(sender, Person) else None
        chat = chat_of(event)
        if isinstance(event, Heard) and self.bridges[event.ref.chat.network].capabilities(event.ref.chat).numbered:
            work.sight(event.ref)
        language = await language_of(work, self.world, chat) if chat else self.world.settings.language
        return Context(event, work, self.world, language)

    async def _once(self, context: Context) -> None:
        """What breaks a feature would otherwise come back for ever."""
        try:
            async with context.work.attempt():
                await self._route(context)
        except STORE_FAILED:
            raise
        except Exception as error:
            reference, event = uuid4().hex[:8], context.event
            self.tally["feature_errors"] += 1
            log.error("event failed", reference=reference, what=type(event).__name__, kind=type(error).__name__)
            if isinstance(event, Message) and COMMAND.fullmatch(markup.plain(event.html)):
                await context.reply("broken", reference=reference)

    async def _route(self, context: Context) -> None:
        event = context.event
        if isinstance(event, Message):
            if not event.private:
                context.work.tally(event.ref.chat, "heard")
            if await self._command(context, event):
                return
        if isinstance(event, Tapped):
            await self._tapped(context, event)
            return
        await self._spread(context)

    async def _spread(self, context: Context) -> None:
        """Every feature that wants to know; words only after they were judged."""
        judged: Judged | None = None
        if isinstance(event := context.event, Heard):
            heard, judged = await self._judging.consider(context, event)
            if heard is not event:
                context, event = replace(context, event=heard), heard
        elif isinstance(event, Stirred):
            await self._judging.comes(context, event)
        for feature in self.world.features:
            if isinstance(event, Tick) and event.name in feature.moments:
                await self.watchdog.call(feature.name, feature.moments[event.name][1], context, event.at)
            for kind, call in feature.listeners:
                if isinstance(event, kind):
                    await self.watchdog.call(feature.name, call, context, event)
        if judged:
            await self._spread(replace(context, event=judged))

    async def _tapped(self, context: Context, event: Tapped) -> None:
        """A button of a feature that is no longer there just ends its tap."""
        name, verb, rest = [*event.data.split(":", 2), "", ""][:3]
        for feature in self.world.features:
            if feature.name == name and (call := feature.taps.get(f"{name}:{verb}")):
                await self.watchdog.call(name, call, context, rest)
                return
        await context.toast()

    async def _command(self, context: Context, event: Message) -> bool:
        """Carry out a command; one for another bot is left alone, but never relayed."""
        if not (match := COMMAND.fullmatch(markup.plain(event.html).strip())):
            return False
        prefix = context.can(event.ref.chat).prefix
        if not event.html.startswith((prefix, "/")):
            return False
        word, bot, rest = match[1].lower(), match[2], (match[3] or "").strip()
        address = self.bridges[event.ref.chat.network].address
        if bot and bot.lower() != address.lstrip("@").lower():
            return True
        if not (command := self._commands.get(word)):
            return event.html.startswith("/")  # who begins with an exclamation mark may just be exclaiming
        if await context.may(command, await context.work.circle(event.ref.chat)):
            await self.watchdog.call(self._features[command.name], command.call, context, rest)
        else:
            await context.reply("not-yours")
        return True

    async def tell_undelivered(self, work: Work, action: Action, why: str) -> None:
        """Words that can never arrive are an event like others, in the transaction that gives them up."""
        language = await language_of(work, self.world, action.chat)
        event = Undelivered(at=datetime.now(UTC), action=action, why=why)
        await self._spread(Context(event, work, self.world, language))

    async def tell_shut(self, work: Work, chat: Chat, why: str) -> None:
        """A chat takes nothing from the bot any more."""
        language = await language_of(work, self.world, chat)
        await self._spread(Context(Barred(at=datetime.now(UTC), chat=chat, why=why), work, self.world, language))


async def seems_well(line: Line) -> None:
    """A bridge that has not failed for a moment is taken for running: where the network is away, it fails at once."""
    await asyncio.sleep(MOMENT)
    line.turn("running")


async def retire(bridge: Bridge) -> None:
    """Let go of a bridge that is replaced, when the calls that it had begun have ended."""
    try:
        await asyncio.sleep(LONGEST_CALL)
    finally:
        await bridge.close()


def storable(key: str) -> str:
    """A key without what no database takes."""
    return key.replace("\x00", "").encode("utf-8", "replace").decode()


def growing(failures: int) -> float:
    """Seconds to wait after so many failures in a row: doubling, up to a minute."""
    return min(60.0, 0.25 * 2.0 ** min(failures, 8))


async def settled(work: Work, event: Event) -> Event:
    """Where it happened, as the links have it: a network alone cannot always tell."""
    match event:
        case Message(private=True) | Edited(private=True) if await work.circle(event.ref.chat):
            return replace(event, private=False)  # a linked room with one resident in it is no private talk
        case (Reacted(ref=ref, sender=who) | Pinned(ref=ref, sender=who)) if (
            chat := await work.thread_of(ref)
        ) != ref.chat:
            return replace(event, ref=Ref(chat, ref.id), sender=replace(who, chat=chat))
    return event


def chat_of(event: Any) -> Chat | None:
    """Where something happened, if it happened in a chat."""
    if isinstance(event, Barred):
        return event.chat
    if isinstance(event, Tick | Within):
        return None
    if isinstance(event, Moved):
        return event.new
    if isinstance(event, PollClosed):
        return event.ref.chat if event.ref else None
    found = event.chat if hasattr(event, "chat") else event.ref.chat
    return found if isinstance(found, Chat) else None

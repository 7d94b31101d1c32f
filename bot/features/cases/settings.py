"""What moderators set: where their desk is, what is only tried, and the policy of a place."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from markupsafe import Markup
from sqlmodel import col, func, select

from bot.feature import HOSTS, Context, Role
from bot.features.cases.base import JUDGES, feature, judges, prefix
from bot.features.cases.commands import queue
from bot.features.cases.desk import circles_of_desk, desks, show
from bot.features.cases.tables import Appeal, Case, Desk, Outcome, Verdict
from bot.invitations import scopes
from bot.store import Circle, DayCount, Layer, Room, now
from bridges.model import Moved
from moderation.checks import NAMES as CHECKS
from moderation.policy import Policy, PolicyError

CLAIMED = "claimed"  # in `Room.noted`: somebody has a use for the bot there, though it is in no circle
TRIED = timedelta(days=7)
LISTS = frozenset({"words", "allowed_domains", "denied_domains"})
SHOWN = tuple(one.name for one in fields(Policy) if one.name not in {"name", "checks"})


@feature.command("moderation", roles=JUDGES)
async def moderation(ctx: Context, words: str) -> None:
    """The queue; `ici` makes this chat a desk; `essai` tries checks without deciding anything."""
    word, _, rest = words.strip().partition(" ")
    if not word:
        await queue(ctx)
    elif word.casefold() in ctx.world.texts.words("moderation-here"):
        await link(ctx, rest.strip())
    elif word.casefold() in ctx.world.texts.words("moderation-dry"):
        await dry(ctx, rest)
    else:
        await ctx.whisper("moderation-how", prefix=prefix(ctx))


# --- the desk


async def link(ctx: Context, place: str) -> None:
    """Make this chat the desk of a neighbourhood, or of a whole commune; what waits is shown there."""
    if Role.OPERATOR not in await ctx.roles(None):
        await ctx.reply("not-yours")
        return
    known = places(ctx)
    names = ", ".join(dict.fromkeys(known.values()))
    scope = scope_of(ctx, place)
    if ctx.heard.private or await ctx.work.circle(ctx.home):
        await ctx.reply("desk-elsewhere")
    elif scope is None:
        await ctx.reply("desk-which", places=names, prefix=prefix(ctx))
    else:
        here = Desk(scope=scope, network=ctx.home.network, room=ctx.home.id, thread=ctx.home.thread)
        await ctx.work.merge(here)
        await claim(ctx)
        await ctx.reply("desk-linked", place=known[scope], prefix=prefix(ctx))
        await show_waiting(ctx)


def places(ctx: Context) -> dict[str, str]:
    """The scopes that may have a desk, and their names."""
    found = {commune.name: commune.name for commune in ctx.world.settings.commune}
    return found | {scope: scope.partition("/")[2] for scope in scopes(ctx.world.settings).values()}


def scope_of(ctx: Context, place: str) -> str | None:
    """The commune or neighbourhood that somebody names; with one commune, it need not be named."""
    if not place and len(ctx.world.settings.commune) == 1:
        return ctx.world.settings.commune[0].name
    return next((scope for scope, name in places(ctx).items() if name.casefold() == place.casefold()), None)


async def claim(ctx: Context) -> None:
    """The bot stays in this room, although it is in no circle."""
    room = await ctx.work.room(ctx.home) or Room(network=ctx.home.network, id=ctx.home.id)
    if CLAIMED not in room.noted.split():
        room.noted = f"{room.noted} {CLAIMED}".strip()
    ctx.work.add(room)
    await ctx.work.flush()


async def show_waiting(ctx: Context) -> None:
    """The cases and appeals that waited for a desk."""
    circles = [circle.id for circle in await circles_of_desk(ctx, ctx.home)]
    appealed = select(Appeal.case).where(Appeal.verdict == Verdict.OPEN)
    waits = (col(Case.outcome) == Outcome.OPEN) | col(Case.id).in_(appealed)
    for case in (await ctx.work.exec(select(Case).where(waits, col(Case.circle).in_(circles)))).all():
        await show(ctx, case)


@feature.on(Moved)
async def follow(ctx: Context, event: Moved) -> None:
    """A desk follows its group."""
    for scope in await desks(ctx, event.old):
        desk = await ctx.work.get_one(Desk, scope)
        desk.network, desk.room, desk.thread = event.new.network, event.new.id, event.new.thread
        ctx.work.add(desk)


# --- trying without deciding


async def dry(ctx: Context, words: str) -> None:
    """`essai oui|non [check]`: what is found is only counted; without a word, what would have been done."""
    word, _, check = words.strip().casefold().partition(" ")
    circle = await ctx.work.circle(ctx.home)
    on = word in ctx.world.texts.words("dry-yes")
    if circle is None:
        await ctx.whisper("rule-where", prefix=prefix(ctx))
    elif not on and word not in ctx.world.texts.words("dry-no"):
        await tell_tried(ctx, circle)
    else:
        changes: Mapping[str, Any] = {"checks": {check.strip(): {"dry": on}}} if check else {"dry": on}
        if await change(ctx, circle, changes):
            await ctx.whisper("dry-on" if on else "dry-off", prefix=prefix(ctx))


async def tell_tried(ctx: Context, circle: Circle) -> None:
    """What the checks that are only tried would have done these days, in numbers."""
    policy = await ctx.work.policy(circle)
    tried = [name for name in CHECKS if policy.dry or policy.rule(name).dry]
    places_ = [ctx.work.place(chat) for chat in await ctx.work.chats(circle)]
    sums = select(DayCount.what, func.sum(DayCount.count)).where(
        col(DayCount.place).in_(places_), col(DayCount.what).startswith("would "),
        col(DayCount.day) >= (now() - TRIED).date(),
    )  # fmt: skip
    counts = {what.removeprefix("would "): count for what, count in await ctx.work.exec(sums.group_by(DayCount.what))}
    lines = [ctx.text("dry-line", check=name, count=counts.get(name, 0)) for name in sorted({*tried, *counts})]
    listed = Markup("\n".join(lines))  # noqa: S704 - made of our own texts
    await ctx.whisper("dry-stands" if lines else "dry-none", lines=listed, prefix=prefix(ctx))


# --- the policy


@feature.command("regle", roles=JUDGES | HOSTS)
async def rule(ctx: Context, words: str) -> None:
    """Without words, the policy; `denied_domains +example.org` or `capitals.most nudge` change the circle's layer."""
    circle = await ctx.work.circle(ctx.home)
    name, _, value = words.strip().partition(" ")
    if circle is None:
        await ctx.whisper("rule-where", prefix=prefix(ctx))
    elif not name:
        await tell_policy(ctx, await ctx.work.policy(circle))
    elif not value:
        await ctx.whisper("rule-how", prefix=prefix(ctx))
    elif await change(ctx, circle, understood(ctx, await ctx.work.policy(circle), name.casefold(), value.strip())):
        await ctx.whisper("rule-changed", name=name, value=value)


def understood(ctx: Context, policy: Policy, name: str, value: str) -> Mapping[str, Any]:
    """What somebody typed, as a layer of a policy; lists are added to with + and taken from with -."""
    name = next((own for own in LISTS if name in ctx.world.texts.words(f"rule-{own.replace('_', '-')}")), name)
    check, _, part = name.partition(".")
    if name in LISTS:
        listed = list(getattr(policy, name))
        for word in value.split() if name != "words" else [value]:
            plain = word.lstrip("+-").strip()
            listed = [one for one in listed if one.casefold() != plain.casefold()]
            listed += [] if word.startswith("-") else [plain]
        return {name: listed}
    if part:
        return {"checks": {check: {part: simple(ctx, value)}}}
    return {name: simple(ctx, value)}


def simple(ctx: Context, value: str) -> object:
    """Yes, no, a number or a word."""
    if value.isdecimal():
        return int(value)
    if value.casefold() in ctx.world.texts.words("dry-yes") | {"true", "on"}:
        return True
    if value.casefold() in ctx.world.texts.words("dry-no") | {"false", "off"}:
        return False
    return value


async def change(ctx: Context, circle: Circle, changes: Mapping[str, Any]) -> bool:
    """Change the circle's layer; what cannot be is said with its reason."""
    if not await judges(ctx, circle):
        await ctx.whisper("not-yours")
        return False
    scope = f"circle {circle.id}"
    layer = await ctx.work.get(Layer, scope)
    before = json.loads(layer.changes).get("checks", {}) if layer else {}
    if isinstance(changes.get("checks"), dict):  # a layer is changed value by value, a check too
        changes = {"checks": before | {name: before.get(name, {}) | to for name, to in changes["checks"].items()}}
    try:
        await ctx.work.set_policy(scope, changes)
    except PolicyError as error:
        await ctx.whisper("rule-wrong", why=str(error), prefix=prefix(ctx))
        return False
    return True


async def tell_policy(ctx: Context, policy: Policy) -> None:
    """All values that hold, and which layers they come from."""
    lines = [f"{name}: {shown(getattr(policy, name))}" for name in SHOWN]
    for name in CHECKS:
        one = policy.rule(name)
        lines.append(f"{name}: on={shown(one.on)} most={one.most} dry={shown(one.dry)}")
    listed = Markup("\n").join(Markup("<code>{}</code>").format(line) for line in lines)
    await ctx.whisper("rule-stands", policy=policy.name, lines=listed, prefix=prefix(ctx))


def shown(value: object) -> str:
    """A value as it can be typed back."""
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "–"
    return str(value).lower()

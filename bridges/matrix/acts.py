"""What moderators do on Matrix: mutes and locked rooms by power levels, bans, reactions redacted, knocks answered."""

from datetime import UTC, datetime
from typing import Any

import nio

from bridges.kept import Kept
from bridges.matrix import levels
from bridges.matrix.errors import answer
from bridges.matrix.levels import Levels
from bridges.matrix.rooms import LEVELS, Room
from bridges.matrix.server import PAGE, Server
from bridges.matrix.strangers import is_id, part
from bridges.model import Act, Admit, ClearReactions, Lock, Restrict, Right
from bridges.port import Refused

MOST_PAGES = 100  # of reactions that are looked for: as many as Telegram takes away at once
INSIDE = "join", "invite"


class Acts:
    """Carries them out; `kept` remembers which levels there were before a mute or a lock."""

    def __init__(self, client: nio.AsyncClient, server: Server, kept: Kept) -> None:
        self._client, self._server, self._kept = client, server, kept
        self._levels = Levels(server)

    async def do(self, act: Act, key: str) -> None:
        """As `Bridge.do`. Matrix ends nothing by itself: at `until`, the caller has to free the person."""
        room = act.chat.id
        here = await self._server.room(room)
        if not here.is_member:
            raise Refused("kicked")
        if not isinstance(act, Lock) and not (is_id(act.person.id) and act.person.id.startswith("@")):
            raise Refused("not-there")
        try:
            await self._do(act, here, key)
        except Refused as no:
            raise Refused({"rights": "no-right", "gone": "no-right"}.get(no.why, no.why)) from None

    async def _do(self, act: Act, here: Room, key: str) -> None:
        match act:
            case Restrict(what="free", person=who):
                await self._free(here, who.id)
            case Restrict(until=datetime() as end) if end <= datetime.now(UTC):
                pass  # its time is over before it began
            case Restrict(what="mute", person=who):
                await self._mute(here, who.id)
            case Restrict(person=who) if here.membership(who.id) != "ban":
                self._check(here, who.id, able=Right.RESTRICT in here.rights)
                await self._server.member(here.id, "ban", who.id)
            case Lock():
                async with self._kept.turn:
                    await (self._lock if act.on else self._unlock)(here)
            case ClearReactions(person=who):
                await self._clear(here, who.id, key)
            case Admit():
                await self._admit(act, here)

    # --- persons

    def _check(self, here: Room, who: str, *, able: bool) -> None:
        """Raises Refused where somebody is above the reach of the bot, or administers the room."""
        if who == here.me or here.may(who, Right.RESTRICT):
            raise Refused("is-admin")
        if not able:
            raise Refused("no-right")
        if here.level(who) >= here.level(here.me):
            raise Refused("is-admin")

    async def _mute(self, here: Room, who: str) -> None:
        """The person's level is lowered below what words need."""
        self._check(here, who, able=here.level(here.me) >= here.state_level(LEVELS))
        async with self._kept.turn:
            now = await self._levels.read(here.id)
            if not levels.is_mute(now, who):
                await self._kept.put(f"{here.id} {who}", {"level": levels.inside(now, "users").get(who)})
                await self._set(here, who, None, mute=True)

    async def _free(self, here: Room, who: str) -> None:
        """A level that somebody else has lifted by hand stays; one that nobody knows of any more is the default."""
        if here.membership(who) == "ban":
            await self._server.member(here.id, "unban", who)
        name = f"{here.id} {who}"
        async with self._kept.turn:
            if levels.is_mute(await self._levels.read(here.id), who):
                await self._set(here, who, ((await self._kept.get(name)) or {}).get("level"))
            await self._kept.forget(name)

    async def _set(self, here: Room, who: str, level: Any, *, mute: bool = False) -> None:
        def change(now: levels.Content) -> levels.Content:
            if levels.is_mute(now, who) == mute:
                return now
            return levels.given(now, who, levels.mute_level(now) if mute else level)

        await self._levels.change(here.id, change)

    async def _admit(self, act: Admit, here: Room) -> None:
        """An invitation, or a kick, answers a knock (MSC2403)."""
        match here.membership(act.person.id):
            case "knock":
                await self._server.member(here.id, "invite" if act.yes else "kick", act.person.id)
            case place if (place in INSIDE) != act.yes:
                raise Refused("not-there")

    async def _clear(self, here: Room, who: str, key: str) -> None:
        """Redact their reactions, the newest first; those that were redacted say nothing any more."""
        if Right.DELETE not in here.rights:
            raise Refused("no-right")
        token, only = None, {"types": ["m.reaction"], "senders": [who]}
        for _ in range(MOST_PAGES):
            page = await answer(self._client.room_messages(here.id, token, limit=PAGE, message_filter=only))
            for event in (one.source for one in page.chunk):
                if event.get("sender") == who and part(event, "content", "m.relates_to") and is_id(event["event_id"]):
                    await self._server.redact(here.id, event["event_id"], f"{key}-{event['event_id']}")
            if not page.end or page.end == token:
                return
            token = page.end

    # --- the whole room

    async def _lock(self, here: Room) -> None:
        """What is changed is kept before it is; where words need so much already, nothing is."""
        now = await self._levels.read(here.id)
        if levels.is_locked(now, levels.lock_level(now)):
            return
        if here.level(here.me) < here.state_level(LEVELS):
            raise Refused("no-right")
        at = int(min(here.level(here.me), levels.lock_level(now)))
        if not levels.is_locked(now, at):
            await self._kept.put(here.id, {"at": at, **levels.taken(now)})
            await self._levels.change(here.id, lambda now: now if levels.is_locked(now, at) else levels.locked(now, at))

    async def _unlock(self, here: Room) -> None:
        """Where somebody has opened the room by hand meanwhile, that counts."""
        if (before := await self._kept.get(here.id)) is None:
            return

        def change(now: levels.Content) -> levels.Content:
            return levels.unlocked(now, before) if levels.is_locked(now, before["at"]) else now

        await self._levels.change(here.id, change)
        await self._kept.forget(here.id)

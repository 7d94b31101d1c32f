"""By which policy words are judged in a circle, and who is new there."""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlmodel import col, select

from bot.store.holds import Holds
from bot.store.tables import Circle, Layer, Linked, Member, now
from bridges.model import Person
from moderation.policy import Policy

# While a circle is raided: how many seconds newcomers' words wait before they cross, and for how many days one is new.
RAIDED, RAID_DAYS = 3600, 7
GROWN = timedelta(days=14)  # a circle that is older knows its people: who speaks there for the first time is new


def scopes(circle: Circle) -> tuple[str, ...]:
    """The scopes whose layers apply to a circle, the widest first."""
    return "", circle.commune, f"{circle.commune}/{circle.neighbourhood}", f"circle {circle.id}", raid_on(circle)


def raid_on(circle: Circle) -> str:
    """The scope of what holds in a circle while many strangers come at once."""
    return f"raid {circle.id}"


def is_raided(circle: Circle, policy: Policy) -> bool:
    """Whether that is part of its policy now."""
    return raid_on(circle) in policy.name.split(" > ")


class Standards(Holds):
    """A transaction, as far as it knows what is asked of people's words."""

    async def policy(self, circle: Circle) -> Policy:
        """The policy of a circle: the default, the file's layers, and what moderators changed; the nearest wins."""
        return await self.remembered(("policy", circle.id), lambda: self._policy(circle))

    async def _policy(self, circle: Circle) -> Policy:
        changed = {one.scope: one.changes for one in await self._layers(circle)}
        layers = dict(self.rules.layers(circle))
        return layered(tuple(
            (scope, text) for scope in scopes(circle)
            for text in (json.dumps(layers.get(scope) or {}, sort_keys=True), changed.get(scope, "{}"))
            if text != "{}"
        ))  # fmt: skip

    async def _layers(self, circle: Circle) -> list[Layer]:
        return list(await self.exec(select(Layer).where(col(Layer.scope).in_(scopes(circle)))))

    async def set_policy(self, scope: str, changes: Mapping[str, Any]) -> None:
        """Change what a layer says; None lets it inherit again. Raises PolicyError, and then nothing has changed."""
        layer = await self.get(Layer, scope)
        said = (json.loads(layer.changes) if layer else {}) | dict(changes)
        said = {name: value for name, value in said.items() if value is not None}
        Policy.layered([(scope, said)])
        await self.merge(Layer(scope=scope, changes=json.dumps(said, sort_keys=True)))
        await self.flush()

    # --- while many strangers come at once

    async def begin_raid(self, circle: Circle) -> None:
        """Let newcomers' words wait for an hour, on every network, until `end_raid`."""
        days = max(RAID_DAYS, (await self.policy(circle)).newcomer_days)
        await self.set_policy(raid_on(circle), {"newcomer_delay": RAIDED, "newcomer_days": days})

    async def end_raid(self, circle: Circle) -> None:
        """Let all be as it was; what waits by now has its time."""
        await self.set_policy(raid_on(circle), {"newcomer_delay": None, "newcomer_days": None})

    async def in_raid(self, circle: Circle) -> bool:
        """Whether a raid is on."""
        return is_raided(circle, await self.policy(circle))

    # --- who is new

    async def newcomer(self, person: Person, circle: Circle, policy: Policy, *, speaks: bool) -> bool:
        """Whether someone is new in a circle; `speaks`: this is one message more of theirs.

        Who was seen to come is new for their first messages, and in a raid whatever they wrote since; so is who first
        speaks in a circle that has been linked for long. Those who were there when it was linked are not.
        """
        assert circle.id is not None
        who, known = (self.hash(person), circle.id), self.shared.settled if self.shared else set()
        raid = is_raided(circle, policy)
        if who in known and not raid:
            return False
        member = await self.get(Member, who)
        if member is None:
            new = await self._is_grown(circle)
            member = Member(person=who[0], circle=who[1], messages=0 if new else policy.newcomer_messages)
        since = now() - timedelta(days=policy.newcomer_days)
        is_new = member.since > since and (member.messages < policy.newcomer_messages or (raid and member.arrived))
        if speaks:
            member.messages, member.left = min(member.messages + 1, policy.newcomer_messages), None
            self.add(member)
        if not is_new and self.shared:
            known.add(who)
        return is_new

    async def _is_grown(self, circle: Circle) -> bool:
        linked = select(Linked.since).where(Linked.circle == circle.id).order_by(col(Linked.since))
        since = (await self.exec(linked)).first()
        return since is not None and now() - since > GROWN

    async def arrives(self, person: Person, circle: Circle) -> None:
        """Somebody came into a chat of a circle; who was known there is not new again."""
        key = {"person": self.hash(person), "circle": circle.id}
        await self.upsert(Member, {**key, "since": now(), "messages": 0, "arrived": True}, keys=tuple(key))

    async def leaves(self, person: Person, circle: Circle) -> None:
        """Somebody left a chat of a circle: what is known of them goes after a while, if they do not come back."""
        if member := await self.get(Member, (self.hash(person), circle.id)):
            member.left = now()
            self.add(member)


@lru_cache(maxsize=256)
def layered(layers: tuple[tuple[str, str], ...]) -> Policy:
    """The policy that layers of JSON make, the widest first."""
    return Policy.layered([(scope, json.loads(text)) for scope, text in layers])

"""Whatever moderators do, and in whatever order they undo it: rights and sanctions are as they were before."""

import asyncio
import tempfile
import threading
from collections.abc import Awaitable, Coroutine
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import select

from bot.features.cases.acting import standing
from bot.features.cases.tables import Outcome
from bot.store import Sanction
from bridges.model import Ref
from tests.conftest import open_town
from tests.features.cases.quarter import Quarter, settle_in

PEOPLE = "Ana", "Mia", "Spam"
ACTS = "/avertir", "/muet 30min", "/muet 2h", "/muet 3j", "/exclure", "/verrouiller"
Seen = tuple[Any, ...]


class Stage:
    """A quarter in a loop of its own, so that a machine can ask it one thing after the other."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self._over = asyncio.Event()
        ready: asyncio.Future[Quarter] = asyncio.Future(loop=self.loop)
        self._hosting = asyncio.run_coroutine_threadsafe(self._host(ready), self.loop)
        self.quarter = self.do(waited(ready))

    async def _host(self, ready: asyncio.Future[Quarter]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with open_town(f"sqlite:///{folder}/town.db") as town:
                await town.links(town.telegram.chat, town.matrix.chat)
                ready.set_result(await settle_in(town))
                await self._over.wait()

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Let something happen, and wait until all of it has."""
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(60)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self._over.set)
        self._hosting.result(60)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


async def waited(what: Awaitable[Quarter]) -> Quarter:
    return await what


class Undoing(RuleBasedStateMachine):
    """Moderators of both networks act on people of both, and take it back."""

    @initialize()
    def begin(self) -> None:
        self.stage = Stage()
        self.quarter: Quarter = self.stage.quarter
        self.before: list[tuple[int, Seen]] = []  # the cases that stand, and what was seen before each

    def teardown(self) -> None:
        if hasattr(self, "stage"):
            self.stage.close()

    # --- what is done

    @rule(who=st.sampled_from(PEOPLE), what=st.sampled_from(ACTS), by=st.sampled_from(["Mo", "Mina"]))
    def act(self, who: str, what: str, by: str) -> None:
        """Acts pile up."""
        seen = self.stage.do(self.seen())
        if number := self.stage.do(self.acts(who, what, by)):
            self.before.append((number, seen))

    @precondition(lambda self: self.before)
    @rule()
    def undo_the_last(self) -> None:
        """What was done last is undone: all is as it was before it."""
        number, seen = self.before.pop()
        self.stage.do(self.undoes(number))
        assert self.stage.do(self.seen()) == seen

    @precondition(lambda self: self.before)
    @rule(data=st.data())
    def undo_any(self, data: st.DataObject) -> None:
        """Undone in another order, what holds is what the rest makes of it; the invariant looks."""
        nth = data.draw(st.integers(0, len(self.before) - 1))
        number, _ = self.before[nth]
        self.stage.do(self.undoes(number))
        if nth == len(self.before) - 1:
            self.before.pop()
        else:  # later ones still stand: what was seen before any of these is no longer what will be seen
            self.before.clear()

    @invariant()
    def networks_show_what_holds(self) -> None:
        if hasattr(self, "stage"):
            self.stage.do(self.agree())

    # --- how

    async def acts(self, who: str, what: str, by: str) -> int:
        """Tell the number of the case; 0 where nothing was done."""
        quarter, cases = self.quarter, len(await self.quarter.cases())
        home = quarter.matrix if who == "Mia" else quarter.telegram
        theirs = quarter.matrix if by == "Mina" else quarter.telegram
        async with quarter.town.store.work() as work:
            circle = await work.circle(home.chat)
            assert circle
            away = await work.silenced(home.person(who), circle)
        if what == "/verrouiller":
            about: Ref | None = None
        elif home is theirs and home is quarter.telegram:
            about = await quarter.says(who, f"mot {cases}")
        elif away or home is theirs:  # nothing of theirs is there to be answered
            return 0
        else:
            await quarter.says(who, f"mot {cases}", chat=home.chat)
            about = theirs.ref(theirs.find(f"mot {cases}"))
        await quarter.says(by, what.replace("/", theirs.can.prefix), reply_to=about, chat=theirs.chat)
        after = await quarter.cases()
        return len(after) if len(after) > cases else 0

    async def undoes(self, number: int) -> None:
        await self.quarter.says("Max", f"/annuler {number}")

    async def seen(self) -> Seen:
        """Rights as the networks show them, and sanctions and strikes as the bot keeps them."""
        quarter = self.quarter
        networks = [
            (sorted((who, str(at)) for (_, who), at in one.muted.items()), sorted(who for _, who in one.banned))
            for one in (quarter.telegram, quarter.matrix)
        ]
        locked = [bool(one.locked) for one in (quarter.telegram, quarter.matrix)]
        return (networks, locked, sorted(map(str, await quarter.sanctions())), await self.strikes())

    async def strikes(self) -> int:
        acts = await self.quarter.acts()
        undone = {one.undoes for one in acts}
        return len([one for one in acts if one.undoes is None and one.id not in undone])

    async def agree(self) -> None:
        """Each network shows just what follows from all that holds."""
        async with self.quarter.town.store.work() as work:
            rows = (await work.exec(select(Sanction))).all()
            hashes = {
                work.hash(home.person(who)): (home, who)
                for who in PEOPLE for home in [self.quarter.matrix if who == "Mia" else self.quarter.telegram]
            }  # fmt: skip
        for hash_, (home, who) in hashes.items():
            holds = standing([one for one in rows if one.person == hash_])
            assert ((home.chat, who) in home.banned) == (holds.what == "ban")
            if holds.what != "ban":
                assert home.muted.get((home.chat, who), "free") == (holds.until if holds.what == "mute" else "free")
        locked = any(one.what == "lock" for one in rows)
        assert [bool(one.locked) for one in (self.quarter.telegram, self.quarter.matrix)] == [locked, locked]
        assert all(case.outcome is not Outcome.OPEN for case in await self.quarter.cases())


TestUndoing = Undoing.TestCase
TestUndoing.settings = settings(
    max_examples=8, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
)

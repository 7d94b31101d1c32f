"""Pins follow their message, if it crossed."""

from bot.gate import Choice
from bot.store import now
from bridges.model import Pinned, Ref
from tests.conftest import Town


async def pins(town: Town, ref: Ref, *, on: bool = True) -> None:
    who, key = town.telegram.person("Ana"), f"telegram pin {ref.id} {on}"
    await town.telegram.tells(Pinned(key=key, at=now(), ref=ref, sender=who, on=on))
    await town.settles()


async def test_the_copy_is_pinned_and_unpinned(linked: Town) -> None:
    async with linked.store.work() as work:
        circle = await work.circle(linked.telegram.chat)
        assert circle
        await work.decide(linked.telegram.person("Ana"), circle, Choice.NAMED)
    ref = await linked.telegram.says("Ana", "à retenir")
    await linked.settles()
    copy = linked.matrix.seen()[-1].id
    await pins(linked, ref)
    assert linked.matrix.pinned == [copy]
    await pins(linked, ref, on=False)
    assert linked.matrix.pinned == []


async def test_what_stayed_is_not_pinned(linked: Town) -> None:
    await pins(linked, await linked.telegram.says("Ana", "reste"))
    assert linked.matrix.pinned == [] and linked.matrix.heard() == []

"""What one transaction looked up is good in the next, and never longer than it is true."""

from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import col, delete, select, update

from bot.gate import Choice
from bot.store import Consent, Linked, Mandate, Room, Sanction
from bridges.model import Chat, Person
from tests.conftest import Town, open_town

ANA = Person("Ana", Chat("telegram", "main"), "Ana")
LOOKED_UP = ("linked", "circle", "consent", "mandate", "layer", "sanction", "room")


def asked(town: Town) -> list[str]:
    """The statements that are made from now on about what lasts."""
    made: list[str] = []

    @event.listens_for(town.store.engine.sync_engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if any(f"FROM {name}" in statement for name in LOOKED_UP):
            made.append(statement)

    return made


async def look(town: Town) -> tuple[object, ...]:
    """All that lasts, as a message asks for it."""
    async with town.store.work() as work:
        circle = await work.circle(ANA.chat)
        assert circle
        consent = await work.consent(ANA, circle)
        return (
            circle.name, await work.chats(circle), consent and consent.choice, len(await work.mandates(ANA)),
            (await work.policy(circle)).flood_10s, await work.silenced(ANA, circle),
        )  # fmt: skip


async def test_the_second_message_asks_for_nothing(linked: Town) -> None:
    first = await look(linked)
    statements = asked(linked)
    assert await look(linked) == first
    assert statements == []


async def test_whatever_is_written_is_seen_by_the_next(linked: Town) -> None:
    assert await look(linked) == ("Les Tilleuls", [linked.matrix.chat, linked.telegram.chat], None, 0, 6, False)
    async with linked.store.work() as work:
        circle = await work.circle(ANA.chat)
        assert circle and circle.id
        await work.decide(ANA, circle, Choice.NAMED)
        work.add(Mandate(person=work.hash(ANA), role="moderator", scope=""))
        await work.set_policy(f"circle {circle.id}", {"flood_10s": 9})
        await work.merge(Sanction(act=1, circle=circle.id, person=work.hash(ANA), what="mute"))
        circle.name = "Le Port"
    assert (await look(linked))[0::2] == ("Le Port", Choice.NAMED, 9)
    assert (await look(linked))[3::2] == (1, True)


@pytest.mark.parametrize(
    "statement",
    [
        update(Consent).values(choice=Choice.NO),
        delete(Consent),
        delete(Linked).where(col(Linked.network) == "matrix"),
        update(Room).where(col(Room.network) == "matrix").values(member=False),
    ],
    ids=["consent changed", "consent deleted", "link deleted", "put out"],
)
async def test_what_is_written_past_the_session_is_seen_too(linked: Town, statement: object) -> None:
    async with linked.store.work() as work:
        circle = await work.circle(ANA.chat)
        assert circle
        await work.decide(ANA, circle, Choice.NAMED)
    before = await look(linked)
    async with linked.store.work() as work:
        await work.exec(statement)  # type: ignore[call-overload]
    assert await look(linked) != before


async def test_what_comes_to_nothing_was_never_there(linked: Town) -> None:
    before = await look(linked)

    async def breaks() -> None:
        async with linked.store.work() as work:
            circle = await work.circle(ANA.chat)
            assert circle
            circle.name = "Ailleurs"
            await work.flush()
            assert (await work.circle(ANA.chat)) is circle
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await breaks()
    assert await look(linked) == before


async def test_another_process_is_seen(linked: Town, tmp_path: Path) -> None:
    before = await look(linked)
    async with open_town(f"sqlite:///{tmp_path}/town.db") as other, other.store.work() as work:
        row = (await work.exec(select(Linked).where(col(Linked.network) == "matrix"))).one()
        await work.delete(row)
    assert await look(linked) != before


async def test_a_row_that_was_found_before_can_be_changed(linked: Town) -> None:
    await look(linked)
    async with linked.store.work() as work:
        circle = await work.circle(ANA.chat)
        assert circle
        circle.name = "Le Port"  # without `add`: it belongs to this transaction
    assert (await look(linked))[0] == "Le Port"

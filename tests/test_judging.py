"""Words are judged before they cross: what is held waits for a human, what somebody new says may wait a moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlmodel import col, select

from bot.clock import sweep
from bot.events import Judged
from bot.feature import Context, Feature
from bot.judging import Judging
from bot.recent import KEPT, TEXTS, Recently
from bot.store import HELD, Circle, Member, Outgoing, State
from bridges.model import Chat, Message, Person, Ref, Stirred
from moderation.judgement import Decision
from moderation.policy import PolicyError
from moderation.subject import Recent
from tests.conftest import Town
from tests.features.test_relay import agrees

BAD = "palourde"  # nobody's word but the policy's
START = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture
async def strict(linked: Town) -> Town:
    """A circle where one word is held, and Ana and Mia share theirs."""
    await agrees(linked, "Ana", "Bob", "Mia")
    await policy(linked, words=[BAD])
    return linked


async def policy(town: Town, scope: str = "", **changes: object) -> None:
    async with town.store.work() as work:
        await work.set_policy(scope, changes)


async def states(town: Town) -> list[State]:
    async with town.store.work() as work:
        known = await work.exec(select(Outgoing).where(col(Outgoing.origin) != "").order_by(col(Outgoing.id)))
        return [row.state for row in known]


@pytest.fixture
def told(strict: Town) -> list[Judged]:
    """What the features are told."""
    known: list[Judged] = []
    ear = Feature("ear")

    @ear.on(Judged)
    async def hear(_: Context, event: Judged) -> None:
        known.append(event)

    strict.app.world.features.append(ear)  # type: ignore[attr-defined]  # a list, as the app makes it
    return known


async def test_what_is_held_waits_and_crosses_when_it_is_let_go(strict: Town, told: list[Judged]) -> None:
    before = strict.matrix.heard()
    ref = await strict.telegram.says("Ana", f"une {BAD} fraîche")
    await strict.telegram.says("Ana", "et du pain")
    await strict.settles()
    assert strict.matrix.heard()[len(before) :] == ["<b>Ana · Telegram</b>: et du pain"]
    (judged,) = told
    assert (judged.said.ref, judged.judgement.decision, judged.judgement.matched) == (ref, Decision.HOLD, (BAD,))
    async with strict.store.work() as work:
        assert await work.is_held(ref)
        assert await work.release(ref) == 1
        assert await work.release(ref) == 0
        assert not await work.is_held(ref)
    await strict.settles()
    assert strict.matrix.heard()[-1] == f"<b>Ana · Telegram</b>: une {BAD} fraîche"


async def test_what_is_discarded_never_crosses_and_no_words_of_it_are_kept(strict: Town) -> None:
    ref = await strict.telegram.says("Ana", BAD)
    async with strict.store.work() as work:
        assert await work.discard(ref) == 1
        assert await work.is_held(ref)  # it is not to be quoted either
        (row,) = await work.exec(select(Outgoing).where(Outgoing.why == HELD))
        assert (row.state, row.payload) == (State.DROPPED, None)
        assert await work.release(ref) == 0
    await strict.settles()
    assert not any(BAD in words for words in strict.matrix.heard())


async def test_edits_of_what_is_held_are_held_with_it_and_follow_it(strict: Town) -> None:
    ref = await strict.telegram.says("Ana", BAD)
    await strict.telegram.edits("Ana", ref, "une moule")
    await strict.settles()
    assert (await states(strict))[-2:] == [State.HELD, State.HELD]
    async with strict.store.work() as work:
        assert await work.release(ref) == 2
    await strict.settles()
    assert strict.matrix.heard()[-1] == "<b>Ana · Telegram</b>: une moule"


async def test_an_edit_that_is_held_leaves_the_copy_as_it_was(strict: Town) -> None:
    ref = await strict.telegram.says("Ana", "bonjour")
    await strict.settles()
    await strict.telegram.edits("Ana", ref, BAD)
    await strict.settles()
    assert strict.matrix.heard()[-1] == "<b>Ana · Telegram</b>: bonjour"
    await strict.telegram.says("Bob", "hein ?", reply_to=ref)
    await strict.settles()
    assert not any(BAD in words for words in strict.matrix.heard())
    async with strict.store.work() as work:
        assert await work.release(ref) == 1
    await strict.settles()
    assert f"<b>Ana · Telegram</b>: {BAD}" in strict.matrix.heard()


async def test_an_answer_does_not_carry_what_it_answers_across(strict: Town) -> None:
    held = await strict.telegram.says("Ana", BAD)
    event = strict.telegram.last
    assert isinstance(event, Message)
    await strict.telegram.says("Bob", "quoi ?", reply_to=held)
    answer = strict.telegram.last
    assert isinstance(answer, Message)
    for n, quote in enumerate((BAD, "")):
        said = replace(answer, key=f"q{n}", ref=Ref(answer.ref.chat, f"9{n}"), quote=quote, answered=event)
        await strict.telegram.tells(said)
    await strict.settles()
    sent = [post.action for post in strict.matrix.seen() if post.action]
    assert not any(BAD in send.html + send.quote for send in sent)
    assert sum("quoi ?" in words for words in strict.matrix.heard()) == 3


async def test_what_its_author_takes_away_is_held_no_longer(strict: Town) -> None:
    ref = await strict.telegram.says("Ana", BAD)
    await strict.telegram.removes("Ana", ref)
    async with strict.store.work() as work:
        assert await work.release(ref) == 0
    await strict.settles()
    assert not any(BAD in words for words in strict.matrix.heard())


@pytest.mark.parametrize("role", ["ambassador", "moderator", "operator"])
async def test_who_serves_there_is_never_judged(strict: Town, told: list[Judged], role: str) -> None:
    await strict.appoints("Ana", "telegram", role, "Bourg-Exemple")
    await strict.telegram.says("Ana", BAD)
    await strict.settles()
    assert strict.matrix.heard()[-1] == f"<b>Ana · Telegram</b>: {BAD}"
    assert not told


async def test_a_role_elsewhere_is_no_role_here(strict: Town, told: list[Judged]) -> None:
    await strict.appoints("Ana", "telegram", "ambassador", "Ailleurs")
    await strict.telegram.says("Ana", BAD)
    assert len(told) == 1


async def test_what_is_said_to_the_bot_alone_is_nobody_s_business(strict: Town, told: list[Judged]) -> None:
    await strict.telegram.says("Ana", BAD, private=True)
    assert not told


async def test_words_of_before_a_yes_are_judged_as_well(linked: Town) -> None:
    await policy(linked, words=[BAD])
    await linked.telegram.says("Ana", BAD)
    await linked.settles()
    card = next(post for post in linked.telegram.whispers("Ana") if post.action and post.action.buttons)
    yes = card.action.buttons[0][0].data if card.action else ""
    await linked.telegram.taps("Ana", linked.telegram.ref(card), yes)
    await linked.settles()
    assert not any(BAD in words for words in linked.matrix.heard())
    assert State.HELD in await states(linked)


async def test_what_nobody_looks_at_for_two_days_is_dropped(strict: Town) -> None:
    ref = await strict.telegram.says("Ana", BAD)
    await sweep(strict.store)
    assert State.HELD in await states(strict)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=49)):
        await sweep(strict.store)
    assert State.HELD not in await states(strict)
    async with strict.store.work() as work:
        assert await work.release(ref) == 0


async def test_where_a_check_breaks_a_human_looks(
    strict: Town, told: list[Judged], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("bot.judging.judge", broken)
    await strict.telegram.says("Ana", "bonjour")
    await strict.settles()
    assert told[0].judgement.checks == ("defect",)
    assert State.HELD in await states(strict)


async def test_a_room_that_moves_takes_what_is_held_along(strict: Town) -> None:
    ref = await strict.telegram.says("Ana", BAD)
    new = Chat("matrix", "new")
    async with strict.store.work() as work:
        await work.move(strict.matrix.chat, new)
        assert await work.release(ref) == 1
    await strict.settles()
    assert strict.matrix.heard(chat=new) == [f"<b>Ana · Telegram</b>: {BAD}"]


# --- policies


async def test_the_nearest_layer_wins_and_what_it_forgets_is_inherited(strict: Town) -> None:
    await policy(strict, "Bourg-Exemple", words=["moule"])
    async with strict.store.work() as work:
        circle = (await work.exec(select(Circle))).one()
        assert (await work.policy(circle)).words == ("moule",)
        await work.set_policy(f"circle {circle.id}", {"words": [], "newcomer_delay": 5})
        assert ((await work.policy(circle)).words, (await work.policy(circle)).newcomer_delay) == ((), 5)
        await work.set_policy(f"circle {circle.id}", {"words": None})
        assert ((await work.policy(circle)).words, (await work.policy(circle)).newcomer_delay) == (("moule",), 5)
        with pytest.raises(PolicyError):
            await work.set_policy("", {"palourdes": 3})
        assert (await work.policy(circle)).words == ("moule",)


async def test_a_word_tried_dry_is_told_and_held_by_nobody(strict: Town, told: list[Judged]) -> None:
    await policy(strict, dry=True)
    await strict.telegram.says("Ana", BAD)
    await strict.settles()
    assert strict.matrix.heard()[-1] == f"<b>Ana · Telegram</b>: {BAD}"
    assert (told[0].judgement.decision, told[0].judgement.would) == (Decision.PASS, Decision.HOLD)


# --- who is new


async def comes(town: Town, name: str, what: str = "joined") -> None:
    who, chat = town.telegram.person(name), town.telegram.chat
    key, at = f"{what} {name} {datetime.now(UTC).timestamp()}", datetime.now(UTC)
    await town.telegram.tells(Stirred(key=key, at=at, chat=chat, sender=who, what=what))  # type: ignore[arg-type]


async def is_new(town: Town, name: str) -> bool:
    async with town.store.work() as work:
        circle = (await work.exec(select(Circle))).one()
        who = Person(name, town.telegram.chat, name)
        return await work.newcomer(who, circle, await work.policy(circle), speaks=False)


async def test_who_was_there_before_the_link_is_not_new_and_who_comes_is(linked: Town) -> None:
    await linked.telegram.says("Ana", "bonjour")
    await comes(linked, "Bob")
    assert not await is_new(linked, "Ana")
    for n in range(5):
        assert await is_new(linked, "Bob"), n
        await linked.telegram.says("Bob", "bonjour")
    assert not await is_new(linked, "Bob")


async def test_who_first_speaks_after_weeks_is_new_for_a_week(linked: Town) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(days=20)) as clock:
        await linked.telegram.says("Ana", "bonjour")
        assert await is_new(linked, "Ana")
        clock.shift(timedelta(days=8))
        assert not await is_new(linked, "Ana")


async def test_who_left_is_forgotten_after_a_month_and_not_before(linked: Town) -> None:
    await comes(linked, "Bob")
    await comes(linked, "Bob", "left")
    for days, known in ((29, 1), (31, 0)):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
            await sweep(linked.store)
        async with linked.store.work() as work:
            assert len((await work.exec(select(Member))).all()) == known


async def test_words_of_someone_new_wait_and_nobody_waits_with_them(strict: Town) -> None:
    await policy(strict, newcomer_delay=60)
    await comes(strict, "Ana")
    await policy(strict, words=[])
    ref = await strict.telegram.says("Ana", "un")
    await strict.telegram.says("Bob", "deux")
    await strict.telegram.edits("Ana", ref, "un, corrigé")
    await strict.settles()
    assert strict.matrix.heard()[-1] == "<b>Bob · Telegram</b>: deux"
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        await strict.settles()
    assert strict.matrix.heard()[-1] == "<b>Ana · Telegram</b>: un, corrigé"


@pytest.mark.parametrize("told_of_it", [True, False])
async def test_what_is_gone_at_home_by_then_never_travels(strict: Town, told_of_it: bool) -> None:  # noqa: FBT001
    await policy(strict, newcomer_delay=60)
    await comes(strict, "Ana")
    ref = await strict.telegram.says("Ana", "gagnez gros")
    if told_of_it:
        await strict.telegram.removes("Ana", ref)
    else:
        strict.telegram.posts.pop((ref.chat, ref.id))  # as on Telegram, where bots are not told
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        await strict.settles()
    assert not any("gagnez" in words for words in strict.matrix.heard())
    assert State.WAITING not in await states(strict)


# --- what was said lately


def test_what_was_said_lately_is_counted_by_person_place_and_words() -> None:
    lately = Recently()
    told = lately.note("ana", "a", "h", START)
    assert told == Recent(in_10s=1, in_60s=1, same_text=1, same_text_places=1, same_text_people=1)
    lately.note("ana", "b", "h", START + timedelta(seconds=5))
    told = lately.note("bob", "c", "h", START + timedelta(seconds=30))
    assert (told.in_10s, told.same_text, told.same_text_places, told.same_text_people) == (1, 1, 3, 2)
    told = lately.note("ana", "a", "", START + timedelta(seconds=31))
    assert (told.in_10s, told.in_60s, told.same_text) == (1, 3, 0)
    assert lately.note("ana", "a", "h", START + KEPT + timedelta(minutes=1)).same_text == 1


def test_a_flood_of_strangers_does_not_fill_the_memory() -> None:
    lately = Recently()
    for n in range(3 * TEXTS):
        lately.note(f"p{n}", "a", f"t{n}", START + timedelta(milliseconds=n))
    assert len(lately._said) <= TEXTS + 1
    assert len(lately._texts) <= TEXTS + 1


def test_a_judge_begins_knowing_nothing() -> None:
    assert Judging()._recently.note("ana", "a", "h", START).same_text == 1

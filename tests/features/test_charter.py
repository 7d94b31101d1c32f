"""The charter is shown once to whoever comes, alone; before a door it is asked first, and an answer is for few eyes."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select, update

from bot.clock import sweep
from bot.features.charter.tables import NEVER, Applicant, Pledge
from bot.store import Circle, Mandate, Outgoing, now
from bridges.fake import FakeBridge, Post
from bridges.model import Act, Admit, Chat, Person, Ref, Stirred, Tapped
from bridges.port import Refused, TryLater
from tests.conftest import Town, new_database, open_town

CIRCLE = "Bourg-Exemple/Les Tilleuls"
OWN = "Bonjour\nUne règle <b>simple</b> & courte"


@pytest.fixture
async def hosted(linked: Town) -> Town:
    """An ambassador on Telegram and a moderator on Matrix look after the circle."""
    await host(linked)
    return linked


async def host(town: Town) -> None:
    async with town.store.work() as work:
        for name, network, role in (("Hôte", "telegram", "ambassador"), ("Veille", "matrix", "moderator")):
            person, identity = Person(name, Chat(network, "main"), name), work.seal.close(f"{network} {name}")
            work.add(Mandate(person=work.hash(person), role=role, scope=CIRCLE, identity=identity))


async def moves(town: Town, name: str, what: str = "joined", bridge: FakeBridge | None = None) -> None:
    on = bridge or town.telegram
    who, key = Person(name, on.chat, name), f"{name} {what} {now().isoformat()}"
    await on.tells(Stirred(key=key, at=now(), chat=on.chat, sender=who, what=what))  # type: ignore[arg-type]
    await town.settles()


async def says(town: Town, name: str, words: str, *, private: bool = False, bridge: FakeBridge | None = None) -> None:
    await (bridge or town.telegram).says(name, words, private=private)
    await town.settles()


def shown(town: Town, name: str) -> list[Post]:
    return [post for bridge in (town.telegram, town.matrix) for post in bridge.whispers(name)]


async def taps(town: Town, name: str, post: Post, word: str) -> None:
    """Tap the first button of a verb."""
    assert post.action
    data = next(b.data for row in post.action.buttons for b in row if b.data.split(":")[1] == word)
    bridge = town.telegram if post.chat.network == "telegram" else town.matrix
    await bridge.taps(name, Ref(post.chat, post.id), data)
    await town.settles()


async def pledges(town: Town) -> list[Pledge]:
    async with town.store.work() as work:
        return list(await work.exec(select(Pledge)))


# --- at arrival


async def test_whoever_comes_is_shown_it_alone_and_accepts_with_a_tap(linked: Town) -> None:
    before = linked.telegram.heard()
    await moves(linked, "Ana")
    [post] = shown(linked, "Ana")
    assert "La charte du cercle « Les Tilleuls »" in post.html and "/abus" in post.html
    assert linked.telegram.heard() == before and linked.matrix.heard() == []
    await taps(linked, "Ana", post, "yes")
    assert "Merci, c'est noté" in linked.telegram.toasts[-1]
    [pledge] = await pledges(linked)
    assert (pledge.shown, pledge.accepted) == (0, 0) and len(pledge.person) == 32
    await taps(linked, "Ana", post, "yes")
    assert linked.telegram.toasts[-1] == "✅ Vous l'avez acceptée."
    assert len(await pledges(linked)) == 1


async def test_two_taps_that_come_together_are_one(linked: Town) -> None:
    await moves(linked, "Ana")
    [post] = shown(linked, "Ana")
    await linked.telegram.taps("Ana", Ref(post.chat, post.id), "charter:yes:1 0")
    again = linked.telegram.last
    await linked.telegram.tells(again)
    await linked.settles()
    assert len(linked.telegram.toasts) == 1 and len(await pledges(linked)) == 1


async def test_who_comes_back_is_not_shown_it_again(linked: Town) -> None:
    for what in ("joined", "left", "joined", "joined"):
        await moves(linked, "Ana", what)
    assert len(shown(linked, "Ana")) == 1
    assert [pledge.left for pledge in await pledges(linked)] == [None]


async def test_on_matrix_it_comes_in_private_and_is_accepted_in_words(linked: Town) -> None:
    await moves(linked, "Mia", bridge=linked.matrix)
    assert "!charte oui" in shown(linked, "Mia")[-1].html
    await says(linked, "Mia", "!charte oui", private=True, bridge=linked.matrix)
    assert [pledge.accepted for pledge in await pledges(linked)] == [0]
    assert "Merci, c'est noté" in linked.matrix.heard("Mia", Chat("matrix", "with Mia"))[-1]


async def test_nobody_accepts_what_they_were_not_shown(linked: Town) -> None:
    await says(linked, "Ana", "/charte oui")
    assert [pledge.accepted for pledge in await pledges(linked)] == [NEVER]
    assert "La charte du cercle" in shown(linked, "Ana")[-1].html
    await says(linked, "Ana", "/charte oui")
    assert [pledge.accepted for pledge in await pledges(linked)] == [0]


async def test_it_is_taken_back_in_a_word_and_nothing_else_changes(linked: Town) -> None:
    await moves(linked, "Ana")
    await says(linked, "Ana", "/charte oui")
    await says(linked, "Ana", "/charte non")
    assert [pledge.accepted for pledge in await pledges(linked)] == [NEVER]
    assert "Rien d'autre ne change" in shown(linked, "Ana")[-1].html


async def test_in_a_raid_nobody_is_shown_anything(linked: Town) -> None:
    await raids(linked)
    await moves(linked, "Ana")
    assert shown(linked, "Ana") == [] and await pledges(linked) == []


async def raids(town: Town) -> None:
    async with town.store.work() as work:
        await work.begin_raid(await work.get_one(Circle, 1))


async def test_a_stranger_to_the_circle_is_not_told_of_it(linked: Town) -> None:
    await says(linked, "Ana", "/charte", private=True)
    assert "dans aucun cercle" in linked.telegram.heard("Ana", Chat("telegram", "with Ana"))[-1]


# --- a version of one's own


async def test_a_new_version_is_read_once_by_each_chat_and_nobody_is_chased(hosted: Town) -> None:
    await moves(hosted, "Ana")
    await says(hosted, "Hôte", f"/charte écrire {OWN.replace('<b>', '&lt;b&gt;').replace('</b>', '&lt;/b&gt;')}")
    for bridge in (hosted.telegram, hosted.matrix):
        [news] = [html for html in bridge.heard() if "a changé" in html]
        assert "Une règle &lt;b&gt;simple&lt;/b&gt; &amp; courte" in news
    assert "version 1" in shown(hosted, "Hôte")[-1].html
    await says(hosted, "Ana", "bonjour")
    assert len([post for post in shown(hosted, "Ana") if "La charte du cercle" in post.html]) == 1
    await moves(hosted, "Bob")
    assert "Une règle" in shown(hosted, "Bob")[-1].html


async def test_a_tap_under_the_old_version_brings_the_new_one(hosted: Town) -> None:
    await moves(hosted, "Ana")
    [old] = shown(hosted, "Ana")
    await says(hosted, "Hôte", "/charte ecrire Une règle")
    await taps(hosted, "Ana", old, "yes")
    assert [pledge.accepted for pledge in await pledges(hosted)] == [NEVER]
    new = shown(hosted, "Ana")[-1]
    assert "Une règle" in new.html
    await taps(hosted, "Ana", new, "yes")
    assert [pledge.accepted for pledge in await pledges(hosted)] == [1]


async def test_the_card_of_a_new_version_is_accepted_by_anyone_and_stays(hosted: Town) -> None:
    await says(hosted, "Hôte", "/charte ecrire Une règle")
    card = hosted.telegram.find("Une règle")
    before = card.html
    await taps(hosted, "Ana", card, "yes")
    await taps(hosted, "Bob", card, "yes")
    assert len(await pledges(hosted)) == 2 and hosted.telegram.find("Une règle").html == before
    assert not [post for post in shown(hosted, "Ana") if "Merci" in post.html]


async def test_the_original_text_comes_back_as_a_version_of_its_own(hosted: Town) -> None:
    await says(hosted, "Hôte", "/charte ecrire Une règle")
    await says(hosted, "Hôte", "/charte origine")
    await moves(hosted, "Ana")
    assert "Une règle" not in shown(hosted, "Ana")[-1].html and "/abus" in shown(hosted, "Ana")[-1].html
    await taps(hosted, "Ana", shown(hosted, "Ana")[-1], "yes")
    assert [pledge.accepted for pledge in await pledges(hosted)] == [2]


@pytest.mark.parametrize("words", ["écrire Une règle", "entrée non", "question Qui ?", "origine"])
async def test_residents_write_nothing(hosted: Town, words: str) -> None:
    await says(hosted, "Ana", f"/charte {words}")
    assert "pas ouverte" in shown(hosted, "Ana")[-1].html
    await moves(hosted, "Bob")
    assert "/abus" in shown(hosted, "Bob")[-1].html


@pytest.mark.parametrize("words", ["écrire", "écrire " + "x" * 1501])
async def test_a_charter_has_words_and_fits_on_a_phone(hosted: Town, words: str) -> None:
    await says(hosted, "Hôte", f"/charte {words}")
    assert "caractères au plus" in shown(hosted, "Hôte")[-1].html


# --- before a door


async def asks_in(town: Town, name: str = "Ana") -> Post:
    await town.telegram.asks_in(name)
    await town.settles()
    return shown(town, name)[-1]


def admitted(town: Town) -> list[tuple[str, bool]]:
    acts = [action for bridge in (town.telegram, town.matrix) for action, _ in bridge.did.values()]
    return [(act.person.id, act.yes) for act in acts if isinstance(act, Admit)]


async def waiting(town: Town) -> list[Applicant]:
    async with town.store.work() as work:
        return list(await work.exec(select(Applicant)))


async def test_whoever_knocks_reads_the_charter_and_a_tap_lets_them_in(hosted: Town) -> None:
    door = await asks_in(hosted)
    assert "Vous demandez à entrer" in door.html and "/abus" in door.html and admitted(hosted) == []
    await taps(hosted, "Ana", door, "enter")
    assert admitted(hosted) == [("Ana", True)] and await waiting(hosted) == []
    await taps(hosted, "Ana", door, "enter")
    assert admitted(hosted) == [("Ana", True)] and "C'est déjà fait" in hosted.telegram.toasts[-1]
    await moves(hosted, "Ana")
    assert not [post for post in shown(hosted, "Ana") if "La charte du cercle" in post.html]


async def test_on_matrix_the_same_is_typed(hosted: Town) -> None:
    await hosted.matrix.asks_in("Mia")
    await hosted.settles()
    assert "!charte oui" in shown(hosted, "Mia")[-1].html
    await says(hosted, "Mia", "!charte oui", private=True, bridge=hosted.matrix)
    assert admitted(hosted) == [("Mia", True)]


async def test_nobody_opens_the_door_for_another(hosted: Town) -> None:
    await asks_in(hosted)
    [applicant] = await waiting(hosted)
    for data in (f"charter:enter:{applicant.id} 0", f"charter:admit:{applicant.id}", f"charter:decline:{applicant.id}"):
        await forges(hosted, "Bob", data)
    assert admitted(hosted) == [] and len(await waiting(hosted)) == 1
    await says(hosted, "Bob", f"/charte admettre {applicant.id}")
    assert admitted(hosted) == []


async def forges(town: Town, name: str, data: str) -> None:
    """A client of one's own can send back whatever it likes."""
    post = await town.telegram.says(name, "x", private=True)
    who = Person(name, post.chat, name)
    await town.telegram.tells(
        Tapped(key=f"forged {data}", at=now(), ref=post, sender=who, data=data, tap=data, private=True)
    )
    await town.settles()


async def test_who_asks_again_and_again_is_answered_a_few_times(hosted: Town) -> None:
    for n in range(9):
        await asks_in(hosted)
        await ages(hosted, timedelta(minutes=6 if n % 2 else 0))
    assert len(shown(hosted, "Ana")) <= 5 and len(await waiting(hosted)) == 1


async def ages(town: Town, time: timedelta) -> None:
    async with town.store.work() as work:
        for one in await work.exec(select(Applicant)):
            one.at -= time


async def test_requests_are_left_to_people_where_the_circle_wants_that_and_in_a_raid(hosted: Town) -> None:
    await says(hosted, "Hôte", "/charte entrée non")
    await hosted.telegram.asks_in("Ana")
    await says(hosted, "Hôte", "/charte entrée oui")
    await raids(hosted)
    await hosted.telegram.asks_in("Bob")
    await hosted.settles()
    assert shown(hosted, "Ana") + shown(hosted, "Bob") == [] and await waiting(hosted) == []


async def test_a_door_that_was_open_before_a_raid_is_shut_meanwhile(hosted: Town) -> None:
    door = await asks_in(hosted)
    await raids(hosted)
    await taps(hosted, "Ana", door, "enter")
    assert admitted(hosted) == [] and "Réessayez" in hosted.telegram.toasts[-1]
    await says(hosted, "Ana", "/charte oui", private=True)
    assert admitted(hosted) == []


async def answers(town: Town, words: str = "Je viens du 8, canari-réponse") -> None:
    """Knock where a question is asked, accept, and answer."""
    await says(town, "Hôte", "/charte question D'où venez-vous ?")
    door = await asks_in(town)
    await taps(town, "Ana", door, "enter")
    assert "D'où venez-vous ?" in shown(town, "Ana")[-1].html and admitted(town) == []
    await says(town, "Ana", words, private=True)


async def test_an_answer_is_read_by_those_who_decide_alone_and_then_gone(hosted: Town) -> None:
    await answers(hosted)
    asked = shown(hosted, "Hôte")[-1]
    assert "canari-réponse" in asked.html and "canari-réponse" in shown(hosted, "Veille")[-1].html
    assert "canari" not in str(hosted.telegram.heard() + hosted.matrix.heard())
    [applicant] = await waiting(hosted)
    assert applicant.answer and b"canari" not in applicant.answer and b"Ana" not in applicant.identity
    await taps(hosted, "Hôte", asked, "admit")
    assert admitted(hosted) == [("Ana", True)] and await waiting(hosted) == []
    assert "canari" not in str(shown(hosted, "Hôte") + shown(hosted, "Veille"))
    assert "Bienvenue" in shown(hosted, "Ana")[-1].html
    async with hosted.store.work() as work:
        kept = [work.seal.open(row.payload) for row in await work.exec(select(Outgoing)) if row.payload]
    assert "canari" not in str(kept)


async def test_a_moderator_declines_by_typing_and_who_is_later_is_told(hosted: Town) -> None:
    await answers(hosted)
    asked = shown(hosted, "Hôte")[-1]
    [applicant] = await waiting(hosted)
    assert f"!charte refuser {applicant.id}" in shown(hosted, "Veille")[-1].html
    await says(hosted, "Veille", f"!charte refuser {applicant.id}", private=True, bridge=hosted.matrix)
    assert admitted(hosted) == [("Ana", False)] and "n'a pas accepté" in shown(hosted, "Ana")[-1].html
    await forges(hosted, "Hôte", f"charter:admit:{applicant.id}")
    assert admitted(hosted) == [("Ana", False)] and "C'est déjà décidé" in hosted.telegram.toasts[-1]
    assert (asked.chat, asked.id) not in hosted.telegram.posts


async def test_an_answer_without_words_is_asked_for_again_and_one_with_many_is_cut(hosted: Town) -> None:
    await answers(hosted, " ")
    assert "en quelques mots" in shown(hosted, "Ana")[-1].html
    await says(hosted, "Ana", "<b>" + "y" * 900 + "</b>", private=True)
    assert "y" * 500 in shown(hosted, "Hôte")[-1].html and "y" * 501 not in shown(hosted, "Hôte")[-1].html


@pytest.mark.parametrize("what", ["joined", "left"])
async def test_who_was_let_in_by_somebody_else_or_went_is_no_question_any_more(hosted: Town, what: str) -> None:
    await answers(hosted)
    await moves(hosted, "Ana", what)
    assert await waiting(hosted) == [] and admitted(hosted) == []
    assert "canari" not in str(shown(hosted, "Hôte") + shown(hosted, "Veille"))


async def test_after_a_week_nothing_is_kept_of_who_asked(hosted: Town) -> None:
    await answers(hosted)
    await hosted.reaches("charter.expire")
    assert len(await waiting(hosted)) == 1
    await ages(hosted, timedelta(days=8))
    await hosted.reaches("charter.expire")
    assert await waiting(hosted) == [] and "canari" not in str(shown(hosted, "Hôte"))


async def test_whoever_wants_to_be_forgotten_takes_their_answer_along(hosted: Town) -> None:
    await answers(hosted)
    await says(hosted, "Ana", "/oublier oui", private=True)
    assert await waiting(hosted) == [] and await pledges(hosted) == [] and admitted(hosted) == []
    assert "canari" not in str(shown(hosted, "Hôte") + shown(hosted, "Veille"))


async def test_who_knocks_again_before_answering_is_asked_again(hosted: Town) -> None:
    await says(hosted, "Hôte", "/charte question D'où venez-vous ?")
    await taps(hosted, "Ana", await asks_in(hosted), "enter")
    await ages(hosted, timedelta(minutes=6))
    await taps(hosted, "Ana", await asks_in(hosted), "enter")
    assert "D'où venez-vous ?" in shown(hosted, "Ana")[-1].html
    await says(hosted, "Ana", "Du 8", private=True)
    assert "Du 8" in shown(hosted, "Hôte")[-1].html


async def test_who_cannot_be_reached_is_put_to_those_who_decide(hosted: Town) -> None:
    hosted.telegram.failures.append(Refused("unreachable"))
    await hosted.telegram.asks_in("Ana")
    await hosted.settles()
    asked = shown(hosted, "Hôte")[-1]
    assert "Je n'ai pas pu lui écrire" in asked.html
    await taps(hosted, "Hôte", asked, "admit")
    assert admitted(hosted) == [("Ana", True)]


async def test_a_door_that_does_not_open_is_told(hosted: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    door = await asks_in(hosted)
    assert door.action
    await hosted.telegram.taps("Ana", Ref(door.chat, door.id), door.action.buttons[0][0].data)
    monkeypatch.setattr(hosted.telegram, "_moderate", refuse)
    await hosted.settles()
    assert "je n'ai pas le droit" in shown(hosted, "Hôte")[-1].html


def refuse(_: Act) -> None:
    """The network does not let the bot open a door."""
    raise Refused("no-right")


async def test_a_network_that_says_later_and_a_crash_in_between_let_in_once(hosted: Town) -> None:
    door = await asks_in(hosted)
    assert door.action
    await hosted.telegram.taps("Ana", Ref(door.chat, door.id), door.action.buttons[0][0].data)
    hosted.telegram.failures += [TryLater(timedelta(seconds=0))] * 3
    hosted.restarts_courier()
    await hosted.settles()
    async with hosted.store.work() as work:
        await work.exec(update(Outgoing).values(not_before=now() - timedelta(hours=1)))
    hosted.restarts_courier()
    await hosted.settles()
    assert admitted(hosted) == [("Ana", True)]


async def test_what_two_decide_at_once_is_decided_once(postgresql: str) -> None:
    async with open_town(await new_database(postgresql)) as town:
        await town.links(town.telegram.chat, town.matrix.chat)
        await host(town)
        await answers(town)
        [applicant] = await waiting(town)
        words = (("Hôte", f"/charte admettre {applicant.id}"), ("Veille", f"!charte refuser {applicant.id}"))
        bridges = (town.telegram, town.matrix)
        await asyncio.gather(*(
            bridge.says(name, line, private=True) for bridge, (name, line) in zip(bridges, words, strict=True)
        ))  # fmt: skip
        await town.settles()
        assert len(admitted(town)) == 1 and await waiting(town) == []


async def test_two_taps_at_the_door_at_once_open_it_once(postgresql: str) -> None:
    async with open_town(await new_database(postgresql)) as town:
        await town.links(town.telegram.chat, town.matrix.chat)
        door = await asks_in(town)
        assert door.action
        who = Person("Ana", door.chat, "Ana")
        tap = Tapped(
            key="1", at=now(), ref=Ref(door.chat, door.id), sender=who, data=door.action.buttons[0][0].data, tap="1"
        )
        await asyncio.gather(*(town.app.handle([replace(tap, key=key)]) for key in ("1", "2", "3")))
        await town.settles()
        assert admitted(town) == [("Ana", True)] and len(await pledges(town)) == 1


# --- forgetting


@pytest.mark.parametrize(
    ("accepted", "days", "left", "kept"),
    [(0, 300, None, 1), (0, 366, None, 0), (NEVER, 29, None, 1), (NEVER, 31, None, 0), (0, 40, 29, 1), (0, 40, 31, 0)],
)
async def test_what_is_kept_has_its_time(linked: Town, accepted: int, days: int, left: int | None, kept: int) -> None:
    await moves(linked, "Ana")
    values = {"accepted": accepted, "at": now() - timedelta(days=days)}
    if left is not None:
        values["left"] = now() - timedelta(days=left)
    async with linked.store.work() as work:
        await work.exec(update(Pledge).values(**values))
    await linked.reaches("charter.forget")
    await sweep(linked.store)
    assert len(await pledges(linked)) == kept

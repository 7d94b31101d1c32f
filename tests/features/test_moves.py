"""Groups that become others, and chats that take nothing: nothing that waits is lost, and people are told."""

from datetime import timedelta

from bot.gate import Choice
from bot.store import Mandate, now
from bridges.model import Chat, Moved, Person, Placed, Right
from bridges.port import Shut
from tests.conftest import Town

NEW = Chat("telegram", "new")


async def says_yes(town: Town) -> None:
    async with town.store.work() as work:
        circle = await work.circle(town.matrix.chat)
        assert circle
        for person in (town.matrix.person("Mia"), town.telegram.person("Ana")):
            await work.decide(person, circle, Choice.NAMED)
        scope, identity = "Bourg-Exemple/Les Tilleuls", work.seal.close("matrix @hote:x")
        work.add(Mandate(person="h", role="ambassador", scope=scope, identity=identity))


async def moves(town: Town, *, entered: bool = True) -> None:
    by = Person("1", town.telegram.chat)
    moved = Moved(key="telegram move", at=now(), old=town.telegram.chat, new=NEW, by=by, entered=entered)
    await town.telegram.tells(moved)


async def test_links_and_what_waits_follow_a_group(linked: Town) -> None:
    await says_yes(linked)
    old = await linked.matrix.says("Mia", "avant")
    await linked.settles()
    linked.telegram.failures += [Shut("kicked")]
    await linked.matrix.says("Mia", "pendant", "aussi")
    await linked.settles()
    await moves(linked)
    await linked.settles()
    await linked.matrix.says("Mia", "après", reply_to=old)
    await linked.settles()
    there = [post.html.partition("</b>: ")[2] for post in linked.telegram.seen(chat=NEW) if post.to is None]
    assert [line for line in there if line] == [
        "pendant", "aussi", "<blockquote><b>Mia · Matrix</b>: avant</blockquote>après",
    ]  # fmt: skip
    assert linked.telegram.seen(chat=NEW)[-1].reply_to is None
    await linked.telegram.says("Ana", "du nouveau groupe", chat=NEW)
    await linked.settles()
    assert linked.matrix.heard()[-1].endswith("du nouveau groupe")


async def test_where_the_bot_cannot_enter_the_link_stays_and_those_who_can_help_are_told(linked: Town) -> None:
    await says_yes(linked)
    await moves(linked, entered=False)
    await linked.settles()
    (told,) = [post for post in linked.matrix.posts.values() if post.to == "@hote:x"]
    assert "Invitez-moi" in told.html
    await linked.matrix.says("Mia", "encore ici")
    await linked.settles()
    assert linked.telegram.heard()[-1].endswith("encore ici")


async def test_a_shut_chat_waits_an_ambassador_is_told_once_and_all_goes_on_when_it_opens(linked: Town) -> None:
    await says_yes(linked)
    for _ in range(2):
        linked.telegram.failures.append(Shut("kicked", timedelta(0)))
        await linked.matrix.says("Mia", "un", "deux")
    linked.telegram.failures += [Shut("rights")] * 1
    await linked.settles()
    told = [post for post in linked.matrix.posts.values() if post.to == "@hote:x"]
    assert len(told) == 1 and "retiré du groupe" in told[0].html
    assert linked.telegram.heard() == []
    rights = frozenset(Right)
    by, chat = Person("1", NEW), linked.telegram.chat
    back = Placed(key="telegram back", at=now(), chat=chat, by=by, kind="supergroup", rights=rights)
    await linked.telegram.tells(back)
    await linked.settles()
    assert [line.rpartition(": ")[2] for line in linked.telegram.heard()] == ["un", "deux", "un", "deux"]

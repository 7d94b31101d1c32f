"""From nothing to two linked chats, and the doors that stay shut."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlmodel import select

from bot.feature import Role
from bot.invitations import invite
from bot.store import Linked, Room, now
from bridges.fake import FakeBridge
from bridges.model import Chat, Invited, Placed, Right, Unreadable
from tests.conftest import Town

HOUR = timedelta(hours=1)


async def comes(_: Town, bridge: FakeBridge, chat: Chat, *, kind: str = "supergroup", rights: str = "") -> None:
    """The bot is put into a group."""
    held = frozenset(Right(right) for right in rights.split())
    ana = bridge.person("Ana", chat)
    key = f"{bridge.name} placed {now().timestamp()}"
    await bridge.tells(Placed(key=key, at=now(), chat=chat, by=ana, title="Les Tilleuls", kind=kind, rights=held))


async def operator(town: Town) -> None:
    """Ana opens the link that the shell printed."""
    async with town.store.work() as work:
        code = await invite(work, Role.OPERATOR, "")
    await town.telegram.says("Ana", f"/start {code}", private=True)
    await town.settles()


def last(bridge: FakeBridge, name: str = "Ana") -> str:
    return bridge.heard(chat=Chat(bridge.name, f"with {name}"))[-1]


async def codes(town: Town) -> tuple[str, str]:
    """Ask in private for the ways into a circle: the code in the button, and the one to type."""
    await town.telegram.says("Ana", "/relier", private=True)
    await town.settles()
    private = Chat("telegram", "with Ana")
    question = town.telegram.seen(chat=private)[-1]
    await town.telegram.taps("Ana", town.telegram.ref(question), "link:where:0")
    await town.settles()
    answer = town.telegram.seen(chat=private)[-1]
    assert answer.action
    (button,), typed = answer.action.buttons[0], re.search(r"!relier (\w+)", answer.html)
    assert typed is None  # both fakes have links: the Matrix one is a button too
    second = answer.action.buttons[1][0]
    return button.url.rpartition("=")[2], second.url.rpartition("=")[2]


async def test_from_the_operators_link_to_two_groups_that_hear_one_another(town: Town) -> None:
    await operator(town)
    assert "opérateur" in last(town.telegram)
    for_telegram, for_matrix = await codes(town)
    await comes(town, town.telegram, town.telegram.chat, rights="admin delete pin")
    await town.telegram.says("Ana", f"/start@palier.telegram {for_telegram}")
    await comes(town, town.matrix, town.matrix.chat, kind="room", rights="delete pin send")
    await town.matrix.says("Mia", f"!relier {for_matrix}")
    await town.settles()
    assert any("cercle « Les Tilleuls »" in line for line in town.telegram.heard())
    assert any("relié à un autre groupe" in line for line in town.matrix.heard())
    assert len(town.telegram.pinned) == len(town.matrix.pinned) == 1
    await town.telegram.says("Ana", "/relais oui", "bonjour")
    await town.settles()
    assert town.matrix.heard()[-1] == "<b>Ana · Telegram</b>: bonjour"


async def test_a_code_serves_once_and_for_a_day(town: Town) -> None:
    await operator(town)
    code, _ = await codes(town)
    await town.telegram.says("Ana", f"/relier {code}")
    other = Chat("telegram", "elsewhere")
    await town.telegram.says("Eve", f"/relier {code}", chat=other)
    await town.settles()
    assert "Il me faut un code" in town.telegram.heard(chat=other)[-1]
    with time_machine.travel(datetime.now(UTC) + 25 * HOUR):
        async with town.store.work() as work:
            late = await invite(work, Role.PUBLISHER, "")
        with time_machine.travel(datetime.now(UTC) + 25 * HOUR):
            await town.telegram.says("Eve", f"/start {late}", private=True)
            await town.settles()
    assert "ne sert plus" in last(town.telegram, "Eve")


async def test_nobody_guesses_codes_for_long(town: Town) -> None:
    async with town.store.work() as work:
        code = await invite(work, Role.OPERATOR, "")
    for _ in range(12):
        await town.telegram.says("Eve", f"/relier {code}", chat=Chat("telegram", "elsewhere"))
    await town.telegram.says("Eve", f"/start {code}", private=True)
    await town.settles()
    assert "ne sert plus" in last(town.telegram, "Eve")


async def test_who_holds_no_role_gets_no_code(town: Town) -> None:
    await town.telegram.says("Eve", "/relier", private=True)
    await town.telegram.says("Eve", "/inviter ambassadeur Les Tilleuls", private=True)
    await town.settles()
    heard = town.telegram.heard(chat=Chat("telegram", "with Eve"))
    assert heard[2:] == ["Cette commande ne vous est pas ouverte ici."] * 2


async def test_an_operator_invites_an_ambassador_who_links_only_at_home(town: Town) -> None:
    await operator(town)
    await town.telegram.says("Ana", "/inviter ambassadeur Le Port", private=True)
    await town.settles()
    code = re.search(r"start=(\w{10})&", last(town.telegram))
    assert code
    await town.telegram.says("Bob", f"/start {code[1]}", private=True)
    await town.telegram.says("Bob", "/relier", private=True)
    await town.settles()
    private = town.telegram.seen(chat=Chat("telegram", "with Bob"))
    assert "ambassadeur (Le Port)" in private[-2].html
    assert private[-1].action and [row[0].text for row in private[-1].action.buttons] == ["Le Port"]
    await town.telegram.says("Bob", "/inviter operateur", private=True)
    await town.settles()
    assert "Rôles que vous pouvez donner" in last(town.telegram, "Bob")


async def test_a_basic_group_is_asked_to_become_a_supergroup_and_the_code_still_works(town: Town) -> None:
    await operator(town)
    code, _ = await codes(town)
    await comes(town, town.telegram, town.telegram.chat, kind="group")
    await town.telegram.says("Ana", f"/relier {code}")
    await town.settles()
    assert "supergroupe" in town.telegram.heard()[-1]
    await comes(town, town.telegram, town.telegram.chat, rights="admin delete pin")
    await town.telegram.says("Ana", f"/relier {code}")
    await town.settles()
    assert "cercle « Les Tilleuls »" in town.telegram.heard()[-1]


async def test_missing_rights_are_named_with_what_they_cost_and_their_coming_is_thanked(town: Town) -> None:
    town.telegram.can = type(town.telegram.can)(
        text_length=4096, buttons=True, wants=(Right.ADMIN, Right.DELETE, Right.PIN)
    )
    await operator(town)
    code, _ = await codes(town)
    await comes(town, town.telegram, town.telegram.chat, rights="delete")
    await town.telegram.says("Ana", f"/relier {code}")
    await town.settles()
    missing = town.telegram.heard()[-1]
    assert "administrateur" in missing and "épingler" in missing and "supprimer" not in missing
    await comes(town, town.telegram, town.telegram.chat, rights="admin delete pin")
    await town.settles()
    assert "tous les droits" in town.telegram.heard()[-1]


async def test_unlinking_stops_everything_and_takes_the_card_down(linked: Town) -> None:
    await linked.appoints("Ana", "telegram", "ambassador", "Bourg-Exemple/Les Tilleuls")
    await linked.telegram.says("Ana", "/relais oui", "/delier", "bonjour")
    await linked.settles()
    assert linked.matrix.heard() == []
    assert "Plus rien ne part" in linked.telegram.heard()[-1]
    await linked.telegram.says("Bob", "/delier")
    await linked.settles()
    assert "pas ouverte" in linked.telegram.heard()[-1]


async def test_in_an_unclaimed_group_it_introduces_itself_and_leaves_a_day_later(town: Town) -> None:
    await comes(town, town.telegram, town.telegram.chat)
    start = datetime.now(UTC)
    await town.reaches("link.leave_unclaimed")
    assert town.telegram.heard() == []
    with time_machine.travel(start + timedelta(minutes=2)):
        await town.reaches("link.leave_unclaimed")
    assert town.telegram.heard() == [
        ("Je suis le bot de Bourg-Exemple. Sans code d'un ambassadeur, je pars demain. "
         "Le code s'écrit ainsi : /relier CODE")
    ]
    with time_machine.travel(start + 23 * HOUR):
        await town.reaches("link.leave_unclaimed")
    assert town.telegram.left == []
    with time_machine.travel(start + 25 * HOUR):
        await town.reaches("link.leave_unclaimed")
    assert town.telegram.left == [town.telegram.chat] and len(town.telegram.heard()) == 1


async def test_a_linked_group_is_never_left(linked: Town) -> None:
    with time_machine.travel(datetime.now(UTC) + 48 * HOUR):
        await linked.reaches("link.leave_unclaimed")
    assert linked.telegram.left == [] and linked.telegram.heard() == []


async def asks_in(town: Town, who: str, *, reason: str = "", direct: bool = False, room: str = "!new") -> bool:
    """Someone invites the bot; tell whether it comes."""
    chat = Chat("matrix", room)
    before = len(town.matrix.joined)
    by = town.matrix.person(who, chat)
    key = f"invite {now().timestamp()}"
    await town.matrix.tells(Invited(key=key, at=now(), chat=chat, by=by, reason=reason, direct=direct))
    await town.settles()
    return len(town.matrix.joined) > before


async def test_an_invitation_without_a_code_is_declined(town: Town) -> None:
    assert not await asks_in(town, "@eve:evil.example")
    assert not await asks_in(town, "@eve:evil.example", reason="please NOCODE1234")
    assert not await asks_in(town, "@eve:evil.example", direct=True)
    assert len(town.matrix.left) == 3


async def test_an_invitation_with_a_code_or_from_the_operators_server_is_accepted(town: Town) -> None:
    await operator(town)
    _, code = await codes(town)
    assert await asks_in(town, "@mia:else.example", reason=code)
    town.matrix.address = "@palier:bourg.example"
    assert await asks_in(town, "@clerk:bourg.example", room="!hall")


async def test_who_shares_a_room_may_talk_alone_with_the_bot(town: Town) -> None:
    await town.matrix.says("@mia:else.example", "bonjour")
    assert await asks_in(town, "@mia:else.example", direct=True)
    with time_machine.travel(datetime.now(UTC) + HOUR):
        await town.reaches("link.leave_unclaimed")
    assert town.matrix.heard(chat=Chat("matrix", "!new")) == []


async def test_invitations_are_rate_limited(town: Town) -> None:
    town.matrix.address = "@palier:bourg.example"
    came = [await asks_in(town, "@mia:bourg.example", room=f"!{n}") for n in range(8)]
    assert came == [True] * 5 + [False] * 3


async def test_a_room_is_told_once_that_keys_are_missing(linked: Town) -> None:
    for n in range(3):
        sender = linked.matrix.person("Mia")
        await linked.matrix.tells(Unreadable(key=f"u{n}", at=now(), chat=linked.matrix.chat, sender=sender))
    await linked.settles()
    told = linked.matrix.heard()
    assert len(told) == 1
    assert "sa clé ne m'est pas parvenue" in told[0]


@pytest.mark.parametrize("member", [True, False])
async def test_where_the_bot_was_put_out_nothing_is_queued(linked: Town, member: bool) -> None:  # noqa: FBT001
    await linked.telegram.says("Ana", "/relais oui")
    event = Placed(key="out", at=now(), chat=linked.matrix.chat, by=linked.matrix.person("Mia"), member=member)
    await linked.matrix.tells(event)
    await linked.telegram.says("Ana", "bonjour")
    await linked.settles()
    assert bool(linked.matrix.heard()) is member
    async with linked.store.work() as work:
        assert (await work.get_one(Room, ("matrix", "main"))).member is member
        assert len((await work.exec(select(Linked))).all()) == 2


async def test_a_channel_is_left_at_once(town: Town) -> None:
    await comes(town, town.telegram, Chat("telegram", "news"), kind="channel")
    await town.settles()
    assert town.telegram.left == [Chat("telegram", "news")]


async def test_a_room_with_one_resident_yet_is_linked_and_relayed_like_any_other(town: Town) -> None:
    await operator(town)
    for_telegram, for_matrix = await codes(town)
    await comes(town, town.telegram, town.telegram.chat, rights="admin delete pin")
    await town.telegram.says("Ana", f"/relier {for_telegram}")
    room = Chat("matrix", "with Mia")
    await comes(town, town.matrix, room, kind="room")
    await town.matrix.says("Mia", f"!relier {for_matrix}", "!relais oui", "je suis seule", private=True)
    await town.settles()
    assert town.telegram.heard()[-1] == "<b>Mia · Matrix</b>: je suis seule"

"""Links for roles from the shell: each works once, in the neighbourhood that was meant."""

import asyncio
import re

import pytest

from bot.run import open_store
from bot.store import Invitation
from tests.cli.conftest import Home


def kept(home: Home, code: str) -> Invitation | None:
    async def look() -> Invitation | None:
        async with open_store(home.settings()) as store, store.work() as work:
            return await work.invitation(code)

    return asyncio.run(look())


@pytest.mark.parametrize(
    ("words", "role", "scope"),
    [
        (["operator"], "operator", ""),
        (["opérateur"], "operator", ""),
        (["redacteur"], "publisher", ""),
        (["Approver"], "approver", ""),
        (["ambassadrice", "--for", "les tilleuls"], "ambassador", "Bourg-Exemple/Les Tilleuls"),
        (["moderator", "--for", "Le Port"], "moderator", "Bourg-Exemple/Le Port"),
    ],
)
def test_a_link_gives_the_role(home: Home, words: list[str], role: str, scope: str) -> None:
    home.sets_up(matrix=True)
    said = home.types("invite", *words)
    assert said.code == 0, said
    found = re.search(r"https://t\.me/palier_bot\?start=(\w+)", said.out)
    assert found and f"@palier:localhost and write: !bonjour {found[1]}" in said.out
    invitation = kept(home, found[1])
    assert invitation and (invitation.purpose, invitation.scope) == (role, scope)


@pytest.mark.parametrize("how", [["--offline"], []])
def test_without_the_network_the_code_alone_is_told(home: Home, how: list[str]) -> None:
    home.sets_up()
    home.networks.do(home.networks.telegram.close())
    found = re.search(r"/start (\w+)", home.types("invite", "operator", *how).out)
    assert found and kept(home, found[1])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["king"], 'there is no role "king"; choose one of: operator, '),
        (["ambassador", "--for", "Là"], 'there is no neighbourhood "Là"; choose one of: Les Tilleuls, Le Port'),
        (["ambassador"], "add --for and one of: Les Tilleuls, Le Port"),
        (["operator", "--for", "Le Port"], "holds everywhere"),
        ([], "Missing argument"),
    ],
)
def test_what_there_is_not_is_one_line(home: Home, words: list[str], why: str) -> None:
    home.sets_up()
    assert why in home.fails("invite", *words)

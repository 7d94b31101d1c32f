"""Who never said yes loses nothing: each command answers, the town hall is heard, nothing of theirs leaves."""

import pytest
from sqlmodel import select

from bot.app import find_features
from bot.store import Consent
from bridges.model import Send, Voice
from tests.conftest import Town

OPEN_TO_ALL = sorted(command.name for feature in find_features() for command in feature.commands if not command.roles)


@pytest.mark.parametrize("command", OPEN_TO_ALL)
@pytest.mark.parametrize("network", ["telegram", "matrix"])
async def test_every_command_that_is_open_to_all_answers(linked: Town, command: str, network: str) -> None:
    home, other = (linked.telegram, linked.matrix) if network == "telegram" else (linked.matrix, linked.telegram)
    word = linked.app.world.texts.say("fr", f"command-{command}").split()[0]
    await home.says("Ana", f"{home.can.prefix}{word}")
    await linked.settles()
    assert [post for post in home.posts.values() if post.author == "bot"], "nothing was answered"
    assert other.heard() == []


async def test_what_the_town_hall_says_arrives_everywhere(linked: Town) -> None:
    async with linked.store.work() as work:
        assert (await work.exec(select(Consent))).all() == []
        for bridge in (linked.telegram, linked.matrix):
            await work.do(Send(chat=bridge.chat, html="Coupure d'eau", of=Voice.TOWN_HALL))
    await linked.settles()
    assert [bridge.heard("Ana") for bridge in (linked.telegram, linked.matrix)] == [["Coupure d'eau"]] * 2

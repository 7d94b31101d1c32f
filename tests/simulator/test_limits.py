"""The pace: what counts, what is free, and how long one is asked to wait."""

from collections.abc import Awaitable

import pytest

from bridges.simulator.errors import Refusal
from bridges.simulator.limits import Limits
from tests.simulator.conftest import Failed, Town


@pytest.fixture
async def paced(town: Town) -> Town:
    await town.control.settings(limits=True)
    return town


async def wait(call: Awaitable[object]) -> int:
    """The seconds that a refused call is told to wait."""
    with pytest.raises(Failed) as failure:
        await call
    seconds: int = failure.value.parameters["retry_after"]
    assert failure.value.code == 429 and str(failure.value) == f"Too Many Requests: retry after {seconds}"
    return seconds


async def test_one_a_second_in_a_chat_after_a_burst(paced: Town) -> None:
    for _ in range(3):
        await paced.api("sendMessage", chat_id=paced.group, text="a")
    assert await wait(paced.api("sendMessage", chat_id=paced.group, text="a")) == 1
    paced.shift(1)
    message = await paced.api("sendMessage", chat_id=paced.group, text="a")
    here = {"chat_id": paced.group, "message_id": message["message_id"]}
    assert await wait(paced.api("editMessageText", **here, text="b")) == 1
    assert await wait(paced.api("editMessageReplyMarkup", **here)) == 1
    await paced.control.settings(limits=False)
    await paced.api("editMessageText", **here, text="b")


async def test_twenty_a_minute_in_a_group_edits_included(paced: Town) -> None:
    message = await paced.api("sendMessage", chat_id=paced.group, text="0")
    here = {"chat_id": paced.group, "message_id": message["message_id"]}
    for i in range(19):
        paced.shift(1)
        await paced.api("editMessageText", **here, text=f"{i + 1}")
    paced.shift(1)
    assert 35 <= await wait(paced.api("sendMessage", chat_id=paced.group, text="a")) <= 41
    paced.shift(41)
    await paced.api("sendMessage", chat_id=paced.group, text="a")


async def test_answers_and_reactions_are_free(paced: Town) -> None:
    message = await paced.say("bonjour")
    for _ in range(3):
        await paced.api("sendMessage", chat_id=paced.group, text="a")
    for _ in range(10):
        here = {"chat_id": paced.group, "message_id": message["message_id"]}
        await paced.api("setMessageReaction", **here, reaction=[{"type": "emoji", "emoji": "👍"}])
        await paced.api("getMe")
        await paced.api("getUpdates")


def test_thirty_a_second_in_all() -> None:
    time = 1000.0
    limits = Limits(lambda: time)
    for chat in range(30):
        limits.spend(1, chat, group=False)
    with pytest.raises(Refusal):
        limits.spend(1, 99, group=False)
    limits.spend(2, 99, group=False)  # another bot has its own pace
    time += 1
    limits.spend(1, 99, group=False)

"""getUpdates: confirming, waiting, who may ask, what is asked for, and how long it is kept."""

import asyncio

import pytest

from tests.simulator.conftest import Failed, Town

DAY = 86400


async def test_updates_stay_until_they_are_confirmed(town: Town) -> None:
    await town.say("un")
    await town.say("deux")
    first = await town.api("getUpdates")
    assert [u["message"]["text"] for u in first] == ["un", "deux"]
    assert first[1]["update_id"] == first[0]["update_id"] + 1
    assert await town.api("getUpdates") == first
    assert await town.api("getUpdates", offset=first[1]["update_id"]) == first[1:]
    assert await town.api("getUpdates", offset=first[1]["update_id"] + 1) == []
    assert await town.api("getUpdates") == []


async def test_limit_and_negative_offset(town: Town) -> None:
    for text in ("un", "deux", "trois"):
        await town.say(text)
    assert [u["message"]["text"] for u in await town.api("getUpdates", limit=2)] == ["un", "deux"]
    assert [u["message"]["text"] for u in await town.api("getUpdates", offset=-1)] == ["trois"]
    assert [u["message"]["text"] for u in await town.api("getUpdates")] == ["trois"]


async def test_a_long_poll_ends_with_the_first_update(town: Town) -> None:
    poll = asyncio.create_task(town.api("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    await town.say("bonjour")
    assert [u["message"]["text"] for u in await asyncio.wait_for(poll, 5)] == ["bonjour"]


async def test_a_long_poll_ends_empty(town: Town) -> None:
    assert await town.api("getUpdates", timeout=1) == []


async def test_a_second_poller_ends_the_first(town: Town) -> None:
    first = asyncio.create_task(town.api("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(town.api("getUpdates", timeout=20))
    with pytest.raises(Failed) as failure:
        await asyncio.wait_for(first, 5)
    assert failure.value.code == 409
    assert str(failure.value) == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )
    await town.say("bonjour")
    assert len(await asyncio.wait_for(second, 5)) == 1


async def test_a_webhook_and_polling_exclude_each_other(town: Town) -> None:
    await town.api("setWebhook", url="https://example.org/hook")
    with pytest.raises(Failed) as failure:
        await town.api("getUpdates")
    assert failure.value.code == 409 and "while webhook is active" in str(failure.value)
    await town.say("bonjour")
    told = await town.api("getWebhookInfo")
    assert told["url"] == "https://example.org/hook" and told["pending_update_count"] == 1
    await town.api("deleteWebhook", drop_pending_updates=True)
    assert await town.api("getUpdates") == []
    assert "HTTPS" in await town.api.refused("setWebhook", url="http://example.org")


async def test_some_kinds_must_be_asked_for_and_the_choice_is_remembered(town: Town) -> None:
    message = await town.say("bonjour")
    await town.control.react(town.group, town.bruno, message["message_id"], "👍")
    assert [set(u) - {"update_id"} for u in await town.api.updates()] == [{"message"}]
    await town.api.updates(allowed_updates=["message_reaction"])
    await town.control.react(town.group, town.bruno, message["message_id"], "❤")
    await town.say("encore")
    (update,) = await town.api.updates()
    assert update["message_reaction"]["new_reaction"] == [{"type": "emoji", "emoji": "❤"}]
    assert update["message_reaction"]["old_reaction"] == [{"type": "emoji", "emoji": "👍"}]
    await town.api.updates(allowed_updates=[])
    await town.say("enfin")
    assert [u["message"]["text"] for u in await town.api.updates()] == ["enfin"]


async def test_updates_expire_after_a_day(town: Town) -> None:
    await town.say("hier")
    town.shift(DAY + 1)
    await town.say("aujourd’hui")
    assert [u["message"]["text"] for u in await town.api.updates()] == ["aujourd’hui"]


async def test_after_a_quiet_week_numbers_start_anywhere(town: Town) -> None:
    await town.say("un")
    before = (await town.api.updates())[-1]["update_id"]
    town.shift(6 * DAY)
    await town.say("deux")
    assert (await town.api.updates())[-1]["update_id"] == before + 1
    town.shift(8 * DAY)
    await town.say("trois")
    assert (await town.api.updates())[-1]["update_id"] != before + 2


async def test_raw_and_repeated_updates(town: Town) -> None:
    await town.control.update(town.bot, {"message": {"odd": True}})
    (odd,) = (await town.api.http.get(f"/bot{town.api.token}/getUpdates")).json()["result"]
    assert odd["message"] == {"odd": True}
    await town.api("getUpdates", offset=odd["update_id"] + 1)
    await town.say("bonjour")
    (message,) = await town.api.updates()
    await town.control.repeat(town.bot, message["update_id"])
    assert await town.api("getUpdates") == [message]

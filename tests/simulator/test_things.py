"""Places, contacts, dice and polls from a bot."""

from typing import Any

import pytest

from tests.simulator.conftest import Town


async def test_places(town: Town) -> None:
    spot = {"latitude": 45.7578, "longitude": 4.832}
    sent = await town.api("sendLocation", chat_id=town.group, **spot, horizontal_accuracy=12.5)
    assert sent["location"] == spot | {"horizontal_accuracy": 12.5}
    hall = {"title": "Mairie", "address": "1 place", "foursquare_id": "4b"}
    venue = await town.api("sendVenue", chat_id=town.group, **spot, **hall)
    assert venue["venue"] == {"location": spot} | hall
    assert venue["location"] == spot
    live = await town.api("sendLocation", chat_id=town.group, **spot, live_period=600)
    assert live["location"]["live_period"] == 600
    seen = (await town.control.view(town.group, town.bruno))["messages"]
    assert [line["kind"] for line in seen[-3:]] == ["location", "venue", "location"]


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("sendLocation", {"longitude": 4}, "latitude is empty"),
        ("sendLocation", {"latitude": 91, "longitude": 4}, "wrong location specified"),
        ("sendLocation", {"latitude": 45, "longitude": 4, "live_period": 5}, "wrong live location period specified"),
        ("sendVenue", {"latitude": 45, "longitude": 4, "address": "a"}, "wrong venue title specified"),
        ("sendVenue", {"latitude": 45, "longitude": 4, "title": "a"}, "wrong venue address specified"),
        ("sendContact", {"first_name": "A"}, 'parameter "phone_number" is required'),
        ("sendDice", {"emoji": "🏡"}, "wrong dice emoji specified"),
        ("sendPoll", {"question": " ", "options": ["a", "b"]}, "poll question must be non-empty"),
        ("sendPoll", {"question": "a" * 301, "options": ["a"]}, "poll question length must not exceed 300"),
        ("sendPoll", {"question": "a", "options": []}, "poll must have at least 1 option"),
        ("sendPoll", {"question": "a", "options": ["a"] * 13}, "poll can't have more than 12 options"),
        ("sendPoll", {"question": "a", "options": ["a" * 101]}, "poll options length must not exceed 100"),
        ("sendPoll", {"question": "a", "options": ["a"], "type": "vote"}, "unsupported poll type specified"),
        ("sendPoll", {"question": "a", "options": ["a"], "type": "quiz"}, "wrong correct option ID specified"),
        ("sendPoll", {"question": "a", "options": 5}, "expected an Array of String as options"),
    ],
)
async def test_what_is_refused(town: Town, method: str, params: dict[str, Any], words: str) -> None:
    assert await town.api.refused(method, chat_id=town.group, **params) == words


async def test_contacts_and_dice(town: Town) -> None:
    contact = await town.api("sendContact", chat_id=town.group, phone_number="+33100000000", first_name="Mairie")
    assert contact["contact"] == {"phone_number": "+33100000000", "first_name": "Mairie"}
    for emoji, most in (("🎲", 6), ("🏀", 5), ("🎰", 64)):
        dice = (await town.api("sendDice", chat_id=town.group, emoji=emoji))["dice"]
        assert dice["emoji"] == emoji and 1 <= dice["value"] <= most


async def test_a_poll_and_its_votes(town: Town) -> None:
    sent = await town.api(
        "sendPoll", chat_id=town.group, question="Quand ?", is_anonymous=False,
        options=["samedi", {"text": "<b>dimanche</b>", "text_parse_mode": "HTML"}],
    )  # fmt: skip
    assert [option["text"] for option in sent["poll"]["options"]] == ["samedi", "dimanche"]
    await town.control.vote(town.group, town.bruno, sent["message_id"], 1)
    answer, poll = await town.api.updates()
    persistent = sent["poll"]["options"][1]["persistent_id"]
    assert answer["poll_answer"]["user"]["id"] == town.bruno and answer["poll_answer"]["option_ids"] == [1]
    assert answer["poll_answer"]["option_persistent_ids"] == [persistent]
    assert [option["voter_count"] for option in poll["poll"]["options"]] == [0, 1]
    await town.control.vote(town.group, town.bruno, sent["message_id"])
    assert (await town.api.updates())[0]["poll_answer"]["option_ids"] == []
    here = {"chat_id": town.group, "message_id": sent["message_id"]}
    assert (await town.api("stopPoll", **here))["is_closed"]
    assert (await town.api.updates())[-1]["poll"]["is_closed"]
    assert await town.api.refused("stopPoll", **here) == "poll has already been closed"


async def test_an_anonymous_poll_tells_no_names(town: Town) -> None:
    asked = {"question": "Qui ?", "options": ["a", "b"], "allows_multiple_answers": True}
    sent = await town.api("sendPoll", chat_id=town.group, **asked)
    await town.control.vote(town.group, town.bruno, sent["message_id"], 0, 1)
    (update,) = await town.api.updates()
    assert update["poll"]["total_voter_count"] == 1 and "poll_answer" not in update


async def test_which_polls_a_bot_can_stop(town: Town) -> None:
    theirs = await town.control.poll(town.group, town.alice, "Quand ?", ["a", "b"])
    text = await town.api("sendMessage", chat_id=town.group, text="a")
    for message, words in (
        (theirs["message_id"], "poll can't be stopped"),
        (text["message_id"], "message is not a poll"),
        (999, "message with poll to stop not found"),
    ):
        assert await town.api.refused("stopPoll", chat_id=town.group, message_id=message) == words


async def test_a_quiz_tells_its_bot_the_answer(town: Town) -> None:
    quiz = {"question": "2 + 2 ?", "options": ["3", "4"], "type": "quiz", "correct_option_ids": [1]}
    quiz["explanation"] = "Oui."
    poll = (await town.api("sendPoll", chat_id=town.group, **quiz))["poll"]
    assert poll["correct_option_ids"] == [1] and poll["explanation"] == "Oui." and not poll["allows_revoting"]

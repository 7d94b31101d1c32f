"""Sending what is neither words nor a file: places, contacts, dice, polls."""

import secrets
from typing import Any

from bridges.simulator import render
from bridges.simulator.errors import bad
from bridges.simulator.methods.call import Call, method
from bridges.simulator.methods.sending import PLACED, SENT, WHISPERED, send
from bridges.simulator.polls import Poll
from bridges.simulator.text import Formatted, clean, units
from bridges.simulator.world import Json

FACES = {"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}
LIVE = (60, 86400)  # seconds that a live location may last, or without end
FOR_EVER = 0x7FFFFFFF


def _shown(call: Call, body: Json, **more: Any) -> Json:
    return render.message(send(call, next(iter(body), "poll"), Formatted(), body=body, **more), call.world)


def _location(call: Call) -> Json:
    latitude, longitude = call.decimal("latitude"), call.decimal("longitude")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad("wrong location specified" if call.takes("live_period") else "wrong venue location specified")
    return {"latitude": latitude, "longitude": longitude}


@method(
    "sendLocation", *SENT, *WHISPERED, "latitude", "longitude", "horizontal_accuracy", "live_period", "heading",
    "proximity_alert_radius",
)  # fmt: skip
def send_location(call: Call) -> Json:
    call.chat()
    spot = _location(call)
    period = call.number("live_period")
    if period and period != FOR_EVER and not LIVE[0] <= period <= LIVE[1]:
        raise bad("wrong live location period specified")
    whole = {name: call.number(name) for name in ("live_period", "heading", "proximity_alert_radius")}
    if call.has("horizontal_accuracy"):
        spot["horizontal_accuracy"] = call.decimal("horizontal_accuracy")
    return _shown(call, {"location": spot | {name: value for name, value in whole.items() if value}})


@method(
    "sendVenue", *SENT, *WHISPERED, "latitude", "longitude", "title", "address", "foursquare_id", "foursquare_type",
    "google_place_id", "google_place_type",
)  # fmt: skip
def send_venue(call: Call) -> Json:
    call.chat()
    spot = _location(call)
    title, address = call.text("title").strip(), call.text("address").strip()
    if not title or not address:
        raise bad("wrong venue title specified" if not title else "wrong venue address specified")
    names = ("foursquare_id", "foursquare_type", "google_place_id", "google_place_type")
    more = {name: call.text(name) for name in names if call.has(name)}
    # Like the real Message of a venue, it says where it is twice.
    return _shown(call, {"venue": {"location": spot, "title": title, "address": address} | more, "location": spot})


@method("sendContact", *SENT, *WHISPERED, "phone_number", "first_name", "last_name", "vcard")
def send_contact(call: Call) -> Json:
    call.chat()
    names = ("phone_number", "first_name", "last_name", "vcard")
    told = {name: call.text(name) for name in names if call.has(name)}
    for name in names[:2]:
        if name not in told:
            raise bad(f'parameter "{name}" is required')
    return _shown(call, {"contact": told})


@method("sendDice", *SENT, "emoji")
def send_dice(call: Call) -> Json:
    call.chat()
    emoji = call.text("emoji") or "🎲"
    if emoji not in FACES:
        raise bad("wrong dice emoji specified")
    return _shown(call, {"dice": {"emoji": emoji, "value": 1 + secrets.randbelow(FACES[emoji])}})


_QUESTION = (
    "question", "question_parse_mode", "question_entities", "options", "is_anonymous", "type",
    "allows_multiple_answers", "allows_revoting", "shuffle_options", "allow_adding_options",
    "hide_results_until_closes", "members_only", "country_codes", "correct_option_id", "correct_option_ids",
    "explanation", "explanation_parse_mode", "explanation_entities", "explanation_media", "open_period", "close_date",
    "is_closed", "description", "description_parse_mode", "description_entities", "media",
)  # fmt: skip


@method("sendPoll", *PLACED, "reply_markup", *_QUESTION)
def send_poll(call: Call) -> Json:
    call.chat()
    question = _words(call, "question", 300, "poll question")
    options = _options(call)
    quiz = call.text("type") == "quiz"
    if call.text("type") not in ("", "regular", "quiz"):
        raise bad("unsupported poll type specified")
    poll = Poll(
        question=question,
        options=options,
        anonymous=call.flag("is_anonymous") if call.has("is_anonymous") else True,
        several=call.flag("allows_multiple_answers"),
        quiz=quiz,
        right=_right(call, len(options)) if quiz else [],
        explanation=_words(call, "explanation", 200, "poll explanation", empty=True) if quiz else Formatted(),
        closed=call.flag("is_closed"),
    )
    return _shown(call, {}, poll=poll)


def _words(call: Call, name: str, most: int, noun: str, *, empty: bool = False) -> Formatted:
    entities: list[Json] | None = call.structure(f"{name}_entities", "entities")
    return _short(call.formatted(call.text(name), call.text(f"{name}_parse_mode"), entities), most, noun, empty=empty)


def _short(words: Formatted, most: int, noun: str, *, empty: bool = False) -> Formatted:
    kept = clean(words, find=False)
    if not kept.text and not empty:
        raise bad(f"{noun} must be non-empty")
    if units(kept.text) > most:
        raise bad(f"{noun} length must not exceed {most}")
    return kept


def _options(call: Call) -> list[Formatted]:
    """Two to twelve options (one alone is taken as well since Bot API 9.6), texts or InputPollOption."""
    given = call.structure("options", "options")
    if not isinstance(given, list):
        raise bad("expected an Array of String as options")
    if not given:
        raise bad("poll must have at least 1 option")
    if len(given) > 12:
        raise bad("poll can't have more than 12 options")
    options = []
    for one in given:
        told: Json = one if isinstance(one, dict) else {"text": str(one)}
        mode, entities = told.get("text_parse_mode") or "", told.get("text_entities")
        words = call.formatted(str(told.get("text") or ""), mode, entities)
        options.append(_short(words, 100, "poll options"))
    return options


def _right(call: Call, options: int) -> list[int]:
    """A quiz's right answers."""
    given = call.structure("correct_option_ids", "correct_option_ids")
    right = given if isinstance(given, list) else [call.number("correct_option_id", -1)]
    if not right or not all(isinstance(n, int) and 0 <= n < options for n in right):
        raise bad("wrong correct option ID specified")
    return right

"""What a message of Telegram holds besides words, from raw updates of the newest Bot API."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bridges.model import Event, Media, MediaKind, Message, Poll, PollClosed, Ref, Spot
from bridges.telegram.translate import Odd, translate
from tests.bridges.telegram_server import CHAT, said

NOW = datetime(2026, 5, 1, tzinfo=UTC)
FILE = {"file_id": "F", "file_unique_id": "u", "file_size": 9}
SIZES = [{**FILE, "file_id": "small", "width": 2, "height": 1}, {**FILE, "width": 20, "height": 10}]
STILL = {"thumbnail": {"file_id": "T", "file_unique_id": "t", "width": 1, "height": 1}}
SHAPE = {"width": 20, "height": 10}
STICKER = {**FILE, "type": "regular", **SHAPE, "is_animated": False, "is_video": False, "emoji": "😀"}


def told(**content: Any) -> list[Event]:
    message = said(7, "", **content)
    del message["text"]
    return translate({"update_id": 7, "message": message}, NOW)


def heard(**content: Any) -> Message:
    [event] = told(**content)
    assert isinstance(event, Message)
    return event


def media(kind: MediaKind, **more: Any) -> Media:
    return Media(**{"kind": kind, "network": "telegram", "source": "F", "size": 9, **more})


FILES: list[tuple[str, dict[str, Any], Media]] = [
    ("photo", {"photo": SIZES}, media(MediaKind.PHOTO, type="image/jpeg", **SHAPE)),
    (
        "photo under a spoiler",
        {"photo": SIZES, "has_media_spoiler": True},
        media(MediaKind.PHOTO, type="image/jpeg", spoiler=True, **SHAPE),
    ),
    (
        "video",
        {"video": {**FILE, **SHAPE, **STILL, "duration": 3, "mime_type": "video/quicktime", "file_name": "a.mov"}},
        media(MediaKind.VIDEO, type="video/quicktime", name="a.mov", seconds=3, still="T", **SHAPE),
    ),
    (
        "animation, which is told as a document too",
        {"animation": {**FILE, **SHAPE, "duration": 3}, "document": {**FILE, "mime_type": "video/mp4"}},
        media(MediaKind.ANIMATION, type="video/mp4", seconds=3, **SHAPE),
    ),
    (
        "video note",
        {"video_note": {**FILE, **STILL, "length": 12, "duration": 3}},
        media(MediaKind.ROUND, type="video/mp4", width=12, height=12, seconds=3, still="T"),
    ),
    (
        "voice",
        {"voice": {**FILE, "duration": 3, "mime_type": "audio/ogg"}},
        media(MediaKind.VOICE, type="audio/ogg", seconds=3),
    ),
    (
        "audio",
        {"audio": {**FILE, "duration": 3, "title": "T", "performer": "P", "file_name": "a.mp3"}},
        media(MediaKind.AUDIO, type="audio/mpeg", seconds=3, title="T", performer="P", name="a.mp3"),
    ),
    (
        "document",
        {"document": {**FILE, "mime_type": "application/pdf", "file_name": "a.pdf"}},
        media(MediaKind.FILE, type="application/pdf", name="a.pdf"),
    ),
    ("document of no type or size", {"document": {"file_id": "F", "file_unique_id": "u"}},
     media(MediaKind.FILE, size=None)),
    ("sticker", {"sticker": STICKER}, media(MediaKind.STICKER, type="image/webp", emoji="😀", **SHAPE)),
    (
        "animated sticker",
        {"sticker": {**STICKER, "is_animated": True, **STILL}},
        media(MediaKind.STICKER, type="application/x-tgsticker", emoji="😀", still="T", **SHAPE),
    ),
    (
        "video sticker",
        {"sticker": {**STICKER, "is_video": True}},
        media(MediaKind.STICKER, type="video/webm", emoji="😀", **SHAPE),
    ),
    (
        "live photo",
        {"live_photo": {**FILE, **SHAPE, "duration": 3, "photo": [SIZES[0]]}},
        media(MediaKind.VIDEO, type="video/mp4", seconds=3, still="small", **SHAPE),
    ),
    (
        "live photo, which is told as a photo too",
        {"live_photo": {**FILE, **SHAPE, "duration": 3}, "photo": SIZES},
        media(MediaKind.PHOTO, type="image/jpeg", **SHAPE),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), [one[1:] for one in FILES], ids=[one[0] for one in FILES])
def test_a_file_is_told_with_all_that_is_known_of_it(content: dict[str, Any], expected: Media) -> None:
    assert heard(**content).media == expected


def test_a_caption_keeps_its_formatting_and_an_album_its_name() -> None:
    marks = [{"type": "bold", "offset": 0, "length": 2}]
    message = heard(photo=SIZES, caption="hi <b>", caption_entities=marks, media_group_id="13")
    assert (message.html, message.album) == ("<b>hi</b> &lt;b&gt;", "13")


POINT = {"latitude": 48.85, "longitude": 2.35}
VENUE = {"venue": {"location": POINT, "title": "Mairie", "address": "1 place"}, "location": POINT}


def test_a_place_is_told_and_one_that_moves_is_not() -> None:
    assert heard(location=POINT).spot == Spot(latitude=48.85, longitude=2.35)
    assert heard(**VENUE).spot == Spot(latitude=48.85, longitude=2.35, title="Mairie", address="1 place")
    live = heard(location=POINT | {"live_period": 900})
    assert (live.spot, live.shared, live.html) == (None, "live-location", "")


def ballot(**more: Any) -> dict[str, Any]:
    options = [{"persistent_id": str(n), "text": text, "voter_count": n + 1} for n, text in enumerate(["oui", "non"])]
    basic = {"id": "5", "question": "Venez-vous ?", "options": options, "total_voter_count": 3, "is_closed": False}
    rest = {"is_anonymous": True, "type": "regular", "allows_multiple_answers": True, "allows_revoting": True}
    return basic | rest | {"members_only": False} | more


def test_a_poll_is_told_and_its_votes_when_it_is_closed() -> None:
    asked = Poll(id="5", question="Venez-vous ?", options=("oui", "non"), several=True)
    assert heard(poll=ballot()).poll == asked
    assert translate({"update_id": 7, "poll": ballot()}, NOW) == []
    [closed] = translate({"update_id": 7, "poll": ballot(is_closed=True)}, NOW)
    result = Poll(id="5", question="Venez-vous ?", options=("oui", "non"), votes=(1, 2), closed=True, several=True)
    assert closed == PollClosed(key="telegram 7", at=NOW, poll=result, network="telegram")


SHARED: list[tuple[dict[str, Any], str]] = [
    ({"contact": {"phone_number": "+33", "first_name": "Bea"}}, "contact"),
    ({"dice": {"emoji": "🎲", "value": 3}}, "dice"),
    ({"story": {"chat": {"id": -6, "type": "channel"}, "id": 1}}, "story"),
    ({"game": {"title": "t", "description": "d", "photo": SIZES}}, "game"),
    ({"gift": {"gift": {"id": "1", "sticker": STICKER, "star_count": 1}}}, "gift"),
    ({"giveaway": {"chats": [], "winners_selection_date": 0, "winner_count": 1}}, "gift"),
    ({"paid_media": {"star_count": 1, "paid_media": []}}, "paid-media"),
    ({"checklist": {"title": "t", "tasks": []}}, "checklist"),
    ({"invoice": {"title": "t", "description": "d", "start_parameter": "s", "currency": "EUR", "total_amount": 1}},
     "other"),
    ({"rich_message": {"blocks": [{"type": "divider"}]}}, "other"),
    ({"hologram": {"file_id": "F"}}, "other"),
    ({"hologram": []}, "other"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "kind"), SHARED, ids=[f"{n}-{next(iter(c))}" for n, (c, _) in enumerate(SHARED)])
def test_what_never_crosses_is_told_by_its_kind_alone(content: dict[str, Any], kind: str) -> None:
    message = heard(**content)
    assert (message.shared, message.html, message.media, message.spot, message.poll) == (kind, "", None, None, None)


def test_a_field_of_tomorrow_beside_words_takes_nothing_from_them() -> None:
    [message] = translate({"update_id": 7, "message": said(7, "hi", aura="blue", photon=[{"x": 1}])}, NOW)
    assert isinstance(message, Message) and (message.html, message.shared) == ("hi", "")


PERSON = {"id": 10, "is_bot": False, "first_name": "Bea"}
ORIGINS: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "user", "sender_user": PERSON}, "forwarded", ""),
    ({"type": "hidden_user", "sender_user_name": "Bea"}, "forwarded", ""),
    ({"type": "channel", "chat": {"id": -6, "type": "channel", "title": "Mairie"}, "message_id": 1}, "", "Mairie"),
    ({"type": "chat", "sender_chat": {"id": -7, "type": "supergroup", "title": "Cour"}}, "", "Cour"),
    ({"type": "user", "sender_user": said(1, "")["from"]}, "", ""),
    ({"type": "teleported", "from": PERSON}, "forwarded", ""),
]


@pytest.mark.parametrize(("origin", "kind", "named"), ORIGINS, ids=[f"{n}" for n in range(len(ORIGINS))])
def test_words_of_another_person_stay(origin: dict[str, Any], kind: str, named: str) -> None:
    message = heard(photo=SIZES, caption="words", media_group_id="1", forward_origin={"date": 0, **origin})
    assert (message.shared, message.origin) == (kind, named)
    assert bool(message.html) == bool(message.media) == bool(message.album) == (not kind)


def test_nobody_forwards_somebody_as_themselves_without_a_name() -> None:
    channel = {"id": -6, "type": "channel", "title": "Mairie"}
    hidden = {"type": "hidden_user", "date": 0, "sender_user_name": "Bea"}
    message = said(7, "words", sender_chat=channel, forward_origin=hidden)
    del message["from"]
    [event] = translate({"update_id": 7, "message": message}, NOW)
    assert isinstance(event, Message) and (event.shared, event.html) == ("forwarded", "")


def test_what_is_answered_comes_with_the_answer_unless_it_is_a_bots() -> None:
    picture = said(3, "", photo=SIZES, caption="look")
    del picture["text"]
    answer = heard(photo=SIZES, reply_to_message=picture)
    assert answer.answered and (answer.answered.html, answer.answered.sender.name) == ("look", "Ana")
    assert answer.reply_to == answer.answered.ref == Ref(CHAT, "3")
    mine = said(3, "mine", **{"from": {"id": 1, "is_bot": True, "first_name": "P"}})
    answer = heard(photo=SIZES, reply_to_message=mine)
    assert (answer.answered, answer.reply_to) == (None, Ref(CHAT, "3"))


def edit(**content: Any) -> list[Event]:
    message = said(7, "", edit_date=60, **content)
    del message["text"]
    return translate({"update_id": 7, "edited_message": message}, NOW)


def test_edits_are_of_words_and_captions() -> None:
    [new] = edit(photo=SIZES, caption="new")
    assert getattr(new, "html", None) == "new"
    [none] = edit(photo=SIZES)
    assert getattr(none, "html", None) == ""
    assert edit(location=POINT | {"live_period": 9}) == edit(location=POINT) == edit(poll=ballot()) == []
    assert edit(dice={"emoji": "🎲", "value": 3}) == []


def test_a_rich_message_is_read_as_far_as_it_is_text() -> None:
    text = ["a <b>", {"type": "bold", "text": {"type": "italic", "text": "c"}}, {"type": "marked", "text": "d"}]
    link = {"type": "url", "text": "e", "url": 'https://x.org/"?a&b'}
    evil = {"type": "url", "text": "f", "url": "javascript:alert(1)"}
    emoji = {"type": "custom_emoji", "custom_emoji_id": "1", "alternative_text": "😀"}
    item = {"label": "1", "blocks": [{"type": "paragraph", "text": "one"}]}
    blocks = [
        {"type": "section_heading", "text": "Title", "size": 1},
        {"type": "paragraph", "text": [*text, link, evil, emoji]},
        {"type": "preformatted", "text": "if a:\n  b", "language": "python"},
        {"type": "block_quotation", "blocks": [{"type": "paragraph", "text": "quoted"}]},
        {"type": "pull_quotation", "text": "pulled"},
        {"type": "list", "items": [item, item]},
        {"type": "table", "cells": [[{"text": "1"}, {"text": "2"}], [{"text": "3"}, {}]]},
        {"type": "details", "summary": "more", "blocks": [{"type": "paragraph", "text": "inside"}]},
        {"type": "photo", "photo": SIZES, "caption": {"text": "under it"}},
        {"type": "mathematical_expression", "expression": "a < b"},
        {"type": "divider"},
        {"type": "hologram", "beam": 3},
    ]
    assert heard(rich_message={"blocks": blocks}).html == (
        "<b>Title</b>\n"
        'a &lt;b&gt;<b><i>c</i></b>d<a href="https://x.org/%22?a&amp;b">e</a>f😀\n'
        "<pre>if a:\n  b</pre>\n<blockquote>quoted</blockquote>\n<blockquote>pulled</blockquote>\n"
        "• one\n• one\n1 | 2\n3 | \n<b>more</b>\ninside\nunder it\na &lt; b"
    )


@pytest.mark.parametrize(
    "update",
    [
        {"message": {"message_id": "x"}},
        {"message": said(7, "hi", chat={"id": -5, "type": "supergroup", "title": {"text": "Rue"}}, sender_chat=None,
                         venue={"location": POINT, "title": {"text": "Mairie"}, "address": "x"})},
        {"message": said(7, "hi", **{"from": {"id": 9, "is_bot": False, "first_name": "half of a pair \ud83d"}})},
        {"message": said(7, "hi", **{"from": {"id": 9, "is_bot": False, "first_name": 3}})},
        {"message": said(7, "hi", location={"latitude": float("nan"), "longitude": 1})},
        {"message": []},
        {"callback_query": {}},
        {"my_chat_member": 3},
        {"poll": "x"},
    ],
    ids=range(9),
)  # fmt: skip
def test_what_has_another_shape_is_odd(update: dict[str, Any]) -> None:
    with pytest.raises(Odd) as caught:
        translate({"update_id": 7, **update}, NOW)
    assert str(caught.value) == "malformed"
    assert caught.value.__cause__ is None

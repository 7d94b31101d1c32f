"""What can be said of Matrix without a homeserver: gaps filled, contents written, errors understood."""

import json
import logging
from datetime import timedelta
from typing import Any

import aiohttp
import nio
import pytest

from bridges.markup import plain
from bridges.matrix import MatrixBridge, content, sync
from bridges.matrix.errors import AlreadyThere, answer, meaning
from bridges.matrix.raw import PROFILE
from bridges.model import Button, Edit, Send
from bridges.port import Refused, Stopped, TryLater
from tests.bridges.matrix_lab import Memory
from tests.bridges.matrix_raw import CHAT, FIRST, ME, member, raw


def test_only_what_happened_during_the_stay_is_kept() -> None:
    out, back = member(ME, "leave", "join"), member(ME, "join", "invite")
    a, b, c = ({**raw(), "event_id": f"${name}"} for name in "abc")
    assert sync.stay([a, out, b, back, c], ME, inside=True) == [a, out, back, c]
    assert sync.stay([b, back, c], ME, inside=True) == [back, c]
    assert sync.stay([a, out], ME, inside=False) == [a, out]
    assert sync.stay([a, b], ME, inside=True) == [a, b]
    assert sync.stay([a, b], ME, inside=False) == []


class Pages:
    """A homeserver's `/messages`, in prepared pages: what they hold, and where the next begins."""

    def __init__(self, **pages: tuple[list[dict[str, Any]], str | None]) -> None:
        self.pages, self.asked = pages, list[str]()

    async def room_messages(self, room: str, start: str, end: str, limit: int) -> nio.RoomMessagesResponse:
        self.asked.append(start)
        events, then = self.pages[start]
        return nio.RoomMessagesResponse(room, [nio.Event.parse_event(event) for event in events], start, then or "")


async def test_a_gap_is_filled_through_pages_that_show_nothing() -> None:
    a, b, c = ({**raw(), "event_id": f"${name}"} for name in "abc")
    for last in (None, "t3"):  # no end, or the same end again: that was all
        pages: Any = Pages(t0=([c], "t1"), t1=([], "t2"), t2=([b, a], "t3"), t3=([], last))
        assert await sync.gap(pages, "!a", nio.Timeline([], True, "t0"), "since") == [a, b, c]
        assert pages.asked == ["t0", "t1", "t2", "t3"]
    assert await sync.gap(pages, "!a", nio.Timeline([], False, "t0"), "since") == []


# --- contents


def test_words_are_text_asides_are_notices_and_no_name_pings() -> None:
    said = [content.message(Send(chat=CHAT, html="x", aside=aside)) for aside in (False, True)]
    assert [one["msgtype"] for one in said] == ["m.text", "m.notice"]
    assert all(one["m.mentions"] == {} and PROFILE not in one for one in said)


def test_a_signature_is_a_profile_with_a_readable_fallback() -> None:
    send = content.message(Send(chat=CHAT, html="1 &lt; 2\n3", by="Ana <3 · Telegram"))
    assert send["body"] == "Ana <3 · Telegram: 1 < 2\n3"
    start = "<strong data-mx-profile-fallback>Ana &lt;3 · Telegram: </strong>"
    assert send["formatted_body"] == start + "1 &lt; 2<br>3"
    assert send[PROFILE] | {"id": ""} == {"id": "", "displayname": "Ana <3 · Telegram", "has_fallback": True}
    edit = content.message(Edit(chat=CHAT, html="z", by="Ana", ref=FIRST))
    assert edit["m.new_content"][PROFILE]["displayname"] == "Ana"
    assert edit["m.new_content"]["body"] == "Ana: z" and edit["body"] == "* Ana: z"
    assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$1"}


def test_an_answer_shows_the_part_it_answers() -> None:
    send = Send(chat=CHAT, html="yes", reply_to=FIRST, quote="a < b")
    there, elsewhere = content.message(send, room="!a"), content.message(send, room="!b")
    assert there["m.relates_to"] == {"m.in_reply_to": {"event_id": "$1"}}
    assert there["body"] == "> a < b\nyes"
    assert "m.relates_to" not in elsewhere and elsewhere["body"] == "yes"


def test_a_button_with_an_address_is_a_line_below() -> None:
    row = (Button("Details", url="https://example.org/?a=1&b=2"), Button("Yes", data="yes"))
    said = content.message(Send(chat=CHAT, html="Ready?", buttons=(row,)))
    assert '<a href="https://example.org/?a=1&amp;b=2">Details</a>' in said["formatted_body"]
    assert "Yes" not in said["formatted_body"] and "Details" in said["body"]


@pytest.mark.parametrize("html", ["a" * 16_000, "é" * 16_000, f"<b>{'é' * 16_000}</b>", "<i>漢</i>" * 16_000])
def test_the_longest_text_fits_an_event_and_its_edit(html: str) -> None:
    for said in (Send(chat=CHAT, html=html, by="Ana"), Edit(chat=CHAT, html=html, by="Ana", ref=FIRST)):
        made = content.message(said)
        assert content.size(made) <= content.LARGEST
        assert plain(html) in made.get("m.new_content", made)["body"]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(Refused, match="too-long"):
        content.message(Send(chat=CHAT, html="漢" * 40_000))


# --- errors


def test_what_refusals_mean() -> None:
    pause = meaning(429, "M_LIMIT_EXCEEDED", 1500)
    assert isinstance(pause, TryLater) and pause.after == timedelta(seconds=1.5)
    reasons = [("M_FORBIDDEN", "rights"), ("M_NOT_FOUND", "gone"), ("M_TOO_LARGE", "too-long"), (None, "too-long")]
    for (code, why), status in zip(reasons, (403, 404, 413, 413), strict=True):
        refusal = meaning(status, code)
        assert isinstance(refusal, Refused) and refusal.why == why
    for status, code in [(500, "M_UNKNOWN"), (502, None), (429, None), (200, None)]:
        assert isinstance(meaning(status, code), TryLater)
    for status, code in [(401, "M_UNKNOWN_TOKEN"), (401, None), (403, "M_USER_DEACTIVATED")]:
        assert isinstance(meaning(status, code), Stopped)
    assert isinstance(meaning(400, "M_DUPLICATE_ANNOTATION"), AlreadyThere)


async def test_silence_is_worth_another_try() -> None:
    async def fails(error: Exception) -> nio.RoomSendResponse:
        raise error

    for error in (aiohttp.ClientConnectionError(), TimeoutError(), aiohttp.ClientPayloadError()):
        with pytest.raises(TryLater):
            await answer(fails(error))


async def test_no_server_is_no_reason_to_stop() -> None:
    bridge = MatrixBridge("http://127.0.0.1:1", "palier", password="x", cursor=Memory())
    with pytest.raises(TryLater):
        await bridge.do(Send(chat=CHAT, html="x"), key="1")
    await bridge.close()


def test_the_library_does_not_log_what_people_sent(caplog: pytest.LogCaptureFixture) -> None:
    MatrixBridge("http://127.0.0.1:1", "palier", password="x", cursor=Memory())
    with caplog.at_level(logging.DEBUG):
        nio.Event.parse_event({**raw(content={"msgtype": "m.text", "body": {"secret": "words"}})})
    assert json.dumps([record.getMessage() for record in caplog.records]) == "[]"

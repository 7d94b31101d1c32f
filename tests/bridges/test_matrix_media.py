"""Files, places and polls without a homeserver: how events describe them, both ways, and how files are encrypted."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridges.matrix import content, files
from bridges.matrix.media import MXC, accepts, whence
from bridges.matrix.places import geo
from bridges.matrix.polls import closed
from bridges.matrix.raw import PROFILE, Odd
from bridges.matrix.translate import translate
from bridges.model import Chat, Edit, Edited, Media, MediaKind, Message, Poll, PollClosed, Ref, Send, Spot
from bridges.port import Refused
from tests.bridges.matrix_lab import Shelved
from tests.bridges.matrix_raw import ANA, BEA, CHAT, FIRST, raw, room, told

IMAGE = {"msgtype": "m.image", "body": "a.png", "url": "mxc://x.org/1"}
FILE = {"url": "mxc://x/1", "key": {"k": "k", "alg": "A256CTR"}, "iv": "i", "hashes": {"sha256": "s"}}


def image(**more: Any) -> Media:
    heard = told(raw(content={**IMAGE, **more}))
    assert isinstance(heard, Message) and heard.media
    return heard.media


# --- inwards


def test_a_file_is_read_whole() -> None:
    info = {"mimetype": "Image/PNG; q=1", "size": 5, "w": 2, "h": 3, "thumbnail_url": "mxc://x.org/2"}
    assert image(info=info) == Media(
        kind=MediaKind.PHOTO, network="matrix", source='{"mxc": "mxc://x.org/1"}', name="a.png", type="image/png",
        size=5, width=2, height=3, still='{"mxc": "mxc://x.org/2"}',
    )  # fmt: skip


def test_what_is_wild_in_a_file_counts_as_absent() -> None:
    wild = {"mimetype": 5, "size": -1, "w": "2", "h": 10**400, "duration": True, "thumbnail_file": {"url": "mxc://x/1"}}
    assert image(info=wild) == image(info=[]) == image()
    assert image(body="../../etc/\u202epasswd").name == "passwd"
    assert image(body=7).name == ""


def test_a_caption_is_what_differs_from_the_name() -> None:
    formatted = {"format": "org.matrix.custom.html", "formatted_body": "<b>look</b>"}
    captioned = told(raw(content={**IMAGE, "body": "look", "filename": "a.png", **formatted}))
    assert isinstance(captioned, Message) and captioned.media
    assert (captioned.html, captioned.media.name) == ("<b>look</b>", "a.png")
    bare = told(raw(content={**IMAGE, "filename": "a.png", **formatted}))
    assert isinstance(bare, Message) and bare.media and (bare.html, bare.media.name) == ("", "a.png")


def test_an_edited_caption_is_an_edit() -> None:
    replaces = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}
    for new, html in [({**IMAGE, "body": "look", "filename": "a.png"}, "look"), (IMAGE, "")]:
        edited = told(raw(content={**IMAGE, "m.new_content": new, **replaces}))
        assert isinstance(edited, Edited) and (edited.ref, edited.html) == (FIRST, html)
    with pytest.raises(Odd, match="edit"):
        told(raw(content={**IMAGE, "m.new_content": {"msgtype": "m.location", "body": "x"}, **replaces}))


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        ({}, MediaKind.PHOTO),
        ({"info": {"mimetype": "image/gif"}}, MediaKind.ANIMATION),
        ({"info": {"mimetype": "image/gif", "org.matrix.msc4230.is_animated": False}}, MediaKind.PHOTO),
        ({"info": {"mimetype": "image/webp", "is_animated": True}}, MediaKind.ANIMATION),
        ({"msgtype": "m.video"}, MediaKind.VIDEO),
        ({"msgtype": "m.video", "info": {"fi.mau.gif": True}}, MediaKind.ANIMATION),
        ({"msgtype": "m.audio"}, MediaKind.AUDIO),
        ({"msgtype": "m.audio", "org.matrix.msc3245.voice": {}}, MediaKind.VOICE),
        ({"msgtype": "m.file"}, MediaKind.FILE),
    ],
)
def test_every_kind_of_file_is_known(inside: dict[str, Any], kind: MediaKind) -> None:
    assert image(**inside).kind is kind


def test_what_else_is_said_of_a_file() -> None:
    assert image(**{"page.codeberg.everypizza.msc4193.spoiler": True}).spoiler
    assert image(msgtype="m.video", info={"duration": 1500}).seconds == 1.5
    spoken = {"org.matrix.msc3245.voice": {}, "org.matrix.msc1767.audio": {"duration": 2000, "waveform": [1]}}
    assert image(msgtype="m.audio", **spoken).seconds == 2
    sticker = told(raw("m.sticker", content={"body": "❤️", "url": "mxc://x/1", "info": {"mimetype": "image/webp"}}))
    assert isinstance(sticker, Message) and sticker.media
    assert (sticker.html, sticker.media.kind, sticker.media.emoji) == ("", MediaKind.STICKER, "❤")


def test_the_keys_of_an_encrypted_file_come_along() -> None:
    source = json.loads(image(url=None, file=FILE).source)
    assert source == {"mxc": "mxc://x/1", "key": "k", "iv": "i", "sha256": "s"}
    breaks: list[dict[str, Any]] = [{"key": 5}, {"hashes": {}}, {"url": "https://x"}, {"iv": "i" * 1000}]
    for broken in breaks:
        with pytest.raises(Odd, match="malformed"):
            image(url=None, file={**FILE, **broken})


NOWHERE = ["mxc://x/../1", "mxc://x/1?a", "mxc:///1", "mxc://x/", "mxc://x y/1", "mxc://x/1\n", 5]


@pytest.mark.parametrize("url", NOWHERE)
def test_what_is_no_address_of_a_file_is_none(url: Any) -> None:
    assert whence(url, None) == "" and not MXC.fullmatch(str(url))


def test_a_place_is_read_with_its_name() -> None:
    def place(**inside: Any) -> Spot | None:
        heard = told(raw(content={"msgtype": "m.location", "body": "User Location geo:1,2", **inside}))
        assert isinstance(heard, Message) and heard.html == ""
        return heard.spot

    at = Spot(latitude=48.85, longitude=-2.35)
    assert place(geo_uri="geo:48.85,-2.35") == place(geo_uri="GEO:48.85,-2.35,12;u=35;crs=wgs84") == at
    block = {"uri": "geo:48.85,-2.35", "description": "Town\nhall"}
    named = Spot(latitude=48.85, longitude=-2.35, title="Town hall")
    assert place(**{"org.matrix.msc3488.location": block}) == named
    assert place(body="Town hall", geo_uri="geo:48.85,-2.35") == named
    for wrong in ("geo:48.85", "geo:91,0", "geo:0,181", "geo:nan,0", "geo:1e1,0", "https://x", 5):
        with pytest.raises(Odd, match="malformed"):
            place(geo_uri=wrong)


OLD = {"question": {"org.matrix.msc1767.text": "When?"}, "max_selections": 1}
ANSWERS = [{"id": name, "org.matrix.msc1767.text": name.upper()} for name in ("a", "b", "a")]
STABLE = {"question": {"m.text": [{"body": "When?"}]}, "max_selections": 2}


def start(**more: Any) -> dict[str, Any]:
    asked = {"org.matrix.msc3381.poll.start": {**OLD, "answers": ANSWERS, **more}}
    return {**raw("org.matrix.msc3381.poll.start", content=asked), "event_id": "$1"}


def test_a_poll_is_read_under_both_its_names() -> None:
    heard = told(start())
    assert isinstance(heard, Message)
    assert heard.poll == Poll(id="$1", question="When?", options=("A", "B"))
    answers = [{"m.id": "a", "m.text": [{"body": "A"}]}, {"m.id": "b", "m.text": [{"body": "B"}]}]
    newer = told(raw("m.poll.start", content={"m.poll": {**STABLE, "answers": answers}}))
    assert isinstance(newer, Message)
    assert newer.poll == Poll(id="$2", question="When?", options=("A", "B"), several=True)
    breaks: list[dict[str, Any]] = [{"answers": []}, {"question": 5}, {"answers": [{"id": 5}]}]
    for broken in breaks:
        with pytest.raises(Odd, match="malformed"):
            translate(start(**broken), room())


def vote(who: str, at: int, *answers: Any, stable: bool = False) -> dict[str, Any]:
    chosen = {"m.selections": [*answers]} if stable else {"org.matrix.msc3381.poll.response": {"answers": [*answers]}}
    kind = "m.poll.response" if stable else "org.matrix.msc3381.poll.response"
    return {**raw(kind, who, content=chosen), "origin_server_ts": at}


def end(who: str = ANA, at: int = 100, event: str = "$9") -> dict[str, Any]:
    over = {"m.relates_to": {"rel_type": "m.reference", "event_id": "$1"}}
    return {**raw("m.poll.end", who, content=over), "origin_server_ts": at, "event_id": event}


def test_of_each_person_the_last_response_before_the_end_counts() -> None:
    over = told(end())
    assert isinstance(over, PollClosed) and (over.poll.id, over.ref) == ("$1", FIRST)
    related = [
        vote(BEA, 200, "a"), vote("@e:x", 90, "nonsense"), vote("@d:x", 80, "b", "a"), vote("@c:x", 70, stable=True),
        vote(BEA, 60, "b", stable=True), vote(BEA, 50, "a"), vote("@c:x", 40, "a"), vote("@e:x", 30, "a"),
        vote("@f:x", 20, 5), vote("@g:x", 10, "a"),
    ]  # fmt: skip
    result = closed(start(), end(), related, may=lambda _: False)
    assert result == Poll(id="$1", question="When?", options=("A", "B"), votes=(1, 2), closed=True)


def test_a_poll_is_ended_once_by_its_author_or_by_who_may() -> None:
    def may(user: str) -> bool:
        return user == "@mod:x"

    assert closed(start(), end("@mod:x"), [], may=may).closed
    for wrong, related in [(end(BEA), []), (end(), [end(ANA, 50, "$8")]), (end(), [end("@mod:x", 100, "$8")])]:
        with pytest.raises(Odd, match="poll"):
            closed(start(), wrong, related, may=may)
    assert closed(start(), end(), [end(BEA, 50, "$8"), end(ANA, 150, "$8"), end()], may=may).closed


# --- outwards


def carried(kind: MediaKind, type_: str, html: str = "", by: str = "Ana", **more: Any) -> dict[str, Any]:
    media = Media(kind=kind, network="telegram", source="x", type=type_, **more)
    file = Shelved(Path("x"), kind, "a.bin", type_, size=5, width=2, height=3, seconds=1.5)
    send = Send(chat=CHAT, html=html, by=by, media=media)
    return content.carrying(send, file, {"url": "mxc://x/1"}, room="!a")


def test_a_photo_names_its_author_with_and_without_a_caption() -> None:
    plain, named = carried(MediaKind.PHOTO, "image/png", by=""), carried(MediaKind.PHOTO, "image/png")
    captioned = carried(MediaKind.PHOTO, "image/png", "<b>look</b>")
    assert (plain["body"], plain["filename"], plain["url"]) == ("a.bin", "a.bin", "mxc://x/1")
    assert plain["info"] == {"mimetype": "image/png", "size": 5, "w": 2, "h": 3}
    assert (named["body"], named["filename"]) == ("Ana: ", "a.bin") and named[PROFILE]["has_fallback"]
    assert captioned["body"] == "Ana: look" and captioned["formatted_body"].endswith("<strong>look</strong>")
    assert all(one["m.mentions"] == {} and one["msgtype"] == "m.image" for one in (plain, named, captioned))


@pytest.mark.parametrize(
    ("kind", "type_", "msgtype"),
    [
        (MediaKind.PHOTO, "image/jpeg", "m.image"), (MediaKind.VIDEO, "video/mp4", "m.video"),
        (MediaKind.ROUND, "video/mp4", "m.video"), (MediaKind.ANIMATION, "video/mp4", "m.video"),
        (MediaKind.ANIMATION, "image/gif", "m.image"), (MediaKind.VOICE, "audio/ogg", "m.audio"),
        (MediaKind.AUDIO, "audio/mpeg", "m.audio"), (MediaKind.STICKER, "image/webp", "m.image"),
        (MediaKind.FILE, "image/png", "m.file"), (MediaKind.VIDEO, "application/x-odd", "m.file"),
    ],
)  # fmt: skip
def test_every_kind_of_file_is_shown_as_what_it_is(kind: MediaKind, type_: str, msgtype: str) -> None:
    shown = carried(kind, type_)
    assert shown["msgtype"] == msgtype
    assert shown["info"].get("duration") == (1500 if msgtype in ("m.video", "m.audio") else None)


def test_what_a_file_is_beside_its_kind_is_said_too() -> None:
    voice = carried(MediaKind.VOICE, "audio/ogg")
    assert voice["org.matrix.msc3245.voice"] == {} and voice["org.matrix.msc1767.audio"] == {"duration": 1500}
    assert carried(MediaKind.ANIMATION, "video/mp4")["info"]["fi.mau.loop"]
    assert carried(MediaKind.PHOTO, "image/png", spoiler=True)["page.codeberg.everypizza.msc4193.spoiler"]
    assert carried(MediaKind.STICKER, "image/webp", emoji="😀")["body"] == "Ana: 😀"


def test_what_clients_show_is_taken_and_every_file_as_a_file() -> None:
    assert accepts(MediaKind.PHOTO, "image/jpeg") and not accepts(MediaKind.PHOTO, "image/heic")
    assert accepts(MediaKind.VOICE, "audio/ogg") and not accepts(MediaKind.STICKER, "application/x-tgsticker")
    assert not accepts(MediaKind.STICKER, "video/webm") and accepts(MediaKind.FILE, "")


def test_an_edited_caption_keeps_the_file() -> None:
    original = carried(MediaKind.VOICE, "audio/ogg", "before")
    edit = content.message(Edit(chat=CHAT, html="after", by="Bea", ref=FIRST, form="voice"), original=original)
    new = edit["m.new_content"]
    for name in ("msgtype", "url", "info", "filename", "org.matrix.msc3245.voice", "org.matrix.msc1767.audio"):
        assert new[name] == edit[name] == original[name]
    assert (new["body"], edit["body"]) == ("Bea: after", "* Bea: after") and "Ana" not in json.dumps(edit)
    emptied = content.message(Edit(chat=CHAT, html="", ref=FIRST, form="voice"), original=original)["m.new_content"]
    assert emptied["body"] == "a.bin" and PROFILE not in emptied


def test_a_long_caption_fits() -> None:
    shown = carried(MediaKind.PHOTO, "image/png", f"<b>{'é' * 16_000}</b>")
    assert content.size(shown) <= content.LARGEST and "é" * 16_000 in shown["body"]


def test_a_point_has_words_and_keeps_its_name_when_they_change() -> None:
    spot = Spot(latitude=48.85, longitude=-2.35, title="Town <hall>", address="1, rue X")
    shown = content.message(Send(chat=CHAT, html="here", by="Ana", spot=spot))
    assert (shown["msgtype"], shown["geo_uri"]) == ("m.location", "geo:48.850000,-2.350000")
    assert shown["body"] == "Ana: here\nTown <hall>\n1, rue X"
    assert shown["org.matrix.msc3488.location"] == {"uri": shown["geo_uri"], "description": shown["body"]}
    edit = content.message(Edit(chat=CHAT, html="there", by="Bea", ref=FIRST, form="spot"), original=shown)
    new = edit["m.new_content"]
    assert (new["msgtype"], new["geo_uri"]) == ("m.location", shown["geo_uri"])
    assert new["body"] == new["org.matrix.msc3488.location"]["description"] == "Bea: there\nTown <hall>\n1, rue X"
    assert "Ana" not in json.dumps(edit)
    mere = content.message(Send(chat=CHAT, html="", by="Ana", spot=Spot(latitude=1, longitude=2)))
    assert mere["body"] == f"Ana: {geo(Spot(latitude=1, longitude=2))}"


def test_a_thread_is_said_with_something_to_answer() -> None:
    thread, about = Chat("matrix", "!a", "$0"), "m.relates_to"
    first = content.message(Send(chat=thread, html="x"), room="!a")[about]
    assert first == {
        "rel_type": "m.thread", "event_id": "$0", "is_falling_back": True, "m.in_reply_to": {"event_id": "$0"},
    }  # fmt: skip
    second = content.message(Send(chat=thread, html="x"), room="!a", last="$5")[about]
    assert second["m.in_reply_to"] == {"event_id": "$5"} and second["is_falling_back"]
    answer = content.message(Send(chat=thread, html="x", reply_to=Ref(thread, "$3"), quote="q"), room="!a", last="$5")
    assert answer[about]["is_falling_back"] is False and answer[about]["m.in_reply_to"] == {"event_id": "$3"}
    assert answer["body"] == "> q\nx"
    assert about not in content.message(Send(chat=thread, html="x"), room="!direct")


def test_everything_that_is_sent_bears_the_mark_of_a_copy() -> None:
    for said in (Send(chat=CHAT, html="x"), Edit(chat=CHAT, html="x", ref=FIRST)):
        assert told(raw(content=content.message(said))) is None
    assert told(raw(content=carried(MediaKind.PHOTO, "image/png", by=""))) is None


# --- encryption


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_file_that_was_encrypted_is_opened_again_and_a_change_is_seen(tmp_path: Path) -> None:
    path, clear, keys = tmp_path / "file", bytes(range(256)) * 3000, dict[str, Any]()
    path.write_bytes(clear)
    dark = b"".join([piece async for piece in files.sealed(path, keys)])
    assert len(dark) == len(clear) and dark != clear
    where = json.loads(whence(None, {**keys, "url": "mxc://x/1"}))
    opens = where["key"], where["iv"], where["sha256"]
    parts = [dark[:7], dark[7:300_000], dark[300_000:]]
    assert b"".join([piece async for piece in files.opened(stream(*parts), *opens)]) == clear
    for wrong in (dark[:-1], dark + b"x", b"x" + dark[1:]):
        with pytest.raises(Refused, match="gone"):
            [piece async for piece in files.opened(stream(wrong), *opens)]
    for broken in (("?", *opens[1:]), (opens[0], "AA", opens[2]), ("é", *opens[1:])):
        with pytest.raises(Refused, match="gone"):
            [piece async for piece in files.opened(stream(dark), *broken)]

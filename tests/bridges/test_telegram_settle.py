"""What became of a message whose answer was lost: it is looked for, by at most five edits that change nothing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridges.model import Button, Chat, Edit, Media, MediaKind, Person, Pin, Ref, Remove, Send, Spot
from bridges.port import Doubtful, Fate, Shut, TryLater
from bridges.simulator.media import SAMPLES
from tests.bridges.matrix_lab import Shelf
from tests.bridges.telegram_rue import Rue, street
from tests.bridges.telegram_server import begin, no, refused

SINCE = datetime(2026, 5, 1, tzinfo=UTC)
BUTTONS = ((Button("Oui", "yes"),), (Button("Lire", url="https://example.org"),))
ROOM = Chat("telegram", "-1005")
SEND = Send(chat=ROOM, html="x")
NOT_MODIFIED = no("message is not modified: specified new message content and reply markup are exactly the same")
FOREIGN, ABSENT = no("message can't be edited"), no("message to edit not found")
PROBE = "editMessageReplyMarkup"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
async def rue(shelf: Shelf) -> AsyncIterator[Rue]:
    async with street(shelf) as made:
        yield made


async def newest(rue: Rue) -> int:
    return int((await rue.control.view(rue.group, rue.bea))["messages"][-1]["message_id"])


def after(number: int) -> list[str]:
    """The five numbers that may be it."""
    return [str(number + n) for n in range(1, 6)]


def forms(rue: Rue, shelf: Shelf) -> dict[str, Send]:
    photo = shelf.put("p.jpg", (SAMPLES / "photo.jpg").read_bytes())
    media = Media(kind=MediaKind.PHOTO, network="shelf", source=photo, type="image/jpeg")
    voice = Media(kind=MediaKind.VOICE, network="shelf", source=shelf.put("v", b"words"), type="text/plain")
    return {
        "sendMessage": Send(chat=rue.chat, html="x", by="Ana"),
        "sendPhoto": rue.sends(media),
        "sendDocument": rue.sends(voice),
        "sendLocation": Send(chat=rue.chat, html="", spot=Spot(latitude=1, longitude=2)),
    }


@pytest.mark.parametrize("method", ["sendMessage", "sendPhoto", "sendDocument", "sendLocation"])
async def test_what_arrived_is_found_behind_what_others_said(rue: Rue, shelf: Shelf, method: str) -> None:
    send, before = forms(rue, shelf)[method], await newest(rue)
    other = await rue.control.bot("other_bot", "Other")
    await rue.control.member(rue.group, other["id"])
    await rue.control.say(rue.group, rue.bea, "meanwhile")
    await rue.control.fault(method, "reset", when="after")
    with pytest.raises(Doubtful):
        await rue.bridge.do(send, key="1")
    mine = await newest(rue)
    shown = await rue.shown(Ref(rue.chat, str(mine)))
    assert await rue.bridge.settle(send, key="1", since=SINCE, ids=after(before)) == Ref(rue.chat, str(mine))
    assert await rue.shown(Ref(rue.chat, str(mine))) == shown


async def test_buttons_stay_what_they_were(rue: Rue) -> None:
    before = await newest(rue)
    send = Send(chat=rue.chat, html="qui vient ?", buttons=BUTTONS)
    await rue.control.fault("sendMessage", "reset", when="after")
    with pytest.raises(Doubtful):
        await rue.bridge.do(send, key="1")
    found = await rue.bridge.settle(send, key="1", since=SINCE, ids=after(before))
    assert isinstance(found, Ref) and found.id == str(before + 1)
    shown = await rue.shown(found)
    assert shown["buttons"] and not shown.get("edited")


async def test_what_never_arrived_is_sent_again(rue: Rue) -> None:
    before, send = await newest(rue), Send(chat=rue.chat, html="x")
    await rue.control.fault("sendMessage", "reset", when="before")
    with pytest.raises(Doubtful):
        await rue.bridge.do(send, key="1")
    await rue.control.say(rue.group, rue.bea, "meanwhile")
    since = len(await rue.methods())
    assert await rue.bridge.settle(send, key="1", since=SINCE, ids=after(before)) is Fate.AGAIN
    assert await rue.methods(since) == [PROBE] * 5


async def test_the_networks_pace_is_kept_and_nothing_is_asked_twice(rue: Rue) -> None:
    before, send = await newest(rue), Send(chat=rue.chat, html="x")
    await rue.control.settings(limits=True)
    for _ in range(4):
        await rue.control.say(rue.group, rue.bea, "meanwhile")
    waits: list[TryLater] = []
    fate, since, shift = None, len(await rue.methods()), 0.0
    while fate is None:
        try:
            fate = await rue.bridge.settle(send, key="1", since=SINCE, ids=after(before))
        except TryLater as wait:
            waits.append(wait)
            shift += wait.after.total_seconds() if wait.after else 0
            await rue.control.settings(clock_shift=shift)
    assert fate is Fate.AGAIN and waits and all(wait.after and type(wait) is TryLater for wait in waits)
    assert len(await rue.methods(since)) == 5 + len(waits)


# --- what each answer means, from prepared ones

ANSWERS: list[tuple[list[Any], Ref | Fate, int]] = [
    ([NOT_MODIFIED], Ref(ROOM, "11"), 1),
    ([True], Ref(ROOM, "11"), 1),
    ([FOREIGN, NOT_MODIFIED], Ref(ROOM, "12"), 2),
    ([ABSENT, NOT_MODIFIED], Ref(ROOM, "12"), 2),
    ([ABSENT, ABSENT, NOT_MODIFIED], Ref(ROOM, "13"), 3),
    ([no("MESSAGE_ID_INVALID")] * 4 + [NOT_MODIFIED], Ref(ROOM, "15"), 5),
    ([ABSENT] * 5, Fate.AGAIN, 5),
    ([*[FOREIGN] * 4, ABSENT], Fate.AGAIN, 5),
    ([FOREIGN] * 5, Fate.UNKNOWN, 5),  # ours may stand behind what could be looked at
    ([FOREIGN, no("something that nobody foresaw"), FOREIGN, FOREIGN, FOREIGN], Fate.UNKNOWN, 5),
    ([no("something that nobody foresaw"), NOT_MODIFIED], Ref(ROOM, "12"), 2),
]


@pytest.mark.parametrize(("answers", "fate", "probes"), ANSWERS, ids=[f"{n}" for n in range(len(ANSWERS))])
async def test_what_answers_to_probes_mean(answers: list[Any], fate: Ref | Fate, probes: int) -> None:
    bridge, server = begin(**{PROBE: answers})
    assert await bridge.settle(SEND, key="1", since=SINCE, ids=after(10)) == fate
    assert [call["message_id"] for call in server.calls(PROBE)] == [11 + n for n in range(probes)]


async def test_more_than_five_are_not_looked_at() -> None:
    bridge, server = begin(**{PROBE: [FOREIGN] * 5})
    ids = [str(n) for n in range(11, 30)]
    assert await bridge.settle(SEND, key="1", since=SINCE, ids=ids) is Fate.UNKNOWN
    assert len(server.calls(PROBE)) == 5


async def test_a_wait_in_the_middle_is_passed_on() -> None:
    wait = refused("Too Many Requests: retry after 9", 429, retry_after=9)
    bridge, server = begin(**{PROBE: [FOREIGN, wait, NOT_MODIFIED]})
    with pytest.raises(TryLater) as caught:
        await bridge.settle(SEND, key="1", since=SINCE, ids=after(10))
    assert caught.value.after and caught.value.after.total_seconds() == 9
    assert await bridge.settle(SEND, key="1", since=SINCE, ids=after(10)) == Ref(ROOM, "12")
    assert [call["message_id"] for call in server.calls(PROBE)] == [11, 12, 12]
    assert bridge._outward._looked == {}


async def test_where_the_bot_is_put_out_the_doubt_remains() -> None:
    kicked = refused("Forbidden: bot was kicked from the supergroup chat", 403)
    bridge, _ = begin(**{PROBE: kicked})
    with pytest.raises(Shut) as caught:
        await bridge.settle(SEND, key="1", since=SINCE, ids=after(10))
    assert caught.value.why == "kicked"


async def test_without_numbers_nobody_knows_and_the_rest_may_be_repeated() -> None:
    bridge, server = begin()
    ana = Person("9", ROOM, "Ana")
    unknown = [
        (SEND, []), (Send(chat=ROOM, html="x", to=ana), ["11"]), (Send(chat=Chat("telegram", "-5"), html="x"), ["11"]),
        (Send(chat=Chat("telegram", "9"), html="x"), ["11"]),
    ]  # fmt: skip
    for send, ids in unknown:
        assert await bridge.settle(send, key="1", since=SINCE, ids=ids) is Fate.UNKNOWN
    ref = Ref(ROOM, "7")
    for action in (Edit(chat=ROOM, html="x", ref=ref), Remove(chat=ROOM, ref=ref), Pin(chat=ROOM, ref=ref)):
        assert await bridge.settle(action, key="1", since=SINCE, ids=["11"]) is Fate.AGAIN
    assert server.asked == []
    numbered = [bridge.capabilities(Chat("telegram", id_)).numbered for id_ in ("-1005", "-5", "9", "")]
    assert numbered == [True, False, False, False]

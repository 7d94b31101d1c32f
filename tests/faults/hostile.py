"""What nobody should send, sent while people talk."""

import re
from typing import Any

from tests.faults.errors import words
from tests.faults.place import Place
from tests.faults.rows import Row
from tests.faults.world import BEHIND, World

LONG = "".join(f"{n:04d}·{'x' * 5}" for n in range(1000))  # 10,000 characters, each part of which can be told
EVIL = (
    '<script>alert(1)</script><img src="x" onerror="alert(1)"><a href="javascript:alert(1)">a</a><b><i></b></i>'
    '<mx-reply>gone</mx-reply><style>*{display:none}</style><a href="https://example.org" onclick="x">b</a><b'
)
TURNED = "\u202etxet\u202c \u2066x\u2069 \u200f\u061c" + "\u202e" * 50
ALLOWED = re.compile(r"</?(b|strong|i|em|u|s|del|code|pre|blockquote|a|br|p|span|ul|ol|li|h\d)\b")
ACTIVE = re.compile(r"javascript:|\bon\w+=")


def updates(place: Place, group: int) -> list[dict[str, Any]]:
    """Updates that a library does not expect, some well-formed, some not."""
    bold = [{"type": "bold", "offset": n % 900, "length": 1} for n in range(10_000)]
    link = {"type": "text_link", "offset": 0, "length": 3, "url": "javascript:x"}
    beyond = [{"type": "bold", "offset": 2**40, "length": -5}, link]
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"reply_to_message": deep}
    return [
        words(place, group, f"long {LONG}"),
        words(place, group, "many " + "y" * 1000, entities=bold),
        words(place, group, "beyond", entities=beyond),
        words(place, group, EVIL),
        words(place, group, TURNED),
        words(place, group, "\ud83d half a character"),
        words(place, group, 42),  # type: ignore[arg-type]
        words(place, group, "at no time", date="yesterday"),
        words(place, group, "at the end of time", date=10**18),
        words(place, group, "named by nobody", **{"from": {"id": place.amina}}),
        words(place, group, "deep", **deep),
        words(place, group, "nowhere", chat={"id": "group"}),
        {"message": {}}, {"message": "words"}, {"message": None}, {"message": []}, {},
        {"callback_query": {"id": 7}}, {"message_reaction": {"chat": 1}}, {"my_chat_member": {"new_chat_member": 0}},
        {"edited_message": {"message_id": -1, "chat": {"id": group}}}, {"something_of_tomorrow": {"a": 1}},
    ]  # fmt: skip


def contents() -> list[Any]:
    """Contents of `m.room.message` that no client makes."""
    html = {"format": "org.matrix.custom.html"}
    return [
        {"msgtype": "m.text", "body": 42},
        {"msgtype": "m.text", "body": {"text": "an object"}},
        {"msgtype": "m.text", "body": ["a", "list"]},
        {"msgtype": "m.text", "body": None},
        {"msgtype": "m.text"},
        {"msgtype": 7, "body": "a kind that is a number"},
        {"body": "no kind"},
        {},
        {"msgtype": "m.text", "body": "x", **html, "formatted_body": 12},
        {"msgtype": "m.text", "body": "x", "m.relates_to": "nothing"},
        {"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.replace", "event_id": 5}},
        {"msgtype": "m.text", "body": "x", "m.relates_to": {"m.in_reply_to": {"event_id": ["$"]}}},
        {"msgtype": "m.text", "m.relates_to": {"rel_type": "m.replace", "event_id": "$x"}, "m.new_content": 3},
        {"msgtype": "m.text", "body": EVIL, **html, "formatted_body": EVIL},
        {"msgtype": "m.text", "body": "deep", **html, "formatted_body": "<b>" * 5000 + "deep"},
        {"msgtype": "m.text", "body": TURNED},
        {"msgtype": "m.text", "body": f"long {LONG}"},
        {"msgtype": "m.text", "body": "\u0000 zero \ufffe"},
    ]


async def hostile(world: World) -> list[Row]:
    """All of it into a running Palier, with an honest message after it on each side."""
    place = await world.place("behind", BEHIND, proxied=True)
    here = place.circles[0]
    before = sum((await place.metrics("palier_bridge_odd")).values())
    failed_before = (await place.metrics("palier_tally")).get("feature_errors", 0)
    sent = [await place.telegram_tells(update) for update in updates(place, here.group)]
    twists = {f"to be twisted, {number}": content for number, content in enumerate(contents())}
    place.proxies[1].twists |= twists
    for body in twists:
        await place.matrix_says(here.room, body)
    await place.write("honest", 1, telegram=[here], matrix=[here])
    telegram, matrix = await place.counted("honest", 1, telegram=[here], matrix=[here], patience=30)
    await place.quiet()
    place.proxies[1].twists.clear()
    health = await place.health()
    odd = sum((await place.metrics("palier_bridge_odd")).values()) - before
    failed = (await place.metrics("palier_tally")).get("feature_errors", 0) - failed_before
    long = whole(await place.on_telegram(here.group)), whole(await place.on_matrix(here.room))
    marks = await unsafe(place)
    return [
        Row(
            f"{len(sent)} hostile updates and {len(twists)} hostile events, then an honest message each way",
            "/health ok, the next message crosses, what was not understood is counted, no markup that was not written",
            f"{health.get('status')}, {health.get('dead')} dead, {odd:.0f} odd, {failed:.0f} failed in a feature. "
            f"Honest: Matrix {matrix}, Telegram {telegram}. "
            f"Of 10,000 characters {'all' if all(long) else 'not all'} came. "
            f"Unsafe: {', '.join(marks) or 'none'}",
            good=health.get("status") == "ok" and odd > 0 and not failed and telegram.good and matrix.good
            and all(long) and not marks,
        )
    ]  # fmt: skip


def whole(texts: list[str]) -> bool:
    """Whether every piece of the long text is there, in as many messages as it took; a cut may go through one."""
    came = "".join(re.sub(r"(^.*?: )?(\(\d+/\d+\) )?", "", text, count=1) for text in texts if "·xxxxx" in text)
    return len(re.findall(r"\d{4}·x{5}", came)) >= 1000


async def unsafe(place: Place) -> list[str]:
    """Markup on either side that was not to be made of such input."""
    here, found = place.circles[0], []
    for event in await place.maelle.history(here.room):
        html = str(event["content"].get("formatted_body", "")) if event["sender"] == place.itself.user else ""
        found += [tag for tag in re.findall(r"<[^>]*", html) if not ALLOWED.match(tag) or ACTIVE.search(tag)]
    for message in (await place.control.view(here.group, place.amina))["messages"]:
        if message["from"]["is_bot"]:
            found += [one["url"] for one in message["entities"] if not one.get("url", "http").startswith("http")]
    return sorted(set(found))


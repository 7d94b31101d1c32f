"""From Telegram to Matrix: words, and what is done to them."""

from functools import partial
from html import unescape
from typing import Any

from bridges.model import Chat
from tests.fidelity.stage import Pair, until
from tests.fidelity.table import FORTH, row

BOLD = [
    ("bold", "gras", "<strong>gras</strong>"), ("italic", "penché", "<em>penché</em>"),
    ("underline", "dessous", "<u>dessous</u>"), ("strikethrough", "barré", "<del>barré</del>"),
    ("code", "x < y", "<code>x &lt; y</code>"), ("spoiler", "caché", "<span data-mx-spoiler>caché</span>"),
]  # fmt: skip


def entities(*parts: tuple[str, str, dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """A text of parts, and the entities that mark them."""
    text, marks = "", []
    for kind, words, more in parts:
        start = len(text.encode("utf-16-le")) // 2
        marks.append({"type": kind, "offset": start, "length": len(words.encode("utf-16-le")) // 2, **more})
        text += f"{words} "
    return text.rstrip(), marks


@row("text", FORTH, "whole, up to Telegram's longest, signed by its author")
async def text(pair: Pair) -> None:
    words = "mot " * 1000
    await pair.says(words)
    line = await pair.on_matrix(lambda line: "mot" in line.body)
    assert line.body == f"Amina · Telegram: {words.strip()}" and line.profile == "Amina · Telegram"
    assert line.kind == "m.text"


@row("formatting", FORTH, "bold, italic, underline, strike, spoiler, code, pre, link, quotes, custom emoji")
async def formatting(pair: Pair) -> None:
    words, marks = entities(
        *((kind, words, {}) for kind, words, _ in BOLD),
        ("pre", "a = 1", {"language": "python"}), ("text_link", "lien", {"url": "https://example.org/?a=1&b=2"}),
        ("custom_emoji", "😀", {"custom_emoji_id": "5"}), ("blockquote", "citation", {}),
        ("expandable_blockquote", "longue citation", {}),
    )  # fmt: skip
    await pair.says(f"{words} <b>& pas de balise</b>", entities=marks)
    line = await pair.on_matrix(lambda line: "gras" in line.body)
    for _, _, html in BOLD:
        assert html in line.html, line.html
    assert '<code class="language-python">a = 1' in line.html and "😀" in line.html
    assert '<a href="https://example.org/?a=1&amp;b=2">lien</a>' in line.html
    assert line.html.count("<blockquote") == 2 and "&lt;b&gt;&amp; pas de balise&lt;/b&gt;" in line.html


@row("rich message", FORTH, "its words, as HTML with a plain body")
async def rich(pair: Pair) -> None:
    paragraph = {"type": "paragraph", "text": {"type": "bold", "text": "Riche"}}
    message = {"rich_message": {"blocks": [paragraph]}}
    await pair.stage.control.show(pair.group, pair.stage.amina, message)
    line = await pair.on_matrix(lambda line: line.profile == "Amina · Telegram")
    assert "Riche" in line.body or "ne peut pas passer" in line.body


@row("mention", FORTH, "the name as text; nobody is pinged, @room neither")
async def mention(pair: Pair) -> None:
    words, marks = entities(("text_mention", "Basile", {"user": pair.stage.basile}))
    await pair.says(f"{words} @room", entities=marks)
    line = await pair.on_matrix(lambda line: "Basile" in line.body)
    assert "@room" in line.body and line.content["m.mentions"] == {}


@row("reply and quote", FORTH, "answers the copy, with the part that was quoted")
async def reply(pair: Pair) -> None:
    said, copy = await pair.crossed("la fête de la rue")
    await pair.says("oui", reply_to=said["message_id"], quote="la fête")
    line = await pair.on_matrix(lambda line: "oui" in line.body)
    assert line.reply_to == copy.event_id and "la fête</blockquote>oui" in line.html


@row("reply without a copy", FORTH, "the quoted words of whoever said yes, else a remark that it stayed")
async def reply_without_copy(pair: Pair) -> None:
    stage = pair.stage
    stranger = await stage.control.user("Inès")
    await stage.control.member(pair.group, stranger, "member")
    hidden = await stage.control.say(pair.group, stranger, "reste ici")
    await pair.quiet()
    await pair.says("tu crois", reply_to=hidden["message_id"])
    line = await pair.on_matrix(lambda line: "tu crois" in line.body)
    assert "resté là-bas" in line.body and not line.reply_to
    assert "reste ici" not in str([one.body for one in await pair.matrix()])


@row("edit", FORTH, "the copy reads differently; an edit that changes nothing is not sent")
async def edit(pair: Pair) -> None:
    said, copy = await pair.crossed("samedi")
    await pair.stage.control.edit(pair.group, pair.stage.amina, said["message_id"], "dimanche")
    line = await pair.on_matrix(lambda line: "dimanche" in line.body)
    assert line.event_id == copy.event_id and line.edited
    again = {**said, "text": "dimanche", "edit_date": said["date"] + 5}  # for a link preview, say
    await pair.stage.control.update(pair.stage.bot["id"], {"edited_message": again})
    await pair.quiet()
    assert len(await pair.stage.maelle.relations(pair.room, copy.event_id, "m.replace")) == 1


@row("deletion", FORTH, "the author's own 🙈, or /effacer in reply, removes both")
async def deletion(pair: Pair) -> None:
    stage = pair.stage
    said, _ = await pair.crossed("de trop")
    await stage.control.react(pair.group, stage.amina, said["message_id"], "🙈")
    other, _ = await pair.crossed("aussi de trop")
    await pair.says("/effacer", reply_to=other["message_id"])

    async def gone() -> bool:
        view = await stage.control.view(pair.group, stage.amina)
        here = any("de trop" in one.get("text", "") for one in view["messages"])
        return not here and not [line for line in await pair.matrix() if "de trop" in line.body]

    await until(gone)


@row("reaction", FORTH, "the bot's annotation on the copy, as long as somebody holds it")
async def reaction(pair: Pair) -> None:
    stage = pair.stage
    said, copy = await pair.crossed("bravo")
    await stage.control.react(pair.group, stage.amina, said["message_id"], "❤")
    line = await pair.on_matrix(lambda line: line.event_id == copy.event_id and line.reactions)
    assert line.reactions == {"❤️": {stage.me.user}}
    await stage.control.react(pair.group, stage.amina, said["message_id"])
    await pair.on_matrix(lambda line: line.event_id == copy.event_id and not line.reactions)


@row("forum topic", FORTH, "a topic becomes a thread, opened by its first message", forum=True)
async def topic(pair: Pair) -> None:
    stage = pair.stage
    topic = await stage.control.topic(pair.group, "Jardin", stage.amina)
    await pair.says("premier du jardin", thread=topic)
    root = await pair.on_matrix(lambda line: "premier du jardin" in line.body)
    assert "🧵 Jardin" in root.body and not root.thread
    await pair.says("deuxième du jardin", thread=topic)
    line = await pair.on_matrix(lambda line: "deuxième" in line.body)
    assert line.thread == root.event_id
    await pair.says("dans le général")
    assert not (await pair.on_matrix(lambda line: "général" in line.body)).thread


@row("location, venue", FORTH, "m.location with its words")
async def place(pair: Pair) -> None:
    stage = pair.stage
    await stage.control.place(pair.group, stage.amina, 45.5, 3.25)
    line = await pair.on_matrix(lambda line: line.kind == "m.location")
    point = [float(part) for part in line.content["geo_uri"].removeprefix("geo:").split(",")]
    assert point == [45.5, 3.25] and "Amina" in line.body
    await stage.control.place(pair.group, stage.amina, 45.5, 3.25, title="La Halle", address="Place du Marché")
    line = await pair.on_matrix(lambda line: "La Halle" in line.body)
    assert "Place du Marché" in line.body


@row("live location, contact", FORTH, "a note; neither the place nor the number crosses")
async def stays(pair: Pair) -> None:
    stage = pair.stage
    await stage.control.place(pair.group, stage.amina, 45.5, 3.25, live_period=900)
    contact = {"phone_number": "+33600000000", "first_name": "Zoé"}
    await stage.control.show(pair.group, stage.amina, {"contact": contact})
    await pair.on_matrix(lambda line: "position en direct" in line.body)
    await pair.on_matrix(lambda line: "un contact" in line.body)
    history = str(await stage.maelle.history(pair.room))
    assert "45.5" not in history and "3360000" not in history and "Zoé" not in history


@row("poll", FORTH, "question and options as text; the result when it is stopped")
async def poll(pair: Pair) -> None:
    stage = pair.stage
    asked = await stage.control.poll(pair.group, stage.amina, "Quel jour ?", ["samedi", "dimanche"])
    line = await pair.on_matrix(lambda line: "Quel jour ?" in line.body)
    assert "• samedi" in line.body and "• dimanche" in line.body
    await stage.control.vote(pair.group, stage.basile, asked["message_id"], 1)
    await stage.control.stop_poll(pair.group, stage.amina, asked["message_id"])
    told = await pair.on_matrix(lambda line: "terminé" in line.body)
    assert "dimanche: 1 voix" in told.body and "samedi: 0 voix" in told.body and told.reply_to == line.event_id


@row("pin, unpin", FORTH, "the copy is pinned")
async def pin(pair: Pair) -> None:
    said, copy = await pair.crossed("à retenir")
    await pair.stage.control.pin(pair.group, pair.stage.amina, said["message_id"])

    async def pinned() -> bool:
        try:
            state = await pair.stage.maelle.state(pair.room, "m.room.pinned_events")
        except Exception:
            return False
        return copy.event_id in state["pinned"]

    await until(pinned)


@row("group becomes supergroup", FORTH, "the link moves, what is said in the new group crosses both ways")
async def migration(pair: Pair) -> None:
    stage = pair.stage
    basic = await stage.control.chat("Ancien", members=[stage.amina, stage.bot["id"]], type="group")
    room = await stage.maelle.create_room("Ancien", preset="public_chat")
    await stage.me.join(room)
    old = await stage.link(basic, room)
    await stage.control.member(basic, stage.bot["id"], "administrator")
    await old.crossed("avant")
    new = await stage.control.migrate(basic)
    rights = dict.fromkeys(["can_delete_messages", "can_pin_messages"], True)
    await stage.control.member(new, stage.bot["id"], "administrator", rights=rights)
    moved = Pair(stage, new, room, old.circle)
    await moved.crossed("après")
    await moved.crossed_back("retour")


@row("anonymous administrator, linked channel", FORTH, "named as the group or the channel, if the circle agreed")
async def collective(pair: Pair) -> None:
    stage = pair.stage
    await stage.control.member(pair.group, stage.amina, "administrator", rights={"is_anonymous": True})
    await pair.says("sans accord", anonymous=True)
    await pair.quiet()
    assert not [line for line in await pair.matrix() if "sans accord" in line.body]
    await agree(pair, str(pair.group))
    await pair.says("avec accord", anonymous=True)
    line = await pair.on_matrix(lambda line: "avec accord" in line.body)
    assert "Amina" not in line.body and line.profile


async def agree(pair: Pair, who: str) -> None:
    """The circle lets a group or a channel speak across, as its ambassador's command does."""
    from bot.gate import Choice
    from bridges.model import Person

    async with pair.stage.app.store.work() as work:
        chat = Chat("telegram", str(pair.group))
        circle = await work.circle(chat)
        assert circle
        await work.decide(Person(who, chat, "Les Tilleuls", collective=True), circle, Choice.NAMED)


@row("live photo, story, dice, game, gift, unknown", FORTH, "the nearest plain thing, else a note, never silence")
async def odd(pair: Pair) -> None:
    stage = pair.stage
    for body in ({"dice": {"emoji": "🎲", "value": 4}}, {"story": {"chat": {"id": 5, "type": "private"}, "id": 1}},
                 {"never_heard_of": {"x": 1}}):  # fmt: skip
        before = len(await pair.matrix())
        await stage.control.show(pair.group, stage.amina, body)
        await until(partial(more_than, pair, before))


async def more_than(pair: Pair, before: int) -> bool:
    return len(await pair.matrix()) > before


@row("forwarded", FORTH, "the channel that it came from is named, a person never, nor their words")
async def forwarded(pair: Pair) -> None:
    stage = pair.stage
    channel = await stage.control.chat("La gazette", members=[stage.amina], type="channel")
    await pair.says("à lire", forward={"channel": channel, "message": 7})
    line = await pair.on_matrix(lambda line: "à lire" in line.body)
    assert "transféré de La gazette" in line.body
    await pair.says("mots privés", forward={"user": stage.basile})
    await pair.says("mots cachés", forward={"hidden": "Camille"})
    await pair.on_matrix(lambda line: "message de quelqu'un" in unescape(line.body))
    history = str(await stage.maelle.history(pair.room))
    assert "mots privés" not in history and "mots cachés" not in history and "Camille" not in history


@row("bots, commands, own copies", FORTH, "never relayed")
async def never(pair: Pair) -> None:
    stage = pair.stage
    other = await stage.control.bot("autre_bot", "Autre")
    await stage.control.member(pair.group, other["id"], "member")
    await pair.says("/aide")
    await pair.says("/inconnue@autre_bot")
    await pair.says("par un robot", extra={"via_bot": {"id": other["id"], "is_bot": True, "first_name": "Autre"}})
    await pair.writes("retour")
    await pair.on_telegram(lambda one: "retour" in one.get("text", ""))
    await pair.quiet()
    assert not [line for line in await pair.matrix() if line.profile]


@row("join, leave, rename", FORTH, "off; where the circle wants it, counted in one line")
async def stirred(pair: Pair) -> None:
    stage = pair.stage
    zoe = await stage.control.user("Zoé")
    await stage.control.member(pair.group, zoe, "member")
    await stage.control.member(pair.group, zoe, "left")
    await pair.quiet()
    assert "Zoé" not in str(await stage.maelle.history(pair.room))



"""From Matrix to Telegram: words, and what is done to them."""

from datetime import timedelta

from sqlmodel import col, update

from bot.store import Copy, now
from tests.fidelity.stage import Pair, until
from tests.fidelity.table import BACK, row


@row("text", BACK, "whole; split where Telegram's 4,096 units end, and every part is found again")
async def text(pair: Pair) -> None:
    words = " ".join(f"mot{n}" for n in range(1500))
    event = await pair.writes(words)
    await pair.on_telegram(lambda one: "mot1499" in one.get("text", ""))
    parts = [one["text"] for one in await pair.telegram() if "mot" in one.get("text", "")]
    assert len(parts) > 1 and all("Maëlle · Matrix" in part for part in parts)
    assert [word for part in parts for word in part.split() if word.startswith("mot")] == words.split()
    await pair.stage.maelle.redact(pair.room, event)

    async def gone() -> bool:
        return not [one for one in await pair.telegram() if "mot" in one.get("text", "")]

    await until(gone)


@row("formatting", BACK, "exact; lists, headings and tables as plain lines; unknown tags keep their text")
async def formatting(pair: Pair) -> None:
    html = (
        "<strong>gras</strong> <em>penché</em> <del>barré</del> <u>dessous</u> <span data-mx-spoiler>caché</span>"
        '<pre><code class="language-python">a &lt; 1\n</code></pre><a href="https://example.org/">lien</a>'
        "<h2>Titre</h2><ul><li>un<li>deux</ul><ol><li>premier</ol><blockquote>cité</blockquote>"
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table><marquee>vieux</marquee>"
    )
    await pair.writes("repli", html)
    one = await pair.on_telegram(lambda one: "gras" in one.get("text", ""))
    marks = {entity["type"] for entity in one["entities"]}
    assert {"bold", "italic", "strikethrough", "underline", "spoiler", "pre", "text_link", "blockquote"} <= marks
    words = one["text"]
    assert all(part in words for part in ("a < 1", "Titre", "• un", "• deux", "1. premier", "cité", "vieux"))
    assert "a" in words and "1" in words and "<" not in words.replace("a < 1", "")
    (pre,) = [entity for entity in one["entities"] if entity["type"] == "pre"]
    assert pre["language"] == "python"


@row("mention", BACK, "the name as text; @room never pings")
async def mention(pair: Pair) -> None:
    who = pair.stage.yann.user
    await pair.writes("Yann @room", f'<a href="https://matrix.to/#/{who}">Yann</a> @room')
    one = await pair.on_telegram(lambda one: "Yann" in one.get("text", ""))
    assert not {"mention", "text_mention"} & {entity["type"] for entity in one["entities"]}
    assert one["text"].replace("\u2060", "").endswith("Yann @room")


@row("reply", BACK, "answers the copy; without one, quoted or said to have stayed")
async def reply(pair: Pair) -> None:
    event, copy = await pair.crossed_back("la fête")
    await pair.writes("oui", reply_to=event)
    one = await pair.on_telegram(lambda one: one.get("text", "").endswith("oui"))
    assert one["reply_to"] == copy["message_id"]
    said = await pair.says("écrit ici")
    line = await pair.on_matrix(lambda line: "écrit ici" in line.body)
    await pair.writes("vu", reply_to=line.event_id)
    one = await pair.on_telegram(lambda one: one.get("text", "").endswith("vu"))
    assert one["reply_to"] == said["message_id"]


@row("edit", BACK, "the copy reads differently, at any time; a stranger's edit counts for nothing")
async def edit(pair: Pair) -> None:
    event, copy = await pair.crossed_back("samedi")
    await pair.stage.yann.edit(pair.room, event, "faux")
    await pair.stage.maelle.edit(pair.room, event, "dimanche")
    one = await pair.on_telegram(lambda one: "dimanche" in one.get("text", ""))
    assert one["message_id"] == copy["message_id"] and "faux" not in one["text"]


@row("deletion", BACK, 'redaction deletes the copy; past 48 h it reads "[retiré]"')
async def deletion(pair: Pair) -> None:
    stage = pair.stage
    event, _ = await pair.crossed_back("de trop")
    await stage.maelle.redact(pair.room, event)

    async def gone() -> bool:
        return not [one for one in await pair.telegram() if "de trop" in one.get("text", "")]

    await until(gone)
    event, copy = await pair.crossed_back("vieux mots")
    async with stage.app.store.work() as work:
        old = update(Copy).where(col(Copy.id) == str(copy["message_id"]), col(Copy.room) == str(pair.group))
        await work.exec(old.values(made=now() - timedelta(hours=49)))
    await stage.maelle.redact(pair.room, event)
    one = await pair.on_telegram(lambda one: "[retiré]" in one.get("text", ""))
    assert one["message_id"] == copy["message_id"]


@row("reaction", BACK, "the bot's one reaction: the emoji most held that Telegram allows")
async def reaction(pair: Pair) -> None:
    stage = pair.stage
    event, copy = await pair.crossed_back("bravo")
    await stage.maelle.react(pair.room, event, "🎉")
    await pair.on_telegram(lambda one: one["message_id"] == copy["message_id"] and "🎉" in str(one.get("reactions")))
    mark = await stage.yann.react(pair.room, event, "❤️")
    await stage.yann.redact(pair.room, mark)
    await pair.quiet()
    await pair.on_telegram(lambda one: one["message_id"] == copy["message_id"] and "🎉" in str(one.get("reactions")))


@row("thread", BACK, "a reply in the thread of a topic goes to the topic; elsewhere it answers the thread's beginning",
     forum=True)  # fmt: skip
async def thread(pair: Pair) -> None:
    stage = pair.stage
    topic = await stage.control.topic(pair.group, "Jardin", stage.amina)
    await pair.says("au jardin", thread=topic)
    root = await pair.on_matrix(lambda line: "au jardin" in line.body)
    await pair.writes("j'arrive", thread=root.event_id)
    one = await pair.on_telegram(lambda one: "j'arrive" in one.get("text", ""))
    assert one["thread"] == topic
    event, copy = await pair.crossed_back("hors sujet")
    await pair.writes("suite", thread=event)
    one = await pair.on_telegram(lambda one: "suite" in one.get("text", ""))
    assert one["reply_to"] == copy["message_id"] and not one.get("thread")


@row("location", BACK, "location, and its words with their author")
async def place(pair: Pair) -> None:
    content = {"msgtype": "m.location", "body": "La Halle", "geo_uri": "geo:45.5,3.25", "m.mentions": {}}
    await pair.stage.maelle.raw(pair.room, "m.room.message", content)
    one = await pair.on_telegram(lambda one: one.get("kind") in {"location", "venue"})
    assert abs(one[one["kind"]].get("latitude", one[one["kind"]].get("location", {}).get("latitude")) - 45.5) < 1e-6
    await pair.on_telegram(lambda one: "Maëlle · Matrix" in one.get("text", ""))


@row("live location, unknown kinds", BACK, "a note, never silence")
async def stays(pair: Pair) -> None:
    content = {"msgtype": "org.example.never", "body": "secret du futur", "m.mentions": {}}
    await pair.stage.maelle.raw(pair.room, "m.room.message", content)
    one = await pair.on_telegram(lambda one: "ne peut pas passer" in one.get("text", ""))
    assert "secret du futur" not in one["text"]


@row("poll", BACK, "question and options as text; the result when it is ended")
async def poll(pair: Pair) -> None:
    stage = pair.stage
    asked = await stage.maelle.ask(pair.room, "Quel jour ?", "samedi", "dimanche")
    one = await pair.on_telegram(lambda one: "Quel jour ?" in one.get("text", ""))
    assert "• samedi" in one["text"]
    await stage.yann.vote(pair.room, asked, 1)
    await stage.maelle.end(pair.room, asked)
    told = await pair.on_telegram(lambda one: "terminé" in one.get("text", ""))
    assert "dimanche: 1 voix" in told["text"] and told["reply_to"] == one["message_id"]


@row("pin, unpin", BACK, "the copy is pinned, and no more when it is unpinned")
async def pin(pair: Pair) -> None:
    event, copy = await pair.crossed_back("à retenir")
    await pair.stage.maelle.pin(pair.room, event)
    await pair.on_telegram(lambda one: one["message_id"] == copy["message_id"] and one.get("pinned"))
    await pair.stage.maelle.pin(pair.room)
    await pair.on_telegram(lambda one: one["message_id"] == copy["message_id"] and not one.get("pinned"))


@row("room is upgraded", BACK, "the link moves if the bot can enter")
async def upgrade(pair: Pair) -> None:
    stage = pair.stage
    await pair.crossed_back("avant")
    new = await stage.maelle.upgrade(pair.room)
    moved = Pair(stage, pair.group, new, pair.circle)

    async def linked() -> bool:
        members = await stage.maelle.members(new)
        return members.get(stage.me.user) == "join"

    await until(linked, 20)
    await moved.crossed_back("après")
    await moved.crossed("retour")


@row("own copies, commands, other bridges, notices", BACK, "never relayed")
async def never(pair: Pair) -> None:
    stage = pair.stage
    await pair.writes("!aide")
    await pair.writes("avis d'un robot", kind="m.notice")
    profile = {"id": "x", "displayname": "Ana · Telegram", "has_fallback": True}
    copy = {"msgtype": "m.text", "body": "Ana · Telegram: d'un autre pont", "com.beeper.per_message_profile": profile}
    await stage.maelle.raw(pair.room, "m.room.message", copy)
    await pair.crossed("aller")
    await pair.quiet()
    said = " ".join(one.get("text", "") for one in await pair.telegram())
    assert "avis" not in said and "autre pont" not in said and "!aide" not in said and "aller" not in said


@row("join, leave, rename, avatar", BACK, "off; where the circle wants it, counted in one line")
async def stirred(pair: Pair) -> None:
    stage = pair.stage
    await stage.yann.leave(pair.room)
    await stage.maelle.rename("Maëlle B.")
    await pair.quiet()
    assert not [one for one in await pair.telegram() if "Yann" in one.get("text", "")]
    await stage.maelle.rename("Maëlle")

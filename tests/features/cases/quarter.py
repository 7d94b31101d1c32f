"""A quarter with moderators: a circle over two networks, a desk on Telegram, and somebody who writes spam."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from bot.events import Tick
from bot.features.cases.tables import Act, Case
from bot.gate import Choice
from bot.store import Room, Sanction, now
from bridges.fake import FakeBridge, Post
from bridges.model import Chat, Message, Person, Ref
from tests.conftest import Town

WORD = "palourde"  # held by the policy of this quarter alone, whatever the checks think
SPAM = f"{WORD} : 5000 € par jour sans rien faire"
DESK = Chat("telegram", "desk")
PLACE = "Bourg-Exemple/Les Tilleuls"


@dataclass(slots=True)
class Quarter:
    """Mo and Max are moderators on Telegram, Mina one on Matrix; Ana and Mia said yes; Spam has just come."""

    town: Town

    @property
    def telegram(self) -> FakeBridge:
        return self.town.telegram

    @property
    def matrix(self) -> FakeBridge:
        return self.town.matrix

    async def says(self, name: str, html: str, *, reply_to: Ref | None = None, chat: Chat | None = None) -> Ref:
        """Somebody writes, on the network of the chat; what they answer is told with it on Telegram."""
        chat = chat or self.telegram.chat
        bridge = self.matrix if chat.network == "matrix" else self.telegram
        about = bridge.posts.get((chat, reply_to.id)) if reply_to and chat.network == "telegram" else None
        post = Post(str(next(bridge._ids)), chat, name, html, now(), reply_to.id if reply_to else None)
        bridge.posts[chat, post.id] = post
        said = bridge._message(post, f"{chat.network} said {post.id}")
        answered = bridge._message(about, f"about {post.id}") if about and about.author != "bot" else None
        private = chat.id == f"with {name}"
        await bridge.tells(
            Message(
                key=said.key, at=said.at, ref=said.ref, sender=said.sender, html=html, reply_to=reply_to,
                answered=answered, private=private,
            )
        )  # fmt: skip
        await self.town.settles()
        return said.ref

    async def taps(self, name: str, card: Post, verb: str) -> None:
        """A moderator taps a button at the desk."""
        assert card.action
        data = next(one.data for row in card.action.buttons for one in row if one.data.endswith(f" {verb}"))
        await self.telegram.taps(name, self.telegram.ref(card), data)
        await self.town.settles()

    def desk(self, words: str = "") -> Post:
        """The last message at the desk that holds these words."""
        return self.telegram.find(words, DESK)

    def told(self, name: str, network: str = "telegram") -> list[str]:
        """What the bot told somebody alone."""
        bridge = self.telegram if network == "telegram" else self.matrix
        return [post.html for post in bridge.posts.values() if post.to == name]

    async def cases(self) -> Sequence[Case]:
        async with self.town.store.work() as work:
            return (await work.exec(select(Case).order_by(col(Case.id)))).all()

    async def acts(self) -> Sequence[Act]:
        async with self.town.store.work() as work:
            return (await work.exec(select(Act).order_by(col(Act.id)))).all()

    async def sanctions(self) -> list[tuple[int, str, str, datetime | None]]:
        """What holds, whatever the log says of it."""
        async with self.town.store.work() as work:
            rows = (await work.exec(select(Sanction).order_by(col(Sanction.act)))).all()
            return [(one.act, one.person, one.what, one.until) for one in rows]

    async def minute(self, at: datetime | None = None) -> None:
        """The clock's minute comes."""
        names = "cases.time_passes", "cases.note_results"
        await self.town.app.handle([Tick(at=at or now(), name=name) for name in names])
        await self.town.settles()


async def settle_in(town: Town) -> Quarter:
    """Appoint the moderators, link the desk, and let Ana, Mia and Spam share their words."""
    for name, network in (("Mo", "telegram"), ("Max", "telegram"), ("Mina", "matrix")):
        await town.appoints(name, network, "moderator", PLACE)
    await town.appoints("Op", "telegram", "operator")
    quarter = Quarter(town)
    async with town.store.work() as work:
        await work.merge(Room(network="telegram", id=DESK.id, title="Modération", kind="supergroup"))
        circle = await work.circle(town.telegram.chat)
        assert circle
        await work.set_policy("", {"words": [WORD]})
        for name, chat in (("Ana", town.telegram.chat), ("Spam", town.telegram.chat), ("Mia", town.matrix.chat)):
            await work.decide(Person(name, chat, name), circle, Choice.NAMED)
    await quarter.says("Op", "/moderation ici", chat=DESK)
    return quarter

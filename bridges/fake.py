"""A whole network in memory: what every other bridge is measured by, and what features are tried on."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

from bridges.model import (
    Act,
    Action,
    Admit,
    AskedIn,
    Chat,
    ClearReactions,
    Edit,
    Edited,
    Event,
    Happened,
    Join,
    Leave,
    Lock,
    Menu,
    Message,
    Mirror,
    Person,
    Pin,
    React,
    Reacted,
    Ref,
    Remove,
    Removed,
    Restrict,
    Right,
    Send,
    Tapped,
    Toast,
    Unreact,
)
from bridges.port import ACTS, Bridge, Capabilities, Fate, Inbox, Refused, Standing

EVERYTHING = frozenset(Right)


@dataclass(slots=True)
class Post:
    """One message as the members of a fake chat see it."""

    id: str
    chat: Chat
    author: str
    html: str
    at: datetime
    reply_to: str | None = None
    to: str | None = None  # seen by this member alone
    action: Send | None = None
    reactions: dict[str, set[str]] = field(default_factory=dict)


class FakeBridge(Bridge):
    """A network of any number of chats, where each key acts once.

    `failures` are raised by the next calls; clear `answers`, and it acts without answering. `can` is what its chats
    can do.
    """

    def __init__(self, name: str = "fake", can: Capabilities | None = None) -> None:
        self.name, self.address, self.odd = name, f"@palier.{name}", Counter[str]()
        self.can = can or Capabilities(
            text_length=4096, entities=100, buttons=True, whispers=True, prefix="/", acts=ACTS, forgets_mutes=True
        )
        self.chat = Chat(name, "main")
        self.posts: dict[tuple[Chat, str], Post] = {}
        self.pinned: list[str] = []
        self.toasts: list[str] = []
        self.did: dict[str, tuple[Action, Ref | None]] = {}
        self.failures: list[Exception] = []
        self.members: dict[Chat, set[str]] = {}
        self.standings: dict[Chat, Standing] = {}
        self.unreacted: list[str] = []
        self.files: dict[str, bytes] = {}
        self.albums: list[list[str]] = []
        self.admins: dict[Chat, set[str]] = {}  # nothing can be done about these
        self.muted: dict[tuple[Chat, str], datetime | None] = {}
        self.banned: dict[tuple[Chat, str], datetime | None] = {}
        self.locked: set[Chat] = set()
        self.asking: set[tuple[Chat, str]] = set()
        self.left: list[Chat] = []
        self.joined: list[Chat] = []
        self.menus: Sequence[Menu] = ()
        self.answers = asyncio.Event()
        self.answers.set()
        self.last: Event
        self._ids = count(1)
        self._unread: list[Event] = []
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._broke: Exception | None = None

    # --- what a bridge does

    async def run(self, inbox: Inbox) -> None:
        while True:
            while batch := self._unread[:]:
                self._idle.clear()
                try:
                    await inbox(batch)
                except Exception as error:
                    self._broke = error
                    self._idle.set()  # whoever told it must not wait for ever
                    raise
                del self._unread[: len(batch)]
            self._idle.set()
            await self._news.wait()
            self._news.clear()

    async def do(self, action: Action, *, key: str) -> Ref | None:
        if self.failures:
            raise self.failures.pop(0)
        if key not in self.did:
            self.did[key] = action, self._act(action)
        await self.answers.wait()
        return self.did[key][1]

    async def settle(self, action: Action, *, key: str, since: datetime, ids: Sequence[str] = ()) -> Ref | Fate:
        return self.did[key][1] or Fate.AGAIN if key in self.did else Fate.AGAIN

    async def together(self, sends: Sequence[Send], *, key: str) -> list[Ref]:
        refs = [await self.do(send, key=f"{key}-{n}") for n, send in enumerate(sends)]
        self.albums.append([ref.id for ref in refs if ref])
        return [ref for ref in refs if ref]

    @asynccontextmanager
    async def fetch(self, source: str) -> AsyncIterator[AsyncIterator[bytes]]:
        if source not in self.files:
            raise Refused("gone")
        yield pieces(self.files[source])

    async def recall(self, ref: Ref) -> str | None:
        post = self.posts.get((ref.chat, ref.id))
        return post.html if post else None

    async def stands(self, ref: Ref) -> bool | None:
        return (ref.chat, ref.id) in self.posts

    async def receive(self, inbox: Inbox, headers: Mapping[str, str], body: bytes) -> int:
        return 404

    def capabilities(self, chat: Chat) -> Capabilities:
        return self.can

    def whereabouts(self, person: str) -> list[Chat]:
        return [chat for chat, people in self.members.items() if person in people]

    def link(self, *, start: str = "", group: str = "") -> str:
        return f"https://{self.name}.example/palier?start={start}&group={group}"

    async def inspect(self, chat: Chat) -> Standing:
        return self.standings.get(chat) or Standing(title=chat.id, kind="room", member=True, rights=EVERYTHING)

    async def offer(self, menus: Sequence[Menu]) -> None:
        self.menus = menus

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _act(self, action: Action) -> Ref | None:
        match action:
            case Send():
                return self._send(action)
            case Toast():
                self.toasts.append(action.text)
                return None
            case Join():
                (self.joined if action.accept else self.left).append(action.chat)
                return None
            case Leave():
                self.left.append(action.chat)
                return None
            case Unreact(ref=ref):
                self.unreacted.append(ref.id)
                return ref
            case Restrict() | Lock() | ClearReactions() | Admit():
                self._moderate(action)
                return None
        post = self.posts.get((action.chat, action.ref.id))
        if post is None:
            raise Refused("gone")
        match action:
            case Edit():
                post.html = action.shown
                post.action = replace(post.action or Send(chat=post.chat, html=""), by=action.by)
            case Remove():
                del self.posts[action.chat, post.id]
            case React() | Mirror():
                self._hold(post, "bot", action.emoji)
            case Pin():
                self.pinned = [id_ for id_ in self.pinned if id_ != post.id] + ([post.id] if action.on else [])
        return Ref(action.chat, post.id)

    def _moderate(self, act: Act) -> None:
        here = room(act.chat)
        match act:
            case Restrict(person=who) if act.what != "free" and who.id in self.admins.get(here, ()):
                raise Refused("is-admin")
            case Restrict(person=who, what="mute"):
                self.muted[here, who.id] = act.until
            case Restrict(person=who, what="ban"):
                self.banned[here, who.id] = act.until
                self.members.get(here, set()).discard(who.id)
            case Restrict(person=who):
                for held in (self.muted, self.banned):
                    held.pop((here, who.id), None)
            case Lock():
                (self.locked.add if act.on else self.locked.discard)(here)
            case ClearReactions(person=who):
                for post in self.posts.values():
                    if room(post.chat) == here:
                        self._hold(post, who.id, ())
            case Admit(person=who):
                if (here, who.id) not in self.asking and (who.id in self.members.get(here, ())) != act.yes:
                    raise Refused("not-there")
                self.asking.discard((here, who.id))
                if act.yes:
                    self.members.setdefault(here, set()).add(who.id)

    def _send(self, send: Send) -> Ref:
        if send.instead:
            self.posts.pop((send.instead.chat, send.instead.id), None)
        post = Post(str(next(self._ids)), send.chat, "bot", send.shown, datetime.now(UTC), action=send)
        post.reply_to, post.to = send.reply_to.id if send.reply_to else None, send.to.id if send.to else None
        self.posts[send.chat, post.id] = post
        return Ref(send.chat, post.id)

    @staticmethod
    def _hold(post: Post, who: str, emoji: Sequence[str]) -> None:
        for holders in post.reactions.values():
            holders.discard(who)
        for one in emoji:
            post.reactions.setdefault(one, set()).add(who)
        post.reactions = {one: holders for one, holders in post.reactions.items() if holders}

    # --- what people do

    def person(self, name: str, chat: Chat | None = None) -> Person:
        return Person(name, chat or self.chat, name)

    async def tells(self, *events: Event) -> None:
        """Let the bridge deliver these, and wait until they are handled; raise what the inbox raised."""
        self._unread += events
        self.last = events[-1]
        self._idle.clear()
        self._broke = None
        self._news.set()
        await self._idle.wait()
        if self._broke:
            error, self._broke = self._broke, None
            raise error

    def may_write(self, name: str, chat: Chat | None = None) -> bool:
        """Whether somebody is neither muted nor banned, and the chat not locked for them."""
        here = room(chat or self.chat)
        if name in self.admins.get(here, ()):
            return True
        for held in (self.muted, self.banned):
            if (here, name) in held and ((until := held[here, name]) is None or until > datetime.now(UTC)):
                return False
        return here not in self.locked

    async def asks_in(self, name: str, words: str = "", chat: Chat | None = None) -> None:
        """Ask to be let into a chat."""
        here, now = room(chat or self.chat), self._stamp()
        self.asking.add((here, name))
        await self.tells(AskedIn(key=now.key, at=now.at, chat=here, sender=self.person(name, here), words=words))

    def _message(self, post: Post, key: str) -> Message:
        ref, who = Ref(post.chat, post.id), self.person(post.author, post.chat)
        return Message(key=key, at=post.at, ref=ref, sender=who, html=post.html)

    def _stamp(self) -> Happened:
        return Happened(key=f"{self.name} {next(self._ids)}", at=datetime.now(UTC))

    async def says(
        self, name: str, *lines: str, reply_to: Ref | None = None, chat: Chat | None = None, private: bool = False
    ) -> Ref:
        """Write one message after the other, and tell which was the last; raises PermissionError."""
        where = chat or (Chat(self.name, f"with {name}") if private else self.chat)
        if not self.may_write(name, where):
            raise PermissionError(f"{name} may not write there")
        events = []
        for html in lines:
            post = Post(str(next(self._ids)), where, name, html, datetime.now(UTC), reply_to.id if reply_to else None)
            self.posts[where, post.id] = post
            self.members.setdefault(where, set()).add(name)
            message = self._message(post, f"{self.name} {post.id}")
            events.append(replace(message, reply_to=reply_to, private=private))
        await self.tells(*events)
        return events[-1].ref

    async def edits(self, name: str, ref: Ref, html: str) -> None:
        self.posts[ref.chat, ref.id].html, now = html, self._stamp()
        await self.tells(Edited(key=now.key, at=now.at, ref=ref, sender=self.person(name, ref.chat), html=html))

    async def removes(self, name: str, ref: Ref) -> None:
        self.posts.pop((ref.chat, ref.id), None)
        now = self._stamp()
        await self.tells(Removed(key=now.key, at=now.at, ref=ref, sender=self.person(name, ref.chat)))

    async def reacts(self, name: str, ref: Ref, *emoji: str, mark: str = "") -> None:
        """Hold just these."""
        post, now = self.posts[ref.chat, ref.id], self._stamp()
        before = {one for one, holders in post.reactions.items() if name in holders}
        self._hold(post, name, emoji)
        added, removed = tuple(e for e in emoji if e not in before), tuple(e for e in before if e not in emoji)
        who = self.person(name, ref.chat)
        event = Reacted(key=now.key, at=now.at, ref=ref, sender=who, added=added, removed=removed, mark=mark)
        await self.tells(event)

    async def taps(self, name: str, ref: Ref, data: str) -> None:
        post, now = self.posts[ref.chat, ref.id], self._stamp()
        assert post.action and any(button.data == data for row in post.action.buttons for button in row)
        assert post.to in (None, name)
        about = self.posts.get((ref.chat, post.reply_to or ""))
        who = self.person(name, ref.chat)
        message = self._message(about, f"about {now.key}") if about else None
        private = ref.chat.id == f"with {name}"
        tapped = Tapped(key=now.key, at=now.at, ref=ref, sender=who, data=data, tap=now.key, private=private)
        await self.tells(replace(tapped, about=message))

    # --- what people see

    def seen(self, name: str = "", chat: Chat | None = None) -> list[Post]:
        """What a member sees in a chat, oldest first; without a name, what everyone sees."""
        return [p for p in self.posts.values() if p.chat == (chat or self.chat) and p.to in (None, name)]

    def heard(self, name: str = "", chat: Chat | None = None) -> list[str]:
        return [post.html for post in self.seen(name, chat)]

    def find(self, words: str, chat: Chat | None = None) -> Post:
        """The last message that holds these words."""
        return next(post for post in reversed(self.seen(chat=chat)) if words in post.html)

    def ref(self, post: Post) -> Ref:
        """How the model calls a message."""
        return Ref(post.chat, post.id)

    def whispers(self, name: str) -> list[Post]:
        """What that person alone sees, wherever it is."""
        return [p for p in self.posts.values() if p.to == name]


def room(chat: Chat) -> Chat:
    """The whole chat, whatever its thread."""
    return replace(chat, thread="")


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    """The same, as a network gives it."""
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]

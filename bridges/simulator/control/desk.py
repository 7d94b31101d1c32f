"""What every part of the control API works with, and how it finds whom and what it is about."""

from dataclasses import dataclass, field

from bridges.simulator.deeds import Deeds
from bridges.simulator.faults import Faults
from bridges.simulator.files import Upload
from bridges.simulator.ledger import Ledger
from bridges.simulator.limits import Limits
from bridges.simulator.world import Chat, Json, Message, User, World


@dataclass
class Desk:
    """The simulated network as the control API sees it; `uploads` are files for messages still to come."""

    world: World
    deeds: Deeds
    limits: Limits
    faults: Faults
    ledger: Ledger
    uploads: dict[str, Upload] = field(default_factory=dict)

    def group(self, chat_id: int) -> Chat:
        if chat_id not in self.world.chats:
            raise LookupError(f"no such chat: {chat_id}")
        return self.world.chats[chat_id]

    def where(self, ask: Json) -> tuple[Chat, User]:
        """`chat` and `from`."""
        who = self.world.users.get(int(ask["from"]))
        if who is None:
            raise LookupError("no such user")
        return self.world.chat_of(int(ask["chat"]), who.id), who

    def owner(self, chat: Chat, who: User) -> User:
        """Whose doing a change is where nobody is named: the owner's, else any person's."""
        people = [i for i in chat.members if i in self.world.users]
        owners = [i for i in people if chat.members[i].status == "creator"]
        return self.world.person(next(iter([*owners, *people]), who.id))

    def by(self, chat: Chat, ask: Json, right: str) -> User:
        """`by`, who needs that right in the chat."""
        who = self.world.person(int(ask["by"]))
        if chat.kind != "private" and not chat.can(who.id, right):
            raise ValueError(f"that person lacks {right}")
        return who

    def may_write(self, chat: Chat, who: User, permission: str) -> None:
        if chat.moved_to:
            raise ValueError("the chat was migrated")
        if chat.blocked:
            raise ValueError("that person has blocked the bot")
        if chat.kind == "channel":
            if not chat.can(who.id, "can_post_messages"):
                raise ValueError("that person may not post in the channel")
        elif chat.kind != "private" and not chat.member(who.id).admin and not chat.can(who.id, permission):
            raise ValueError("that person may not write in the chat")
        if permission != "can_react_to_messages" and chat.hush(who.id, self.world.now()):
            raise ValueError("that person has to wait: the chat is in slow mode")

    def own(self, chat: Chat, who: User, message_id: int) -> Message:
        message = live(chat, message_id)
        if message.sender is not who or message.service:
            raise ValueError("that is not their message")
        return message


def live(chat: Chat, message_id: int) -> Message:
    """A message that is there; raises `LookupError`."""
    message = chat.live(message_id)
    if not message:
        raise LookupError(f"no such message: {message_id}")
    return message

"""What a row asks for, as its person allows it by now, naming messages as its chat knows them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlmodel import col, select

from bot.courier.parcel import joined
from bot.courier.row import Row
from bot.store import ACTION, TAKEN_BACK, Copy, Outgoing, Work, now, where
from bridges.markup import escape
from bridges.model import (
    Action,
    Admit,
    Chat,
    ClearReactions,
    Edit,
    Join,
    Leave,
    Lock,
    Mirror,
    Pin,
    React,
    Ref,
    Remove,
    Restrict,
    Said,
    Send,
    Toast,
    Unreact,
)
from bridges.port import Capabilities

KEPT = timedelta(hours=47)  # payloads are wiped after 48


class Lost(Exception):
    """It shares a message with words that are kept no longer, so it cannot be changed alone."""


@dataclass(frozen=True, slots=True)
class Aimed:
    """An action that can be called; `copies` are the origins that share the message which it is about."""

    action: Action
    copies: Sequence[Copy] = ()
    opens: bool = False  # its message will be the root of a thread


def read(work: Work, row: Row) -> Action:
    """What a row asks for."""
    assert row.payload is not None
    return ACTION.validate_json(work.seal.open(row.payload))


async def aim(work: Work, row: Row, can: Capabilities) -> Aimed | None:
    """None where it is not to be done any more; raises WrongKey, ValueError, Lost."""
    if row.payload is None or row.why == TAKEN_BACK or await is_outdated(work, row):
        return None
    match read(work, row):
        case Send() as send:
            passed = await work.admit(unsigned(send), again=True)
            return await aim_send(work, passed, can) if isinstance(passed, Send) else None
        case Edit() as edit:
            passed = await work.admit(unsigned(edit), again=True)
            return await aim_change(work, passed, row, can) if isinstance(passed, Edit) else None
        case Toast() | Join() | Leave() | Restrict() | Lock() | ClearReactions() | Admit() as action:
            return Aimed(action)
        case action:
            return await aim_change(work, action, row, can)


async def aim_send(work: Work, send: Send, can: Capabilities) -> Aimed:
    """A new message: what it answers, and the thread that it belongs in."""
    reply = await work.resolve(send.reply_to, send.chat) if send.reply_to else None
    # A quote holds somebody else's words: it goes only where these are, as far as they still may be.
    shared = isinstance(reply, Ref) or (reply is not None and await work.still_shared(reply))
    aimed = replace(send, reply_to=ref_of(reply) if reply else None, quote=send.quote if shared else "", quote_of=None)
    if reply is None and send.quote and send.quote_of:
        aimed = await quoting(work, aimed, send)
    if send.strand is None:
        return Aimed(aimed)
    if thread := await work.strand(send.strand, send.chat):
        if send.reply_to and send.reply_to.id == send.strand.thread:  # only the thread's beginning, not an answer
            aimed = replace(aimed, reply_to=None)
        return Aimed(replace(aimed, chat=replace(send.chat, thread=thread)))
    if root := await work.resolve(Ref(send.strand, send.strand.thread), send.chat):  # its first message crossed alone
        if send.reply_to and send.reply_to.id == send.strand.thread and can.threads:
            aimed = replace(aimed, reply_to=None)
        return Aimed(replace(aimed, chat=replace(send.chat, thread=root.id)) if can.threads else aimed)
    if can.threads and send.topic:
        aimed = replace(aimed, html=f"<i>🧵 {escape(send.topic)}</i>\n{aimed.html}")
    return Aimed(aimed, opens=can.threads)


async def quoting(work: Work, aimed: Send, send: Send) -> Send:
    """The words that it answers, above its own, if whoever wrote them lets them leave."""
    assert send.quote_of
    theirs = Send(chat=send.chat, html=escape(send.quote), of=send.quote_of)
    if (passed := await work.admit(theirs)) is None:
        return aimed
    return replace(aimed, html=f"<blockquote>{passed.shown}</blockquote>{aimed.html}")


async def aim_change(
    work: Work, action: Edit | Remove | React | Mirror | Unreact | Pin, row: Row, can: Capabilities
) -> Aimed | None:
    """Something that is done to a message."""
    part, of = (action.part, row.of) if isinstance(action, Edit | Remove) else (0, "")
    if (found := await work.resolve(action.ref, action.chat, part=part, of=of)) is None:
        return None
    ref = ref_of(found)
    sharing = await work.sharing(found) if isinstance(found, Copy) else ()
    if isinstance(action, Mirror):
        return Aimed(replace(action, ref=ref, emoji=await held(work, action, sharing)))
    if not isinstance(found, Copy):
        return Aimed(replace(action, ref=ref))
    match action:
        case Edit():
            others = [copy for copy in sharing if copy.origin != found.origin]
            if others:
                action = replace(action, html=await whole(work, sharing, found, action), by="")
            return Aimed(replace(action, ref=ref, form=found.form), [found])
        case Remove():
            action = replace(action, ref=ref, sent_at=found.made, form=found.form)
            others = [copy for copy in sharing if copy.origin != found.origin]
            if not others or can.keeps_old_text:
                return Aimed(action, [found, *others])  # where an edit leaves the old words, all of it has to go
            if not (html := await whole(work, sharing, found, None)):
                return Aimed(action, [found])
            return Aimed(Edit(chat=action.chat, ref=ref, html=html, of=action.asked_by), [found])
    return Aimed(replace(action, ref=ref))


async def held(work: Work, mirror: Mirror, sharing: Sequence[Copy]) -> tuple[str, ...]:
    """What people hold by now on a message, or on any of those that share it."""
    origins = [copy.origin for copy in sharing] or [where(await work.origin(mirror.ref))]
    return await work.held(origins, mirror.chat)


async def whole(work: Work, sharing: Sequence[Copy], changed: Copy, edit: Edit | None) -> str:
    """All that a shared message shall say: the words of the others as they are, these anew, or not at all."""
    parts: list[Said] = []
    for copy in sharing:
        if copy.origin == changed.origin:
            parts += [edit] if edit else []
        elif last := await work.last_words(copy):
            parts.append(last)
        elif now() - copy.made > KEPT:  # younger words are missing only because they are about to be removed, too
            raise Lost
    return joined(parts)


async def is_outdated(work: Work, row: Row) -> bool:
    """Whether words that were only to be signed anew have been edited meanwhile: the edit is signed already."""
    if not row.lane.endswith("~") or row.kind != "edit":
        return False
    later = select(Outgoing.id).where(
        col(Outgoing.id) > row.id, Outgoing.origin == row.origin, Outgoing.place == row.place,
        Outgoing.kind == "edit", Outgoing.part == row.part, col(Outgoing.lane) != row.lane,
    )  # fmt: skip
    return (await work.exec(later)).first() is not None


def unsigned(said: Send | Edit) -> Send | Edit:
    """As it was before the gate signed it: what is allowed now may be another name."""
    return replace(said, by="")


def ref_of(found: Copy | Ref) -> Ref:
    """The message that a copy is."""
    return Ref(Chat(found.network, found.room, found.thread), found.id) if isinstance(found, Copy) else found

"""What moderators do on Telegram: mutes, bans, locked groups, reactions taken away, requests to join answered."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bridges.kept import Kept
from bridges.model import Act, Admit, Chat, ClearReactions, Lock, Person, Restrict
from bridges.port import Refused
from bridges.telegram.api import Server
from bridges.telegram.calls import Call, number
from bridges.telegram.errors import Refusal

# `until_date` means for ever if it is less than 30 seconds or more than 366 days away; clocks differ by a little.
SHORTEST, LONGEST = timedelta(seconds=60), timedelta(days=365)
# ChatPermissions (Bot API 10.3): what is writing, and everything else.
WRITING = frozenset({
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages", "can_manage_topics",
})  # fmt: skip
OTHERS = frozenset({
    "can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info", "can_invite_users",
    "can_pin_messages",
})  # fmt: skip
INSIDE = {"creator", "administrator", "member"}
REASONS = {"rights": "no-right", "gone": "not-there"}
HINTS = {"person": "not-there", "unknown": "not-in-this-group"}


class Acts:
    """Carries them out; `kept` remembers what members were permitted before a group was locked."""

    def __init__(self, server: Server, kept: Kept) -> None:
        self._server, self._kept = server, kept

    async def do(self, act: Act) -> None:
        """As `Bridge.do`: a moderator waits for the answer, so a group that has put the bot out is a plain refusal."""
        try:
            await self._do(act)
        except Refused as no:
            hint = no.hint if isinstance(no, Refusal) else ""
            raise Refused(HINTS.get(hint) or REASONS.get(no.why, no.why)) from None

    async def _do(self, act: Act) -> None:
        match act:
            case Restrict(person=Person(collective=True)):
                await self._restrict_channel(act)
            case Restrict(what="free"):
                await self._free(act.chat, act.person)
            case Restrict():
                await self._restrict(act)
            case Lock():
                async with self._kept.turn:
                    await (self._lock if act.on else self._unlock)(act.chat)
            case ClearReactions(chat=chat, person=who):
                name = "actor_chat_id" if who.collective else "user_id"
                await self._call("deleteAllMessageReactions", chat, **{name: id_of(who)})
            case Admit():
                await self._admit(act)

    # --- persons

    async def _restrict(self, act: Restrict) -> None:
        """`restrictChatMember`, `banChatMember`. A mute must not lift a ban, which it would on the server."""
        if (term := until(act.until, datetime.now(UTC))) is None:
            return  # its time is over before it began
        if act.what == "ban":
            await self._call("banChatMember", act.chat, user_id=id_of(act.person), revoke_messages=False, **term)
        elif (await self._member(act.chat, act.person)).get("status") != "kicked":
            nothing: Call = {"permissions": {}, "use_independent_chat_permissions": True}
            await self._call("restrictChatMember", act.chat, user_id=id_of(act.person), **nothing, **term)

    async def _free(self, chat: Chat, who: Person) -> None:
        """All permissions lift a restriction (`restrictChatMember`); what all may do still bounds them."""
        match (await self._member(chat, who)).get("status"):
            case "kicked":
                await self._call("unbanChatMember", chat, user_id=id_of(who), only_if_banned=True)
            case "restricted":
                everything = dict.fromkeys(sorted(WRITING | OTHERS), True)
                await self._call("restrictChatMember", chat, user_id=id_of(who), permissions=everything)

    async def _restrict_channel(self, act: Restrict) -> None:
        """A channel can be shut out (`banChatSenderChat`), which ends only by hand; it is never merely mute."""
        if act.person.id == act.chat.id:
            raise Refused("is-admin")  # an administrator who stays anonymous speaks as the group itself
        method = "unbanChatSenderChat" if act.what == "free" else "banChatSenderChat"
        if act.what == "free" or until(act.until, datetime.now(UTC)) is not None:
            await self._call(method, act.chat, sender_chat_id=id_of(act.person))

    async def _admit(self, act: Admit) -> None:
        """`approveChatJoinRequest`, `declineChatJoinRequest`: where no request waits, it may have been answered so."""
        method = "approveChatJoinRequest" if act.yes else "declineChatJoinRequest"
        try:
            await self._call(method, act.chat, user_id=id_of(act.person))
        except Refusal as no:
            if no.why != "not-there" and no.hint not in ("inside", "person"):
                raise
            place = await self._member(act.chat, act.person)
            inside = place.get("status") in INSIDE or place.get("is_member") is True
            if inside != act.yes:
                raise Refused("not-there") from None

    async def _member(self, chat: Chat, who: Person) -> Call:
        """`getChatMember`; nothing of somebody whom the group has never seen."""
        try:
            return dict(await self._call("getChatMember", chat, user_id=id_of(who)))
        except Refusal as no:
            if no.why == "not-there" or no.hint == "person":
                return {}
            raise

    # --- the whole group

    async def _lock(self, chat: Chat) -> None:
        """What is taken from the members is kept before it is; where nobody may write already, nothing is taken."""
        now = await self._permissions(chat)
        if taken := [name for name, given in now.items() if given and name in WRITING]:
            await self._kept.put(chat.id, sorted(taken))
            await self._permit(chat, now | dict.fromkeys(taken, False))

    async def _unlock(self, chat: Chat) -> None:
        """Where somebody has opened the group by hand meanwhile, that counts."""
        if (taken := await self._kept.get(chat.id)) is None:
            return
        now = await self._permissions(chat)
        if not any(given and name in WRITING for name, given in now.items()):
            await self._permit(chat, now | dict.fromkeys(taken, True))
        await self._kept.forget(chat.id)

    async def _permissions(self, chat: Chat) -> dict[str, bool]:
        """What members may do by default (`getChat`); a private chat has no such thing."""
        about = await self._call("getChat", chat)
        if not isinstance(given := about.get("permissions"), dict):
            raise Refused("not-in-this-group")
        return {str(name): value is True for name, value in given.items()}

    async def _permit(self, chat: Chat, permissions: dict[str, bool]) -> None:
        more: Call = {"permissions": permissions, "use_independent_chat_permissions": True}
        try:
            await self._call("setChatPermissions", chat, **more)
        except Refusal as no:
            if no.hint != "unchanged":
                raise

    async def _call(self, method: str, chat: Chat, **arguments: Any) -> Any:
        return await self._server.call(method, chat_id=int(chat.id), **arguments)


def until(end: datetime | None, now: datetime) -> Call | None:
    """`until_date`; nothing for ever, None where the end has passed.

    A very short time becomes a minute and a very long one a year: both would be for ever else.
    """
    if end is None:
        return {}
    if end <= now:
        return None
    return {"until_date": int(min(max(end, now + SHORTEST), now + LONGEST).timestamp())}


def id_of(who: Person) -> int:
    """A person's number, a channel's is negative; who has none is not on Telegram."""
    return -number(who.id[1:]) if who.id.startswith("-") else number(who.id)

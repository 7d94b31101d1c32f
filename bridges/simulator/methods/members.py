"""Promoting, restricting, banning."""

from bridges.simulator.errors import bad
from bridges.simulator.methods.call import Call, method
from bridges.simulator.world import ADMIN_RIGHTS, CHANNEL_RIGHTS, GROUP_RIGHTS, PERMISSIONS, Chat, Member, User

FOREVER = 366 * 86400  # beyond that, and under 30 s, a ban has no end
RIGHTS = ("is_anonymous", *ADMIN_RIGHTS, *GROUP_RIGHTS, *CHANNEL_RIGHTS)


@method("promoteChatMember", "chat_id", "user_id", *RIGHTS)
def promote_chat_member(call: Call) -> bool:
    chat = call.chat()
    if chat.kind not in ("supergroup", "channel"):
        raise bad("method is available for supergroup and channel chats only")
    who = call.user()
    call.require(chat, "can_promote_members")
    place = chat.member(who.id)
    if place.status == "creator":
        raise bad("can't remove chat owner")
    if who is call.bot:
        raise bad("can't promote self")
    if place.admin and place.by != call.bot.id:
        raise bad("not enough rights")
    if not place.present:
        raise bad("USER_NOT_PARTICIPANT")
    rights = {name: True for name in RIGHTS if call.flag(name)}
    if any(not chat.can(call.bot.id, name) for name in rights if name != "is_anonymous"):
        raise bad("RIGHT_FORBIDDEN")
    new = Member("administrator", rights | {"can_manage_chat": True}, by=call.bot.id) if rights else Member("member")
    call.deeds.seat(chat, who, new, call.bot)
    return True


def _target(call: Call, chat: Chat) -> User:
    who = call.user()
    call.require(chat, "can_restrict_members")
    if who is call.bot:
        raise bad("can't restrict self")
    place = chat.member(who.id)
    if place.status == "creator":
        raise bad("can't remove chat owner")
    if place.status == "administrator":
        raise bad("user is an administrator of the chat")
    return who


def _until(call: Call) -> int:
    until = call.number("until_date")
    return until if 30 <= until - call.world.now() <= FOREVER else 0


@method(
    "restrictChatMember", "chat_id", "user_id", "permissions", "use_independent_chat_permissions", "until_date"
)
def restrict_chat_member(call: Call) -> bool:
    chat = call.chat()
    if chat.kind != "supergroup":
        raise bad("method is available only for supergroups")
    given = call.structure("permissions", "permissions")
    if not isinstance(given, dict):
        raise bad("permissions object expected")
    who = _target(call, chat)
    permissions = {name: bool(given.get(name)) for name in PERMISSIONS}
    inside = chat.member(who.id).present
    free = all(permissions[name] for name in PERMISSIONS if chat.permissions.get(name))
    if free:
        call.deeds.seat(chat, who, Member("member" if inside else "left"), call.bot)
    else:
        restricted = Member("restricted", permissions=permissions, until=_until(call), by=call.bot.id, inside=inside)
        call.deeds.seat(chat, who, restricted, call.bot)
    return True


@method("banChatMember", "chat_id", "user_id", "until_date", "revoke_messages")
def ban_chat_member(call: Call) -> bool:
    chat = call.chat()
    if chat.kind == "private":
        raise bad("can't ban members in private chats")
    who = _target(call, chat)
    call.deeds.seat(chat, who, Member("kicked", until=_until(call), by=call.bot.id), call.bot)
    if call.flag("revoke_messages"):
        call.deeds.delete([m for m in chat.messages.values() if m.sender is who and not m.service])
    return True


@method("unbanChatMember", "chat_id", "user_id", "only_if_banned")
def unban_chat_member(call: Call) -> bool:
    """Without `only_if_banned` a present member is removed, as on the real network."""
    chat = call.chat()
    if chat.kind not in ("supergroup", "channel"):
        raise bad("method is available for supergroup and channel chats only")
    who = _target(call, chat)
    if chat.member(who.id).status == "kicked" or not call.flag("only_if_banned"):
        call.deeds.seat(chat, who, Member("left"), call.bot)
    return True

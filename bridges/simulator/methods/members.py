"""Promoting, restricting, banning, letting in."""

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
    permissions = call.permissions()
    who = _target(call, chat)
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


@method("setChatPermissions", "chat_id", "permissions", "use_independent_chat_permissions")
def set_chat_permissions(call: Call) -> bool:
    chat = call.chat()
    if chat.kind in ("private", "channel"):
        raise bad(f"can't change {chat.kind} chat permissions")
    permissions = call.permissions()
    if not chat.can(call.bot.id, "can_restrict_members"):
        raise bad("not enough rights to change chat permissions")
    call.deeds.permit(chat, permissions)
    return True


def _channel(call: Call, chat: Chat) -> int:
    if chat.kind not in ("supergroup", "channel"):
        raise bad("can't ban or unban sender chats in the chat")
    call.require(chat, "can_restrict_members")
    speaker = call.number("sender_chat_id")
    found = call.world.chats.get(speaker)
    if found is None or found.kind != "channel":
        raise bad("PARTICIPANT_ID_INVALID")
    return speaker


@method("banChatSenderChat", "chat_id", "sender_chat_id")
def ban_chat_sender_chat(call: Call) -> bool:
    chat = call.chat()
    chat.shut_out.add(_channel(call, chat))
    return True


@method("unbanChatSenderChat", "chat_id", "sender_chat_id")
def unban_chat_sender_chat(call: Call) -> bool:
    chat = call.chat()
    chat.shut_out.discard(_channel(call, chat))
    return True


def _requester(call: Call, chat: Chat) -> User:
    """Whoever asks to be let in, as far as they still do."""
    if chat.kind == "private":
        raise bad("chat not found")
    call.require(chat, "can_invite_users")
    who = call.world.users.get(call.number("user_id"))
    if who is None:
        raise bad("USER_ID_INVALID")
    if chat.member(who.id).present:
        raise bad("USER_ALREADY_PARTICIPANT")
    if who.id not in chat.asking:
        raise bad("HIDE_REQUESTER_MISSING")
    return who


@method("approveChatJoinRequest", "chat_id", "user_id")
def approve_chat_join_request(call: Call) -> bool:
    chat = call.chat()
    call.deeds.let_in(chat, _requester(call, chat), call.bot)
    return True


@method("declineChatJoinRequest", "chat_id", "user_id")
def decline_chat_join_request(call: Call) -> bool:
    chat = call.chat()
    chat.asking.discard(_requester(call, chat).id)
    return True

"""What a bot can learn of a chat, and leaving it."""

from bridges.simulator import render
from bridges.simulator.errors import bad
from bridges.simulator.methods.call import Call, method
from bridges.simulator.world import PERMISSIONS, Json, Member

GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


@method("getChat", "chat_id")
def get_chat(call: Call) -> Json:
    chat = call.chat()
    told = render.chat(chat) | {
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
    }
    if chat.kind in ("group", "supergroup"):
        told["permissions"] = {name: chat.permissions.get(name, False) for name in PERMISSIONS}
    if chat.slow:
        told["slow_mode_delay"] = chat.slow
    if chat.linked:
        told["linked_chat_id"] = chat.linked.id
    if chat.pinned and (message := chat.live(chat.pinned[-1])):
        told["pinned_message"] = render.message(message, call.world)
    return told


@method("getChatMember", "chat_id", "user_id")
def get_chat_member(call: Call) -> Json:
    chat = call.chat()
    who = call.user()
    if chat.kind == "private":
        return render.member(who, Member("member"), chat.kind)
    return render.member(who, chat.member(who.id), chat.kind, call.bot.id)


@method("getChatMemberCount", "chat_id")
def get_chat_member_count(call: Call) -> int:
    chat = call.chat()
    return 2 if chat.kind == "private" else sum(place.present for place in chat.members.values())


@method("getChatAdministrators", "chat_id", "return_bots")
def get_chat_administrators(call: Call) -> list[Json]:
    """Of the bots only the asking one is told, unless all are asked for."""
    chat = call.chat()
    if chat.kind == "private":
        raise bad("there are no administrators in the private chat")
    people = [(call.world.person(i), place) for i, place in chat.members.items() if place.admin]
    shown = [(p, place) for p, place in people if not p.is_bot or p is call.bot or call.flag("return_bots")]
    return [render.member(person, place, chat.kind, call.bot.id) for person, place in shown]


@method("leaveChat", "chat_id")
def leave_chat(call: Call) -> bool:
    chat = call.chat()
    if chat.kind == "private":
        raise bad("chat not found")
    call.deeds.seat(chat, call.bot, Member("left"), call.bot)
    return True

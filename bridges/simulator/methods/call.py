"""One call of a method: its parameters, read as the server reads them, and the chats and rights behind them."""

import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bridges.simulator.deeds import Deeds
from bridges.simulator.errors import bad, forbidden, too_many
from bridges.simulator.faults import Faults
from bridges.simulator.files import File, Upload
from bridges.simulator.limits import Limits
from bridges.simulator.text import Formatted, clean, from_entities, parse_html, parse_markdown, units, valid_link
from bridges.simulator.world import MEDIA, NEEDS, PERMISSIONS, Bot, Chat, Json, Message, User, World

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
RIGHTS = {  # the words in which a missing right is told
    "can_restrict_members": "not enough rights to restrict/unrestrict chat member",
    "can_pin_messages": "not enough rights to manage pinned messages in the chat",
    "can_manage_topics": "not enough rights to create a topic",
    "can_promote_members": "not enough rights",
    "can_invite_users": "not enough rights to manage chat invite link",
}


@dataclass
class Call:
    """What a method works with; `given` are the parameters as sent, `files` what was uploaded beside them."""

    method: "Method"
    bot: Bot
    deeds: Deeds
    limits: Limits
    faults: Faults
    given: Json = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)
    attached: set[str] = field(default_factory=set)

    @property
    def world(self) -> World:
        return self.deeds.world

    @property
    def unknown(self) -> list[str]:
        """Parameters that the method does not have, nor means by `attach://`: the real server ignores them."""
        return sorted(self.given.keys() - set(self.method.parameters) - self.attached)

    def raw(self, name: str) -> Any:
        if name not in self.method.parameters:
            raise KeyError(f"{self.method.name} has no parameter {name}")
        return self.given.get(name)

    def text(self, name: str) -> str:
        value = self.raw(name)
        return "" if value is None else str(value)

    def number(self, name: str, default: int = 0) -> int:
        """An integer; like the server, what is no number counts as missing."""
        value = self.raw(name)
        try:
            return default if value is None or value == "" else int(value)
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        value = self.raw(name)
        return value is True or str(value).strip().lower() in ("true", "yes", "1")

    def has(self, name: str) -> bool:
        return self.raw(name) not in (None, "")

    def takes(self, name: str) -> bool:
        """Whether the method has that parameter at all."""
        return name in self.method.parameters

    def decimal(self, name: str) -> float:
        """A number that must be there."""
        if not self.text(name).strip():
            raise bad(f"{name} is empty")
        try:
            return float(self.text(name))
        except ValueError:
            return 0.0

    def structure(self, name: str, word: str) -> Any:
        """A JSON-serialised object or array; `word` is what the server calls it in its complaint."""
        value = self.raw(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad(f"can't parse {word} JSON object") from None

    def permissions(self) -> dict[str, bool]:
        """`permissions`, a ChatPermissions; unless they are `use_independent_chat_permissions`, some imply others."""
        given = self.structure("permissions", "permissions")
        if not isinstance(given, dict):
            raise bad("permissions object expected")
        kept = {name: given.get(name) is True for name in PERMISSIONS}
        if not self.flag("use_independent_chat_permissions"):
            if kept["can_send_other_messages"] or kept["can_add_web_page_previews"]:
                kept |= dict.fromkeys(MEDIA, True)
            kept["can_send_messages"] = kept["can_send_messages"] or kept["can_send_polls"]
        return kept

    # --- chats and people

    def chat(self) -> Chat:
        """`chat_id`, as far as the bot may know it; raises the refusals of kicked, gone and unknown chats."""
        given = self.text("chat_id").strip()
        if not given:
            raise bad("chat_id is empty")
        try:
            chat_id = int(given)
        except ValueError:
            raise bad("chat not found") from None
        if chat_id > 0:
            return self._private(chat_id)
        chat = self.world.chats.get(chat_id)
        if chat is None or self.bot.id not in chat.members:
            raise bad("chat not found")
        place = chat.members[self.bot.id]
        if chat.moved_to and place.present:
            raise bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.moved_to)
        if place.status == "kicked":
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        if not place.present:
            raise forbidden(f"bot is not a member of the {chat.kind} chat")
        return chat

    def _private(self, user_id: int) -> Chat:
        chat = self.world.private.get((self.bot.id, user_id))
        if chat:
            return chat
        if user_id in self.world.bots:
            raise forbidden("bots can't send messages to bots")
        if user_id in self.world.users and self.world.meets(self.bot, user_id):
            raise forbidden("bot can't initiate conversation with a user")
        raise bad("chat not found")

    def user(self) -> User:
        """`user_id`."""
        number = self.number("user_id")
        if number <= 0:
            raise bad("invalid user_id specified")
        return self.world.user_for(self.bot, number)

    def require(self, chat: Chat, right: str) -> None:
        if not chat.can(self.bot.id, right):
            raise bad(RIGHTS[right])

    def message(self, chat: Chat, missing: str) -> Message:
        """`message_id` in that chat; `missing` is the complaint where there is none."""
        if not self.has("message_id"):
            raise bad("message identifier is not specified")
        found = chat.live(self.number("message_id"))
        if not found:
            raise bad(missing)
        return found

    # --- what messages are made of

    def writable(self, chat: Chat, kind: str = "text") -> None:
        """Raises where the bot may not write at all, or nothing of that kind, or not yet."""
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if chat.kind == "channel":
            if not chat.can(self.bot.id, "can_post_messages"):
                raise bad("need administrator rights in the channel chat")
        elif chat.kind != "private" and not chat.member(self.bot.id).admin:
            permission, noun = NEEDS[kind]
            if not chat.can(self.bot.id, permission):
                raise bad(f"not enough rights to send {noun} to the chat")
            if wait := chat.hush(self.bot.id, self.world.now()):
                raise too_many(math.ceil(wait))

    def spend(self, chat: Chat, messages: int = 1) -> None:
        """Count messages against the pace that is allowed; raises 429 beyond it."""
        self.limits.spend(self.bot.id, chat.id, group=chat.kind != "private", messages=messages)

    def content(self, name: str = "text") -> Formatted:
        """`text` with `parse_mode` or `entities`, cleaned as the server cleans it."""
        text = self.text(name)
        kept = clean(self.formatted(text, self.text("parse_mode"), self.structure("entities", "entities")))
        if not kept.text:
            raise bad("message text is empty")
        if units(kept.text) > TEXT_LIMIT:
            raise bad("message is too long")
        return kept

    def caption(self, media: Json | None = None) -> Formatted:
        """The caption of the call, or of one InputMedia in it; may be empty."""
        if media is None:
            given = self.structure("caption_entities", "entities")
            return self.worded(self.text("caption"), self.text("parse_mode"), given)
        text, mode = str(media.get("caption") or ""), str(media.get("parse_mode") or "")
        return self.worded(text, mode, media.get("caption_entities"))

    def worded(self, text: str, mode: str, entities: list[Json] | None) -> Formatted:
        kept = clean(self.formatted(text, mode, entities))
        if units(kept.text) > CAPTION_LIMIT:
            raise bad("message caption is too long")
        return kept

    def uploaded(self, value: str, name: str) -> Upload | None:
        """What was uploaded as `name`, or as `attach://NAME`."""
        name = value.removeprefix("attach://") if value.startswith("attach://") else name
        self.attached.add(name)
        return self.files.get(name)

    def file(self, value: str, name: str) -> Upload | File | None:
        """InputFile: an upload, or what a `file_id` names; None for nothing.

        Raises `Refusal` for anything else, addresses included: nothing is fetched from outside.
        """
        if uploaded := self.uploaded(value, name):
            return uploaded
        value = value.strip()
        if not value or value.startswith("attach://"):
            return None
        if "://" in value:
            raise bad("failed to get HTTP URL content")
        found = self.world.files.get(value)
        if found is None:
            raise bad("wrong remote file identifier specified: can't unserialize it. Wrong last symbol")
        return found

    def formatted(self, text: str, mode: str, entities: list[Json] | None) -> Formatted:
        match mode.lower():
            case "html":
                return parse_html(text)
            case "markdownv2":
                return parse_markdown(text)
            case "" | "none":
                return from_entities(text, [self._mentioned(e) for e in entities or []])
            case "markdown":
                raise bad("can't parse entities: the simulator does not know the old Markdown style")
            case _:
                raise bad("unsupported parse_mode")

    def _mentioned(self, entity: Json) -> Json:
        if entity.get("type") == "text_mention":
            return entity | {"user": int(entity["user"]["id"])}
        return entity

    def keyboard(self) -> list[list[Json]] | None:
        """`reply_markup`: the rows of an inline keyboard, checked; None where none was given."""
        markup = self.structure("reply_markup", "reply keyboard markup")
        if markup is None:
            return None
        if not isinstance(markup, dict):
            raise bad("object expected as reply markup")
        if "inline_keyboard" not in markup:
            return None
        rows = [[_button(button) for button in row] for row in markup["inline_keyboard"]]
        return [row for row in rows if row]

    def preview(self) -> Json | None:
        options = self.structure("link_preview_options", "link preview options")
        return options or ({"is_disabled": True} if self.flag("disable_web_page_preview") else None)


ACTIONS = (
    "url", "callback_data", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "login_url", "web_app", "disabled",
)  # fmt: skip


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if "text" not in button:
        raise bad("can't parse inline keyboard button: Can't find field \"text\"")
    if not str(button["text"]).strip():
        raise bad("can't parse inline keyboard button: InlineKeyboardButton text must be non-empty")
    if not any(action in button for action in ACTIONS):
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode()) <= 64:
        raise bad("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url is not None and not valid_link(str(url)):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return dict(button)


Answer = Any
Handler = Callable[[Call], Answer | Awaitable[Answer]]


@dataclass(frozen=True)
class Method:
    name: str
    parameters: tuple[str, ...]
    run: Handler


METHODS: dict[str, Method] = {}


def method(name: str, *parameters: str) -> Callable[[Handler], Handler]:
    """Register what answers a method; names compare without case, as on the real server."""

    def register(run: Handler) -> Handler:
        METHODS[name.lower()] = Method(name, parameters, run)
        return run

    return register

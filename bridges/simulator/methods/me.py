"""What a bot is: its name, its texts, its commands."""

import re
from collections.abc import Callable

from bridges.simulator import render
from bridges.simulator.errors import bad
from bridges.simulator.methods.call import Call, method
from bridges.simulator.world import ADMIN_RIGHTS, CHANNEL_RIGHTS, GROUP_RIGHTS, Json

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
SCOPES = {
    "default": (), "all_private_chats": (), "all_group_chats": (), "all_chat_administrators": (),
    "chat": ("chat_id",), "chat_administrators": ("chat_id",), "chat_member": ("chat_id", "user_id"),
}  # fmt: skip


@method("getMe")
def get_me(call: Call) -> Json:
    return render.me(call.bot)


def _key(call: Call) -> tuple[str, str]:
    scope: Json = call.structure("scope", "BotCommandScope") or {"type": "default"}
    kind = scope.get("type")
    if kind not in SCOPES:
        raise bad("can't parse BotCommandScope: Unsupported type specified")
    language = call.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad("invalid language code specified")
    return " ".join([str(kind), *(str(scope.get(part, "")) for part in SCOPES[kind])]), language


@method("setMyCommands", "commands", "scope", "language_code")
def set_my_commands(call: Call) -> bool:
    commands = call.structure("commands", "commands")
    if not isinstance(commands, list):
        raise bad("expected an Array of BotCommand")
    if len(commands) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    call.bot.commands[_key(call)] = [_command(command) for command in commands]
    return True


def _command(given: Json) -> Json:
    name = str(given.get("command", "")).removeprefix("/")
    description = str(given.get("description", "")).strip()
    if not COMMAND.fullmatch(name):
        raise bad("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    kept: Json = {"command": name, "description": description}
    return kept | ({"is_ephemeral": True} if given.get("is_ephemeral") else {})


@method("getMyCommands", "scope", "language_code")
def get_my_commands(call: Call) -> list[Json]:
    return call.bot.commands.get(_key(call), [])


@method("deleteMyCommands", "scope", "language_code")
def delete_my_commands(call: Call) -> bool:
    call.bot.commands.pop(_key(call), None)
    return True


def _text(setting: str, parameter: str, most: int) -> None:
    """A setter and its getter for one text in many languages; the empty language stands in for missing ones."""

    def write(call: Call) -> bool:
        text, language = call.text(parameter), call.text("language_code")
        if len(text) > most:
            raise bad(f"{parameter.replace('_', ' ')} is too long")
        if text:
            call.bot.texts[setting, language] = text
        else:
            call.bot.texts.pop((setting, language), None)
        if setting == "Name" and text and not language:
            call.bot.first_name = text
        return True

    def read(call: Call) -> Json:
        texts = call.bot.texts
        fallback = texts.get((setting, ""), call.bot.first_name if setting == "Name" else "")
        return {parameter: texts.get((setting, call.text("language_code")), fallback)}

    setter: Callable[[Call], bool] = write
    method(f"setMy{setting}", parameter, "language_code")(setter)
    method(f"getMy{setting}", "language_code")(read)


_text("Name", "name", 64)
_text("Description", "description", 512)
_text("ShortDescription", "short_description", 120)


@method("setMyDefaultAdministratorRights", "rights", "for_channels")
def set_rights(call: Call) -> bool:
    call.bot.default_rights[call.flag("for_channels")] = call.structure("rights", "rights") or {}
    return True


@method("getMyDefaultAdministratorRights", "for_channels")
def get_rights(call: Call) -> Json:
    channels = call.flag("for_channels")
    rights = call.bot.default_rights.get(channels, {})
    names = ("is_anonymous", *ADMIN_RIGHTS, *(CHANNEL_RIGHTS if channels else GROUP_RIGHTS))
    return {name: bool(rights.get(name)) for name in names}

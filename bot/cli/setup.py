"""From nothing to an installation that can run: asks what is needed, writes it down, makes the operator's link."""

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.cli import networks
from bot.cli.keeping import set_aside
from bot.cli.networks import Unknown, Unreachable
from bot.cli.speaking import fault, language, say, tell
from bot.config import Commune, Matrix, Settings, Telegram, load, new_key, read_private, write_private
from bot.config.models import town_hall
from bot.feature import Role
from bot.invitations import HOURS, invite
from bot.run import Unfit, alone, open_store, prepare

KEY, TOKEN, PASSWORD = "palier.key", "telegram.token", "matrix.password"
Check = Callable[[str], str | None]


@dataclass(slots=True, kw_only=True)
class Answers:
    """What the operator said; empty where nothing was said yet."""

    language: str = ""
    commune: str = ""
    town_hall: str = ""
    neighbourhoods: list[str] = field(default_factory=list)
    database: str = ""
    timezone: str = ""
    port: int | None = None
    token: str = ""
    api: str = ""
    homeserver: str = ""
    user: str = ""
    password: str = ""
    servers: list[str] = field(default_factory=list)


def setup(config: Path, answers: Answers, *, yes: bool, offline: bool) -> None:
    """Write `config` and the secrets beside it, make the database, and print the operator's link."""
    if not config.parent.is_dir():
        raise Unfit("cli-no-folder", folder=config.parent)
    if config.exists():
        if yes:
            raise Unfit("cli-file-exists", file=config)
        if not typer.confirm(say("cli-setup-replace", file=config), default=False):
            raise typer.Abort
    if yes:
        complete(answers)
        ask_networks(answers, offline=offline)
    else:
        tell("cli-setup-hello")
        ask_all(answers, offline=offline)
    verify(answers)
    write(config, answers)
    settings = load(config, {})
    code, found = asyncio.run(begin(settings, offline=offline))
    tell("cli-setup-done", file=config)
    show_ways("operator", code, found)
    tell("cli-setup-next")


async def begin(settings: Settings, *, offline: bool) -> tuple[str, list[tuple[str, str]]]:
    """A database that is ready, a code for the operator, and how it is used."""
    async with alone(settings.database):
        await prepare(settings)
        async with open_store(settings) as store, store.work() as work:
            code = await invite(work, Role.OPERATOR, "")
    return code, await networks.ways(settings, code, offline=offline)


def show_ways(role: str, code: str, found: list[tuple[str, str]]) -> None:
    """How a code is handed on."""
    tell("cli-invite-ready", role=say(f"role-{role}"), hours=HOURS)
    for key, value in found:
        tell(key, code=code, value=value, style="bold")


# --- asking


def ask_all(answers: Answers, *, offline: bool) -> None:
    """Everything that was not said by an option."""
    answers.language = answers.language or one("cli-ask-language", default=language(), check=a_language)
    answers.commune = answers.commune or one("cli-ask-commune", check=fits(Commune, "name"))
    answers.town_hall = answers.town_hall or one(
        "cli-ask-town-hall", default=town_hall(answers.commune), check=fits(Commune, "town_hall")
    )
    if not answers.neighbourhoods:
        said = one("cli-ask-neighbourhoods", check=lambda text: fits(Commune, "neighbourhoods")(split(text)))
        answers.neighbourhoods = split(said)
    if not answers.token:
        tell("cli-setup-telegram")
        answers.token = one("cli-ask-token", empty=True, hide=True, check=a_token(answers.api, offline=offline))
    if not answers.homeserver:
        tell("cli-setup-matrix")
        answers.homeserver = one(
            "cli-ask-homeserver", empty=not answers.user, check=a_homeserver(offline=offline)
        ).rstrip("/")
    if answers.homeserver:
        answers.user = answers.user or one("cli-ask-user", check=fits(Matrix, "user"))
        answers.password = answers.password or one("cli-ask-password", hide=True, check=lambda _: None)
        own = answers.user.partition(":")[2]
        if not answers.servers:
            said = one("cli-ask-servers", default=own, check=lambda text: fits(Matrix, "servers")(tuple(split(text))))
            answers.servers = split(said)


def one(key: str, *, check: Check, default: str = "", empty: bool = False, hide: bool = False) -> str:
    """One answer, asked again until it fits."""
    while True:
        # The library repeats a question without an answer; an empty default lets the answer be empty.
        said = typer.prompt(say(key), default=default, show_default=bool(default), hide_input=hide, type=str).strip()
        if not said:
            if empty:
                return ""
            fault(say("cli-ask-needed"))
        elif why := check(said):
            fault(why)
        else:
            return str(said)


def split(text: str) -> list[str]:
    """A list with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def fits(model: type[BaseModel], name: str) -> Callable[[Any], str | None]:
    """Whether a value may stand in the settings; else what is wrong with it."""
    about = model.model_fields[name]
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[(about.annotation, *about.metadata)])

    def check(value: Any) -> str | None:
        try:
            adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            return str(first.get("ctx", {}).get("error", first["msg"]))
        return None

    return check


def a_language(value: str) -> str | None:
    """"fr" or "en"."""
    return None if value in ("fr", "en") else say("cli-ask-language")


def a_token(api: str, *, offline: bool) -> Check:
    """A token that Telegram knows; where Telegram does not answer, one that looks like it."""

    def check(token: str) -> str | None:
        if why := token_fault(token):
            return why
        if offline:
            return None
        try:
            me = asyncio.run(networks.telegram(api or "https://api.telegram.org", token))
        except Unknown:
            return say("cli-telegram-unknown")
        except Unreachable as error:
            tell("cli-unreachable-now", network="Telegram", why=error.why)
            return None
        tell("cli-check-name", network="Telegram", name=me.name)
        if not me.hears_all:
            tell("cli-telegram-privacy", name=me.name)
        return None

    return check


def token_fault(token: str) -> str | None:
    """Whether it looks like a token."""
    try:
        Telegram.model_validate({"token": token})
    except ValidationError as error:
        return str(error.errors(include_input=False)[0].get("ctx", {}).get("error", ""))
    return None


def a_homeserver(*, offline: bool) -> Check:
    """A homeserver where one may log in with a password."""

    def check(address: str) -> str | None:
        if why := fits(Matrix, "homeserver")(address):
            return why
        if offline:
            return None
        try:
            if asyncio.run(networks.matrix_flows(address.rstrip("/"))):
                return None
        except Unreachable as error:
            tell("cli-unreachable-now", network="Matrix", why=error.why)
            return None
        return say("cli-matrix-no-password", server=address)

    return check


# --- writing


def complete(answers: Answers) -> None:
    """What may be left out; Unfit names the options that may not."""
    answers.language = answers.language or language()
    answers.town_hall = answers.town_hall or town_hall(answers.commune)
    needed = {"--commune": answers.commune, "--neighbourhood": answers.neighbourhoods}
    if answers.homeserver or answers.user:
        needed |= {"--homeserver": answers.homeserver, "--matrix-user": answers.user}
        needed |= {"PALIER_MATRIX_PASSWORD": answers.password}
    elif not answers.token:
        needed["PALIER_TELEGRAM_TOKEN"] = ""
    if missing := [name for name, value in needed.items() if not value]:
        raise Unfit("cli-setup-missing", options=", ".join(missing))


def ask_networks(answers: Answers, *, offline: bool) -> None:
    """Nobody is there to be asked again: what a network refuses ends it."""
    for option, value, check in (
        ("PALIER_TELEGRAM_TOKEN", answers.token, a_token(answers.api, offline=offline)),
        ("--homeserver", answers.homeserver, a_homeserver(offline=offline)),
    ):
        if value and (why := check(value)):
            raise Unfit("cli-bad-option", option=option, why=why)


def verify(answers: Answers) -> None:
    """Nothing is written before all of it can be read again."""
    if not (answers.token or answers.homeserver):
        raise Unfit("cli-setup-no-network")
    checks: list[tuple[str, str | None]] = [
        ("--language", a_language(answers.language)),
        ("--commune", fits(Commune, "name")(answers.commune)),
        ("--town-hall", fits(Commune, "town_hall")(answers.town_hall)),
        ("--neighbourhood", fits(Commune, "neighbourhoods")(tuple(answers.neighbourhoods))),
        ("--port", fits_port(answers.port)),
        ("--timezone", fits(Settings, "timezone")(answers.timezone or "Europe/Paris")),
    ]
    if answers.token:
        checks.append(("PALIER_TELEGRAM_TOKEN", token_fault(answers.token)))
    if answers.homeserver:
        checks += [
            ("--homeserver", fits(Matrix, "homeserver")(answers.homeserver)),
            ("--matrix-user", fits(Matrix, "user")(answers.user)),
            ("--server", fits(Matrix, "servers")(tuple(answers.servers))),
        ]
    for option, why in checks:
        if why:
            raise Unfit("cli-bad-option", option=option, why=why)


def fits_port(port: int | None) -> str | None:
    """Whether it is the number of a port."""
    return None if port is None or 1 <= port <= 65535 else "1 .. 65535"


def write(config: Path, answers: Answers) -> None:
    """The settings and the secrets; the key that is there stays, what else is there is set aside."""
    folder = config.parent
    try:
        if not (folder / KEY).exists():
            write_private(folder / KEY, new_key() + "\n")
            tell("cli-setup-key", file=folder / KEY)
        for name, secret in ((TOKEN, answers.token), (PASSWORD, answers.password if answers.homeserver else "")):
            if secret and not holds(folder / name, secret):
                set_aside(folder / name)
                write_private(folder / name, secret + "\n")
        if aside := set_aside(config):
            tell("cli-set-aside", file=aside)
        write_private(config, as_toml(answers))
    except OSError as error:
        raise Unfit("cli-cannot-write", file=folder, why=(error.strerror or "").lower()) from None


def holds(path: Path, secret: str) -> bool:
    """Whether a file holds this secret already, for its owner alone."""
    try:
        return read_private(path) == secret
    except (OSError, ValueError):
        return False


def as_toml(answers: Answers) -> str:
    """The settings with a word on each; JSON's way to write text and lists is TOML's too."""

    def text(value: str | list[str]) -> str:
        return json.dumps(value, ensure_ascii=False)

    parts = [
        "# Palier's settings, written by `palier setup`. config.example.toml explains every setting there is.",
        "# After a change, `palier check` tells whether all is well; then `palier reload` lets the bot read it.",
        "",
        "# Where Palier keeps what it must remember.",
        f"database = {text(answers.database or 'sqlite:///palier.db')}",
        "",
        '# The language in which the bot speaks unless a chat chose another: "fr" or "en".',
        f"language = {text(answers.language)}",
        "",
        "# The clock on the wall.",
        f"timezone = {text(answers.timezone or 'Europe/Paris')}",
        "",
        "# The key that seals names and messages. Keep a copy of it apart from the backups.",
        f"key_file = {text(KEY)}",
    ]
    if answers.token:
        parts += ["", "[telegram]", "", "# The file that holds @BotFather's token.", f"token_file = {text(TOKEN)}"]
        if answers.api:
            parts += ["", "# The address of Telegram itself.", f"api = {text(answers.api)}"]
    if answers.homeserver:
        parts += [
            "", "[matrix]", "", "# The server on which the bot has its account.",
            f"homeserver = {text(answers.homeserver)}", "", "# The bot's account there.",
            f"user = {text(answers.user)}", "", "# The file that holds this account's password.",
            f"password_file = {text(PASSWORD)}", "",
            "# Servers whose people may invite the bot into a room just so; all others need a code.",
            f"servers = {text(answers.servers)}",
        ]  # fmt: skip
    if answers.port is not None:
        parts += ["", "[web]", "", "# /health and /metrics, for this machine alone.", f"port = {answers.port}"]
    parts += [
        "", "# The commune. For a second one, write the whole section again below, with its two brackets.",
        "[[commune]]", "", f"name = {text(answers.commune)}", "",
        "# Nobody else may bear this name in the chats.", f"town_hall = {text(answers.town_hall)}", "",
        "# The neighbourhoods, as residents call them. Every group or room belongs to one.",
        f"neighbourhoods = {text(answers.neighbourhoods)}", "",
    ]  # fmt: skip
    return "\n".join(parts)


def from_environment(answers: Answers) -> None:
    """Secrets are not typed behind a command, where other people of the machine can see them."""
    answers.token = answers.token or os.environ.get("PALIER_TELEGRAM_TOKEN", "").strip()
    answers.password = answers.password or os.environ.get("PALIER_MATRIX_PASSWORD", "").strip()

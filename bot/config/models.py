"""What can be set, its defaults, and what each value must be."""

import base64
import binascii
import difflib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretBytes,
    SecretStr,
    ValidationInfo,
    model_validator,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from moderation.policy import Policy, PolicyError

Language = Literal["fr", "en"]
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])"
_SERVER = re.compile(_HOST + r"(?::\d{1,5})?")
_USER = re.compile(r"@[a-z0-9._=/+-]+:" + _SERVER.pattern)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}


def shown(value: object) -> str:
    """A value as an error may quote it: on one line, not endless, with nothing invisible in it."""
    text = json.dumps(value, ensure_ascii=not str(value).isprintable(), default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _name(longest: int) -> Callable[[str], str]:
    """Checks something that people will read in a chat."""

    def check(value: str) -> str:
        value = unicodedata.normalize("NFC", value.strip())
        if not value:
            raise ValueError("is empty")
        if any(unicodedata.category(c)[0] == "C" or unicodedata.category(c) in {"Zl", "Zp"} for c in value):
            raise ValueError(f"{shown(value)} holds an invisible character")
        if len(value) > longest:
            raise ValueError(f"{shown(value)} is longer than {longest} characters")
        return value

    return check


def _address(value: str) -> str:
    try:
        url = urlsplit(value)
        good = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        good = False
    if not good or not value.isprintable() or " " in value:
        raise ValueError(f"{shown(value)} is not an http(s) address")
    if url.username or url.password or url.query or url.fragment:
        raise ValueError("must be an address without a password, a question mark or a #")
    return value.rstrip("/")


def _webhook(value: str) -> str:
    """With a path of its own, since the same port serves other pages; plain http is for exercises."""
    if not value:
        return value
    address = _address(value)
    if urlsplit(address).path in {"", "/health", "/metrics"}:
        raise ValueError("must end with a path of its own, as in https://palier.example.org/telegram")
    if urlsplit(address).scheme == "http" and urlsplit(address).hostname not in _LOOPBACK:
        raise ValueError("must begin with https://: Telegram sends what people write to it")
    return address


def _user(value: str) -> str:
    if not _USER.fullmatch(value) or len(value) > 255:
        raise ValueError(f"{shown(value)} is not a Matrix account in small letters, as @palier:example.org")
    return value


def _server(value: str) -> str:
    if not _SERVER.fullmatch(value.lower()):
        raise ValueError(f"{shown(value)} is not the name of a Matrix server, such as example.org")
    return value.lower()


def _host(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        if not re.fullmatch(_HOST, value) or re.fullmatch(r"[\d.]+", value):
            raise ValueError(f"{shown(value)} is neither an IP address nor the name of a machine") from None
        return value


def _zone(value: object) -> ZoneInfo:
    if not isinstance(value, str):
        raise ValueError('must be text between quotes, such as "Europe/Paris"')  # noqa: TRY004, pydantic's contract
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # unknown, not a name, a folder of names
        near = difflib.get_close_matches(value, sorted(available_timezones()), 1)
        raise ValueError(f"{shown(value)} is not a time zone{f'; did you mean {near[0]}?' if near else ''}") from None


def _path(value: object, info: ValidationInfo) -> Path:
    """Relative to the folder of the file in which it stands."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError('must be the name of a file between quotes, such as "palier.key"')
    return _folder(info) / value


def _folder(info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("folder", ".")).resolve()


def _database(value: str, info: ValidationInfo) -> str:
    """As SQLAlchemy wants it; never quoted, since it may hold a password."""
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError("must begin with sqlite:/// or postgresql://") from None
    if url.drivername in _POSTGRESQL:
        if not url.database:
            raise ValueError("must end with the name of the database, as in postgresql:///palier")
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.drivername not in {"sqlite", "sqlite+inline"}:
        raise ValueError("must begin with sqlite:/// or postgresql://")
    if url.host or not url.database:
        raise ValueError("must name a file after three slashes, as in sqlite:///palier.db")
    file = _folder(info) / url.database
    if url.database != ":memory:":
        if not file.parent.is_dir():
            raise ValueError(f"there is no folder {file.parent}")
        url = url.set(database=str(file))
    return url.set(drivername="sqlite+inline").render_as_string(hide_password=False)


def _key(value: object) -> SecretBytes:
    """From base64, common or for URLs."""
    try:
        key = base64.b64decode(str(value).translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ValueError("is not 32 bytes written in base64, as `palier setup` makes them")
    return SecretBytes(key)


def _token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", value.get_secret_value()):
        raise ValueError("is not what BotFather gives: digits, a colon, then letters and digits")
    return value


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    seen: set[str] = set()
    for value in values:
        if value.casefold() in seen:
            raise ValueError(f"{shown(value)} stands there twice")
        seen.add(value.casefold())
    return values


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("must name at least one; a small commune can repeat its own name")
    return values


def town_hall(commune: str) -> str:
    """How a commune's town hall is called in French unless its people say otherwise."""
    plain = unicodedata.normalize("NFD", commune)[:1].lower()
    match commune.split(" ", 1):
        case ["Le", rest]:
            return f"Mairie du {rest}"
        case ["Les", rest]:
            return f"Mairie des {rest}"
    return f"Mairie d'{commune}" if plain and plain in "aeiouy" else f"Mairie de {commune}"


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
File = Annotated[Path, BeforeValidator(_path)]
Address = Annotated[str, AfterValidator(_address)]
Names = Annotated[
    tuple[Annotated[str, AfterValidator(_name(80))], ...], Field(strict=False), AfterValidator(_unique)
]
Neighbourhoods = Annotated[
    tuple[Annotated[str, AfterValidator(_name(40))], ...],
    Field(strict=False),
    AfterValidator(_unique),
    AfterValidator(_some),
]


class _Part(BaseModel):
    # Errors are worded in `loading`; whatever else prints one must not show a secret.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Telegram(_Part):
    """The bot on Telegram; without a `webhook` the bot asks for what happened there."""

    token: Annotated[SecretStr, Field(strict=False), AfterValidator(_token)]
    token_file: File | None = None
    api: Address = "https://api.telegram.org"
    webhook: Annotated[str, AfterValidator(_webhook)] = ""
    paced: bool = True


class Matrix(_Part):
    """The bot on Matrix."""

    homeserver: Address
    user: Annotated[str, AfterValidator(_user)]
    password: Annotated[SecretStr, Field(strict=False)]
    password_file: File | None = None
    paced: bool = True
    servers: Annotated[tuple[Annotated[str, AfterValidator(_server)], ...], Field(strict=False)] = ()


class Web(_Part):
    """The HTTP side, for whoever watches over the bot."""

    host: Annotated[str, AfterValidator(_host)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    enabled: bool = True


class Log(_Part):
    """What is written about the bot's own doings."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Commune(_Part):
    """A territory run by one town hall; where `language` or `timezone` is None, the installation's holds."""

    name: Annotated[str, AfterValidator(_name(80))]
    town_hall: Annotated[str, AfterValidator(_name(80))] = Field(
        default_factory=lambda known: town_hall(known.get("name", ""))
    )
    also: Names = ()
    neighbourhoods: Neighbourhoods
    language: Language | None = None
    timezone: Zone | None = None


class Moderation(_Part):
    """The layers of the policy that stand in the file: `everywhere`, and `places` by "commune/neighbourhood/circle"."""

    everywhere: Mapping[str, Any] = Field(default_factory=dict)
    places: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)

    def layers(self, commune: str, neighbourhood: str, circle: str) -> tuple[Mapping[str, Any], ...]:
        """What the file says of everywhere, a commune, a neighbourhood and a circle; empty where it says nothing."""
        names = commune, f"{commune}/{neighbourhood}", f"{commune}/{neighbourhood}/{circle}"
        return self.everywhere, *(self.places.get(name, {}) for name in names)


def _layers(values: object) -> object:
    """Values of the section itself hold everywhere; its tables [moderation.places."..."] hold in one place."""
    if not isinstance(values, dict):
        return values
    places = values.get("places", {})
    if not isinstance(places, dict) or not all(isinstance(layer, dict) for layer in places.values()):
        raise ValueError('places are tables, such as [moderation.places."Bourg-Exemple/Les Tilleuls"]')
    everywhere = {name: value for name, value in values.items() if name != "places"}
    for name, layer in {"": everywhere, **places}.items():
        try:
            Policy.layered([(name, layer)])
        except PolicyError as error:
            raise ValueError(f"{shown(name)}: {error}" if name else str(error)) from None
    return {"everywhere": everywhere, "places": places}


def _communes(values: tuple[Commune, ...]) -> tuple[Commune, ...]:
    if not values:
        raise ValueError("there is none: add a section [[commune]]")
    _unique(tuple(commune.name for commune in values))
    _unique(tuple(place for commune in values for place in commune.neighbourhoods))  # people name them without it
    return values


class Settings(_Part):
    """Everything that an installation can set; `database` is SQLAlchemy's address, with an asynchronous driver."""

    database: Annotated[str, AfterValidator(_database)] = Field(default="sqlite:///palier.db", repr=False)
    language: Language = "fr"
    timezone: Zone = ZoneInfo("Europe/Paris")
    key: Annotated[SecretBytes, BeforeValidator(_key)]
    key_file: File = Path("palier.key")
    budget: Annotated[int, Field(ge=0, le=20)] = 3
    doubts: Literal["repeat", "leave"] = "repeat"
    telegram: Telegram | None = None
    matrix: Matrix | None = None
    web: Web = Web()
    log: Log = Log()
    moderation: Annotated[Moderation, BeforeValidator(_layers)] = Moderation()
    commune: Annotated[tuple[Commune, ...], Field(strict=False), AfterValidator(_communes)]

    @model_validator(mode="before")
    @classmethod
    def _relative(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Defaults that name a file stand beside the configuration too."""
        return {"database": "sqlite:///palier.db", "key_file": "palier.key"} | values

    @model_validator(mode="after")
    def _connected(self) -> "Settings":
        if not (self.telegram or self.matrix):
            raise ValueError("there is no network: add a section [telegram] or [matrix]")
        if self.telegram and self.telegram.webhook and not self.web.enabled:
            raise ValueError("telegram.webhook needs the page of [web]: write enabled = true there")
        known = {one.name: one.neighbourhoods for one in self.commune}
        for place in self.moderation.places:
            commune, *inside = place.split("/", 2)
            if commune not in known or (inside and inside[0] not in known[commune]):
                raise ValueError(f"moderation.places: there is no {shown(place)}; write COMMUNE/NEIGHBOURHOOD/CIRCLE")
        return self

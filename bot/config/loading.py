"""Reads the configuration, and says in one line what is wrong with it, and where."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.config.lines import Loc, lines
from bot.config.models import Commune, Log, Matrix, Settings, Telegram, Web, shown
from bot.config.private import read_private

SECRETS: dict[Loc, str] = {
    ("key",): "PALIER_KEY",
    ("telegram", "token"): "PALIER_TELEGRAM_TOKEN",
    ("matrix", "password"): "PALIER_MATRIX_PASSWORD",
}
_MODELS: dict[Loc, type[BaseModel]] = {
    (): Settings, ("telegram",): Telegram, ("matrix",): Matrix, ("web",): Web, ("log",): Log, ("commune",): Commune,
}
_NAME_VALUE = "each line is written: name = value, and a section between brackets: [web]"
_NO_KEY = "there is no such file: bring it back from the backup; a new installation begins with: palier setup"
_SYNTAX = {  # tomllib's words -> what a person may have done
    "Invalid value": 'is not a value; text stands between straight quotes, as in "Les Tilleuls"',
    "Illegal character": "the closing quote is missing, or the value holds a character that cannot be typed here",
    "Unterminated string": "the closing quote is missing",
    "Unclosed array": "the closing bracket ] is missing",
    "Unclosed inline table": "the closing brace } is missing",
    "Cannot overwrite a value": "stands there twice",
    "Cannot declare": "this section stands there twice",
    "Expected '=' after a key": _NAME_VALUE,
    "Invalid statement": _NAME_VALUE,
    "Expected ']": "the closing bracket ] is missing",
    "Expected newline": "something follows the value; text stands between straight quotes",
    "Unescaped": r"a backslash \ must be doubled between double quotes",
}
_KINDS = {  # pydantic's types of error -> the same for people
    "missing": "is missing",
    "string_type": "must be text between quotes",
    "int_type": "must be a whole number without quotes",
    "bool_type": "must be true or false, without quotes",
    "tuple_type": 'must be a list between brackets, as in ["Les Tilleuls"]',
    "model_type": "must be a section of its own: [[commune]]",
}


class ConfigError(Exception):
    """The configuration cannot be used: its text is one line about the first fault; `faults` has a line for each."""

    def __init__(self, *faults: str) -> None:
        super().__init__(faults[0])
        self.faults = faults


class _Fault(NamedTuple):
    loc: Loc
    why: str


def load(path: Path, env: Mapping[str, str]) -> Settings:
    """The settings that a file and an environment make; ConfigError says why there are none."""
    text = _read(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(path, text, str(error))) from None
    except RecursionError:
        raise ConfigError(f"{path}: brackets stand within brackets without end") from None
    faults = _add_secrets(values, path.parent, env)
    told = {fault.loc for fault in faults}
    try:
        settings = Settings.model_validate(values, context={"folder": path.parent})
    except ValidationError as error:
        faults += [_Fault(e["loc"], _words(e)) for e in error.errors() if e["loc"] not in told and not _implied(e)]
    if faults:
        where = lines(text)
        placed = sorted(((_line(where, fault.loc), fault) for fault in faults), key=lambda one: one[0] or len(text))
        raise ConfigError(*(_told(path, line, fault) for line, fault in placed))
    return settings


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; `palier setup` writes one") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({(error.strerror or 'unknown error').lower()})") from None
    try:
        return data.decode("utf-8-sig")  # some editors put a mark before the first line
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}, line {line}: is not UTF-8; save the file in that encoding") from None


def _syntax(path: Path, text: str, error: str) -> str:
    """The parser's complaint, with its line; the line itself is not shown, since it may hold a secret."""
    rows = text.splitlines()
    found = re.search(r"\(at line (\d+), column \d+\)$", error)
    line = int(found[1]) if found else max(len(rows), 1)
    bare = error.rsplit(" (at ", 1)[0]
    why = next((words for start, words in _SYNTAX.items() if bare.startswith(start)), bare)
    if bare.startswith("Invalid value") and not found:
        why = "the file ends in the middle of a value or a list"
    key = re.match(r"\s*([\w.-]+)\s*=", rows[line - 1]) if line <= len(rows) else None
    return f"{path}, line {line}: {f'{key[1]}: ' if key else ''}{why}"


def _add_secrets(values: dict[str, Any], folder: Path, env: Mapping[str, str]) -> list[_Fault]:
    """Put what the environment or a file says into `values`; gives what is wrong with that."""
    faults = []
    for loc, variable in SECRETS.items():
        *section, name = (str(part) for part in loc)
        table = values.get(section[0]) if section else values
        if not isinstance(table, dict):
            continue
        beside = f"{name}_file"
        file = table.get(beside, "palier.key" if loc == ("key",) else None)
        if name in table:
            why = f"a secret does not belong here: set {variable}, or name its file in {beside}"
            faults.append(_Fault(loc, why))
        elif secret := env.get(variable, "").strip():
            table[name] = secret
        elif file is None:
            faults.append(_Fault(loc, f"is missing: set {variable}, or name its file in {beside}"))
        elif isinstance(file, str) and file and "\0" not in file:
            try:
                table[name] = read_private(folder.resolve() / file)
            except FileNotFoundError:  # not named: someone may have put the secret itself here
                faults.append(_Fault((*section, beside), _NO_KEY if loc == ("key",) else "there is no such file"))
            except ValueError as error:
                faults.append(_Fault((*section, beside), str(error)))
    return faults


def _implied(error: ErrorDetails) -> bool:
    """Whether another fault already says it: a secret that could not be had, a default made from a bad value."""
    return error["type"] == "default_factory_not_called" or (error["type"] == "missing" and error["loc"] in SECRETS)


def _line(where: Mapping[Loc, int], loc: Loc) -> int | None:
    """That of the thing itself, else of the table that it is missing from."""
    return next((where[loc[:n]] for n in range(len(loc), 0, -1) if loc[:n] in where), None)


def _told(path: Path, line: int | None, fault: _Fault) -> str:
    key = ".".join(part for part in fault.loc if isinstance(part, str))
    return f"{path}{f', line {line}' if line else ''}: {f'{key}: ' if key else ''}{fault.why}"


def _words(error: ErrorDetails) -> str:
    """What is wrong with a value, in the words of those who have to mend it."""
    loc, value = error["loc"], error["input"]
    match error["type"]:
        case "value_error":
            return str(error["ctx"]["error"])
        case "extra_forbidden":
            return _unknown(loc)
        case "literal_error":
            return f"{shown(value)} is not {error['ctx']['expected'].replace(chr(39), chr(34))}"
        case "greater_than_equal":
            return f"{value} is too small; the least is {error['ctx']['ge']}"
        case "less_than_equal":
            return f"{value} is too much; the most is {error['ctx']['le']}"
        case "model_type" if len(loc) == 1:
            return f"must be one section, begun by a line [{loc[0]}]"
        case "tuple_type" if loc == ("commune",):
            return "a commune's section has two brackets: [[commune]]"
        case kind:
            return _KINDS.get(kind, error["msg"])


def _unknown(loc: Loc) -> str:
    """A key that nobody reads: misspelt, or written below the wrong heading."""
    name, here = str(loc[-1]), tuple(part for part in loc[:-1] if isinstance(part, str))
    keys = [key for key in _MODELS[here].model_fields if (*here, key) not in SECRETS]
    if name in {secret[-1] for secret in SECRETS}:
        return "there is no such key here, and secrets do not belong in this file"
    if near := difflib.get_close_matches(name, keys, 1):
        return f"there is no such key; did you mean {near[0]}?"
    if (name,) in _MODELS:
        return f"this is a section of its own, begun by a line {'[[commune]]' if name == 'commune' else f'[{name}]'}"
    for table, model in _MODELS.items():
        if name in model.model_fields:
            place = f"in the section [{table[0]}]" if table else "above the first section"
            return f"there is no such key here; it belongs {place}"
    return "there is no such key"

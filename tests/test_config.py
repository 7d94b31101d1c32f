"""The configuration: what it accepts, and what it says of what it does not."""

import base64
import itertools
import re
import stat
import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.config import (
    Commune,
    ConfigError,
    Log,
    Matrix,
    Settings,
    Telegram,
    Web,
    load,
    new_key,
    read_private,
    write_private,
)
from bot.config.lines import Loc, lines
from bot.config.loading import SECRETS
from bot.config.models import town_hall

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
ENV = {
    "PALIER_KEY": base64.b64encode(bytes(range(32))).decode(),
    "PALIER_TELEGRAM_TOKEN": "123456:canary-token",
    "PALIER_MATRIX_PASSWORD": "canary password",
}
COMMUNE = """
[[commune]]
name = "Bourg-Exemple"
neighbourhoods = ["Les Tilleuls"]
"""
SMALL = f"[telegram]\n{COMMUNE}"
NOT_A_VALUE = 'name: is not a value; text stands between straight quotes, as in "Les Tilleuls"'
NO_KEY = "there is no such file: bring it back from the backup; a new installation begins with: palier setup"


def settings(folder: Path, text: str, env: dict[str, str] | None = None) -> Settings:
    file = folder / "palier.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, ENV if env is None else env)


def faults(folder: Path, text: str, env: dict[str, str] | None = None) -> list[str]:
    """What is said of it, without the folder's name."""
    with pytest.raises(ConfigError) as caught:
        settings(folder, text, env)
    for fault in caught.value.faults:
        assert "\n" not in fault and "canary" not in fault
    assert str(caught.value) == caught.value.faults[0]
    return [fault.replace(f"{folder}/", "") for fault in caught.value.faults]


def fault(folder: Path, text: str, env: dict[str, str] | None = None) -> str:
    (only,) = faults(folder, text, env)
    return only


def every_key() -> str:
    """The example with what is switched off switched on."""
    return re.sub(r"(?m)^# (?=\w+ = )", "", EXAMPLE.read_text(encoding="utf-8"))


def test_the_example_can_be_loaded() -> None:
    read = load(EXAMPLE, ENV)
    assert read.telegram and read.telegram.token.get_secret_value() == "123456:canary-token"
    assert read.matrix and (read.matrix.user, read.matrix.servers) == ("@palier:example.org", ("example.org",))
    assert read.matrix.password.get_secret_value() == "canary password"
    assert read.key.get_secret_value() == bytes(range(32))
    assert read.key_file == EXAMPLE.parent / "palier.key"
    assert read.database == f"sqlite+inline:///{EXAMPLE.parent}/palier.db"
    assert read.commune[0].neighbourhoods == ("Les Tilleuls", "Le Vieux Bourg", "La Gare")


def test_the_example_gives_the_defaults(tmp_path: Path) -> None:
    example, small = load(EXAMPLE, ENV), settings(tmp_path, SMALL)
    assert example.telegram and small.telegram
    assert example.telegram.model_dump(exclude={"token_file"}) == small.telegram.model_dump(exclude={"token_file"})
    for name in ("language", "timezone", "budget", "web", "log"):
        assert getattr(example, name) == getattr(small, name)
    assert example.commune[0].town_hall == small.commune[0].town_hall
    assert small.database == f"sqlite+inline:///{tmp_path}/palier.db"


def test_every_field_of_the_models_stands_in_the_example(tmp_path: Path) -> None:
    text = every_key()
    settings(tmp_path, text)
    there = {tuple(part for part in loc if isinstance(part, str)) for loc in lines(text)}
    models: dict[Loc, type[BaseModel]] = {
        (): Settings, ("telegram",): Telegram, ("matrix",): Matrix, ("web",): Web, ("log",): Log,
        ("commune",): Commune,
    }
    for table, model in models.items():
        for name in model.model_fields:
            loc = (*table, name)
            assert SECRETS[loc] in text if loc in SECRETS else loc in there


def test_every_key_of_the_example_is_explained() -> None:
    """By the comment above it, or, for the first of a section, by the section's."""
    rows = [row for row in EXAMPLE.read_text(encoding="utf-8").splitlines() if row]
    for before, row in itertools.pairwise(rows):
        if row.startswith("["):
            assert before.startswith("# "), row
        elif not row.startswith("#"):
            assert before.startswith(("# ", "[")), row


def test_secrets_are_shown_nowhere(tmp_path: Path) -> None:
    read = settings(tmp_path, f'database = "postgresql://palier:canary@localhost/palier"\n{SMALL}')
    assert read.database == "postgresql+psycopg://palier:canary@localhost/palier"
    for text in (repr(read), str(read), repr(read.telegram)):
        assert not re.search("canary|" + re.escape(ENV["PALIER_KEY"]), text)


def test_it_is_frozen(tmp_path: Path) -> None:
    read = settings(tmp_path, SMALL)
    with pytest.raises(ValueError, match="frozen"):
        read.budget = 5


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('database = "mysql://canary@localhost/palier"', "must begin with sqlite:/// or postgresql://"),
        ('database = "palier.db"', "must begin with sqlite:/// or postgresql://"),
        ('database = "sqlite://palier.db"', "must name a file after three slashes, as in sqlite:///palier.db"),
        ('database = "postgresql://localhost"', "must end with the name of the database, as in postgresql:///palier"),
        ('database = "sqlite:////nowhere/palier.db"', "there is no folder /nowhere"),
        ('language = "de"', '"de" is not "fr" or "en"'),
        ("language = 3", '3 is not "fr" or "en"'),
        ('timezone = "Europe/Pari"', '"Europe/Pari" is not a time zone; did you mean Europe/Paris?'),
        ('timezone = "../../etc/passwd"', '"../../etc/passwd" is not a time zone'),
        ("timezone = 2", 'must be text between quotes, such as "Europe/Paris"'),
        ("budget = 21", "21 is too much; the most is 20"),
        ("budget = -1", "-1 is too small; the least is 0"),
        ('budget = "3"', "must be a whole number without quotes"),
        ("budget = true", "must be a whole number without quotes"),
        ("key_file = 3", 'must be the name of a file between quotes, such as "palier.key"'),
        ('key = "canary"', "a secret does not belong here: set PALIER_KEY, or name its file in key_file"),
        ('langage = "fr"', "there is no such key; did you mean language?"),
        ("port = 80", "there is no such key here; it belongs in the section [web]"),
        ('password = "canary"', "there is no such key here, and secrets do not belong in this file"),
        ('"x y" = 1', "there is no such key"),
        ("web = 3", "must be one section, begun by a line [web]"),
        ('web.port = "80"', "must be a whole number without quotes"),
        ("web = {port = 70000}", "70000 is too much; the most is 65535"),
        ('web.host = "300.1.1.1"', '"300.1.1.1" is neither an IP address nor the name of a machine'),
        ('web.enabled = "yes"', "must be true or false, without quotes"),
        ('log.level = "loud"', '"loud" is not "debug", "info", "warning" or "error"'),
        ('telegram.api = "localhost"', '"localhost" is not an http(s) address'),
        ('telegram.api = "https://u:canary@h"', "must be an address without a password, a question mark or a #"),
        ("telegram.paced = 0", "must be true or false, without quotes"),
        ('doubts = "ask"', '"ask" is not "repeat" or "leave"'),
        (
            'telegram.webhook = "https://example.org/"',
            "must end with a path of its own, as in https://palier.example.org/telegram",
        ),
        (
            'telegram.webhook = "http://example.org/telegram"',
            "must begin with https://: Telegram sends what people write to it",
        ),
        ('telegram.webhook = "example.org/telegram"', '"example.org/telegram" is not an http(s) address'),
        ('telegram.token_file = ""', 'must be the name of a file between quotes, such as "palier.key"'),
        ('telegram.tokenfile = "canary"', "there is no such key; did you mean token_file?"),
    ],
)
def test_a_fault_is_told_in_one_line(tmp_path: Path, line: str, said: str) -> None:
    key = re.split(" = ", line)[0].replace('"', "")
    key = "web.port" if "{port" in line else key
    network = "" if key.startswith("telegram.") else "telegram = {}\n"
    text = f"# a comment\n\n{line}\n{network}{COMMUNE}"
    assert fault(tmp_path, text) == f"palier.toml, line 3: {key}: {said}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('homeserver = "localhost"', 'homeserver: "localhost" is not an http(s) address'),
        ('homeserver = "ftp://example.org"', 'homeserver: "ftp://example.org" is not an http(s) address'),
        ('homeserver = "http://[::1"', 'homeserver: "http://[::1" is not an http(s) address'),
        (
            'user = "palier"',
            'user: "palier" is not a Matrix account in small letters, as @palier:example.org',
        ),
        (
            'servers = [\n  "example.org", # ours\n  "https://example.org",\n]',
            'servers: "https://example.org" is not the name of a Matrix server, such as example.org',
        ),
        ('servers = "example.org"', 'servers: must be a list between brackets, as in ["Les Tilleuls"]'),
        ('pasword_file = "x"', "pasword_file: there is no such key; did you mean password_file?"),
        ("budget = 3", "budget: there is no such key here; it belongs above the first section"),
        (
            'password = "canary"',
            "password: a secret does not belong here: set PALIER_MATRIX_PASSWORD, or name its file in password_file",
        ),
    ],
)
def test_a_fault_of_matrix_is_told_in_one_line(tmp_path: Path, line: str, said: str) -> None:
    lacking = {"homeserver": "https://example.org", "user": "@palier:example.org"}
    rest = "".join(f'{key} = "{value}"\n' for key, value in lacking.items() if not line.startswith(f"{key} "))
    number = 8 if "\n" in line else 6
    text = f"{COMMUNE}[matrix]\n{line}\n{rest}"
    assert fault(tmp_path, text) == f"palier.toml, line {number}: matrix.{said}"


@pytest.mark.parametrize(
    ("lines_", "said"),
    [
        ('name = ""', ": commune.name: is empty"),
        ('name = "Bourg\\u202eExemple"', r': commune.name: "Bourg\u202eExemple" holds an invisible character'),
        (
            'name = "a"\nneighbourhoods = []',
            ": commune.neighbourhoods: must name at least one; a small commune can repeat its own name",
        ),
        ('name = "a"\nneighbourhoods = ["Gare", "gare"]', ': commune.neighbourhoods: "gare" stands there twice'),
        (
            'name = "a"\nneighbourhoods = ["Gare",\n "x\\ty"]',
            r': commune.neighbourhoods: "x\ty" holds an invisible character',
        ),
        (
            f'name = "a"\nneighbourhoods = ["{"x" * 41}"]',
            f': commune.neighbourhoods: "{"x" * 41}" is longer than 40 characters',
        ),
        ('name = "a"\nneighbourhoods = [1]', ": commune.neighbourhoods: must be text between quotes"),
        ('name = "a"\ntown_hall = " "', ": commune.town_hall: is empty"),
        ('name = "a"\nalso = ["b", "B"]', ': commune.also: "B" stands there twice'),
        ('name = "a"\nlanguage = "de"', ': commune.language: "de" is not "fr" or "en"'),
        ('name = "a"\ntimezone = "x"', ': commune.timezone: "x" is not a time zone'),
        ("also = []", ": commune.name: is missing"),
    ],
)
def test_a_fault_of_a_second_commune_has_its_own_line(tmp_path: Path, lines_: str, said: str) -> None:
    rest = "" if "neighbourhoods" in lines_ else '\nneighbourhoods = ["Gare"]'
    number = 8 + (0 if lines_.startswith("also") else lines_.count("\n") + 1)
    assert fault(tmp_path, f"{SMALL}\n\n[[commune]]\n{lines_}{rest}\n") == f"palier.toml, line {number}{said}"


def test_a_webhook_needs_the_page(tmp_path: Path) -> None:
    text = SMALL.replace("[telegram]", '[telegram]\nwebhook = "https://example.org/telegram"')
    assert settings(tmp_path, text).telegram
    said = "palier.toml: telegram.webhook needs the page of [web]: write enabled = true there"
    assert fault(tmp_path, f"{text}[web]\nenabled = false\n") == said


def test_a_commune_and_a_network_are_needed(tmp_path: Path) -> None:
    assert fault(tmp_path, "[telegram]") == "palier.toml: commune: is missing"
    assert fault(tmp_path, "commune = []\n[telegram]").endswith("commune: there is none: add a section [[commune]]")
    assert fault(tmp_path, SMALL.replace("[telegram]", "")) == (
        "palier.toml: there is no network: add a section [telegram] or [matrix]"
    )
    assert fault(tmp_path, SMALL.replace("[[commune]]", "[commune]")) == (
        "palier.toml, line 3: commune: a commune's section has two brackets: [[commune]]"
    )
    assert fault(tmp_path, SMALL.replace("[telegram]", "[[telegram]]")) == (
        "palier.toml, line 1: telegram: must be one section, begun by a line [telegram]"
    )
    assert fault(tmp_path, SMALL + COMMUNE) == (
        'palier.toml, line 3: commune: "Bourg-Exemple" stands there twice'
    )


def test_all_faults_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    assert faults(tmp_path, f'budgt = 1\nlanguage = "de"\n{SMALL}web = 1\n', {}) == [
        "palier.toml, line 1: budgt: there is no such key; did you mean budget?",
        'palier.toml, line 2: language: "de" is not "fr" or "en"',
        "palier.toml, line 3: telegram.token: is missing: set PALIER_TELEGRAM_TOKEN, or name its file in token_file",
        "palier.toml, line 8: commune.web: this is a section of its own, begun by a line [web]",
        f"palier.toml: key_file: {NO_KEY}",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("budget = 3\nname = Bourg canary", NOT_A_VALUE),
        ("budget = 3\nname = “canary”", NOT_A_VALUE),
        (
            'budget = 3\nname = "canary\n[web]',
            "name: the closing quote is missing, or the value holds a character that cannot be typed here",
        ),
        ("budget = 3\nbudget = 4", "budget: stands there twice"),
        ("[web]\n[web]", "this section stands there twice"),
        ("[web]\nport 3", "each line is written: name = value, and a section between brackets: [web]"),
        ("[web]\nport = 3 4", "port: something follows the value; text stands between straight quotes"),
        ("[web]\nx = [1,", "x: the file ends in the middle of a value or a list"),
    ],
)
def test_a_fault_of_writing_has_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert fault(tmp_path, text) == f"palier.toml, line 2: {said}"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "palier.toml"
    for data, said in (
        (None, ": there is no such file; `palier setup` writes one"),
        (b"# Bourg\nname = 'Cit\xe9'", ", line 2: is not UTF-8; save the file in that encoding"),
        (b"x = " + b"[" * 9999, ": brackets stand within brackets without end"),
    ):
        if data:
            file.write_bytes(data)
        with pytest.raises(ConfigError, match=f"^{re.escape(f'{file}{said}')}$"):
            load(file, ENV)
    with pytest.raises(ConfigError, match=r"cannot be read \(is a directory\)$"):
        load(tmp_path, ENV)


def test_a_mark_before_the_first_line_and_line_ends_of_windows_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "palier.toml"
    file.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load(file, ENV).commune[0].name == "Bourg-Exemple"
    file.write_bytes(f"{SMALL}x = 1\n".replace("\n", "\r\n").encode())
    with pytest.raises(ConfigError, match=r"line 6: commune\.x"):
        load(file, ENV)


# --- secrets


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A folder in which each secret has its file."""
    write_private(tmp_path / "palier.key", ENV["PALIER_KEY"] + "\n")
    write_private(tmp_path / "tg", "1:file\n")
    return tmp_path


def test_secrets_are_read_from_files_and_the_environment_comes_first(beside: Path) -> None:
    text = SMALL.replace("[telegram]", '[telegram]\ntoken_file = "tg"')
    read = settings(beside, text, {"PALIER_KEY": " ", "PALIER_TELEGRAM_TOKEN": ""})
    assert read.telegram and read.telegram.token.get_secret_value() == "1:file"
    assert read.telegram.token_file == beside / "tg"
    assert read.key.get_secret_value() == bytes(range(32))
    other = base64.urlsafe_b64encode(b"\xff" * 32).decode()
    read = settings(beside, text, {"PALIER_KEY": other, "PALIER_TELEGRAM_TOKEN": "2:env"})
    assert read.telegram and read.telegram.token.get_secret_value() == "2:env"
    assert read.key.get_secret_value() == b"\xff" * 32


def test_a_secret_that_others_can_read_is_refused_with_what_to_type(beside: Path) -> None:
    (beside / "palier.key").chmod(0o640)
    key = beside / "palier.key"
    with pytest.raises(ConfigError) as caught:
        settings(beside, SMALL, {"PALIER_TELEGRAM_TOKEN": "1:a"})
    assert str(caught.value).endswith(f"palier.toml: key_file: {key} can be read by others; type: chmod 600 {key}")


@pytest.mark.parametrize("key", ["canary", base64.b64encode(b"canary" * 5).decode(), "clé", "="])
def test_a_key_of_another_kind_is_refused(tmp_path: Path, key: str) -> None:
    assert fault(tmp_path, SMALL, ENV | {"PALIER_KEY": key}) == (
        "palier.toml: key: is not 32 bytes written in base64, as `palier setup` makes them"
    )


def test_a_token_of_another_kind_is_refused(tmp_path: Path) -> None:
    assert fault(tmp_path, SMALL, ENV | {"PALIER_TELEGRAM_TOKEN": "canary"}) == (
        "palier.toml, line 1: telegram.token: is not what BotFather gives: digits, a colon, then letters and digits"
    )


def test_a_token_in_the_place_of_its_file_is_not_shown(tmp_path: Path) -> None:
    text = SMALL.replace("[telegram]", '[telegram]\ntoken_file = "1:canary/of/mine"')
    env = {"PALIER_KEY": ENV["PALIER_KEY"]}
    assert fault(tmp_path, text, env) == "palier.toml, line 2: telegram.token_file: there is no such file"
    assert "line 2: telegram.token_file: must be" in fault(tmp_path, text.replace("/of/", "\\u0000"), env)
    (tmp_path / "tg").mkdir(mode=0o700)
    text = text.replace("1:canary/of/mine", "tg")
    assert fault(tmp_path, text, env).endswith("token_file: the file cannot be read (is a directory)")


def test_new_keys_are_all_different_and_usable(tmp_path: Path) -> None:
    keys = {new_key() for _ in range(20)}
    assert len(keys) == 20
    assert len(settings(tmp_path, SMALL, ENV | {"PALIER_KEY": keys.pop()}).key.get_secret_value()) == 32


def test_a_private_file_is_its_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    write_private(file, "one")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_private(file, "two")
    assert read_private(file) == "one"
    assert list(tmp_path.iterdir()) == [file]


# --- smaller things


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Bourg-Exemple", "Mairie de Bourg-Exemple"), ("Évry", "Mairie d'Évry"), ("Le Havre", "Mairie du Havre"),
        ("Les Lilas", "Mairie des Lilas"), ("La Rochelle", "Mairie de La Rochelle"), ("Lens", "Mairie de Lens"),
        ("Haguenau", "Mairie de Haguenau"),
    ],
)
def test_a_town_hall_is_named_after_its_commune(name: str, called: str) -> None:
    assert town_hall(name) == called


def test_a_commune_may_differ_from_the_installation(tmp_path: Path) -> None:
    read = settings(tmp_path, f'{SMALL}language = "en"\ntimezone = "Indian/Reunion"\n')
    assert (read.commune[0].language, read.commune[0].timezone) == ("en", ZoneInfo("Indian/Reunion"))
    assert (read.language, read.timezone) == ("fr", ZoneInfo("Europe/Paris"))
    assert settings(tmp_path, SMALL).commune[0].language is None


TOML = '''\
# a = 1
a.b . "c.d" = "x # not = a comment"
"é \\" 'q" = 'lit\\'

list = [ # first
    1, [2,
    3], { x = 1, y.z = [
        4 ] },
    """
two = "lines"
""", # a comment ]
]
text = \'\'\'
[not.a.table]
\'\'\'\'
when = 1979-05-27 07:32:00
[t.u]
v = """a"""""
[[rows]]
n = 1
[rows.sub]
m = [[1], [2]]
[[rows]]
  [[rows.deep]]
  o = {}
  [[rows.deep]]
  o = []
[ t . 'w' ]
last = true'''


def test_each_key_and_item_has_its_line() -> None:
    found = lines(TOML)
    assert set(found) == set(walk(tomllib.loads(TOML)))
    assert [found[loc] for loc in found if loc[0] in {"a", 'é " \'q'}] == [2, 2, 2, 3]
    assert {loc[1:]: line for loc, line in found.items() if loc[0] == "list"} == {
        (): 5, (0,): 6, (1,): 6, (1, 0): 6, (1, 1): 7, (2,): 7, (2, "x"): 7, (2, "y"): 7, (2, "y", "z"): 7,
        (2, "y", "z", 0): 8, (3,): 9,
    }
    assert (found["text",], found["when",], found["t", "u", "v"]) == (13, 16, 18)
    assert (found["rows",], found["rows", 0], found["rows", 0, "sub", "m", 1, 0]) == (19, 19, 22)
    assert (found["rows", 1], found["rows", 1, "deep", 0, "o"], found["rows", 1, "deep", 1, "o"]) == (23, 25, 27)
    assert (found["t",], found["t", "w", "last"]) == (17, 29)


def walk(value: Any, loc: Loc = ()) -> list[Loc]:
    """Every path in a parsed document."""
    items: list[tuple[str | int, Any]] = []
    match value:
        case dict():
            items = list(value.items())
        case list():
            items = list(enumerate(value))
    return [path for key, item in items for path in ((*loc, key), *walk(item, (*loc, key)))]


SCALARS = ["1", "true", '"a#]\\""', "'}'", '"""\n["\\"""""', "'''\n'''", "1979-05-27 07:32:00", "-1.5e3"]
KEYS = st.lists(st.sampled_from(["a", "b", "'c.d'", '"e = "', "1"]), min_size=1, max_size=3).map(" . ".join)
VALUES = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[ # [\n" + ",\n".join(items) + "\n]")
        | st.dictionaries(KEYS, inner, max_size=2).map(
            lambda items: "{" + ",".join(f"{key} = {value}" for key, value in items.items()) + "}"
        )
    ),
    max_leaves=5,
)
ROWS = st.one_of(
    st.builds("{} = {} # x".format, KEYS, VALUES), KEYS.map("[ {} ]".format), KEYS.map("[[{}]]".format), st.just("#")
)


@given(st.lists(ROWS, max_size=5).map("\n".join))
def test_whatever_is_toml_is_found_whole(text: str) -> None:
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
    found = lines(text)
    assert set(found) == set(walk(value))
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())

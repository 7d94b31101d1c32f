"""From an empty folder to an installation: asked or not, in either language, and never over what is there."""

import base64
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bot.cli.setup import Answers, as_toml
from tests.cli.conftest import PASSWORD, TOKEN, Home

SECRET = {"PALIER_TELEGRAM_TOKEN": TOKEN, "PALIER_MATRIX_PASSWORD": PASSWORD}
TINY = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
from bot.cli import main
main()
"""


def on_a_full_disk(home: Home, limit: int, *words: str) -> subprocess.CompletedProcess[str]:
    """A command whose files cannot grow beyond some bytes."""
    # The limit would cut short what Python keeps of compiled modules, too.
    env = {**SECRET, "PYTHONPATH": str(Path(__file__).parents[2]), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", TINY.format(limit=limit), *words],
        cwd=home.folder, env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def files(home: Home) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in home.folder.iterdir() if path.is_file()}


def test_options_alone_make_an_installation_that_is_well(home: Home) -> None:
    said = home.sets_up(matrix=True)
    assert "https://t.me/palier_bot?start=" in said.out
    assert "@palier:localhost and write: !bonjour " in said.out
    settings = home.settings()
    assert [commune.name for commune in settings.commune] == ["Bourg-Exemple"]
    assert settings.commune[0].town_hall == "Mairie de Bourg-Exemple"
    assert settings.telegram and settings.telegram.token.get_secret_value() == TOKEN
    for name in ("palier.toml", "palier.key", "telegram.token", "matrix.password", "palier.db"):
        assert stat.S_IMODE((home.folder / name).stat().st_mode) == 0o600, name
    assert len(base64.b64decode((home.folder / "palier.key").read_text())) == 32
    assert home.types("check").code == 0


def test_questions_are_asked_until_the_answers_fit(home: Home) -> None:
    home.networks.homeserver.flows = ("m.login.password",)
    answers = [
        "", "  ", "Bourg\u200b", "Bourg « L'É\"", "", "", ", ", "Les Tilleuls, Le Port",
        "nonsense", "2:unknown", TOKEN,
        "matrix.example.org", home.networks.matrix, "palier", "@palier:localhost", PASSWORD,
        "not a server", "localhost",
    ]  # fmt: skip
    said = home.types("setup", "--telegram-api", home.networks.telegram.url, answers="\n".join(answers) + "\n")
    assert said.code == 0, said
    settings = home.settings()
    assert (settings.language, settings.commune[0].name) == ("en", "Bourg « L'É\"")
    assert settings.commune[0].neighbourhoods == ("Les Tilleuls", "Le Port")
    assert settings.matrix and settings.matrix.servers == ("localhost",)
    assert "Telegram does not know this token" in said.err
    assert "is not what BotFather gives" in said.err
    assert "@palier_bot hears only commands" in said.out


def test_it_speaks_french_where_the_terminal_does(home: Home) -> None:
    said = home.types("setup", "--offline", answers="\nBourg\n\nPort\n1:x\n\n", LANG="fr_FR.UTF-8")
    assert said.code == 0, said
    assert "Nom de la commune" in said.out and "Pour une personne (opérateur)" in said.out
    assert home.settings().language == "fr"
    assert "il n'y a pas de rôle" in home.fails("invite", "roi", LANG="fr_FR.UTF-8")


def test_a_network_may_be_left_out_but_not_both(home: Home) -> None:
    assert home.types("setup", "--offline", answers="\nBourg\n\nPort\n1:x\n\n").code == 0
    assert home.settings().matrix is None
    other = ["--config", "other.toml"]
    said = home.types("setup", "--offline", *other, answers="\nBourg\n\nPort\n\n\n")
    assert said.code == 2 and "one of them is needed" in said.err
    assert not (home.folder / "other.toml").exists()


def test_nothing_is_overwritten_without_a_yes(home: Home) -> None:
    home.sets_up()
    before = files(home)
    assert "is there already" in home.fails("setup", "--yes", "--commune", "X", "-n", "Y", **SECRET)
    said = home.types("setup", answers="n\n")
    assert said.code == 130
    assert files(home) == before


def test_with_a_yes_the_old_is_set_aside_and_the_key_stays(home: Home) -> None:
    home.sets_up()
    key, config = (home.folder / "palier.key").read_text(), home.config.read_text()
    said = home.types("setup", "--offline", answers="y\nfr\nAutreville\n\nPort\n2:y\n\n")
    assert said.code == 0, said
    assert (home.folder / "palier.key").read_text() == key
    assert [path.read_text() for path in home.folder.glob("palier.toml.*")] == [config]
    assert [path.read_text().strip() for path in home.folder.glob("telegram.token.*")] == [TOKEN]
    assert (home.folder / "telegram.token").read_text().strip() == "2:y"
    assert home.settings().commune[0].name == "Autreville"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "--commune, --neighbourhood"),
        (["--commune", "X"], "--neighbourhood"),
        (["--commune", "X", "-n", "Y", "--homeserver", "https://example.org"], "--matrix-user"),
        (["--commune", "X", "-n", "Y", "-n", "y"], "stands there twice"),
        (["--commune", "X\u202e", "-n", "Y"], "invisible"),
        (["--commune", "X", "-n", "Y", "--language", "de"], "--language"),
        (["--commune", "X", "-n", "Y", "--port", "0"], "--port"),
        (["--commune", "X", "-n", "Y", "--timezone", "Europe/Pari"], "did you mean Europe/Paris?"),
        (["--commune", "X", "-n", "Y", "--homeserver", "x", "--matrix-user", "y"], '--homeserver: "x" is not'),
        (["--commune", "X", "-n", "Y", "--port", "many"], "--port"),
        (["--commune", "X", "-n", "Y", "--config", "no/where.toml"], "no folder"),
        (["--commune", "X", "-n", "Y", "--colour", "red"], "--colour"),
    ],
)
def test_a_bad_option_is_one_line_and_nothing_is_written(home: Home, words: list[str], why: str) -> None:
    assert why in home.fails("setup", "--yes", "--offline", *words, **SECRET)
    assert files(home) == {}


def test_a_token_that_telegram_does_not_know_ends_it(home: Home) -> None:
    words = ["setup", "--yes", "--commune", "X", "-n", "Y", "--telegram-api", home.networks.telegram.url]
    why = home.fails(*words, PALIER_TELEGRAM_TOKEN="3:z")
    assert why.startswith("PALIER_TELEGRAM_TOKEN: Telegram does not know this token")
    assert files(home) == {}


def test_a_network_that_does_not_answer_does_not_hold_it_up(home: Home) -> None:
    words = ["setup", "--yes", "--commune", "X", "-n", "Y", "--telegram-api", "http://127.0.0.1:9"]
    said = home.types(*words, **SECRET)
    assert said.code == 0, said
    assert "does not answer now" in said.out and "/start " in said.out


@pytest.mark.parametrize("limit", [0, 10, 300, 20_000])
def test_a_full_disk_is_one_line(home: Home, limit: int) -> None:
    done = on_a_full_disk(home, limit, "setup", "--yes", "--offline", "--commune", "X", "-n", "Y")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a'b", "Éç 🏘", "a = [b] # c", 'x"""y'])
def test_any_name_survives_the_file(name: str) -> None:
    made = tomllib.loads(as_toml(Answers(language="fr", commune=name, town_hall=name, neighbourhoods=[name, "b"])))
    assert made["commune"] == [{"name": name, "town_hall": name, "neighbourhoods": [name, "b"]}]

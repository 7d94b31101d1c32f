"""Rules about the code itself."""

import re
from collections import Counter

import pytest
from sqlmodel import SQLModel

from bot.app import find_features
from bot.texts import ROOT, Texts
from tests.bridges.contract import KEYS

TEXTS = Texts()
FEATURES = find_features()
COMMANDS = [command for feature in FEATURES for command in feature.commands]


def keys(language: str) -> list[str]:
    files = sorted((ROOT / language).glob("*.ftl"))
    return [key for path in files for key in re.findall(r"^([\w-]+)(?= =)", path.read_text("utf-8"), re.MULTILINE)]


def variables(language: str) -> dict[str, frozenset[str]]:
    """What each text asks to be filled in."""
    found = {}
    for path in (ROOT / language).glob("*.ftl"):
        for chunk in re.split(r"(?m)^(?=[\w-]+ =)", path.read_text("utf-8")):
            if match := re.match(r"([\w-]+) =", chunk):
                found[match[1]] = frozenset(re.findall(r"\$(\w+)", chunk))
    return found


def test_every_text_stands_once_in_every_language_and_asks_for_the_same() -> None:
    assert len(TEXTS.languages) >= 2 and len(keys("fr")) > 50
    for language in TEXTS.languages:
        assert [key for key, count in Counter(keys(language)).items() if count > 1] == []
        assert sorted(keys(language)) == sorted(keys("fr"))
    assert variables("fr") == variables("en")


def test_each_feature_has_its_file_of_texts() -> None:
    for language in TEXTS.languages:
        assert {feature.name for feature in FEATURES} <= {path.stem for path in (ROOT / language).glob("*.ftl")}


def test_a_command_word_can_be_typed_and_means_one_command() -> None:
    words = Counter(word for command in COMMANDS for word in TEXTS.words(f"command-{command.name}"))
    assert all(count == 1 and re.fullmatch("[a-z0-9_]{1,32}", word) for word, count in words.items())


@pytest.mark.parametrize("language", TEXTS.languages)
def test_every_command_has_a_word_and_a_help_that_fits_telegrams_menu(language: str) -> None:
    for command in COMMANDS:
        assert TEXTS.say(language, f"command-{command.name}")
        assert 3 <= len(TEXTS.say(language, f"command-{command.name}-help")) <= 256


def test_every_reason_of_a_bridge_has_words() -> None:
    assert [key for key in KEYS | {"too-late", "defect", "refused"} if not TEXTS.has(f"refused-{key}")] == []


def test_the_buttons_data_fits_in_64_bytes() -> None:
    verbs = [verb for feature in FEATURES for verb in feature.taps]
    assert all(len(verb.encode()) <= 48 for verb in verbs)


PERSONAL = {"person", "name", "of", "payload", "identity", "by", "value"}


def test_personal_columns_say_why_and_how_long() -> None:
    columns = [c for t in SQLModel.metadata.tables.values() for c in t.columns if c.name in PERSONAL]
    public = {("circle", "name"), ("remembered", "name"), ("remembered", "value")}
    silent = {(c.table.name, c.name) for c in columns if not c.info.get("purpose") or "keep_days" not in c.info}
    assert silent == public


def test_french_speaks_in_short_sentences() -> None:
    """A sentence that someone of twelve understands has at most 25 words here; the card's law sentences are shorter."""
    long = []
    for path in (ROOT / "fr").glob("*.ftl"):
        for line in path.read_text("utf-8").splitlines():
            text = re.sub(r"\{[^}]*\}|<[^>]+>", "x", line.partition(" = ")[2] or line)
            long += [part for part in re.split(r"[.!?:;]\s", text) if len(part.split()) > 25]
    assert long == []

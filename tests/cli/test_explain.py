"""`palier explain` says what the filter thinks, of one text or of many, for people and for programs."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli.explaining import answers
from bot.run import open_store
from bot.store import Circle
from moderation.finding import Decision
from moderation.policy import DEFAULT, Policy
from tests.cli.conftest import Home, Said

DECISIONS = {"pass", "nudge", "hold", "hide", "mute", "ban"}
THREAT = "Je vais te tuer, sale connard, je vais te retrouver"
SPAM = "Gagnez 300 € par jour, écrivez-moi sur whatsapp 06 12 34 56 78, cliquez https://t.me/vip"
KEYS = {"decision", "proposed", "would", "checks", "matched", "policy", "findings"}


def lines(said: Said) -> list[dict[str, Any]]:
    """What was answered, checked for its form."""
    assert said.out.isascii() and said.out.endswith("\n")
    told: list[dict[str, Any]] = [json.loads(line) for line in said.out.split("\n")[:-1]]
    for one in told:
        if "error" not in one:
            assert set(one) == KEYS
            assert {one["decision"], one["proposed"], one["would"]} <= DECISIONS
            assert one["checks"] == sorted({finding["check"] for finding in one["findings"]})
            assert set(one["matched"]) == {word for finding in one["findings"] for word in finding["matched"]}
    return told


def asks(home: Home, data: str | bytes, *words: str) -> Said:
    """Ask from a file."""
    file = home.folder / "questions.jsonl"
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return home.types("explain", "--file", str(file), *words)


def question(text: object, **more: object) -> str:
    return json.dumps({"text": text, **more}, ensure_ascii=False)


# --- one text


def test_a_text_is_explained_for_people(home: Home) -> None:
    said = home.types("explain", THREAT)
    assert (said.code, said.err) == (0, "")
    head, *rest = said.out.splitlines()
    assert head == "Decision: hold. Settings: default"
    (line,) = [one for one in rest if one.startswith("  abuse: ")]
    assert " → hold " in line and "«" in line and "reason-" not in said.out
    assert home.types("explain", "Le pain est bon").out.splitlines() == [
        "Decision: let pass. Settings: default", "  The filter finds nothing to object to.",
    ]  # fmt: skip


def test_it_speaks_the_reader_s_language(home: Home) -> None:
    said = home.types("explain", "--newcomer", SPAM, LANG="fr_FR.UTF-8")
    assert said.code == 0
    assert "newcomers : " in said.out and "« https://t.me/vip »" in said.out


def test_a_text_is_explained_for_programs(home: Home) -> None:
    (known,) = lines(home.types("explain", "--json", "voir https://t.me/vip"))
    (new,) = lines(home.types("explain", "--json", "--newcomer", "voir https://t.me/vip"))
    assert "newcomers" in new["checks"] and "newcomers" not in known["checks"]
    assert (new["decision"], new["policy"]) == ("hold", "default")
    (found,) = [one for one in new["findings"] if one["check"] == "newcomers"]
    assert found == {
        "check": "newcomers", "reason": "reason-newcomer-link", "severity": "hold", "matched": ["https://t.me/vip"],
        "spans": [[5, 21]], "dry": False,
    }  # fmt: skip


def test_what_a_terminal_would_obey_is_not_printed(home: Home) -> None:
    for odd in ("\x1b[2J", "\u202e", "\ud800", "\udce9"):
        said = home.types("explain", f"t.me/v {THREAT.replace('connard', f'conn{odd}ard')}")
        assert said.code == 0 and "«" in said.out
        assert odd not in said.out


@pytest.mark.parametrize("words", [[], [""], ["texte", "--file", "x"], ["", "--json"]], ids=range(4))
def test_a_text_or_a_file_is_needed(home: Home, words: list[str]) -> None:
    assert home.fails("explain", *words) == "give a text, or --file and a file."


# --- many texts


def test_each_line_has_its_answer_in_order(home: Home) -> None:
    texts = [
        "Le pain est bon",
        THREAT,
        "",
        "Merci à tous",
        "a\u2028b\x85c\u2029",
        "👍",
        "\x0b\x0c\x1c\x1d\x1e",
    ]
    said = asks(home, "\n".join(map(question, texts)))  # and no line end at the end
    told = lines(said)
    assert said.code == 0
    assert [one["decision"] for one in told] == ["pass", "hold", "pass", "pass", "pass", "pass", "pass"]
    assert all(one["policy"] == "default" for one in told)
    assert told == [lines(asks(home, question(text)))[0] for text in texts]


def test_who_is_new_stands_in_the_line_or_else_on_the_command(home: Home) -> None:
    text = "Le pain : https://t.me/pain"
    data = "\n".join([question(text, newcomer=True), question(text, newcomer=False), question(text)])
    assert ["newcomers" in one["checks"] for one in lines(asks(home, data))] == [True, False, False]
    assert ["newcomers" in one["checks"] for one in lines(asks(home, data, "--newcomer"))] == [True, False, True]


def test_blank_lines_have_no_answer_and_wrong_ones_say_what_is_needed(home: Home) -> None:
    wrong = [
        "pain", "[]", "3", "null", '"pain"', "{}", '{"text": 3}', '{"text": null}', '{"text": "a", "newcomer": 1}',
        '{"text": "a", "newcomer": "no"}', '{"text": "a"', "[" * 9999, '{"text": "a"} {"text": "b"}', "{'text': 'a'}",
    ]  # fmt: skip
    data = "\n \n".join([question(THREAT), *wrong, question("Le pain est bon")]) + "\n\r\n\t\n"
    said = asks(home, data)
    told = lines(said)
    assert said.code == 2
    assert [one.get("decision") for one in told] == ["hold", *([None] * len(wrong)), "pass"]
    assert {one["error"] for one in told if "error" in one} == {'needed: {"text": "...", "newcomer": true or false}'}
    assert said.err == ""


def test_bytes_that_are_no_text_are_one_wrong_line(home: Home) -> None:
    good = question("Le pain est bon").encode()
    told = lines(asks(home, b"\n".join([b'{"text": "caf\xe9"}', good, b"\xff\xfe\x00", b"\xef\xbb\xbf" + good])))
    assert [one.get("decision") for one in told] == [None, "pass", None, "pass"]


def test_half_characters_are_judged_and_told_as_they_came(home: Home) -> None:
    said = asks(home, '{"text": "\\ud800 je vais te t\\udfffuer, sale conn\\ud83dard, je vais te retrouver"}\r\n')
    (told,) = lines(said)
    assert (said.code, told["decision"]) == (0, "hold")
    assert any("\ud83d" in word or "\udfff" in word for word in told["matched"])


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec=None)), max_size=5))
def test_whatever_the_lines_hold_each_has_its_answer(texts: list[str]) -> None:
    data = "\n".join(json.dumps({"text": text}) for text in texts).encode()
    told = list(answers(io.BytesIO(data), DEFAULT))
    assert len(told) == len(texts)
    assert all(set(one) == KEYS and json.dumps(one).isascii() for one in told)


def test_many_lines_do_not_wait_for_one_another() -> None:
    """A program may ask, read the answer, and ask again."""
    asked = iter([question("un").encode(), question("deux").encode()])
    told = answers(asked, DEFAULT)
    assert next(told)["decision"] == "pass"
    assert len(list(asked)) == 1


def test_standard_input_is_a_file(home: Home) -> None:
    said = home.types("explain", "--file", "-", answers=f"{question(THREAT)}\n\n{question('a')}")
    assert [one["decision"] for one in lines(said)] == ["hold", "pass"]
    nothing = home.types("explain", "--file", "-", answers="")
    assert (nothing.code, nothing.out) == (0, "")


def test_a_file_that_cannot_be_read_is_told(home: Home) -> None:
    assert (
        home.fails("explain", "--file", "nowhere.jsonl") == "nowhere.jsonl cannot be read: No such file or directory."
    )
    assert home.fails("explain", "-f", ".").endswith("cannot be read: Is a directory.")


# --- by which policy


def strict(home: Home, **changes: object) -> None:
    """An installation with a rule of its own, and a circle with another."""
    home.sets_up()
    home.config.write_text(f'{home.config.read_text()}\n[moderation]\nwords = ["palourde"]\n')

    async def fill() -> None:
        async with open_store(home.settings()) as store, store.work() as work:
            work.add(Circle(commune="Bourg-Exemple", neighbourhood="Le Port", name="Le Port"))
            await work.flush()
            await work.set_policy("circle 1", changes)

    asyncio.run(fill())


def test_without_a_configuration_the_default_holds(home: Home) -> None:
    (told,) = lines(home.types("explain", "--json", "une palourde"))
    assert (told["decision"], told["policy"]) == ("pass", "default")
    assert list(home.folder.iterdir()) == []


def test_an_installation_s_own_rules_hold(home: Home) -> None:
    strict(home)
    (told,) = lines(home.types("explain", "--json", "une palourde"))
    assert (told["decision"], told["checks"], told["policy"]) == ("hold", ["words"], "default > everywhere")
    assert "« palourde »" in home.types("explain", "une palourde").out


@pytest.mark.parametrize("name", ["Le Port", "le port", "1"])
def test_a_circle_s_own_rules_hold_there(home: Home, name: str) -> None:
    strict(home, words=["moule"], dry=True)
    before = home.database.read_bytes()
    (told,) = lines(home.types("explain", "--json", "--circle", name, "une moule"))
    assert (told["decision"], told["would"], told["findings"][0]["dry"]) == ("pass", "hold", True)
    assert told["policy"] == "default > everywhere > circle 1"
    assert lines(asks(home, question("une palourde"), "--circle", name))[0]["would"] == "pass"
    assert home.database.read_bytes() == before  # nothing is kept


def test_a_circle_that_there_is_not_is_told(home: Home) -> None:
    strict(home)
    assert home.fails("explain", "--circle", "La Gare", "pain") == "there is no circle “La Gare”."


def test_a_configuration_that_was_asked_for_must_be_there(home: Home) -> None:
    assert "there is no such file" in home.fails("explain", "--circle", "Le Port", "pain")
    assert "there is no such file" in home.fails("explain", "--config", "autre.toml", "pain")
    home.config.write_text("[moderation]\nmots = 3\n")
    assert "there is no mots" in home.fails("explain", "pain")
    assert Path("palier.toml").exists() and Policy().rule("words").most is Decision.BAN

"""Policies come in layers, and whoever mistypes one is told which value, and why."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.config import Settings
from bot.store import Circle
from bot.store.standards import layered, scopes
from moderation.checks import NAMES as CHECKS
from moderation.finding import Decision
from moderation.policy import DEFAULT, NAMES, Policy, PolicyError, Rule
from tests.test_config import SMALL, fault, settings

RANGES = {
    "newcomer_days": (0, 365), "newcomer_messages": (0, 100), "newcomer_delay": (0, 3600), "flood_10s": (2, 1000),
    "flood_60s": (2, 1000), "same_text_places": (2, 1000), "mentions": (1, 1000), "raid_arrivals": (2, 10_000),
    "raid_seconds": (1, 86_400), "raid_minutes": (1, 10_080), "strike_days": (1, 3650),
}  # fmt: skip
LISTS = ("words", "allowed_domains", "denied_domains")
ONE_OF = "must be one of pass, nudge, hold, hide, mute, ban"
whole = {name: st.integers(*bounds) for name, bounds in RANGES.items()}
rules = st.dictionaries(
    st.sampled_from(CHECKS),
    st.fixed_dictionaries(
        {}, optional={"on": st.booleans(), "dry": st.booleans(), "most": st.sampled_from(["pass", "Hold", "BAN"])}
    ),
    max_size=3,
)
layers = st.fixed_dictionaries(
    {},
    optional={
        **whole, "dry": st.booleans(), "checks": rules,
        "words": st.lists(st.sampled_from(["palourde", "Grève dure", "moule", "4x4"]), max_size=3),
        "allowed_domains": st.lists(st.sampled_from(["a.example", "B.Example"]), max_size=2),
        "denied_domains": st.lists(st.sampled_from(["c.example", " d.example "]), max_size=2),
    },
)  # fmt: skip


nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def policy(*said: dict[str, Any]) -> Policy:
    return Policy.layered([(f"layer {n}", values) for n, values in enumerate(said)])


def refusal(**said: Any) -> str:
    with pytest.raises(PolicyError) as caught:
        policy(said)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- layers


def test_without_layers_all_checks_hold_at_most() -> None:
    assert policy() == policy({}) == DEFAULT
    assert DEFAULT.name == "default"
    assert all(DEFAULT.rule(check) == Rule(on=True, most=Decision.BAN, dry=False) for check in CHECKS)


def test_what_a_layer_does_not_say_is_inherited() -> None:
    made = policy({"words": ["un", "deux"], "mentions": 3}, {}, {"words": ["trois"]}, {"newcomer_days": 0})
    assert (made.words, made.mentions, made.newcomer_days, made.flood_10s) == (("trois",), 3, 0, DEFAULT.flood_10s)
    assert made.name == "default > layer 0 > layer 2 > layer 3"
    assert policy({"words": ["un"]}, {"words": []}).words == ()


def test_checks_go_deeper_by_check_and_by_value() -> None:
    made = policy(
        {"checks": {"capitals": {"most": "pass"}, "flood": {"on": False}}},
        {"checks": {"capitals": {"dry": True}, "links": {"most": "HOLD"}}},
        {"checks": {"flood": {"on": True}, "links": {}}},
    )
    assert made.rule("capitals") == Rule(most=Decision.PASS, dry=True)
    assert made.rule("flood") == Rule()
    assert made.rule("links") == Rule(most=Decision.HOLD)
    assert made.rule("words") == Rule()


@given(st.lists(layers, max_size=4))
def test_layers_join_as_dictionaries_do_and_nothing_that_was_given_changes(said: list[dict[str, Any]]) -> None:
    before = repr(said)
    made = policy(*said)
    assert repr(said) == before
    assert made == policy(*said)
    merged: dict[str, Any] = {}
    checks: dict[str, dict[str, Any]] = {}
    for values in said:
        merged |= values
        for check, changes in values.get("checks", {}).items():
            checks[check] = checks.get(check, {}) | changes
    once = policy(merged | {"checks": checks})
    for name in NAMES:
        if name != "checks":
            assert getattr(made, name) == getattr(once, name)
    assert all(made.rule(check) == once.rule(check) for check in CHECKS)


@given(layers)
def test_a_policy_shows_what_was_said_of_it(said: dict[str, Any]) -> None:
    made = policy(said)
    for name, value in said.items():
        if name in LISTS:
            words = [one.strip() for one in value]
            assert list(getattr(made, name)) == list(dict.fromkeys(words if name == "words" else map(str.lower, words)))
        elif name != "checks":
            assert getattr(made, name) == value


def test_a_policy_cannot_be_changed() -> None:
    made = policy({"checks": {"links": {"on": False}}, "words": ["un"]})
    with pytest.raises(AttributeError):
        made.dry = True  # type: ignore[misc]
    with pytest.raises(TypeError):
        made.checks["links"] = Rule()  # type: ignore[index]
    assert Policy() == DEFAULT


def test_the_layers_of_a_circle_stand_in_order_and_are_read_once() -> None:
    circle = Circle(id=7, commune="Bourg", neighbourhood="Gare", name="Gare")
    assert scopes(circle) == ("", "Bourg", "Bourg/Gare", "circle 7", "raid 7")
    said = (("", '{"mentions": 3}'), ("circle 7", '{"mentions": 4}'))
    assert layered(said) is layered(said)
    assert (layered(said).mentions, layered(said).name) == (4, "default > everywhere > circle 7")


# --- what is refused


@pytest.mark.parametrize(("name", "least", "most"), [(name, *bounds) for name, bounds in RANGES.items()])
def test_numbers_have_bounds(name: str, least: int, most: int) -> None:
    assert [getattr(policy({name: value}), name) for value in (least, most)] == [least, most]
    for value in (least - 1, most + 1, -(10**30)):
        assert refusal(**{name: value}) == f"{name} must be from {least} to {most}"
    for odd in (True, 1.0, "3", None, [3]):
        assert refusal(**{name: odd}) == f"{name} must be a whole number"


@pytest.mark.parametrize("name", LISTS)
def test_lists_hold_texts(name: str) -> None:
    good = "a.example"
    for odd in ("palourde", {"a": 1}, 3, None):
        assert refusal(**{name: odd}) == f"{name} must be a list"
    for part in (3, "", "   ", None, "a" * 61):
        assert refusal(**{name: [good, part]}) == f"{name} must hold texts of 1 to 60 characters"
    assert refusal(**{name: [good] * 501}) == f"{name} has more than 500 entries"
    assert getattr(policy({name: (good, good)}), name) == (good,)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"words": ["!!!"]}, "words: !!! holds no word"), ({"words": ["3615"]}, "words: 3615 holds no word"),
        ({"words": ["\u200b."]}, r"words: '\u200b.' holds no word"),
        ({"allowed_domains": ["exemple"]}, "allowed_domains: exemple is not a domain, such as example.org"),
        (
            {"denied_domains": ["https://a.example"]},
            "denied_domains: https://a.example is not a domain, such as example.org",
        ),
        ({"denied_domains": ["a..example"]}, "denied_domains: a..example is not a domain, such as example.org"),
        ({"denied_domains": ["*.example.org"]}, "denied_domains: *.example.org is not a domain, such as example.org"),
        (
            {"denied_domains": ["a.example\u202e"]},
            r"denied_domains: 'a.example\u202e' is not a domain, such as example.org",
        ),
        ({"dry": 1}, "dry must be true or false"), ({"dry": "oui"}, "dry must be true or false"),
        ({"checks": []}, 'checks must be a table, such as { capitals = { most = "nudge" } }'),
        ({"checks": {"capitals": "nudge"}}, 'checks.capitals must be a table, such as { most = "nudge" }'),
        ({"checks": {"capitals": {"most": "warn"}}}, f"checks.capitals.most {ONE_OF}"),
        ({"checks": {"capitals": {"most": 2}}}, f"checks.capitals.most {ONE_OF}"),
        ({"checks": {"links": {"on": "no"}}}, "checks.links.on must be true or false"),
        ({"checks": {"links": {"dry": 0}}}, "checks.links.dry must be true or false"),
        ({"checks": {"links": {"mots": 0}}}, "there is no checks.links.mots; did you mean most?"),
        ({"checks": {"links": {"zzz": 0}}}, "there is no checks.links.zzz"),
        ({"checks": {"capital": {}}}, "there is no check capital; did you mean capitals?"),
        ({"checks": {"zzz": {}}}, "there is no check zzz"), ({"checks": {3: {}}}, "there is no check 3"),
        ({"word": []}, "there is no word; did you mean words?"), ({"zzz": 1}, "there is no zzz"),
        ({"newcomer_day": 3}, "there is no newcomer_day; did you mean newcomer_days?"),
        ({"name": "x"}, "there is no name"), ({"a\nb": 1}, r"there is no 'a\nb'"),
        ({"x" * 99: 1}, f"there is no {'x' * 40}"),
    ],
    ids=range(27),
)  # fmt: skip
def test_a_refusal_names_the_value_and_says_why(said: dict[str, Any], why: str) -> None:
    told = refusal(**{str(key): value for key, value in said.items()})
    assert re.sub("; did you mean .*", "", told) == re.sub("; did you mean .*", "", why)
    if "did you mean" in why:
        assert told == why


@given(st.dictionaries(st.text(), nonsense))
def test_nonsense_is_refused_in_one_line(said: dict[str, Any]) -> None:
    assume(said and any(name not in NAMES for name in said))
    assert len(refusal(**said)) < 300


# --- in the file


PLACE = "Bourg-Exemple/Les Tilleuls"
SECTION = '[moderation]\nwords = ["palourde"]\nmentions = 3\n[moderation.checks]\ncapitals = { most = "pass" }\n'


def circle_of(read: Settings, *place: str) -> Policy:
    return policy(*(dict(values) for values in read.moderation.layers(*place)))


def test_the_file_says_what_holds_everywhere_and_in_one_place(tmp_path: Path) -> None:
    places = "".join(
        f'[moderation.places."{place}"]\nmentions = {n}\n'
        for n, place in enumerate(("Bourg-Exemple", PLACE, f"{PLACE}/La Rue/haute"), 4)
    )
    read = settings(tmp_path, f"{SECTION}{places}{SMALL}")
    assert set(read.moderation.everywhere) == {"words", "mentions", "checks"}
    for place, mentions in (
        (("Ailleurs", "Gare", "Gare"), 3), (("Bourg-Exemple", "Gare", "Gare"), 4),
        (("Bourg-Exemple", "Les Tilleuls", "La Rue"), 5), (("Bourg-Exemple", "Les Tilleuls", "La Rue/haute"), 6),
    ):  # fmt: skip
        made = circle_of(read, *place)
        assert (made.mentions, made.words, made.rule("capitals").most) == (mentions, ("palourde",), Decision.PASS)
    assert settings(tmp_path, SMALL).moderation.everywhere == {}


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("[moderation]\nmention = 3", ", line 1: moderation: there is no mention; did you mean mentions?"),
        ('[moderation]\nwords = ["!"]', ", line 1: moderation: words: ! holds no word"),
        ("[moderation]\nflood_10s = 1", ", line 1: moderation: flood_10s must be from 2 to 1000"),
        ('[moderation]\nchecks.links.most = "x"', f", line 1: moderation: checks.links.most {ONE_OF}"),
        (
            f'[moderation.places."{PLACE}"]\ndry = 3',
            f', line 1: moderation: "{PLACE}": dry must be true or false',
        ),
        ('[moderation.places."Ailleurs"]\ndry = true', ': moderation.places: there is no "Ailleurs"; write COMMUNE/'),
        ('[moderation.places."Bourg-Exemple/Gare"]', ': moderation.places: there is no "Bourg-Exemple/Gare"; '),
        ('[moderation.places."bourg-exemple"]', ': moderation.places: there is no "bourg-exemple"; write COMMUNE/'),
        ("[moderation]\nplaces = 3", ", line 1: moderation: places are tables, such as [moderation.places."),
        ("[moderation.places]\nx = 3", ", line 1: moderation: places are tables, such as [moderation.places."),
        ("[[moderation]]", ", line 1: moderation: must be one section, begun by a line [moderation]"),
    ],
    ids=range(11),
)  # fmt: skip
def test_a_fault_of_the_file_is_told_in_one_line_with_its_place(tmp_path: Path, section: str, said: str) -> None:
    assert fault(tmp_path, f"{section}\n{SMALL}").startswith(f"palier.toml{said}")

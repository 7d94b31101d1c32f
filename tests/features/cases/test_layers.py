"""The policy of a circle comes in layers, from the file and from what was changed since: the nearest wins."""

from typing import Any

from bot.app import make_rules
from bot.texts import Texts
from tests.conftest import make_settings
from tests.features.cases.quarter import PLACE, WORD, Quarter
from tests.features.cases.test_settings import HERE, answers, crosses, policy

SCOPES = ("", "Bourg-Exemple", PLACE, HERE)


def reads(quarter: Quarter, filed: dict[str, Any]) -> None:
    """The file says this from now on."""
    settings = make_settings("sqlite:///town.db", moderation=filed)
    quarter.town.store.adopt(make_rules(settings, Texts(), [quarter.telegram, quarter.matrix]))


async def test_the_nearest_layer_wins_and_without_it_the_next(quarter: Quarter) -> None:
    store = quarter.town.store
    for nth, scope in enumerate(SCOPES, 1):
        async with store.work() as work:
            await work.set_policy(scope, {"newcomer_delay": nth})
        assert (await policy(quarter)).newcomer_delay == nth
    assert (await policy(quarter)).name == " > ".join(("default", "everywhere", *SCOPES[1:]))
    for nth, scope in reversed([*enumerate(SCOPES, 1)][1:]):
        async with store.work() as work:
            await work.set_policy(scope, {"newcomer_delay": None})
        assert (await policy(quarter)).newcomer_delay == nth - 1
    async with store.work() as work:
        await work.set_policy("Bourg-Exemple/Le Port", {"newcomer_delay": 99})
    assert (await policy(quarter)).newcomer_delay == 1


async def test_the_file_s_layers_lie_below_what_was_changed_in_the_same_place(quarter: Quarter) -> None:
    places: dict[str, dict[str, Any]] = {"Bourg-Exemple": {"newcomer_delay": 2, "mentions": 2}, PLACE: {"mentions": 3}}
    places |= {f"{PLACE}/Les Tilleuls": {"mentions": 4}, "Bourg-Exemple/Le Port": {"mentions": 99}}
    filed = {"newcomer_delay": 1, "words": ["moule"], "checks": {"capitals": {"on": False}}, "places": places}
    reads(quarter, filed)
    found = await policy(quarter)
    assert (found.newcomer_delay, found.mentions, found.words) == (2, 4, (WORD,))
    assert not found.rule("capitals").on
    await answers(quarter, "/regle mentions 5")
    async with quarter.town.store.work() as work:
        await work.set_policy("Bourg-Exemple", {"newcomer_delay": 7})
        await work.set_policy("", {"words": None})
        await work.set_policy(PLACE, {"checks": {"capitals": {"most": "nudge"}}})
    found = await policy(quarter)
    assert (found.newcomer_delay, found.mentions, found.words) == (7, 5, ("moule",))
    assert (found.rule("capitals").on, str(found.rule("capitals").most)) == (False, "nudge")
    del places[f"{PLACE}/Les Tilleuls"]
    reads(quarter, filed)
    assert (await policy(quarter)).mentions == 5


async def test_a_word_of_the_file_is_held_where_it_says_and_nowhere_else(quarter: Quarter) -> None:
    reads(quarter, {"places": {"Bourg-Exemple/Le Port": {"words": ["zibeline"]}}})
    assert await crosses(quarter, "une zibeline au port")
    reads(quarter, {"places": {PLACE: {"words": ["zibeline"]}}})
    assert not await crosses(quarter, "une zibeline aux tilleuls")
    assert [case.policy for case in await quarter.cases()] == [f"default > everywhere > {PLACE}"]

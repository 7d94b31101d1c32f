"""What moderators set and ask for: the policy of a place, what is only tried, the queue, the log, an explanation."""

import pytest

from bot.store import Layer
from bridges.model import Chat
from moderation.checks import NAMES
from moderation.policy import Policy
from tests.features.cases.quarter import DESK, PLACE, SPAM, WORD, Quarter

FINE = "bonjour à tous"
HERE = "circle 1"


async def policy(quarter: Quarter) -> Policy:
    async with quarter.town.store.work() as work:
        circle = await work.circle(quarter.telegram.chat)
        assert circle
        return await work.policy(circle)


async def answers(quarter: Quarter, words: str, name: str = "Mo") -> str:
    """What somebody is told who types this in the circle's group."""
    before = len(quarter.told(name))
    await quarter.says(name, words)
    (said,) = quarter.told(name)[before:]
    return said


async def refused(quarter: Quarter, words: str, name: str) -> bool:
    """Somebody who types this hears that it is not for them, and nothing else."""
    before, told = len(quarter.telegram.heard()), len(quarter.told(name))
    await quarter.says(name, words)
    heard = [line for line in quarter.telegram.heard()[before:] if line != words]
    return [*heard, *quarter.told(name)[told:]] == ["Cette commande ne vous est pas ouverte ici."]


async def crosses(quarter: Quarter, words: str, name: str = "Ana") -> bool:
    before = len(quarter.matrix.heard())
    await quarter.says(name, words)
    return any(words in line for line in quarter.matrix.heard()[before:])


# --- the policy of a circle


async def test_without_words_a_rule_shows_all_that_holds_and_where_it_comes_from(quarter: Quarter) -> None:
    said = await answers(quarter, "/regle")
    for line in (f"words: {WORD}", "newcomer_days: 7", "dry: false", "denied_domains: –", "flood: on=false"):
        assert f"<code>{line}" in said, line
    assert all(f"<code>{name}: on=" in said for name in NAMES)
    assert "default &gt; everywhere" in said and "/regle, son nom" in said


async def test_a_number_changes_for_this_circle(quarter: Quarter) -> None:
    assert "newcomer_delay 60" in await answers(quarter, "/regle newcomer_delay 60")
    assert (await policy(quarter)).newcomer_delay == 60 and (await policy(quarter)).words == (WORD,)
    said = await answers(quarter, "/rule")
    assert "newcomer_delay: 60" in said and HERE in said


@pytest.mark.parametrize("name", ["denied_domains", "domaine.interdit", "Domaines.Interdits"])
async def test_a_list_is_added_to_and_taken_from(quarter: Quarter, name: str) -> None:
    await answers(quarter, f"/regle {name} +exemple.com autre.example")
    await answers(quarter, f"/regle {name} +exemple.com")
    assert sorted((await policy(quarter)).denied_domains) == ["autre.example", "exemple.com"]
    await answers(quarter, f"/regle {name} -Exemple.COM")
    assert (await policy(quarter)).denied_domains == ("autre.example",)
    await answers(quarter, f"/regle {name} -autre.example -jamais.example")
    assert (await policy(quarter)).denied_domains == ()


async def test_a_word_of_the_list_may_be_several_and_holds_at_once(quarter: Quarter) -> None:
    assert await crosses(quarter, "la zibeline bleue du port")
    await answers(quarter, "/regle mots +zibeline bleue")
    assert (await policy(quarter)).words == (WORD, "zibeline bleue")
    assert not await crosses(quarter, "la zibeline bleue du quai")
    assert await crosses(quarter, "la zibeline verte")
    await answers(quarter, "/regle mots -Zibeline bleue")
    assert (await policy(quarter)).words == (WORD,) and await crosses(quarter, "une zibeline bleue encore")


async def test_a_check_s_values_change_one_by_one(quarter: Quarter) -> None:
    await answers(quarter, "/regle words.most nudge")
    await answers(quarter, "/regle words.dry oui")
    await answers(quarter, "/regle capitals.on non")
    rules = (await policy(quarter)).checks
    assert (str(rules["words"].most), rules["words"].dry, rules["words"].on) == ("nudge", True, True)
    assert not rules["capitals"].on and not rules["flood"].on
    assert "words: on=true most=nudge dry=true" in await answers(quarter, "/regle")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("newcomer_delay 99999", "newcomer_delay must be from 0 to 3600"),
        ("newcomer_delay -5", "must be a whole number"),
        ("newcomer_dely 60", "did you mean newcomer_delay?"),
        ("palourde 1", "there is no palourde"),
        ("name moi", "there is no name"),
        ("denied_domains +<b>gras</b>", "is not a domain"),
        ("words +!!", "holds no word"),
        ("words +", "texts of 1 to 60"),
        ("capitals.most beaucoup", "must be one of pass, nudge, hold"),
        ("capitals.on peut-être", "must be true or false"),
        ("capitals.palourde 1", "there is no checks.capitals.palourde"),
        ("capital.on oui", "did you mean capitals?"),
        ("dry 3", "dry must be true or false"),
        ("checks oui", "checks must be a table"),
    ],
)
async def test_what_cannot_be_is_said_with_its_reason_and_changes_nothing(
    quarter: Quarter, words: str, why: str
) -> None:
    before = await policy(quarter)
    said = await answers(quarter, f"/regle {words}")
    assert "Cela ne va pas" in said and why in said and "<b>gras" not in said
    assert await policy(quarter) == before


async def test_a_name_without_a_value_gets_an_example(quarter: Quarter) -> None:
    assert "/regle newcomer_delay 60" in await answers(quarter, "/regle newcomer_delay")


async def test_a_rule_is_for_those_with_a_role_and_changed_by_those_who_decide(quarter: Quarter) -> None:
    await quarter.town.appoints("Pub", "telegram", "publisher", PLACE)
    await quarter.town.appoints("Loin", "telegram", "moderator", "Bourg-Exemple/Le Port")
    for name in ("Ana", "Loin"):
        assert await refused(quarter, "/regle newcomer_delay 60", name)
        assert await refused(quarter, "/regle", name)
    assert "newcomer_delay: 0" in await answers(quarter, "/regle", "Pub")
    for words in ("/regle newcomer_delay 60", "/regle mots -palourde"):
        assert await refused(quarter, words, "Pub")
    assert (await policy(quarter)).name == "default > everywhere"
    await answers(quarter, "/regle newcomer_delay 60", "Op")
    assert (await policy(quarter)).newcomer_delay == 60


async def test_a_rule_is_changed_in_a_linked_chat_alone(quarter: Quarter) -> None:
    for chat in (DESK, Chat("telegram", "with Mo")):
        for words in ("/regle", "/regle newcomer_delay 60", "/moderation essai oui"):
            await quarter.says("Mo", words, chat=chat)
            assert "dans un salon relié" in (*quarter.telegram.heard(chat=chat), *quarter.told("Mo"))[-1]
    async with quarter.town.store.work() as work:
        assert await work.get(Layer, HERE) is None


# --- trying without deciding


async def test_what_is_only_tried_holds_nothing_and_is_counted(quarter: Quarter) -> None:
    assert "Rien n'est à l'essai" in await answers(quarter, "/moderation essai")
    assert "seulement compté" in await answers(quarter, "/moderation essai oui words")
    for n in range(2):
        assert await crosses(quarter, f"une {WORD} numéro {n}")
    assert await quarter.cases() == [] and not any("⏸" in line for line in quarter.told("Ana"))
    said = await answers(quarter, "/moderation essai")
    assert "• words : 2 messages auraient été touchés" in said and "capitals" not in said and "Ana" not in said
    assert "le filtre agit" in await answers(quarter, "/moderation essai non words")
    assert not await crosses(quarter, f"une {WORD} de plus")
    assert len(await quarter.cases()) == 1


async def test_the_whole_filter_can_be_tried(quarter: Quarter) -> None:
    await answers(quarter, "/moderation essai oui")
    assert await crosses(quarter, SPAM, "Spam") and await quarter.cases() == []
    said = await answers(quarter, "/moderation dry")
    assert "• words : un message aurait été touché" in said and "• capitals : rien" in said
    await answers(quarter, "/moderation essai non")
    assert not await crosses(quarter, SPAM, "Spam")


async def test_one_does_not_try_what_there_is_not(quarter: Quarter) -> None:
    assert "there is no check palourde" in await answers(quarter, "/moderation essai oui palourde")
    assert await refused(quarter, "/moderation essai oui", "Ana")
    assert "/moderation essai" in await answers(quarter, "/moderation palourde")
    assert not (await policy(quarter)).dry


# --- the queue and the log


async def test_the_queue_lists_what_waits_without_words_and_names(quarter: Quarter) -> None:
    assert "Rien n'attend" in await answers(quarter, "/moderation")
    await quarter.says("Spam", SPAM)
    ref = await quarter.says("Ana", FINE)
    await quarter.says("Spam", "/abus", reply_to=ref)
    said = await answers(quarter, "/moderation")
    assert "2 cas attendent" in said and "Cas 1" in said and "Cas 2" in said
    assert not any(word in said for word in ("5000", "Spam", "Ana", FINE))
    await quarter.taps("Mo", quarter.desk("Cas 1"), "pass")
    said = await answers(quarter, "/moderation", "Max")
    assert "Un cas attend" in said and "Cas 1" not in said
    assert await refused(quarter, "/moderation", "Ana")


async def test_the_log_tells_what_was_decided_without_names(quarter: Quarter) -> None:
    assert "Rien n'a été décidé" in await answers(quarter, "/journal")
    await quarter.says("Spam", SPAM)
    await quarter.taps("Mo", quarter.desk("Cas 1"), "ban")
    own, said = await answers(quarter, "/journal"), await answers(quarter, "/journal", "Max")
    assert own.count("<b>1</b>") == 2 and own.count("par vous") == 2 and own.count("trouvé par le filtre") == 2
    assert "par vous" not in said and "annulé" not in said
    for words in ("Mo", "Max", "Spam", "5000", WORD):
        assert words not in own.replace("Modération", "") and words not in said, words
    await quarter.says("Max", "/annuler 1")
    assert (await answers(quarter, "/journal")).count("annulé") == 2
    assert await refused(quarter, "/journal", "Ana")


# --- why


@pytest.mark.parametrize("name", ["Spam", "Mo", "Op"])
async def test_its_author_and_moderators_are_told_why(quarter: Quarter, name: str) -> None:
    ref = await quarter.says("Spam", SPAM)
    before = len(quarter.told(name))
    await quarter.says(name, "/expliquer", reply_to=ref)
    (said,) = quarter.told(name)[before:]
    assert "<b>retenir</b>" in said and "• words" in said and f"« {WORD} »" in said
    assert "default &gt; everywhere" in said
    assert len(await quarter.cases()) == 1 and await quarter.acts() == []


async def test_others_are_not_told(quarter: Quarter) -> None:
    ref = await quarter.says("Spam", SPAM)
    await quarter.town.appoints("Loin", "telegram", "moderator", "Bourg-Exemple/Le Port")
    for name in ("Ana", "Loin"):
        await quarter.says(name, "/expliquer", reply_to=ref)
        assert "pas ouverte" in quarter.told(name)[-1] and WORD not in str(quarter.told(name))


async def test_what_is_found_harmless_and_what_is_only_tried_is_said_so(quarter: Quarter) -> None:
    ref = await quarter.says("Ana", FINE)
    await quarter.says("Ana", "/expliquer", reply_to=ref)
    assert "ne trouve rien" in quarter.told("Ana")[-1]
    await answers(quarter, "/moderation essai oui words")
    tried = await quarter.says("Ana", f"une {WORD}")
    await quarter.says("Ana", "/expliquer", reply_to=tried)
    said = quarter.told("Ana")[-1]
    assert "<b>laisser passer</b>" in said and "à l'essai" in said and "retenir" in said


async def test_across_networks_a_copy_is_explained_like_the_message(quarter: Quarter) -> None:
    await quarter.says("Ana", FINE)
    copy = quarter.matrix.ref(quarter.matrix.find(FINE))
    await quarter.says("Mina", "!expliquer", reply_to=copy, chat=quarter.matrix.chat)
    assert "ne trouve rien" in quarter.told("Mina", "matrix")[-1]
    await quarter.says("Mia", "!expliquer", reply_to=copy, chat=quarter.matrix.chat)
    assert "pas ouverte" in quarter.told("Mia", "matrix")[-1]


async def test_without_a_message_there_is_nothing_to_explain(quarter: Quarter) -> None:
    assert "Répondez au message" in await answers(quarter, "/expliquer", "Ana")

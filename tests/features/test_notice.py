"""Whoever asks what is done with their data gets a short answer, and all of it on demand."""

from bot.purposes import PURPOSES
from bot.texts import Texts
from tests.conftest import Town


async def test_the_short_answer_leads_to_the_long_one(linked: Town) -> None:
    await linked.telegram.says("Ana", "/privacy")
    await linked.settles()
    (short,) = linked.telegram.whispers("Ana")
    assert "Rien de vous ne quitte votre salon" in short.html and len(short.html) < 1000
    await linked.telegram.taps("Ana", linked.telegram.ref(short), "notice:all:")
    await linked.settles()
    told = "".join(post.html for post in linked.telegram.whispers("Ana"))
    for name in PURPOSES:
        assert Texts().say("fr", f"purpose-{name}") in told
    assert "/oublier" in told and "Mairie de Bourg-Exemple" in told
    assert linked.telegram.heard("Bob") == ["/privacy"]


async def test_without_buttons_a_word_asks_for_all(linked: Town) -> None:
    await linked.matrix.says("Mia", "!privacy tout")
    await linked.settles()
    assert "!objection" in linked.matrix.whispers("Mia")[-1].html

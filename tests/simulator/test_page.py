"""The chat page in a real browser: a resident reads, writes, taps a button, and alone sees a whisper."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bridges.simulator import Item
from bridges.simulator.media import SAMPLES
from tests.simulator.conftest import Town

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed here (apt-get install chromium)")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        await found.close()


async def opened(browser: Browser, town: Town, user: int, width: int = 900) -> Page:
    page = await browser.new_page(viewport={"width": width, "height": 780}, locale="fr")
    page.set_default_timeout(15000)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(f"{town.sim.url}/#user={user}&chat={town.group}")
    return page


def words(page: Page, text: str) -> Locator:
    return page.locator("article:not(.service) .words", has_text=text)


async def test_a_conversation(browser: Browser, town: Town, tmp_path: Path) -> None:
    keyboard = {
        "inline_keyboard": [[{"text": "Je viens", "callback_data": "yes"}, {"text": "Site", "url": "https://a.fr"}]]
    }
    market = await town.say("Le marché ouvre à 9 h, <b>place de la Mairie</b>.")
    await town.control.say(town.group, town.bruno, "Merci ! À demain.", reply_to=market["message_id"])
    await town.control.react(town.group, town.chloe, market["message_id"], "👍")
    vote = await town.api(
        "sendMessage", chat_id=town.group, text="<b>Fête du quartier</b>\nQui vient <i>samedi</i> ?", parse_mode="HTML",
        reply_markup=keyboard,
    )  # fmt: skip
    whisper = {"receiver_user_id": town.bruno}
    await town.api(
        "sendMessage", chat_id=town.group, text="Relayer vos messages ?", ephemeral_message_parameters=whisper
    )
    await town.api("pinChatMessage", chat_id=town.group, message_id=vote["message_id"])

    bruno, alice = await opened(browser, town, town.bruno), await opened(browser, town, town.alice, width=390)
    await expect(bruno.locator(".whispered")).to_contain_text("visible de vous seul")
    await expect(alice.locator(".whispered")).to_have_count(0)
    await expect(words(bruno, "marché")).to_contain_text("<b>place de la Mairie</b>")
    await expect(words(alice, "Qui vient samedi ?")).to_be_visible()
    await expect(words(alice, "Relayer")).to_have_count(0)
    await expect(alice.locator("#pinned")).to_contain_text("Fête du quartier")

    await bruno.get_by_role("button", name="Je viens").click()
    await expect(bruno.get_by_role("button", name="Je viens")).to_be_visible()
    query = (await town.api.updates(timeout=5))[-1]["callback_query"]
    await town.api("answerCallbackQuery", callback_query_id=query["id"], text="C’est noté")
    await expect(bruno.locator("#notice")).to_have_text("C’est noté")

    await alice.get_by_label("Votre message").fill("Et le <script>soir</script> ?")
    await alice.get_by_role("button", name="Envoyer").click()
    await expect(bruno.locator(".words").last).to_have_text("Et le <script>soir</script> ?")
    assert (await town.api.updates())[-1]["message"]["text"] == "Et le <script>soir</script> ?"

    mine = alice.locator("article", has_text="soir")
    await mine.hover()
    await mine.get_by_role("button", name="Modifier").click()
    await alice.get_by_label("Votre message").fill("Et le soir ?")
    await alice.get_by_role("button", name="Envoyer").click()
    await expect(bruno.locator("article").last).to_contain_text("modifié")

    theirs = bruno.locator("article", has_text="Et le soir ?").first
    await theirs.hover()
    await theirs.get_by_role("button", name="Réagir ❤").click()
    await theirs.get_by_role("button", name="Répondre").click()
    await bruno.get_by_label("Votre message").fill("À 19 h.")
    await bruno.keyboard.press("Enter")
    await expect(alice.locator("article", has_text="À 19 h.")).to_contain_text("Et le soir ?")
    await expect(alice.locator("article", has_text="Et le soir ?").first).to_contain_text("❤ 1")
    for name, page in (("bruno", bruno), ("alice", alice)):
        await page.screenshot(path=tmp_path / f"{name}.png")


async def test_a_private_chat_is_started(browser: Browser, town: Town) -> None:
    page = await opened(browser, town, town.chloe)
    await page.get_by_label("dans").select_option("Palier (privé)")
    await page.get_by_role("button", name="Démarrer la conversation").click()
    await expect(page.locator(".words", has_text="/start")).to_be_visible()
    await town.api("sendMessage", chat_id=town.chloe, text="Bienvenue, Chloé")
    await expect(page.get_by_text("Bienvenue, Chloé")).to_be_visible()


async def test_files_places_polls_and_pins_are_shown(browser: Browser, town: Town, tmp_path: Path) -> None:
    photo = await town.control.send(town.group, town.alice, Item(kind="photo", caption="Le plan", spoiler=True))
    for kind in ("video", "voice", "document", "sticker"):
        await town.control.send(town.group, town.alice, Item(kind=kind))
    await town.control.place(town.group, town.alice, 45.76, 4.83, title="Mairie", address="1 place")
    await town.control.say(town.group, town.alice, "Lu ailleurs", forward={"hidden": "Zoé"})
    await town.control.show(town.group, town.alice, {"story": {"chat": {"id": 5, "type": "private"}, "id": 1}})
    poll = await town.api("sendPoll", chat_id=town.group, question="Quand ?", options=["samedi", "dimanche"])
    await town.control.pin(town.group, town.alice, photo["message_id"])

    page = await opened(browser, town, town.bruno)
    shown = page.locator(".shown")
    await expect(page.locator("article", has_text="Le plan").locator("img")).to_be_visible()
    width = "image => image.decode().then(() => image.naturalWidth)"
    assert await page.locator(".photo img").evaluate(width) == 320
    assert await page.locator(".sticker img").evaluate(width) == 512
    await expect(page.locator(".video video")).to_have_count(1)
    await expect(page.locator(".voice audio")).to_have_count(1)
    await expect(shown.get_by_role("link")).to_have_text("réunion.txt (1 ko)")
    await expect(shown.get_by_text("📍 Mairie, 1 place (45.76, 4.83)")).to_be_visible()
    await expect(page.get_by_text("Transféré de Zoé")).to_be_visible()
    await expect(shown.get_by_text("[story]")).to_be_visible()
    await expect(page.locator("#pinned")).to_have_text("Épinglé : Le plan")

    await page.get_by_role("button", name="dimanche · 0").click()
    await expect(page.get_by_role("button", name="dimanche · 1")).to_be_visible()
    await town.api("stopPoll", chat_id=town.group, message_id=poll["message_id"])
    await expect(page.get_by_text("Quand ? (terminé)")).to_be_visible()
    await expect(page.get_by_role("button", name="samedi · 0")).to_be_disabled()

    await page.get_by_label("Votre message").fill("Ma photo")
    await page.get_by_label("Joindre des fichiers").set_input_files(SAMPLES / "photo.jpg")
    await expect(page.locator("article", has_text="Ma photo").locator("img")).to_be_visible()
    assert (await town.api.updates())[-1]["message"]["caption"] == "Ma photo"
    await page.screenshot(path=tmp_path / "shown.png")


async def test_the_page_serves_its_three_files_and_runs_nothing_else(town: Town) -> None:
    page = await town.api.http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for name, status in (("chat.css", 200), ("chat.js", 200), ("web.py", 404), ("%2e%2e%2fweb.py", 404)):
        assert (await town.api.http.get(f"/static/{name}")).status_code == status

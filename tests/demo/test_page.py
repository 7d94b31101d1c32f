"""The demo's page in a real browser: written on one side, read on the other.

With PALIER_PICTURE set to a path, the first test leaves there the picture that the README shows.
"""

import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.demo.conftest import Demo, running

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
YES = "Oui, avec mon prénom (15 ans et +)"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo") / "home") as demo:
        demo.wait_for(r"http://127\.0\.0\.1:\d+")
        yield demo
        demo.interrupt()
        assert demo.ended() == 0


@pytest.fixture
def address(demo: Demo) -> str:
    return demo.wait_for(r"http://127\.0\.0\.1:\d+")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        await found.close()


async def opened(browser: Browser, address: str, width: int = 1280, height: int = 800) -> Page:
    page = await browser.new_page(viewport={"width": width, "height": height}, locale="fr")
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(address)
    return page


class Side:
    """One half of the page."""

    def __init__(self, page: Page, name: str) -> None:
        self.node = page.locator(f"section.{name}")

    async def be(self, name: str) -> None:
        await self.node.get_by_role("radio", name=name).click()

    async def say(self, text: str) -> None:
        await self.node.get_by_role("textbox").fill(text)
        await self.node.get_by_role("button", name="Envoyer").click()

    def message(self, text: str) -> Locator:
        return self.node.locator("article", has=self.node.page.locator(".words", has_text=text))

    async def do(self, text: str, button: str) -> None:
        await self.message(text).first.hover()
        await self.message(text).first.get_by_role("button", name=button, exact=True).click()


def sides(page: Page) -> tuple[Side, Side]:
    return Side(page, "telegram"), Side(page, "matrix")


async def test_a_conversation_across(browser: Browser, address: str) -> None:
    page = await opened(browser, address, 1280, 850)
    telegram, matrix = sides(page)
    await telegram.be("Amina")
    await telegram.say("L'eau est coupée chez vous ?")
    question = telegram.node.locator(".whispered", has_text="Voulez-vous que vos voisins")
    await expect(question).to_contain_text("visible de vous seul")
    await expect(telegram.message("L'eau est coupée").first).to_contain_text("🙊")
    await expect(matrix.message("L'eau est coupée")).to_have_count(0)

    await question.get_by_role("button", name=YES).click()
    began = time.monotonic()
    await expect(matrix.message("Amina · Telegram: L'eau est coupée chez vous ?")).to_be_visible()
    assert time.monotonic() - began < 1

    await matrix.be("Maëlle")
    await matrix.do("L'eau est coupée", "Répondre")
    await matrix.say("Chez nous aussi, depuis midi.")
    await expect(telegram.message("Maëlle · Matrix: Chez nous aussi")).to_contain_text("L'eau est coupée chez vous ?")
    await matrix.do("L'eau est coupée", "Réagir ❤")
    await expect(telegram.message("L'eau est coupée").first).to_contain_text("❤")
    await telegram.be("Yann")
    await telegram.do("Chez nous aussi", "Réagir 👍")
    await expect(matrix.message("Chez nous aussi").first).to_contain_text("👍")

    await matrix.be("Idir")
    await matrix.say("Il en reste chez moi, au 12")
    await expect(matrix.message("Il en reste")).to_contain_text("🙊")
    await telegram.be("Théo")
    await expect(telegram.node.locator(".whispered")).to_have_count(0)
    await telegram.say("J'ai une clé de vanne, je peux aider")
    await expect(telegram.node.locator(".whispered").get_by_role("button", name=YES)).to_be_visible()
    await expect(telegram.message("J'ai une clé").first).to_contain_text("🙊")
    await matrix.be("Maëlle")
    await expect(matrix.message("J'ai une clé")).to_have_count(0)
    await expect(telegram.message("Il en reste")).to_have_count(0)
    if picture := os.environ.get("PALIER_PICTURE"):
        await page.locator("h1").click()
        await page.wait_for_timeout(300)
        await page.screenshot(path=picture)

    await matrix.do("Chez nous aussi", "Modifier")
    await matrix.say("Chez nous aussi, depuis une heure")
    await expect(telegram.message("depuis une heure")).to_contain_text("modifié")
    await matrix.do("depuis une heure", "Supprimer")
    await expect(telegram.message("depuis une heure")).to_have_count(0)


async def test_what_looks_like_html_stays_text(browser: Browser, address: str) -> None:
    page = await opened(browser, address)
    telegram, matrix = sides(page)
    hostile = '<img src=x onerror="document.title=1"><b>gras</b>'
    await telegram.be("Yann")
    await telegram.say(hostile)
    await expect(matrix.message("Yann · Telegram")).to_contain_text(hostile)
    await matrix.be("Maëlle")
    await matrix.say(f"Vu : {hostile}")
    await expect(telegram.message("Maëlle · Matrix: Vu")).to_contain_text(hostile)
    assert await page.title() == "Palier · Les Tilleuls"
    assert await page.locator("article img").count() == 0


async def test_alone_with_palier(browser: Browser, address: str) -> None:
    page = await opened(browser, address)
    telegram, matrix = sides(page)
    for side, name, command in ((telegram, "Lucette", "/privacy"), (matrix, "Rosa", "!privacy")):
        await side.be(name)
        await side.node.get_by_role("button", name="Privé").click()
        await side.say(command)
        await expect(side.message("Ce qui est fait de vos messages")).to_be_visible()
    await matrix.be("Maëlle")
    await expect(matrix.message("Vos messages iront aussi chez les voisins de Telegram")).to_be_visible()


async def test_cut_off_and_back(browser: Browser, address: str) -> None:
    page = await opened(browser, address)
    telegram, matrix = sides(page)
    await page.get_by_role("button", name="Couper Palier").click()
    await expect(page.locator("#state")).to_have_text("Palier est coupé")
    await telegram.be("Yann")
    await telegram.say("Vous m'entendez quand même ?")
    await page.get_by_role("button", name="Relancer Palier").click()
    await expect(matrix.message("Vous m'entendez quand même ?")).to_be_visible()
    await expect(page.locator("#state")).to_have_text("Palier tourne")


async def test_on_a_phone(browser: Browser, address: str) -> None:
    page = await opened(browser, address, 390, 780)
    telegram, matrix = sides(page)
    await expect(matrix.node).to_be_visible()
    await page.get_by_role("button", name="Telegram", exact=True).click()
    await expect(matrix.node).to_be_hidden()
    await telegram.be("Yann")
    await telegram.say("Depuis mon téléphone")
    tab = page.locator("#switch button", has_text="Matrix")
    await expect(tab).to_have_class("news")
    await tab.click()
    await expect(matrix.message("Yann · Telegram: Depuis mon téléphone")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_nobody_else_may_ask(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
        assert (await http.get("/town", headers={"Host": "elsewhere.example"})).status_code == 403
        say = {"side": "matrix", "who": "Maëlle", "place": "group", "deed": "say", "text": "non"}
        assert (await http.post("/do", data=say)).status_code == 415
        for wrong in ({"who": "Personne"}, {"deed": "shout"}, {"side": "irc"}, {"place": "roof"}, {"deed": "edit"}):
            answer = await http.post("/do", json={**say, **wrong})
            assert answer.status_code == 400
        page = await http.get("/")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        for name, status in (("demo.js", 200), ("demo.css", 200), ("page.py", 404), ("%2e%2e%2fpage.py", 404)):
            assert (await http.get(f"/static/{name}")).status_code == status

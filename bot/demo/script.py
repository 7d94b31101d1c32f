"""Plays the demo's scenes without a browser, and says whether everyone heard what they should and nothing else.

Telegram's limits of pace stay on: the scenes keep below twenty messages a minute in the group.
"""

import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bot.demo.expected import (
    ANSWER,
    COMPLETED,
    CORRECTED,
    JOURNAL,
    NO,
    PLUMBER,
    QUESTION,
    SILENT,
    SILENT_THERE,
    UNNAMED,
    WATER,
    WHILE_DOWN,
    WHILE_DOWN_THERE,
    WORDS,
    Expected,
    copied,
    signed,
)
from bot.demo.town import PLACE, YES, Town, Unseen, until
from bot.demo.watching import (
    Line,
    all_of_matrix,
    all_of_telegram,
    differences,
    on_matrix,
    on_telegram,
    rooms_of,
    short,
)
from bridges import markup
from bridges.markup import to_matrix, to_telegram

T = TypeVar("T")


class Failed(Exception):
    """An expectation was not met; it is written down already."""


@dataclass(slots=True)
class Play:
    """The scenes in one town, what they found, and what has to be seen at the end."""

    town: Town
    end: Expected
    met: int = 0
    failed: list[str] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    # --- telling

    def scene(self, title: str) -> None:
        """A heading."""
        write(f"\n{title}")

    def told(self, side: str, name: str, deed: str) -> None:
        """Who did what where."""
        write(f"    {side:8} · {name} {deed}")

    def mark(self, what: str, *, good: bool, seen: Sequence[str] = (), took: float | None = None) -> None:
        """An expectation, and what was seen instead where it was not met."""
        write(f"  {'✓' if good else '✗'} {what}{f' ({took:.1f} s)' if took is not None else ''}")
        for line in () if good else seen:
            write(f"      {line}")
        if good:
            self.met += 1
        else:
            self.failed.append(what)

    async def sees(
        self, what: str, look: Callable[[], Awaitable[T | None]], show: Callable[[], Awaitable[list[Line]]],
        wanted: Line | None = None,
    ) -> T:  # fmt: skip
        """Wait for it, but not long; raises Failed, after saying what was expected and what is there instead."""
        began = time.monotonic()
        try:
            found = await until(what, look)
        except Unseen:
            expected = ["attendu :", wanted.told()] if wanted else []
            self.mark(what, good=False, seen=[*expected, "vu :", *(line.told() for line in (await show())[-6:])])
            raise Failed from None
        self.mark(what, good=True, took=time.monotonic() - began)
        return found

    # --- the two sides

    async def telegram(self, name: str = "Yann") -> list[Line]:
        """The group as somebody sees it."""
        return await on_telegram(self.town, name)

    async def matrix(self, name: str = "Maëlle") -> list[Line]:
        """The room as somebody sees it."""
        return await on_matrix(self.town, name)

    async def telegram_shows(self, what: str, line: Line, name: str = "Yann") -> Line:
        """Wait until somebody sees just this line in the group."""
        return await self.sees(what, lambda: one(self.telegram(name), line), lambda: self.telegram(name), line)

    async def matrix_shows(self, what: str, line: Line) -> Line:
        """Wait until the room shows just this line."""
        return await self.sees(what, lambda: one(self.matrix(), line), self.matrix, line)

    async def telegram_says(self, name: str, html: str, **more: int) -> int:
        """Somebody writes into the group."""
        text, marks = to_telegram(html)
        fields = ("type", "offset", "length", "url")
        entities = [{f: getattr(m, f) for f in fields if getattr(m, f) != ""} for m in marks]
        self.told("Telegram", name, f": {short(markup.plain(html), 100)}")
        return await self.town.says(name, text, entities=entities, **more)

    async def matrix_says(self, name: str, html: str, *, reply_to: str = "") -> str:
        """Somebody writes into the room."""
        body, formatted = to_matrix(html)
        self.told("Matrix", name, f": {short(markup.plain(html), 100)}")
        return await self.town.residents[name].send(self.town.room, body, formatted or "", reply_to=reply_to)

    # --- the scenes

    async def before(self) -> None:
        """Some neighbours decide: by the card's button, by 👍, by a command in private."""
        self.scene("Avant · Qui veut bien être lu en face, et qui ne dit rien")
        town = self.town
        for name in ("Yann", "Solène"):
            card = await town.card(name)
            assert card, "the town is linked, so the card hangs"
            await town.tap(name, card, YES)
            self.told("Telegram", name, f"touche « {YES} »")
            receipt = Line("Palier", self.end.receipt("named", "Matrix"), alone=True)
            await self.telegram_shows(f"{name} en a la réponse, que personne d'autre ne voit", receipt, name)
        maelle, rosa = town.residents["Maëlle"], town.residents["Rosa"]
        card_id = (await town.pinned())[0]
        await maelle.react(town.room, card_id, "👍")
        self.told("Matrix", "Maëlle", "met 👍 sur la carte")
        await self.sees(
            "Maëlle en a la réponse, en privé", lambda: self._private("Maëlle", self.end.receipt("named", "Telegram")),
            self.matrix,
        )  # fmt: skip
        await self.sees("son 👍 ne reste pas affiché", lambda: self._unmarked(card_id), self.matrix)
        await rosa.send(await town.talk("Rosa"), "!relais sans-nom")
        self.told("Matrix", "Rosa", "écrit en privé au bot : !relais sans-nom")
        await self.sees(
            "Rosa en a la réponse, en privé", lambda: self._private("Rosa", self.end.receipt("unnamed", "Telegram")),
            self.matrix,
        )  # fmt: skip

    async def _private(self, name: str, html: str) -> bool:
        for room in await rooms_of(self.town, name):
            if any(line.author == "Palier" and line.html == html for line in await on_matrix(self.town, name, room)):
                return True
        return False

    async def _unmarked(self, event: str) -> bool:
        return not next(line for line in await self.matrix() if line.id == event).reactions

    async def asked(self) -> None:
        """Scene 1."""
        self.scene("1 · Amina écrit pour la première fois")
        before = await self.matrix()
        self.numbers["question"] = await self.telegram_says("Amina", QUESTION)
        await self.telegram_shows("son message porte 🙊", Line("Amina", QUESTION, reactions=frozenset({"🙊 Palier"})))
        ask = Line("Palier", self.end.bot("ask"), QUESTION, alone=True)
        seen = await self.telegram_shows("elle voit la question du bot", ask, "Amina")
        self.ids["ask"] = seen.id
        for name in ("Yann", "Lucette", "Théo", "Solène"):
            others = [line.told() for line in await self.telegram(name) if line.alone and line.html == ask.html]
            self.mark(f"{name} ne voit pas cette question", good=not others, seen=others)
        await self._quiet()
        after = await self.matrix()
        self.mark("Matrix : rien", good=not differences(before, after), seen=differences(before, after))

    async def said_yes(self) -> None:
        """Scene 2."""
        self.scene(f"2 · Elle touche « {YES} »")
        await self._taps("Amina", self.ids["ask"], YES)
        copy = await self.matrix_shows("ce message même arrive sur Matrix", copied("Amina · Telegram", QUESTION))
        self.ids["question"] = copy.id
        await self.telegram_shows("le 🙊 est parti", Line("Amina", QUESTION))
        receipt = Line("Palier", self.end.receipt("named", "Matrix"), QUESTION, edited=True, alone=True)
        await self.telegram_shows("la question est devenue la réponse à son choix", receipt, "Amina")

    async def _taps(self, name: str, whisper: str, words: str) -> None:
        """A button under what the bot said to somebody alone."""
        seen = await self.town.view(name)
        await self.town.tap(name, next(m for m in seen if f"e{m.get('ephemeral_message_id')}" == whisper), words)
        self.told("Telegram", name, f"touche « {words} »")

    async def answered(self) -> None:
        """Scene 3."""
        self.scene("3 · Maëlle répond depuis Matrix")
        self.ids["answer"] = await self.matrix_says("Maëlle", ANSWER, reply_to=self.ids["question"])
        line = await self.telegram_shows(
            "Telegram montre une vraie réponse à Amina", copied("Maëlle · Matrix", ANSWER, QUESTION)
        )
        self.numbers["answer"] = int(line.id)

    async def all_else(self) -> None:
        """Scene 4."""
        self.scene("4 · Mise en forme, corrections, réactions ; qui n'a pas dit oui n'est pas lu en face")
        town = self.town
        await self.telegram_says("Yann", PLUMBER)
        await self.matrix_shows("sa mise en forme est exacte sur Matrix", copied("Yann · Telegram", PLUMBER))
        await self.matrix_says("Maëlle", WATER)
        await self.telegram_shows("celle de Maëlle est exacte sur Telegram", copied("Maëlle · Matrix", WATER))
        await self.matrix_says("Rosa", UNNAMED)
        unnamed = "Rosa, qui a dit « sans mon nom », est « Quelqu'un »"
        self.end.unnamed = await self.sees(unnamed, self._someone, self.telegram)

        await self.telegram_says("Lucette", NO)
        ask = Line("Palier", self.end.bot("ask"), NO, alone=True)
        seen = await self.telegram_shows("Lucette voit la question", ask, "Lucette")
        await self._taps("Lucette", seen.id, "Non")
        receipt = Line("Palier", self.end.receipt("no", "Matrix"), NO, edited=True, alone=True)
        await self.telegram_shows("elle en a la réponse", receipt, "Lucette")
        await self.telegram_says("Théo", SILENT)
        await self.telegram_shows(
            "son message porte 🙊 ; il ne fait rien", Line("Théo", SILENT, reactions=frozenset({"🙊 Palier"}))
        )
        await self.matrix_says("Idir", SILENT_THERE)
        await self.matrix_shows("le sien porte 🙊", Line("Idir", SILENT_THERE, reactions=frozenset({"🙊 Palier"})))

        self.told("Telegram", "Amina", f"corrige : {CORRECTED}")
        await town.control.edit(town.group, town.neighbours["Amina"], self.numbers["question"], CORRECTED)
        fixed = replace(copied("Amina · Telegram", CORRECTED), edited=True)
        await self.matrix_shows("Matrix montre la correction", fixed)
        self.told("Matrix", "Maëlle", f"corrige : {COMPLETED}")
        await town.residents["Maëlle"].edit(town.room, self.ids["answer"], COMPLETED)
        fixed = replace(copied("Maëlle · Matrix", COMPLETED, CORRECTED), edited=True)
        await self.telegram_shows("Telegram montre la sienne", fixed)
        await self._reactions()

    async def _someone(self) -> str:
        label = f"<b>Quelqu'un · {PLACE} "
        return next((x.html for x in await self.telegram() if x.html.startswith(label) and UNNAMED in x.html), "")

    async def _reactions(self) -> None:
        town = self.town
        answer = self.numbers["answer"]
        self.told("Telegram", "Lucette", "réagit 🎉 à Maëlle, Yann réagit 👍")
        await town.control.react(town.group, town.neighbours["Lucette"], answer, "🎉")
        await town.control.react(town.group, town.neighbours["Yann"], answer, "👍")
        shown = Line("Maëlle", COMPLETED, "", frozenset({"👍 Palier"}), edited=True)
        await self.sees(
            "Matrix montre le 👍 de Yann, sans le nommer, et pas le 🎉 de Lucette",
            lambda: one(self.matrix(), shown, answers=False), self.matrix,
        )  # fmt: skip
        self.told("Matrix", "Idir", "réagit 😁 à Amina, Rosa réagit ❤️")
        await town.residents["Idir"].react(town.room, self.ids["question"], "😁")
        await town.residents["Rosa"].react(town.room, self.ids["question"], "❤️")
        hearts = Line("Amina", CORRECTED, reactions=frozenset({"❤ Palier"}), edited=True)
        await self.telegram_shows("Telegram montre le ❤ de Rosa, et pas le 😁 d'Idir", hearts)

    async def killed(self) -> None:
        """Scene 5."""
        self.scene("5 · Palier est tué (kill -9) ; les voisins écrivent quand même")
        town = self.town
        await town.palier.kill()
        self.mark("Palier ne tourne plus", good=not town.palier.alive)
        for (name, words), (there, heard) in zip(WHILE_DOWN, WHILE_DOWN_THERE, strict=True):
            await self.telegram_says(name, words)
            await self.matrix_says(there, heard)
        began = time.monotonic()
        await town.start_palier()
        self.mark("Palier redémarre", good=True, took=time.monotonic() - began)
        far = [signed(f"{name} · Telegram", words) for name, words in WHILE_DOWN]
        await self._in_order("les trois de Telegram arrivent sur Matrix, dans l'ordre, une fois", far, self.matrix)
        near = self.end.from_matrix()
        await self._in_order("les trois de Matrix arrivent sur Telegram, dans l'ordre, une fois", near, self.telegram)

    async def _in_order(self, what: str, words: list[str], look: Callable[[], Awaitable[list[Line]]]) -> None:
        async def arrived() -> bool:
            return [line.html for line in await look() if line.html in words] == words

        await self.sees(what, arrived, look)

    async def taken_back(self) -> None:
        """Scene 6."""
        self.scene("6 · Amina écrit /effacer en réponse à sa question")
        town = self.town
        edits = await town.residents["Maëlle"].relations(town.room, self.ids["question"], "m.replace")
        number = await self.telegram_says("Amina", "/effacer", reply_to=self.numbers["question"])
        self.mark("la commande n'est vue que d'elle", good=number == 0)
        erased = Line("Palier", self.end.bot("erased"), "/effacer", alone=True)
        await self.sees("le bot lui répond, à elle seule", lambda: self._whispered("Amina", erased), self.telegram)
        await self.sees("sa question n'est plus sur Telegram", lambda: gone(self.telegram(), CORRECTED), self.telegram)
        await self.sees("ni sur Matrix", lambda: gone(self.matrix(), CORRECTED), self.matrix)
        for what, ids in (("l'événement", [self.ids["question"]]), ("sa correction", [e["event_id"] for e in edits])):
            left = [(await town.residents["Maëlle"].event(town.room, id_))["content"] for id_ in ids]
            empty = bool(left) and not any(content.get("body") or content.get("m.new_content") for content in left)
            self.mark(f"{what} Matrix est caviardé", good=empty, seen=[str(content) for content in left])

    async def _whispered(self, name: str, line: Line) -> bool:
        return any(one.alone and one.html == line.html for one in await self.telegram(name))

    async def _quiet(self) -> None:
        """Until Palier has nothing left to send."""
        await until("une boîte d'envoi vide", self.town.outbox_is_empty, 30)

    # --- everything that is there, and nothing else

    async def whole(self) -> None:
        """Both sides in full against what they should be; then what must be nowhere in the raw events and calls."""
        self.scene("À la fin · Chaque côté en entier")
        await self._quiet()
        expected = self.end.telegram_in_full()
        for name in self.town.neighbours:
            mine = [line for line, to in expected if to in ("", name)]
            wrong = differences(mine, await self.telegram(name))
            self.mark(f"Telegram, vu par {name} : {len(mine)} messages, rien d'autre", good=not wrong, seen=wrong)
        for name in self.town.residents:
            there = self.end.matrix_in_full()
            wrong = differences(there, await self.matrix(name))
            self.mark(f"Matrix, vu par {name} : {len(there)} messages, rien d'autre", good=not wrong, seen=wrong)
        far, near = await all_of_matrix(self.town), await all_of_telegram(self.town)
        log = self.town.palier.log.read_text(encoding="utf-8", errors="replace")
        for who, said, where, texts in (
            ("Lucette, qui a dit non : ni mots ni nom", (NO, "Lucette"), "les événements bruts de Matrix", far),
            ("Théo, qui n'a rien dit : ni mots ni nom", (SILENT, "Théo"), "les événements bruts de Matrix", far),
            ("Amina : sa question effacée n'est plus", (QUESTION, CORRECTED), "les événements bruts de Matrix", far),
            ("Idir, qui n'a rien dit : ni mots ni nom", (SILENT_THERE, "Idir"), "les appels bruts à Telegram", near),
            ("Rosa, sans son nom : aucun nom", ("Rosa",), "les appels bruts à Telegram", near),
            ("Personne : aucun mot, aucun nom", (*WORDS, *self.town.neighbours, *self.town.residents), JOURNAL, log),
        ):
            found = [words for words in said if words in texts]
            self.mark(f"{who} dans {where}", good=not found, seen=found)

    async def play(self) -> bool:
        """All of it; whether everyone heard what they should and nothing else."""
        try:
            for scene in (
                self.before, self.asked, self.said_yes, self.answered, self.all_else, self.killed, self.taken_back,
                self.whole,
            ):  # fmt: skip
                await scene()
        except Failed:
            pass
        except Unseen as error:
            self.mark(str(error), good=False)
        await self.show()
        return not self.failed

    async def show(self) -> None:
        """The transcript: both sides as they stand now."""
        for title, lines in (
            ("Le groupe Telegram, vu par Amina", await self.telegram("Amina")),
            ("Le salon Matrix, vu par Maëlle", await self.matrix()),
        ):
            self.scene(title)
            for line in lines:
                write(f"    {line.told()}")
        self.scene(f"Attentes tenues : {self.met}, manquées : {len(self.failed)}.")
        for what in self.failed:
            write(f"  ✗ {what}")


async def one(looking: Awaitable[list[Line]], wanted: Line, *, answers: bool = True) -> Line | None:
    """The line that is as wanted, if there is one."""
    for line in await looking:
        if line.same(wanted if answers else replace(wanted, answers=line.answers)):
            return line
    return None


async def gone(looking: Awaitable[list[Line]], words: str) -> bool:
    """Whether no line holds these words."""
    return not any(words in markup.plain(line.html) for line in await looking)


def write(line: str) -> None:
    """Print at once; nobody may be reading any more."""
    with suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


async def play(town: Town) -> bool:
    """Play all scenes; whether every expectation was met."""
    return await Play(town, Expected(town.bot_name, town.codes)).play()


"""What the law wants written down, made from the declaration of purposes: register, notice, assessment, contract."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from sqlmodel import SQLModel

from bot.config import Commune
from bot.purposes import BACKUPS, NEVER, PURPOSES, Purpose, kept
from bot.texts import Texts

BLANK = "______"  # where a human has to write
DETAILS = ("for", "kept", "seen", "back", "copies")  # what the texts say of a purpose
COLUMNS = ("for", "basis", "kept", "seen", "back", "copies")
DOCUMENTS = ("register", "notice", "impact", "contract")  # GDPR articles 30(1), 13, 35(7), 28(3)


class Paperwork:
    """Writes in one language, for one commune."""

    def __init__(self, texts: Texts, language: str, commune: Commune) -> None:
        self._texts, self._language = texts, language
        self._filled = {
            "town_hall": commune.town_hall, "commune": commune.name, "places": ", ".join(commune.neighbourhoods),
            "text": kept("text").days, "map": kept("relay").days, "log": kept("log").days, "backups": BACKUPS.days,
        }  # fmt: skip

    def say(self, key: str) -> str:
        """A text as Markdown: nothing in it is html, so nothing is escaped."""
        args = {name: value if isinstance(value, int) else Markup(value) for name, value in self._filled.items()}  # noqa: S704
        return self._texts.say(self._language, key, **args)

    def documents(self) -> Mapping[str, str]:
        """Each document by the name of its file, in Markdown."""
        return {self.say(f"register-file-{name}"): self._document(name) for name in DOCUMENTS}

    def _document(self, name: str) -> str:
        parts = [
            self.say(f"register-title-{name}"),
            f"_{self.say('register-made')}_",
            *([self.say("register-who")] if name != "contract" else []),
            self.say(f"register-{name}"),
            self.table(),
            *([self.say("register-basis-note")] if name != "notice" else []),
            self.say(f"register-{name}-after"),
        ]
        return "\n\n".join(parts) + "\n"

    def table(self) -> str:
        """Every purpose, one row each."""
        head = self.say("register-head")
        return "\n".join([head, "|" + " --- |" * (head.count("|") - 1), *map(self._row, PURPOSES.values())])

    def _row(self, purpose: Purpose) -> str:
        cells = [self.say(f"purpose-{purpose.name}")]
        for name in COLUMNS:
            key = f"purpose-{purpose.name}-{name}"
            cells.append(self._basis(purpose) if name == "basis" else self.say(key) if self._texts.has(key) else "")
        return "| " + " | ".join(cells) + " |"

    def _basis(self, purpose: Purpose) -> str:
        if purpose.commune == NEVER:
            return self.say("register-never")
        if purpose.commune == purpose.association:
            return purpose.commune
        names = self.say("register-basis-commune"), self.say("register-basis-association")
        return f"{names[0]} {purpose.commune}, {names[1]} {purpose.association}"


def columns() -> Sequence[tuple[str, str, str, int | None, str]]:
    """Every personal column: table, column, purpose, days kept after its use, whether `/oublier` leaves it."""
    return [
        (table.name, column.name, info["purpose"], info["keep_days"], "yes" if info["stays"] else "")
        for table in SQLModel.metadata.sorted_tables
        for column in table.c
        if "purpose" in (info := column.info)
    ]

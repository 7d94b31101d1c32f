"""What neighbours write in the scenes, and what both sides have to show in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.demo.town import PLACE
from bot.demo.watching import Line
from bot.texts import Texts

QUESTION = "L'eau est coupée chez vous ?"
CORRECTED = "L'eau est coupée chez vous aussi ?"
ANSWER = "Chez nous aussi"
COMPLETED = "Chez nous aussi, depuis midi"
PLUMBER = (
    'Le <b>plombier</b> passe <i>demain</i> : code <tg-spoiler>1234</tg-spoiler>, vanne <code>B2</code>, '
    '<a href="https://eau.example/plan">le plan</a>\n<blockquote>Fermez vos robinets</blockquote>'
)
WATER = (
    'La <b>mairie</b> dit <i>18 h</i>, ouvrez <code>doucement</code>, <tg-spoiler>surprise</tg-spoiler> : '
    '<a href="https://eau.example/">eau.example</a>\n<blockquote>Merci de votre patience</blockquote>'
)
UNNAMED = "J'ai des bouteilles pour qui en veut"
# Nothing of these four may be found on the other side: not their words, not their names.
NO, SILENT, SILENT_THERE = (
    "Ma chatte Mirabelle boit au lavoir", "Je pars lundi en Bretagne", "Mon vélo bleu a disparu de la cave",
)  # fmt: skip
WORDS = QUESTION, CORRECTED, ANSWER, UNNAMED, NO, SILENT, SILENT_THERE
JOURNAL = "le journal de Palier"
WHILE_DOWN = ("Yann", "Le plombier est au numéro 3"), ("Amina", "Il dit une heure"), ("Solène", "Le 5 est coupé aussi")
WHILE_DOWN_THERE = ("Maëlle", "Le 8 a de l'eau"), ("Rosa", "Le 10 aussi"), ("Maëlle", "Mais elle est trouble")


@dataclass(slots=True)
class Expected:
    """`codes` are those that linked the chats; `unnamed` is how Rosa's first words look, who gave no name."""

    bot_name: str
    codes: Mapping[str, str]
    unnamed: str = ""
    texts: Texts = field(default_factory=Texts)

    def bot(self, key: str, **args: object) -> str:
        """One of the bot's own texts."""
        return self.texts.say("fr", key, **args).strip()

    def receipt(self, choice: str, there: str) -> str:
        """What the bot answers to a choice."""
        prefix = "/" if there == "Matrix" else "!"
        way = "" if choice == "no" else "-buttons" if prefix == "/" else "-typed"
        return self.bot(f"noted-{choice}{way}", there=there, prefix=prefix, followed="")

    def from_matrix(self) -> list[str]:
        """What was written on Matrix meanwhile, as Telegram shows it; Rosa gave no name."""
        return [
            self.unnamed.replace(UNNAMED, words) if name == "Rosa" else signed(f"{name} · Matrix", words)
            for name, words in WHILE_DOWN_THERE
        ]

    def telegram_in_full(self) -> list[tuple[Line, str]]:
        """Each line with who alone sees it."""
        town_hall, named = "Mairie de Bourg-Exemple", self.receipt("named", "Matrix")
        code = f"/start@{self.bot_name} {self.codes['telegram']}"
        card = self.bot("card-buttons", others=self.bot("there-matrix", title=PLACE), town_hall=town_hall)
        marked, alone = frozenset({"🙊 Palier"}), True
        yes = [(Line("Palier", named, alone=alone), name) for name in ("Yann", "Solène")]
        down = [(Line(name, words), "") for name, words in WHILE_DOWN]
        up = [(Line("Palier", html), "") for html in self.from_matrix()]
        reactions = frozenset({"👍 Yann", "🎉 Lucette"})
        return [
            (Line("Solène", code), ""),
            (Line("Palier", self.bot("linked", circle=PLACE, others=0), code), ""),
            (Line("Palier", card), ""),
            *yes,
            (Line("Palier", named, edited=True, alone=alone), "Amina"),
            (replace(copied("Maëlle · Matrix", COMPLETED), edited=True, reactions=reactions), ""),
            (Line("Yann", PLUMBER), ""),
            (copied("Maëlle · Matrix", WATER), ""),
            (Line("Palier", self.unnamed), ""),
            (Line("Lucette", NO), ""),
            (Line("Palier", self.receipt("no", "Matrix"), NO, edited=True, alone=alone), "Lucette"),
            (Line("Théo", SILENT, reactions=marked), ""),
            (Line("Palier", self.bot("ask"), SILENT, alone=alone), "Théo"),
            *down,
            *up,
            (Line("Amina", "/effacer", alone=alone), "Amina"),
            (Line("Palier", self.bot("erased"), alone=alone), "Amina"),
        ]

    def matrix_in_full(self) -> list[Line]:
        """What is left in the room."""
        town_hall, code = "Mairie de Bourg-Exemple", f"!relier {self.codes['matrix']}"
        card = self.bot("card-reaction", others=self.bot("there-telegram", title=PLACE), town_hall=town_hall)
        return [
            Line("Rosa", code),
            Line("Palier", self.bot("linked", circle=PLACE, others=1), code),
            Line("Palier", card),
            Line("Maëlle", COMPLETED, reactions=frozenset({"👍 Palier"}), edited=True),
            copied("Yann · Telegram", PLUMBER),
            Line("Maëlle", WATER),
            Line("Rosa", UNNAMED),
            Line("Idir", SILENT_THERE, reactions=frozenset({"🙊 Palier"})),
            *(Line(name, words) for name, words in WHILE_DOWN_THERE),
            *(copied(f"{name} · Telegram", words) for name, words in WHILE_DOWN),
        ]


def signed(by: str, html: str) -> str:
    """Words under the name that the gate gave them: on Matrix the colon is a part of the name's fallback (MSC4144)."""
    return f"<b>{by}: </b>{html}" if by.endswith("Telegram") else f"<b>{by}</b>: {html}"


def copied(by: str, html: str, answers: str = "") -> Line:
    """A copy on the other side."""
    return Line("Palier", signed(by, html), answers)

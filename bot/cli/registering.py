"""`palier register`: the papers that a data protection officer asks for, with blanks where a human has to write."""

from pathlib import Path

from bot.cli.speaking import tell, texts
from bot.config import Settings
from bot.paperwork import BLANK, Paperwork
from bot.run import Unfit


def register(settings: Settings, folder: Path, language: str) -> None:
    """Write the documents of every commune, over those that an earlier call wrote; a folder each if there are many."""
    if language not in texts().languages:
        raise Unfit("cli-register-language", wanted=language, languages=", ".join(texts().languages))
    blanks = 0
    for commune in settings.commune:
        place = folder if len(settings.commune) == 1 else folder / plain(commune.name)
        papers = Paperwork(texts(), language, commune)
        spoken_of = papers.say("register-made").count(BLANK)  # where a document explains them
        for name, text in papers.documents().items():
            try:
                place.mkdir(parents=True, exist_ok=True)
                (place / name).write_text(text, "utf-8")
            except OSError as error:
                raise Unfit("cli-cannot-write", file=place / name, why=(error.strerror or "").lower()) from None
            tell("cli-register-done", file=place / name)
            blanks += text.count(BLANK) - spoken_of
    tell("cli-register-blanks", count=blanks)


def plain(name: str) -> str:
    """A commune's name as a folder can have it."""
    return "".join(letter if letter.isalnum() or letter in " -_'" else "_" for letter in name).strip() or "_"

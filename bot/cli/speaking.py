"""How the command line speaks: French or English by the terminal's language, faults in one line, never a traceback."""

import os
import sys
import traceback
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import typer
from markupsafe import Markup
from rich.console import Console
from typer.core import TyperGroup

from bot.texts import Texts

HERE = Path(__file__).parents[1]


@cache
def texts() -> Texts:
    """All texts, read once."""
    return Texts()


def language() -> str:
    """"fr" or "en", as `LC_ALL`, `LC_MESSAGES` and `LANG` say (POSIX, "Environment Variables")."""
    chosen = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "fr" if chosen.lower().startswith("fr") else "en"


def say(key: str, **args: object) -> str:
    """A text of `cli.ftl` for a terminal: nothing in it is html, so nothing is escaped."""
    as_is = {name: value if isinstance(value, int | float) else Markup(value) for name, value in args.items()}  # noqa: S704
    return texts().say(language(), key, **as_is)


def out() -> Console:
    """Where results go; nothing in them is markup."""
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True)


def tell(key: str, *, style: str = "", **args: object) -> None:
    """Say something to the operator."""
    out().print(say(key, **args), style=style)


def fault(text: str) -> None:
    """One line on standard error."""
    console = Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)
    console.print(f"palier: {text}", style="red")


def place_of(error: BaseException) -> str:
    """The innermost line of ours that an error went through."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(HERE)]
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"


def told(error: Exception) -> int:
    """Say what went wrong in one line, and give the exit code: 2 where somebody can mend it, 1 for a defect."""
    from bot.config import ConfigError  # noqa: PLC0415 - help should not wait for what it does not need
    from bot.run import Unfit  # noqa: PLC0415

    match error:
        case Unfit(key=key, filled=filled):
            fault(say(key, **filled))
        case ConfigError(faults=(first, *more)):
            fault(f"{first} {say('cli-more-faults', count=len(more))}" if more else first)
        case _:
            reference = uuid4().hex[:8]
            fault(say("cli-defect", reference=reference, kind=type(error).__name__, place=place_of(error)))
            return 1
    return 2


class Plain(TyperGroup):
    """Faults in one line; whatever is raised, no traceback."""

    def main(self, *args: Any, **more: Any) -> Any:
        """As the library's, which prints usage and boxes."""
        try:
            code = super().main(*args, **{**more, "standalone_mode": False})
        except typer.Abort:
            fault(say("cli-aborted"))
            code = 130
        except typer.TyperException as error:
            fault(f"{error.format_message()} {say('cli-see-help')}")
            code = 2
        except Exception as error:
            code = told(error)
        sys.exit(code if isinstance(code, int) else 0)

"""The words of the bot, one Fluent file for each feature and language."""

from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from fluent.runtime import FluentBundle, FluentResource
from markupsafe import Markup

ROOT = Path(__file__).parent / "texts"
LONGEST, MARK = 900, "\ue000"  # characters; one that nobody uses


@cache
def read(path: Path) -> Any:
    """A file of texts; reading one takes longer than the rest of a start."""
    return FluentResource(path.read_text("utf-8"))


class Texts:
    """Speaks any language it has files for, and understands what people type in all of them."""

    def __init__(self, root: Path = ROOT) -> None:
        self.languages = sorted(folder.name for folder in root.iterdir() if folder.is_dir())
        self._bundles = {name: FluentBundle([name], use_isolating=False) for name in self.languages}
        for path in sorted(root.glob("*/*.ftl")):
            self._bundles[path.parent.name].add_resource(read(path))
        self.words = cache(self._words)

    def say(self, language: str, key: str, **args: object) -> str:
        """A text as html of the safe subset: what is filled in is escaped, unless it is `Markup` already."""
        safe = {
            name: value if isinstance(value, Markup | int | float) else escape(str(value), quote=False)
            for name, value in args.items()
        }
        # What is long is put in afterwards: the library takes it for an attack.
        long = {name: value for name, value in safe.items() if isinstance(value, str) and len(value) > LONGEST}
        short = safe | {name: f"{MARK}{name}{MARK}" for name in long}
        value = self._bundles[language].get_message(key).value
        text, errors = self._bundles[language].format_pattern(value, short) if value else ("", [KeyError(key)])
        if errors:
            raise ValueError(f"text {key} in {language}: {errors}")
        return "".join(long.get(part, part) for part in str(text).split(MARK)) if long else str(text)

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return all(bundle.has_message(key) for bundle in self._bundles.values())

    def _words(self, key: str) -> frozenset[str]:
        """What people may type for it: the words of every language, several to a text if separated by spaces."""
        return frozenset(word for language in self.languages for word in self.say(language, key).split())

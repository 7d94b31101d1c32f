"""The charter of a circle: shown to whoever comes, accepted by a tap, asked before entry where one asks to come in."""

from bot.features.charter import commands, entry, reading
from bot.features.charter.tables import feature

__all__ = ["commands", "entry", "feature", "reading"]

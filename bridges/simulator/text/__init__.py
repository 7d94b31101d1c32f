"""Formatted text as Telegram holds it: plain text, and entities counted in UTF-16 units."""

from bridges.simulator.text.entities import Entity, Formatted, clean, from_entities, units, valid_link
from bridges.simulator.text.html import parse_html, to_html
from bridges.simulator.text.markdown import parse_markdown

__all__ = [
    "Entity", "Formatted", "clean", "from_entities", "parse_html", "parse_markdown", "to_html", "units", "valid_link",
]  # fmt: skip

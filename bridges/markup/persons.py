"""Links that say which person is meant, from and to what each network makes of them."""

import re
from urllib.parse import quote, unquote

from bridges.markup.rich import PERSON, Span, tidy_url

TELEGRAM_ID = re.compile(r"[1-9][0-9]{0,18}")
# Matrix 1.12, appendices, "User identifiers"; of the historical ones those with capital letters.
MATRIX_ID = re.compile(r"(?=.{4,255}\Z)@[A-Za-z0-9._=/+-]+:[A-Za-z0-9.-]+(?::[0-9]{1,5})?", re.ASCII)
_PILL = re.compile(r"(?:https?://(?:www\.)?matrix\.to/?#/|matrix:u(?:ser)?/)([^?\s]+)(?:\?.*)?", re.IGNORECASE)


def person(span: Span) -> tuple[str, str] | None:
    """Network and id of whom a mark means, if it is the link of a person."""
    found = PERSON.fullmatch(tidy_url(span.value)) if span.kind == "a" else None
    return (found[1], found[2]) if found else None


def from_pill(href: str) -> str:
    """The link of a person for a link to a Matrix user (matrix.to, or a URI as in MSC2312); else nothing."""
    pill = _PILL.fullmatch(href)
    if not pill:
        return ""
    id_ = ("@" if href[:7].lower() == "matrix:" else "") + unquote(pill[1])
    return f"person:matrix/{id_}" if MATRIX_ID.fullmatch(id_) else ""


def pill(span: Span) -> str:
    """The address at matrix.to of whom a link means; nothing if that is nobody on Matrix."""
    match person(span):
        case "matrix", id_ if MATRIX_ID.fullmatch(id_):
            return f"https://matrix.to/#/{quote(id_, safe='@:')}"
    return ""


def telegram_user(span: Span) -> str:
    """The Telegram id of whom a link means; nothing if that is nobody on Telegram."""
    match person(span):
        case "telegram", id_ if TELEGRAM_ID.fullmatch(id_):
            return id_
    return ""

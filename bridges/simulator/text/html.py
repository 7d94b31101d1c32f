"""Telegram's HTML style: read with the real server's complaints, written for the chat page."""

import re
from dataclasses import dataclass, field
from html import escape
from typing import NoReturn

from bridges.simulator.errors import bad
from bridges.simulator.text.entities import Entity, Formatted, cut, units, valid_link

STYLES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler", "tg-spoiler": "spoiler",
}  # fmt: skip
TAGS = {*STYLES, "a", "code", "pre", "blockquote", "tg-emoji"}
REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot);|#(\d{1,7});?|#[xX]([0-9a-fA-F]{1,6});?)")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


@dataclass(slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int
    nested: bool = False


@dataclass(slots=True)
class _Reader:
    """One pass over the source; offsets in complaints are bytes of UTF-8, as the server counts."""

    source: str
    at: int = 0
    out: list[str] = field(default_factory=list)
    offset: int = 0
    stack: list[_Open] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)

    def fail(self, text: str, at: int | None = None) -> NoReturn:
        where = "" if at is None else f" at byte offset {len(self.source[:at].encode())}"
        raise bad(f"can't parse entities: {text}{where}")

    def peek(self) -> str:
        return self.source[self.at] if self.at < len(self.source) else ""

    def until(self, stop: str) -> str:
        start = self.at
        while self.peek() and self.peek() not in stop and not self.peek().isspace():
            self.at += 1
        return self.source[start : self.at]

    def spaces(self) -> None:
        while self.peek().isspace():
            self.at += 1

    def put(self, text: str) -> None:
        self.out.append(text)
        self.offset += units(text)

    def read(self) -> Formatted:
        while character := self.peek():
            if character == "<":
                start = self.at
                self.at += 1
                if self.peek() == "/":
                    self.at += 1
                    self.end(start)
                else:
                    self.start(start)
            elif character == "&" and (match := REFERENCE.match(self.source, self.at)):
                self.at = match.end()
                self.put(_character(match))
            else:
                self.at += 1
                if character != "\r":
                    self.put(character)
        if self.stack:
            self.fail(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')
        return Formatted("".join(self.out), self.entities)

    def start(self, begin: int) -> None:
        tag = self.until(">").lower()
        if not self.peek():
            self.fail("Unclosed start tag", begin)
        if tag not in TAGS:
            self.fail(f'Unsupported start tag "{tag}"', begin)
        attributes: dict[str, str] = {}
        while True:
            self.spaces()
            if not self.peek():
                self.fail("Unclosed start tag", begin)
            if self.peek() == ">":
                break
            name, value = self.attribute(tag, begin)
            attributes[name] = value
        self.at += 1
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            self.fail('Tag "span" must have class "tg-spoiler"', begin)
        self.stack.append(_Open(tag, attributes, self.offset))

    def attribute(self, tag: str, begin: int) -> tuple[str, str]:
        name = self.until("=>").lower()
        if not name:
            self.fail(f'Empty attribute name in the tag "{tag}"', begin)
        self.spaces()
        if self.peek() != "=":
            return name, ""
        self.at += 1
        self.spaces()
        mark = self.peek()
        if not mark:
            self.fail(f'Unclosed start tag "{tag}"', begin)
        if mark not in "'\"":
            start = self.at
            while self.peek().isalnum() or (self.peek() and self.peek() in ".-"):
                self.at += 1
            if not (self.peek().isspace() or self.peek() == ">"):
                self.fail("Unexpected end of name token", start)
            return name, self.source[start : self.at].lower()
        end = self.source.find(mark, self.at + 1)
        if end < 0:
            self.fail("Unclosed start tag", begin)
        value = self.source[self.at + 1 : end]
        self.at = end + 1
        return name, REFERENCE.sub(_character, value)

    def end(self, begin: int) -> None:
        if not self.stack:
            self.fail("Unexpected end tag", begin)
        name = self.until(">").lower()
        self.spaces()
        if self.peek() != ">":
            self.fail("Unclosed end tag", begin)
        self.at += 1
        opened = self.stack.pop()
        if name and name != opened.tag:
            where = len(self.source[:begin].encode())
            self.fail(f'Unmatched end tag at byte offset {where}, expected "</{opened.tag}>", found "</{name}>"')
        if self.offset > opened.offset and (entity := self.entity(opened)):
            self.entities.append(entity)

    def entity(self, opened: _Open) -> Entity | None:
        entity: Entity = {"type": "", "offset": opened.offset, "length": self.offset - opened.offset}
        match opened.tag:
            case "a":
                return self.link(entity, opened.attributes.get("href", ""))
            case "code" | "pre":
                return self.code(entity, opened)
            case "blockquote":
                return entity | {"type": "expandable_blockquote" if "expandable" in opened.attributes else "blockquote"}
            case "tg-emoji":
                number = opened.attributes.get("emoji-id", "")
                if not number.isdecimal():
                    self.fail("Invalid custom emoji identifier specified")
                return entity | {"type": "custom_emoji", "custom_emoji_id": number}
            case tag:
                return entity | {"type": STYLES[tag]}

    def link(self, entity: Entity, href: str) -> Entity | None:
        url = href or cut("".join(self.out), entity["offset"], entity["offset"] + entity["length"])
        if match := re.fullmatch(r"tg://user\?id=(\d+)", url):
            return entity | {"type": "text_mention", "user": int(match[1])}
        address = valid_link(url)
        return entity | {"type": "text_link", "url": address} if address else None

    def code(self, entity: Entity, opened: _Open) -> Entity | None:
        """`<pre><code class="language-x">` is one entity: the inner one hands its language to the outer."""
        inside = [e for e in self.entities if e["type"] == "code" and e["offset"] == entity["offset"]]
        if opened.tag == "pre":
            language = next((e["language"] for e in inside if e["length"] == entity["length"] and "language" in e), "")
            self.entities = [e for e in self.entities if e not in inside]
            return entity | {"type": "pre"} | ({"language": language} if language else {})
        within = bool(self.stack) and self.stack[-1].tag == "pre"
        name = opened.attributes.get("class", "")
        found = {"language": name.removeprefix("language-")} if within and name.startswith("language-") else {}
        return entity | {"type": "code"} | found


def parse_html(source: str) -> Formatted:
    """Text in `parse_mode` HTML; raises `Refusal` in the server's words where it cannot be read."""
    return _Reader(source).read()


def _character(match: re.Match[str]) -> str:
    name, decimal, hexadecimal = match.groups()
    if name:
        return NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else match[0]


def to_html(formatted: Formatted) -> str:
    """Safe HTML for a page: everything escaped, links only to http, https, mailto and t.me's own scheme."""
    text = formatted.text
    opens: dict[int, list[Entity]] = {}
    for entity in sorted(formatted.entities, key=lambda e: (e["offset"], -e["length"])):
        opens.setdefault(entity["offset"], []).append(entity)
    written: list[str] = []
    stack: list[tuple[int, str]] = []
    at = 0
    for character in [*text, ""]:
        ended = ""
        while stack and stack[-1][0] <= at:
            ended = stack.pop()[1]
            written.append(ended)
        for entity in opens.get(at, []):
            begin, finish = _tags(entity, text)
            written.append(begin)
            stack.append((entity["offset"] + entity["length"], finish))
        # A block ends its line by itself.
        written.append("" if character == "\n" and ended in BLOCKS else escape(character))
        at += 2 if character > "\uffff" else 1
    return "".join(written)


BLOCKS = ("</blockquote>", "</pre>")
PLAIN = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code", "pre": "pre",
    "blockquote": "blockquote", "expandable_blockquote": "blockquote",
}  # fmt: skip


def _tags(entity: Entity, text: str) -> tuple[str, str]:
    kind = entity["type"]
    words = cut(text, entity["offset"], entity["offset"] + entity["length"])
    match kind:
        case "text_link" | "url" | "email":
            url = entity.get("url") or (f"mailto:{words}" if kind == "email" else words)
            url = f"https://{url}" if kind == "url" and "://" not in url else url
            if url.split(":", 1)[0].lower() not in ("http", "https", "mailto", "tg"):
                return "", ""
            return f'<a href="{escape(url)}" rel="noopener noreferrer" target="_blank">', "</a>"
        case "spoiler":
            return '<span class="spoiler">', "</span>"
        case "mention" | "text_mention" | "hashtag" | "bot_command":
            return f'<span class="{kind.replace("_", "-")}">', "</span>"
        case _ if kind in PLAIN:
            return f"<{PLAIN[kind]}>", f"</{PLAIN[kind]}>"
        case _:
            return "", ""

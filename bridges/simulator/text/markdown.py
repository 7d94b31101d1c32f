"""Telegram's MarkdownV2 style, read with the real server's complaints."""

from dataclasses import dataclass, field
from typing import NoReturn

from bridges.simulator.errors import bad
from bridges.simulator.text.entities import Entity, Formatted, units, valid_link

RESERVED = "_*[]()~`>#+-=|{}.!"
MARKS = {
    "*": ("bold", "Bold"), "_": ("italic", "Italic"), "__": ("underline", "Underline"),
    "~": ("strikethrough", "Strikethrough"), "||": ("spoiler", "Spoiler"),
}  # fmt: skip


@dataclass(slots=True)
class _Reader:
    source: str
    at: int = 0
    out: list[str] = field(default_factory=list)
    offset: int = 0
    stack: list[tuple[str, int, int]] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    quote: int | None = None
    expandable: bool = False

    def fail(self, text: str) -> NoReturn:
        raise bad(f"can't parse entities: {text}")

    def bytes(self, at: int) -> int:
        return len(self.source[:at].encode())

    def ahead(self, text: str) -> bool:
        return self.source.startswith(text, self.at)

    def put(self, text: str) -> None:
        self.out.append(text)
        self.offset += units(text)

    def read(self) -> Formatted:
        while self.at < len(self.source):
            self.line_start()
            self.step()
        self.close_quote()
        if self.stack:
            mark, begin, _ = self.stack[-1]
            name = "Link" if mark == "[" else MARKS[mark][1]
            self.fail(f"Can't find end of {name} entity at byte offset {self.bytes(begin)}")
        return Formatted("".join(self.out), self.entities)

    def line_start(self) -> None:
        if self.at and self.source[self.at - 1] != "\n":
            return
        if self.ahead("**>") and self.quote is None:
            self.at += 3
            self.quote = self.offset
        elif self.ahead(">"):
            self.at += 1
            self.quote = self.offset if self.quote is None else self.quote
        else:
            self.close_quote()

    def close_quote(self) -> None:
        if self.quote is not None and self.offset > self.quote:
            kind = "expandable_blockquote" if self.expandable else "blockquote"
            self.entities.append({"type": kind, "offset": self.quote, "length": self.offset - self.quote})
        self.quote, self.expandable = None, False

    def step(self) -> None:
        if self.at >= len(self.source):
            return
        character = self.source[self.at]
        if character == "\\" and self.at + 1 < len(self.source) and self.source[self.at + 1] in f"{RESERVED}\\":
            self.put(self.source[self.at + 1])
            self.at += 2
        elif character == "`":
            self.code()
        elif character == "[" or self.ahead("!["):
            self.stack.append(("[", self.at, self.offset))
            self.at += 1 if character == "[" else 2
        elif character == "]" and self.stack and self.stack[-1][0] == "[":
            self.link()
        elif mark := next((m for m in ("__", "||", "*", "_", "~") if self.ahead(m)), ""):
            self.style(mark)
        elif character in RESERVED:
            self.fail(f"Character '{character}' is reserved and must be escaped with the preceding '\\'")
        else:
            self.put(character)
            self.at += 1

    def style(self, mark: str) -> None:
        begin = self.at
        self.at += len(mark)
        end_of_quote = self.at >= len(self.source) or self.source[self.at] == "\n"
        if mark == "||" and self.quote is not None and end_of_quote and not any(m == mark for m, *_ in self.stack):
            self.expandable = True
        elif self.stack and self.stack[-1][0] == mark:
            _, _, start = self.stack.pop()
            if self.offset > start:
                self.entities.append({"type": MARKS[mark][0], "offset": start, "length": self.offset - start})
        elif any(m == mark for m, *_ in self.stack):
            top, where, _ = self.stack[-1]
            name = "Link" if top == "[" else MARKS[top][1]
            self.fail(f"Can't find end of {name} entity at byte offset {self.bytes(where)}")
        else:
            self.stack.append((mark, begin, self.offset))

    def code(self) -> None:
        begin = self.at
        mark = "```" if self.ahead("```") else "`"
        end = self.at + len(mark)
        while end < len(self.source) and not self.source.startswith(mark, end):
            end += 2 if self.source[end] == "\\" else 1
        if end >= len(self.source):
            name = "Pre" if mark == "```" else "Code"
            self.fail(f"Can't find end of {name} entity at byte offset {self.bytes(begin)}")
        body = self.source[self.at + len(mark) : end].replace("\\`", "`").replace("\\\\", "\\")
        entity: Entity = {"type": "pre" if mark == "```" else "code", "offset": self.offset}
        if mark == "```":
            first, line_end, rest = body.partition("\n")
            if line_end and first and not any(c.isspace() for c in first):
                entity["language"], body = first, rest
            else:
                body = body.removeprefix("\n")
        self.put(body)
        if self.offset > entity["offset"]:
            self.entities.append(entity | {"length": self.offset - entity["offset"]})
        self.at = end + len(mark)

    def link(self) -> None:
        _, begin, start = self.stack.pop()
        emoji = self.source[begin] == "!"
        self.at += 1
        url = ""
        if self.ahead("("):
            end = self.at + 1
            while end < len(self.source) and self.source[end] != ")":
                end += 2 if self.source[end] == "\\" else 1
            if end >= len(self.source):
                self.fail(f"Can't find end of a URL at byte offset {self.bytes(self.at)}")
            url = self.source[self.at + 1 : end].replace("\\)", ")").replace("\\\\", "\\")
            self.at = end + 1
        entity: Entity = {"type": "text_link", "offset": start, "length": self.offset - start}
        if emoji:
            number = url.removeprefix("tg://emoji?id=")
            if not number.isdecimal():
                self.fail("Invalid custom emoji URL specified")
            self.entities.append(entity | {"type": "custom_emoji", "custom_emoji_id": number})
        elif url.startswith("tg://user?id=") and url[13:].isdecimal():
            self.entities.append(entity | {"type": "text_mention", "user": int(url[13:])})
        elif (address := valid_link(url or "".join(self.out)[start:])) and entity["length"]:
            self.entities.append(entity | {"url": address})


def parse_markdown(source: str) -> Formatted:
    """Text in `parse_mode` MarkdownV2; raises `Refusal` in the server's words where it cannot be read."""
    return _Reader(source.replace("\r", "")).read()

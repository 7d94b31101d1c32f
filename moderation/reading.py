"""Words as the checks see them: read once, with the way back from each to the original."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from moderation.finding import Decision, Finding
from moderation.links import domain_of
from moderation.normalise import Plain, plain
from moderation.subject import Subject
from moderation.vocabulary import Hit, Token, Vocabulary, vocabulary
from moderation.wording import domain_in, tokens_of

LONGEST = 2400  # of a longer text, the first 1,400 and the last characters are judged
HEAD = 1400
_MOST_LINKS = 100
_MOST_BESIDE = 1000  # characters of a quote and of file names
_QUOTED = re.compile(r'"[^"]{3,1000}"')


class Address(NamedTuple):
    """A link: its domain, its words, and where it stands; without a place if it hides behind other words."""

    domain: str
    shown: str
    span: tuple[int, int] | None = None


@dataclass(slots=True)
class Reading:
    """A subject with its words read. Offsets of `tokens` are those of `plain.text`, in which quote and files follow."""

    subject: Subject
    whole: str
    plain: Plain
    tokens: list[Token]
    links: list[Address]
    quoted: list[tuple[int, int]]
    kinds: Counter[str]
    hits: dict[str, list[Hit]] = field(default_factory=dict)
    memo: dict[str, Any] = field(default_factory=dict)  # what several checks ask for

    @classmethod
    def of(cls, subject: Subject, listed: Vocabulary | None = None) -> "Reading":
        """Read everything once; `listed`: more words that are looked for behind digits and signs."""
        text, shift = subject.text, 0
        if len(text) > LONGEST:
            shift = len(text) - LONGEST
            text = f"{text[:HEAD]}\n{text[HEAD + 1 + shift :]}"
        beside = "\n".join((subject.quote, *subject.file_names))[:_MOST_BESIDE]
        read = plain(f"{text}\n{beside}" if beside.strip() else text)
        if shift:
            read = Plain(read.text, [at + shift if at > HEAD else at for at in read.at])
        most = LONGEST + LONGEST // 10 + len(beside)
        if len(read.text) > most:  # some characters are read as several
            read = Plain(read.text[:most], read.at)
        whole = f"{subject.text}\n{beside}" if beside.strip() else subject.text
        tokens = tokens_of(read.text, listed or vocabulary())
        made = cls(
            subject, whole, read, tokens, [], [found.span() for found in _QUOTED.finditer(read.text)],
            Counter(token.word for token in tokens if token.word[0] == "<"),
        )  # fmt: skip
        linked = (token for token in tokens if token.word == "<link>")
        made.links = [made.address(token) for token in islice(linked, _MOST_LINKS)]
        made.links += [Address(domain_of(url), url) for url in subject.urls[:_MOST_LINKS]]
        hits = defaultdict(list)
        for hit in vocabulary().find(tokens):
            hits[hit.theme].append(hit)
        made.hits = dict(hits)
        return made

    def address(self, token: Token) -> Address:
        """A link that stands in the words, its dots maybe spelled out."""
        read = self.plain.text[token.start : token.end]
        return Address(domain_in(read), self.shown(token), self.span(token.start, token.end))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of a part of what was read."""
        return self.plain.span(start, end)

    def shown(self, token: Token) -> str:
        """A token as it stands in the original."""
        first, last = self.span(token.start, token.end)
        return self.whole[first:last]

    def spots(self, hits: Iterable[Hit]) -> list[tuple[int, int]]:
        """Where phrases stand in the original."""
        return [self.span(self.tokens[hit.first].start, self.tokens[hit.last - 1].end) for hit in hits]

    def finding(
        self, check: str, reason: str, severity: Decision, spots: Iterable[tuple[int, int]] = (),
        beside: Iterable[str] = (),
    ) -> Finding:  # fmt: skip
        """What a check says of places in the original; those in a quote or a file's name are told as words alone."""
        placed = sorted(set(spots))
        own = len(self.subject.text)
        return Finding(
            check, reason, severity,
            tuple(dict.fromkeys((*(self.whole[start:end] for start, end in placed), *beside))),
            tuple((start, end) for start, end in placed if end <= own),
        )  # fmt: skip

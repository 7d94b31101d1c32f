"""The words that checks look for, in files of their own: themes of weighted phrases, found in a row of tokens.

A line of `lexicon/LANGUAGE/*.txt` is `[theme]`, a comment after `#`, or `WEIGHT: phrase, phrase`. In a phrase `word*`
is any word that begins so, `a|b` either, `words?` with or without its last letter, `(word)` may be missing, `_` stands
for up to three words of one sentence, and `<money>`, `<phone>`, `<link>`... for what `moderation.wording` recognises.
Small letters without accents, an apostrophe is a blank. Nothing here is a regular expression: a search costs a few
look-ups for each word, whatever the words are.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Generic, NamedTuple, TypeVar

from moderation.scales import alike

STOP = "<stop>"  # the end of a sentence, which no phrase crosses
_WIDEST = 3
_FEWEST_IN_STEM = 3
_OFTEN = 60  # times that nobody says a word in one message

T = TypeVar("T")


class Token(NamedTuple):
    """A word as it is read, or a thing such as `<money>`; `leet`: read from digits and signs, where i may be l."""

    word: str
    start: int
    end: int
    leet: bool = False


class Hit(NamedTuple):
    """A phrase of a theme, at tokens `first` up to and without `last`."""

    theme: str
    weight: float
    phrase: str
    first: int
    last: int


def _either(part: str) -> list[str]:
    return [one for word in part.split("|") for one in ((word[:-1], word[:-2]) if word[-1:] == "?" else (word,))]


@dataclass(frozen=True, slots=True)
class _Part:
    words: frozenset[str]
    stems: tuple[str, ...]
    alike: frozenset[str]
    alike_stems: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "_Part":
        words = frozenset(one for one in _either(text) if not one.endswith("*"))
        stems = tuple(one[:-1] for one in _either(text) if one.endswith("*"))
        return cls(words, stems, frozenset(map(alike, words)), tuple(map(alike, stems)))

    def fits(self, token: Token) -> bool:
        if token.leet:
            word = alike(token.word)
            return word in self.alike or (bool(self.stems) and word.startswith(self.alike_stems))
        return token.word in self.words or (bool(self.stems) and token.word.startswith(self.stems))


class _Phrase(NamedTuple):
    theme: str
    weight: float
    text: str
    rest: tuple[_Part | None, ...]  # what follows the first word; None is a gap


@dataclass(slots=True)
class _Index(Generic[T]):
    """Things by words and by beginnings of words; whatever stands in it, a look-up takes the same few steps."""

    words: dict[str, list[T]] = field(default_factory=dict)
    stems: dict[str, list[T]] = field(default_factory=dict)
    heads: set[str] = field(default_factory=set)  # what the stems begin with, as long as the shortest
    sizes: list[int] = field(default_factory=list)  # of the stems, the shortest first
    least: int = 0  # of them

    def add(self, words: Iterable[str], stems: Iterable[str], thing: T) -> None:
        for word in words:
            self.words.setdefault(word, []).append(thing)
        for stem in stems:
            self.stems.setdefault(stem, []).append(thing)
            if len(stem) not in self.sizes:
                self.sizes = sorted((*self.sizes, len(stem)))
                self.least = self.sizes[0]
                self.heads = {known[: self.least] for known in self.stems}
            self.heads.add(stem[: self.least])

    def of(self, word: str) -> Sequence[T]:
        """What is filed under a word, each once."""
        found: Sequence[T] = self.words.get(word, ())
        return self._with_stems(word, found) if word[: self.least] in self.heads else found

    def _with_stems(self, word: str, found: Sequence[T]) -> Sequence[T]:
        for size in self.sizes:
            if size > len(word):
                break
            for one in self.stems.get(word[:size], ()):
                if one not in found:
                    found = (*found, one)
        return found


@dataclass(slots=True)
class _Table(Generic[T]):
    """The same for tokens: where an l may be an i, both are looked for."""

    plain: _Index[T] = field(default_factory=_Index)
    alike: _Index[T] = field(default_factory=_Index)

    def add(self, part: _Part, thing: T) -> None:
        self.plain.add(part.words, part.stems, thing)
        self.alike.add(part.alike, part.alike_stems, thing)

    def of(self, token: Token) -> Sequence[T]:
        word, _, _, leet = token
        if leet:
            return self.alike.of(alike(word))
        plain = self.plain
        found: Sequence[T] = plain.words.get(word, ())
        return plain._with_stems(word, found) if word[: plain.least] in plain.heads else found  # noqa: SLF001 - its own


@dataclass(slots=True, eq=False)
class _Begun:
    """The phrases with the same first word, by what follows it: nothing, a word, or so many gaps and a word."""

    alone: list[_Phrase] = field(default_factory=list)
    then: dict[int, _Table[_Phrase]] = field(default_factory=dict)

    def add(self, phrase: _Phrase) -> None:
        gaps = next((at for at, part in enumerate(phrase.rest) if part), 0)
        if phrase.rest and (part := phrase.rest[gaps]):
            self.then.setdefault(gaps, _Table()).add(part, phrase)
        else:
            self.alone.append(phrase)

    def ends(self, tokens: Sequence[Token], at: int) -> Iterator[tuple[_Phrase, int]]:
        """Those whose first word is the token before `at`, and where each ends."""
        for phrase in self.alone:
            yield phrase, at
        for gaps, table in self.then.items():
            if not gaps:  # as with most
                for phrase in table.of(tokens[at]) if at < len(tokens) else ():
                    if last := _end(phrase.rest, 1, tokens, at + 1):
                        yield phrase, last
                continue
            done: list[_Phrase] = []
            for skipped, token in enumerate(tokens[at : at + gaps * _WIDEST + 1], at):
                for phrase in table.of(token):
                    if phrase not in done and (last := _end(phrase.rest, gaps + 1, tokens, skipped + 1)):
                        done.append(phrase)
                        yield phrase, last
                if token.word == STOP:
                    break


@dataclass(slots=True)
class Vocabulary:
    """All phrases by their first word."""

    begun: _Table[_Begun] = field(default_factory=_Table)
    known: set[str] = field(default_factory=set)  # every word of every phrase, and the beginnings of words
    heads: set[str] = field(default_factory=set)  # three letters with which one of them begins
    themes: set[str] = field(default_factory=set)
    firsts: dict[str, _Begun] = field(default_factory=dict)  # by the first word, with its * if it is a beginning

    def add(self, theme: str, weight: float, text: str) -> None:
        """Take a phrase in; ValueError if it cannot be one."""
        self.themes.add(theme)
        options = [([part[1:-1]], []) if part[0] == "(" else ([part],) for part in text.split()]
        for chosen in product(*options):
            parts = [part for choice in chosen for part in choice]
            if not parts or parts[0] == "_" or parts[-1] == "_":
                raise ValueError(f"{theme}: {text!r} begins or ends with a gap")
            rest = tuple(None if part == "_" else _Part.of(part) for part in parts[1:])
            for first in _either(parts[0]):
                if first.endswith("*") and len(first) <= _FEWEST_IN_STEM:
                    raise ValueError(f"{theme}: {first!r} is too short a beginning")
                if first not in self.firsts:
                    self.begun.add(_Part.of(first), self.firsts.setdefault(first, _Begun()))
                self.firsts[first].add(_Phrase(theme, weight, text, rest))
            for part in parts:
                words = [one.removesuffix("*") for one in _either(part) if one != "_"]
                self.known.update(words)
                self.heads.update(word[:_FEWEST_IN_STEM] for word in words)

    def knows(self, word: str) -> bool:
        """Whether a phrase may begin with this word; i and l are not told apart."""
        return bool(self.begun.alike.of(alike(word)))

    def find(self, tokens: Sequence[Token]) -> Iterator[Hit]:
        """Every phrase wherever it stands; a word that comes again and again begins one no more."""
        words, heads = self.begun.plain.words, self.begun.plain.heads
        seen: Counter[str] = Counter()
        for at, token in enumerate(tokens):
            word = token.word
            if len(word) < _FEWEST_IN_STEM if token.leet else word not in words and word[:_FEWEST_IN_STEM] not in heads:
                continue
            seen[word] += 1
            if seen[word] > _OFTEN:
                continue
            for begun in self.begun.of(token):
                for phrase, last in begun.ends(tokens, at + 1):
                    yield Hit(phrase.theme, phrase.weight, phrase.text, at, last)


def _end(rest: Sequence[_Part | None], part: int, tokens: Sequence[Token], at: int) -> int:
    """Where the rest of a phrase ends, if it stands there; else 0."""
    for place in range(part, len(rest)):
        wanted = rest[place]
        if wanted is None:
            for skipped in range(at, min(at + _WIDEST + 1, len(tokens))):
                if last := _end(rest, place + 1, tokens, skipped):
                    return last
                if tokens[skipped].word == STOP:
                    return 0
            return 0
        if at >= len(tokens) or not wanted.fits(tokens[at]):
            return 0
        at += 1
    return at


@cache
def vocabulary() -> Vocabulary:
    """All that stands in the files, read once."""
    made = Vocabulary()
    for language in sorted(files("moderation").joinpath("lexicon").iterdir(), key=lambda one: one.name):
        for file in sorted(language.iterdir(), key=lambda one: one.name):
            theme = ""
            for line in file.read_text("utf-8").splitlines():
                text = line.partition("#")[0].strip()
                if text.startswith("["):
                    theme = text.strip("[]")
                elif text:
                    weight, _, phrases = text.partition(":")
                    for phrase in phrases.split(","):
                        if phrase.strip():
                            made.add(theme, float(weight), phrase.strip())
    return made

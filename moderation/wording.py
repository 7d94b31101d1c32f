"""What a text says once it is plain: addresses, numbers, words behind digits and blanks; each with its place."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from moderation.links import domain_of
from moderation.normalise import leetless, plain
from moderation.scales import alike, weighty
from moderation.vocabulary import STOP, Token, Vocabulary, vocabulary

_MANY, _SHORT = 1000, 3  # words that are all read; above, only those of so many letters
_ENDS = (
    "com net org info biz fr eu be ch ca uk us io ai co app dev ly gl gd cc tv ws ru cn in pl it pt nl xyz top icu "
    "click shop online site club live vip win bid loan work buzz fun space store website world ga ml cf gq tk link bet "
    "casino sex porn xxx pro agency finance money cash credit example test bzh paris tech cloud blog news media sbs "
    "quest cfd"
)  # fmt: skip
_END = "|".join(_ENDS.split())
_ADDRESS = re.compile(
    rf"""(?:(?<!\w)|(?=h[tx]{{2}}p))(?:  # the inside of a word is passed over fast
    (?P<mail>(?<![\w.+-])[a-z0-9][a-z0-9._+-]{{0,63}}+@(?:[a-z0-9-]{{1,63}}+\.){{1,5}}[a-z]{{2,24}})
    |(?P<link>h(?:tt|xx)ps?://[^\s"<>]{{1,2000}}
      |(?<![\w.@/-])(?:www\.(?:[a-z0-9-]{{1,63}}+\.){{1,5}}[a-z]{{2,24}}|(?:t|wa|m|telegram)\.me(?=/)
        |(?:[a-z0-9-]{{1,63}}+\.){{1,8}}(?:(?:{_END})(?![\w-])|[a-z]{{2,24}}(?=/[\w?])))(?:[/?:\#][^\s"<>]{{0,2000}})?)
    |(?P<handle>(?<![\w.@])@[a-z][a-z0-9_.]{{2,39}}))""",
    re.VERBOSE,
)
_MAYBE_ADDRESS = re.compile(r"[a-z0-9]\.[a-z]|@|://")
_NUMBER = re.compile(
    r"""(?=[\d+o€$£])(?:  # what cannot begin one is passed over fast
    (?P<phone>(?<![\w+])(?:(?:\+|00)\d{1,3}[ .\-()]{0,3}(?:\d[ .\-()]{0,2}){8,10}\d?
      |[0o][1-9](?:[ .\-/_]{0,3}\d\d){4})(?!\d))
    |(?P<money>(?<![\w])(?:[€$£]\ ?\d[\d.,]{0,9}|\d{1,3}+(?:[ .,']?\d{1,3}+){0,4}+\s?
      (?:€|euros?\b|eur\b|usdt?\b|dollars?\b|\$|£|balles\b|k€|k\b|(?<=[05])e(?:uros)?\b)))
    |(?P<percent>(?<!\w)\d{1,3}(?:[.,]\d{1,2})?\ ?(?:%|pour\ cent\b|pourcent\b))
    |(?P<hour>(?<!\w)\d{1,2}\ ?h(?:eures?)?\ ?(?:\d\d)?\b))""",
    re.VERBOSE,
)
_WORD = re.compile(r"[@$]?[a-z0-9]+(?:[@$!|€£+][a-z0-9]+)*|[^\W_]+|[(\[{]\.[)\]}]|[.!?]+|\n|[^\w\x00-\xa0]")
_LONG_WORD = re.compile(r"[a-z0-9]{3,}(?:[@$!|€£+][a-z0-9]+)*|[^\W_]{3,}|[.!?]+|\n")
_SPACED = re.compile(
    r"(?<![a-z0-9])[a-z0-9@$](?:[ .*_-]{1,3}(?:[a-z0-9@$](?![a-z0-9])|[!|](?=[ .*_-]{1,3}[a-z0-9@$](?![a-z0-9])))){3,}"
)
_REPEATED = re.compile(r"([a-z])\1{2,}")
_STOPS, _PAUSES = frozenset(".!?\n"), {STOP, "<dot>"}
_LONGEST_WORD = 40  # letters of a word in which digits are read as letters
_SPELLED_OUT = re.compile(r"\s|[(\[{](?:\.|point|dot)[)\]}]")
_BETWEEN_LABELS = re.compile(r"[^\w-]+")
_SPELLED = {"point", "dot", "<dot>"}
_SPELLED_ENDS = {"com", "fr", "org", "example", "xyz", "io", "ly", "ru", "shop"}
_MOST_LABELS = 8  # of a domain that is looked at
# "Ce point me gêne", "le point info" are no addresses; "t point me", "le-colis point info" are.
_WORDS_TOO, _BEFORE_WORDS = {"be", "eu", "info", "me", "net", "top"}, {"m", "t", "telegram", "wa", "youtu"}
_LEET, _PARTS = re.compile(r"[0-9@$!|€£+]"), re.compile(r"[a-z]+|\d+")
_AS_LETTERS = {ord(sign): leetless(sign) for sign in "0123456789@$!|€£+"}


def domain_in(link: str) -> str:
    """The domain of a link, however its points are written."""
    if "://" in link or not _SPELLED_OUT.search(link):
        return domain_of(link.replace("[.]", "."))
    labels = (label.strip("-") for label in _BETWEEN_LABELS.split(link))
    return domain_of(".".join(label for label in labels if label and label not in _SPELLED))


def words_of(text: str) -> list[str]:
    """The words of a phrase as they are read, for a list of words to look for."""
    read = plain(text).text
    tokens: list[Token] = []
    _add_words(tokens, read, 0, len(read), vocabulary(), repeats=True)
    found = [token.word for token in tokens if token.word.isalpha() or token.word == "<number>"]
    return found if any(word.isalpha() for word in found) else []


def tokens_of(text: str, listed: Vocabulary) -> list[Token]:
    """Things first (addresses, numbers), then the words between them."""
    tokens: list[Token] = []
    at, repeats = 0, _REPEATED.search(text) is not None
    for kind, start, end in _things(text):
        if start >= at:
            _add_words(tokens, text, at, start, listed, repeats=repeats)
            if kind == "spaced":
                tokens += _spaced(text, start, end, listed)
            else:
                tokens.append(Token(f"<{kind}>", start, end))
            if kind in {"link", "handle", "mail"} and len(tokens) < _MANY:
                tokens += _inside(text, start, end)
            at = end
    _add_words(tokens, text, at, len(text), listed, repeats=repeats)
    return _spelled_links(text, tokens)


def _things(text: str) -> list[tuple[str, int, int]]:
    found = [(one.lastgroup or "", *one.span()) for one in _NUMBER.finditer(text)]
    if _MAYBE_ADDRESS.search(text):
        found += [(one.lastgroup or "", *one.span()) for one in _ADDRESS.finditer(text)]
    known = vocabulary()
    for one in _SPACED.finditer(text):
        letters = "".join(text[at] for at in range(*one.span()) if text[at] not in " .*_-")
        if sum(letter.isalpha() for letter in letters) * 2 > len(letters) and known:
            found.append(("spaced", *one.span()))
    found.sort(key=lambda one: (one[1], -one[2]))
    return found


def _inside(text: str, start: int, end: int) -> Iterator[Token]:
    """The words of an address, as separate sentences."""
    yield Token(STOP, start, start)
    for word in re.finditer(r"[a-z0-9]+", text[start : min(end, start + 200)]):
        if word[0] not in {"www", "http", "https", "com", "fr", "example"}:
            leet = not word[0].isalpha() and not word[0].isdigit()
            yield Token(leetless(word[0]) if leet else word[0], start + word.start(), start + word.end(), leet)
    yield Token(STOP, end, end)


def _add_words(tokens: list[Token], text: str, start: int, end: int, listed: Vocabulary, *, repeats: bool) -> None:
    """The words of a part of the text. Where there are many already, what is shorter than a word is passed over.

    `repeats`: somewhere in the text a letter stands three times in a row.
    """
    if start == end:
        return
    firsts, many = vocabulary().firsts, len(tokens) > _MANY
    for found in (_LONG_WORD if many else _WORD).finditer(text, start, end):
        word, first = found[0], found.start()
        last = first + len(word)
        if word.isalpha():  # as nearly all are
            tokens.append(Token(_REPEATED.sub(r"\1", word) if repeats and len(word) > _SHORT else word, first, last))
        elif word.isdigit():
            tokens.append(Token("<number>", first, last))
        elif word[0] in _STOPS:
            if not (many and tokens[-1].word in _PAUSES):
                is_dot = word == "." and text[first - 1 : first] == " "
                tokens.append(Token("<dot>" if is_dot else STOP, first, last))
        elif len(word) == 1:
            if word in firsts:
                tokens.append(Token(word, first, last))
        elif word[0] in "([{":
            tokens.append(Token("<dot>", first, last))
        elif not many and _LEET.search(word):
            tokens += _leet(word, first, listed)
        else:
            tokens.append(Token(word, first, last))
        if len(tokens) > _MANY and not many:
            _add_words(tokens, text, last, end, listed, repeats=repeats)
            return


def _leet(word: str, at: int, listed: Vocabulary) -> list[Token]:
    """A word with digits and signs: read as letters where that gives a word that is looked for, else in its parts."""
    if len(word) <= _LONGEST_WORD:
        read = word.translate(_AS_LETTERS)
        if len(word) > _SHORT:
            read = _REPEATED.sub(r"\1", read)
        if vocabulary().knows(read) or (listed.firsts and listed.knows(read)):
            return [Token(read, at, at + len(word), leet=True)]
        if known := weighty().get(alike(read)):
            return [Token(known, at, at + len(word))]
    return [
        Token("<number>" if part[0].isdigit() else part[0], at + part.start(), at + part.end())
        for part in islice(_PARTS.finditer(word), _MANY)
    ]


def _spaced(text: str, start: int, end: int, listed: Vocabulary) -> Iterator[Token]:
    """Letters with blanks or dots between them, as the words that they are."""
    letters = [at for at in range(start, end) if text[at] not in " .*_-"]
    widths = {after - before for before, after in pairwise(letters)}
    groups: list[list[int]] = [letters[:1]]
    for before, after in pairwise(letters):
        if len(widths) > 1 and after - before > min(widths):
            groups.append([])
        groups[-1].append(after)
    for group in groups:
        joined = "".join(text[at] for at in group)
        leet = not joined.isalpha()
        read = leetless(joined) if leet else joined
        cuts = [*_cuts(read, listed), len(group)]
        for first, last in pairwise(cuts if len(read) == len(group) else [0, len(group)]):
            yield Token(read[first:last], group[first], group[last - 1] + 1, leet)


def _cuts(read: str, listed: Vocabulary) -> list[int]:
    """Where words begin in letters without blanks: the longest that is known, and what nobody knows goes along."""
    known, heads, cuts, at = vocabulary().known, vocabulary().heads, [0], 0
    while at < len(read):
        size = 0
        if (head := read[at : at + _SHORT]) in heads or head in listed.heads:
            sizes = range(min(14, len(read) - at), 2, -1)
            size = next((size for size in sizes if (part := read[at : at + size]) in known or part in listed.known), 0)
        if size and at:
            cuts.append(at)
        at += size or 1
    return cuts


def _spelled_links(text: str, tokens: list[Token]) -> list[Token]:
    """What is written "exemple point com", "exemple . com" or "exemple[.]com" becomes a link."""
    kept: list[Token] = []
    done = 0
    for dot in [at for at, token in enumerate(tokens) if token.word in _SPELLED]:
        at = last = dot - 1
        if at < done:
            continue
        begin = at
        while begin > done and _are_joined(text, tokens[begin - 1], tokens[begin]):
            begin -= 1
        while last + 2 < len(tokens) and last - at < 2 * _MOST_LABELS and _joins(tokens, last):
            last += 2
        end = next((end for end in range(last, at, -2) if _ends(text, tokens, at, end)), at)
        if end > at:
            first, last = tokens[begin].start, tokens[end].end
            kept += [*tokens[done:begin], Token("<link>", first, last), Token(STOP, first, first), *tokens[begin:at]]
            kept += [*(token for token in tokens[at:end:2] if token.word.isalpha()), Token(STOP, last, last)]
            done = end + 1
    return kept + tokens[done:]


def _are_joined(text: str, word: Token, after: Token) -> bool:
    """Whether two words are one part of an address, as in "mon-exemple"."""
    return text[word.end : after.start] == "-" and word.word.isalnum()


def _joins(tokens: list[Token], at: int) -> bool:
    """Whether the next token is a spelled point between two parts of an address."""
    if tokens[at + 1].word not in _SPELLED:
        return False
    word, after = tokens[at], tokens[at + 2]
    return (word.word.isalnum() or word.word == "<number>") and after.word.isalpha()


def _ends(text: str, tokens: list[Token], at: int, end: int) -> bool:
    """Whether an address that begins at a token may end with another."""
    name, dot, ending = tokens[at], tokens[at + 1], tokens[end].word
    if ending not in _WORDS_TOO:
        return ending in _SPELLED_ENDS
    is_name = name.word in _BEFORE_WORDS or text[name.start - 1 : name.start] == "-"
    return is_name or end > at + 2 or text[dot.start] in "([{"

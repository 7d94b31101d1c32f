"""What disguised words look like to a reader: letters of other alphabets, digits, ornaments become plain a to z."""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby

# What Unicode's table of confusables lacks, since it compares shapes of whole words and not what people make of them.
_OWN = {
    twin: letter
    for letter, twins in {
        "a": "@4₳ªΛλΔδлдɐⱯ∀", "b": "8฿ьъвыβ", "c": "¢©ςɔ", "d": "∂", "e": "€3ΣΞξέзэёǝƎ∃∑ꓱ", "f": "ƒ", "g": "69ɓ",
        "h": "нɥ", "i": "1!¡|ǀ∣†іїιᴉıᏆ", "k": "₭к", "l": "£", "m": "₥мμɯ♏♍ℳʍმ", "n": "₦η∩ийпπ", "o": "0º○◯⭕●🅾юфσ☐",
        "p": "₱", "q": "ɋ", "r": "®ягɹɿ", "s": "$5§", "t": "7+т₮τ", "u": "υ∪цч", "v": "ν", "w": "₩ωшщ", "x": "χж",
        "y": "¥уγ", "z": "2",
    }.items()
    for twin in twins
} | {"œ": "oe", "æ": "ae", "ß": "ss"}  # fmt: skip
# Alphabets that Unicode keeps apart without saying which letters they are.
_ALPHABETS = (0x1F150, 0x1F170, 0x1F130, 0x1F1E6, 0xE0041, 0xE0061)
_NAMED = re.compile(
    r"(?:MODIFIER LETTER )?LATIN (?:CAPITAL |SMALL |LETTER |SUBSCRIPT )+"
    r"(?:SMALL |CAPITAL |TURNED |REVERSED |SIDEWAYS |INVERTED |DOTLESS |LONG |OPEN |CLOSED |SCRIPT |"
    r"STRETCHED |INSULAR |BARRED |TAILLESS |AFRICAN )*([A-Z])(?: .*)?",
)
_LATER = "\u3400"  # from here on there are signs and syllables that look like no Latin letter, as a rule
_WIDEST = 3  # letters that one character is read as: "⑽" is "(10", and no text becomes much longer
BLANKS = "\u115f\u1160\u3164\uffa0\u2800"  # drawn as nothing, although letters and symbols to Unicode
_OVERRIDDEN = re.compile("\u202e([^\u202c\u2069\n]*)[\u202c\u2069]?")
_UPSIDE_DOWN = str.maketrans("WMunpbdq69", "MWnudqpb96")
_TURNED = set("ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎⱯƎ∀∃ɿ")
# Signs that people type in several ways, as the one that is looked for.
_SIGNS = {sign: plain for plain, signs in {
    "'": "’‘ʼ´`′＇", '"': "«»“”„‟", "-": "‐‑‒–—−", ".": "…。․", "/": "⁄∕", "€": "€", "°": "°º",
}.items() for sign in signs}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plain:
    """A text as it is read: small letters without accents or disguise; `at` says where each character came from.

    Digits and signs are left as they are, since "1" may be an i or a number; see `leetless`.
    """

    text: str
    at: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original `text[start:end]` stands; it is not empty."""
        first, last = self.at[start], self.at[end - 1]
        return min(first, last), max(first, last) + 1


def plain(text: str) -> Plain:
    """A text as it is read, in the order in which it is read, with the way back to the original."""
    order: Sequence[int] = range(len(text))
    if "\u202e" in text:
        order = list(order)
        for found in _OVERRIDDEN.finditer(text):
            order[found.start(1) : found.end(1)] = order[found.start(1) : found.end(1)][::-1]
        text = "".join(text[at] for at in order)
    read = text.translate(_READ)
    if _READ.uneven.isdisjoint(text):
        return Plain(read, order)
    return Plain(read, [at for at, character in zip(order, text, strict=True) for _ in _READ[ord(character)]])


def leetless(word: str) -> str:
    """A word in which digits and signs are read as letters: "v1r3ment"."""
    return "".join(map(_seen, word))


class _Read(dict[int, str]):
    """How each character is read, learnt as they come; `uneven` are those that are not read as one."""

    def __init__(self) -> None:
        super().__init__()
        self.uneven: set[str] = set()

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = read = _read(character)
        if len(read) != 1:
            self.uneven.add(character)
        return read


def skeleton(text: str) -> str:
    """What a text looks like: a to z and letters that resemble none of these; no separators, no letter twice in a row.

    For comparing with the skeleton of something else, never for showing.
    """
    return squeezed("".join(words(text)))


def words(text: str) -> list[str]:
    """The same word by word, with letters repeated as they are; invisible characters do not part words."""
    seen = "".join(map(_seen, unicodedata.normalize("NFC", text)))
    return [word.replace("rn", "m").replace("vv", "w") for word in seen.split()]


def squeezed(word: str) -> str:
    """A word without letters that only repeat the one before."""
    return "".join(letter for letter, _ in groupby(word))


def readings(text: str) -> Iterator[str]:
    """A text in the order in which it is read: as it stands, with overrides of direction carried out, upside down."""
    yield text
    if "\u202e" in text:
        yield _OVERRIDDEN.sub(lambda found: found[1][::-1], text)
    if not _TURNED.isdisjoint(text):
        yield text[::-1].translate(_UPSIDE_DOWN)


def _read(character: str) -> str:
    """One character of a text that stays a text."""
    if character in _SIGNS:
        return _SIGNS[character]
    if character in BLANKS or character.isspace():
        return "\n" if character in "\n\r\u2028\u2029" else " "
    if character.isascii():
        return character.lower() if character.isprintable() else ""
    category = unicodedata.category(character)
    if category[0] == "M" or category in {"Cf", "Cc", "Cs", "Co", "Sk"}:
        return ""
    if category == "Lo" and character >= _LATER and character not in _confusables():
        return character
    if category[0] == "L" or any(0 <= ord(character) - first < 26 for first in _ALPHABETS):
        return _seen(character)
    plainer = unicodedata.normalize("NFKC", character)
    return character if plainer == character else "".join(map(_read, plainer))[:_WIDEST]


_READ = _Read()


@lru_cache(maxsize=4096)
def _seen(character: str) -> str:
    """What a reader takes a character for: letters, a space where it parts words, or nothing."""
    if character in BLANKS:
        return " "
    for known in (character, character.casefold()):
        if "a" <= known <= "z" and len(known) == 1:
            return known
        if known in _OWN:
            return _OWN[known]
    for first in _ALPHABETS:
        if 0 <= ord(character) - first < 26:
            return chr(ord("a") + ord(character) - first)
    plainer = unicodedata.normalize("NFKD", character)
    if plainer != character:
        return "".join(map(_seen, plainer))
    category = unicodedata.category(character)
    if category[0] == "M" or category in {"Cf", "Cc", "Cs", "Sk"}:
        return " " if character in "\n\t\r\x0b\x0c" else ""
    for known in (character, character.casefold(), character.lower(), character.upper()):
        if known in _confusables():
            return _confusables()[known]
    if found := _NAMED.fullmatch(unicodedata.name(character, "")):
        return found[1].lower()
    return character.casefold() if category[0] in "LN" else " "


@cache
def _confusables() -> dict[str, str]:
    """Unicode's confusables (UTS 39) that look like Latin letters, read at the first need."""
    data = json.loads((files("confusable_homoglyphs") / "confusables.json").read_text(encoding="utf-8"))
    table = {}
    for character, twins in data.items():
        latin = [twin["c"].casefold() for twin in twins if twin["c"].isascii() and twin["c"].isalpha()]
        if len(character) == 1 and not character.isascii() and latin:
            table[character] = min(latin, key=len)
    return table

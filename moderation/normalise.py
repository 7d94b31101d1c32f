"""What a disguised word looks like to a reader: letters of other alphabets, digits, ornaments become plain a to z."""

import json
import re
import unicodedata
from collections.abc import Iterator
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
BLANKS = "\u115f\u1160\u3164\uffa0\u2800"  # drawn as nothing, although letters and symbols to Unicode
_OVERRIDDEN = re.compile("\u202e([^\u202c\u2069\n]*)[\u202c\u2069]?")
_UPSIDE_DOWN = str.maketrans("WMunpbdq69", "MWnudqpb96")
_TURNED = set("ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎⱯƎ∀∃ɿ")


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

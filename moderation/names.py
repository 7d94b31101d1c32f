"""Nobody borrows the voice of the town hall, of a role or of the bot: in a name, or in the lines of a message."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise, product

from bridges.markup import clusters, read, tidy, units
from moderation.normalise import BLANKS, readings, skeleton, squeezed, words

# Recognised also inside a longer word, and with a letter too many.
_INSTITUTIONS = (
    "mairie", "town hall", "city hall", "hôtel de ville", "municipalité", "municipality", "conseil municipal",
    "police municipale", "police nationale", "gendarmerie", "préfecture", "ambassadeur", "ambassadrice", "ambassador",
    "modérateur", "modératrice", "moderator", "administrateur", "administratrice", "administrator",
)  # fmt: skip
# Recognised only as whole words, since names hold them: Admira, Lemaire, Mairesse.
_TITLES = (
    "maire", "mayor", "ville de", "commune de", "city of", "admin", "modo", "modération", "opérateur", "opératrice",
    "operator", "officiel", "officielle", "official",
    "service municipal", "services municipaux",
)  # fmt: skip
# No room may be called so, although families are.
_NOT_ROOMS = ("police", "admins", "modos")
# Family names that look like a reserved word written with a letter twice.
_HONEST = {"pallier", "palliere", "palliers"}
_FAMILY_NAME = re.compile(r"[^\W\d_]{2,}(?:[ '’-][^\W\d_]+)* (?:Maire|MAIRE)")
_BEFORE_TITLE = {"le", "la", "m", "mr", "mme", "madame", "monsieur", "votre", "notre", "adjoint", "adjointe"}
_ARTICLE = re.compile(r"(?:(?:la|le|les|the)\s+|l['’]\s*)", re.IGNORECASE)
_MOST_CHOICES = 5  # above, all doubtful letters are read alike
_FEWEST_SEEN = 4
_MOST_MARKS = 50
_I_OR_L = re.compile(r"[1|ǀ∣]|(?<=[a-zà-ÿ])I")
_MASK = "*#?%^~="
_TRIMMED = re.compile(r"(?<!\S)[\W\d_]+|[\W\d_]+(?!\S)")  # Admin1, @Palier, Maire!

_DOTS = "·\u0387•‧∙⋅・･᛫ꞏ⸱⸳ᐧ●⬝▪◦⚫∘᐀𐄁"
_COLONS = ":：﹕︰∶ː꞉˸։׃܃᛬⁚︓"
_NETWORKS = {"teiegram", "matrix"}
_UNNAMED = {"queiqun", "someone"}  # how the labels of those without a name begin, in any language of the bot
_FIRST = re.compile(rf"([^\n{_DOTS}]*)[{_DOTS}](?!(?:e|s|es)\b)")  # but "quelqu'un·e" is a word
_CATALAN = re.compile(f"(?<=[lL])[{_DOTS}](?=[lL])")
_SIGNATURE = re.compile(rf"[^\n{_DOTS}]*[^\W_][^\n{_DOTS}]*[{_DOTS}]([^\n{_COLONS}{_DOTS}]{{1,40}})(?:[{_COLONS}]|$)")
_HALLS = "🏛🏦🏤🏢🏣🏫🏰🏯⛪🕌🏨⚖"
_ORNAMENT = re.compile(rf"[\W_{BLANKS}]*")
_LONGEST_SIGNATURE = 200
_BLOCKS = {"blockquote", "pre"}
_MOST_UNITS_OF_NAME, _MOST_UNITS_OF_TITLE = 64, 96  # less than `imitates` looks at
_STEP_BACK = "› "
_NEUTRAL = "▫\ufe0f"


@dataclass(frozen=True, slots=True)
class Reserved:
    """The names that nobody may wear, as skeletons; `inside`: also within a longer word; `places`: rooms may."""

    whole: frozenset[str]
    inside: frozenset[str]
    places: frozenset[str] = frozenset()

    @classmethod
    def of(cls, communes: Iterable[str], bots: Iterable[str], halls: Iterable[str] = ()) -> "Reserved":
        """From the names of the communes, of the bot and of the town halls; institutions and roles are known.

        The communes' names may stand in a room's title, the others may not; what is both is a commune's.
        """
        bots = [name for name in bots if skeleton(name)]
        roles = {skeleton(word) for word in (*bots, *(f"{name} bot" for name in bots), *_TITLES)}
        places = {skeleton(name) for name in communes} - roles - {""}
        roles |= {skeleton(name) for name in halls} - {""}
        return cls(frozenset(roles | places), frozenset(map(skeleton, _INSTITUTIONS)), frozenset(places))

    def for_rooms(self) -> "Reserved":
        """What a room may not be called: the commune's own name is where it is."""
        return Reserved(self.whole - self.places | frozenset(map(skeleton, _NOT_ROOMS)), self.inside)


@lru_cache(1024)
def imitates(name: str, reserved: Reserved) -> bool:
    """Whether a name, read as a person in a hurry reads it, holds a reserved one."""
    name = tidy(name)[:200].strip()
    if _FAMILY_NAME.fullmatch(name) and not _BEFORE_TITLE & set(name.casefold().split()):
        name = name.rsplit(" ", 1)[0]
    return any(_holds(words(variant), reserved) for variant in _variants(name)) or any(
        _masks(word, reserved) for word in name.split() if not set(_MASK).isdisjoint(word)
    )


def _variants(name: str) -> Iterator[str]:
    """A name with what may be an i or an l as either, and with and without ornaments around its words."""
    for reading in readings(name):
        for plainer in dict.fromkeys((reading, _TRIMMED.sub(" ", reading))):
            parts = _I_OR_L.split(plainer)
            few = len(parts) <= _MOST_CHOICES
            for choice in product("il", repeat=len(parts) - 1) if few else ("i" * len(parts), "l" * len(parts)):
                yield "".join(part + letter for part, letter in zip(parts, [*choice, ""], strict=False))


def _holds(name: list[str], reserved: Reserved) -> bool:
    name = [word for word in name if word not in _HONEST]
    plain = _joined(name)
    as_i = _joined([word.replace("l", "i") for word in name])
    as_l = _joined([word.replace("i", "l") for word in name])
    for word in reserved.whole | reserved.inside:
        # One passes for the other only in a word that does not have both, or Pailler would be Palier.
        for seen in (plain, *([] if "l" in word else [as_i]), *([] if "i" in word else [as_l])):
            if word in seen[0] and _stands_in(word, *seen, anywhere=word in reserved.inside):
                return True
    return any(
        squeezed(word[:at] + word[at + 1 :]) in reserved.inside
        for word in map(squeezed, name) if 6 < len(word) < 40
        for at in range(len(word))
    )  # fmt: skip


def _stands_in(word: str, joined: str, starts: set[int], ends: set[int], *, anywhere: bool) -> bool:
    """Whether a reserved word begins and ends with words of the name, or else (`anywhere`) lies within one of them."""
    for found in re.finditer(f"(?={re.escape(word)})", joined):
        begin, end = found.start(), found.start() + len(word)
        if begin in starts and end in ends:
            return True
        if anywhere and not any(begin < start < end for start in starts):
            return True
    return False


def _joined(name: list[str]) -> tuple[str, set[int], set[int]]:
    """The words as one, squeezed, and where in it words begin and end."""
    joined = ""
    starts, ends = set(), set()
    for word in map(squeezed, name):
        shared = joined[-1:] == word[:1]
        starts.add(len(joined) - shared)
        joined += word[shared:]
        ends.add(len(joined))
    return joined, starts, ends


def _masks(word: str, reserved: Reserved) -> bool:
    """M*irie: letters hidden behind signs."""
    letters = ["?" if sign in _MASK else "".join(words(sign)) for sign in word]
    if sum(letter not in {"", "?"} for letter in letters) < _FEWEST_SEEN:
        return False
    pattern = "".join("[a-z]{1,2}" if letter == "?" else re.escape(letter) for letter in squeezed("".join(letters)))
    return any(re.fullmatch(pattern, known) for known in reserved.whole | reserved.inside)


@lru_cache(1024)
def shown_name(name: str, limit: int = 40) -> str:
    """A name as it may be shown: on one line, at most `limit` visible characters and 64 UTF-16 units, possibly empty.

    Invisible characters and overrides of direction are taken out, marks piled on a letter thinned out, and the signs
    that stand around a network's name in a signature ("Ana · Telegram: ...") are replaced, so that nobody signs twice.
    """
    line = re.sub(f"[{_COLONS}]", " ", _visible(name[: 10 * limit]))
    line = re.sub(f"(?<![lL])[{_DOTS}]|[{_DOTS}](?![lL])", "-", line)  # Catalan writes l·l
    return _cut(line, limit, _MOST_UNITS_OF_NAME)


def shown_title(title: str, reserved: Reserved, limit: int = 60) -> str:
    """A room's title as the bot may show it: on one line, at most `limit` visible characters and 96 UTF-16 units; text.

    Empty where the title pretends to be an institution, a role or the bot, or reads like a signature of ours; it may
    hold the commune's name.
    """
    shown = _cut(_visible(title[: 10 * limit]), limit, _MOST_UNITS_OF_TITLE)
    rooms = reserved.for_rooms()
    pretends = any(imitates(seen, rooms) or _signed(seen) for seen in (shown, title[: 10 * limit]))
    return "" if pretends else shown


def _visible(name: str) -> str:
    """Without what is invisible or overrides direction, and with blanks of any kind as spaces."""
    kept: list[str] = []
    for at, character in enumerate(name):
        category = unicodedata.category(character)
        if character in BLANKS or category[0] == "Z" or character in "\t\n\r\x0b\x0c\x85":
            kept.append(" ")
        elif character == "\u200d" and _joins_emoji(name, at):
            kept.append(character)
        elif category[0] == "M" and (not kept or kept[-1] == " " or _piled(kept)):
            continue
        elif category[0] != "C":
            kept.append(character)
    return "".join(kept)


def _cut(line: str, limit: int, most_units: int) -> str:
    """As many whole visible characters as both limits allow."""
    cut, room = "", most_units
    for cluster in islice(clusters(" ".join(line.split())), limit):
        room -= units(cluster)
        if room < 0:
            break
        cut += cluster
    return cut.strip()


def _joins_emoji(name: str, at: int) -> bool:
    before = name[:at].rstrip("\ufe0f")[-1:]
    after = name[at + 1 : at + 2]
    return all(sign and unicodedata.category(sign) in {"So", "Sk"} for sign in (before, after))


def _piled(kept: list[str]) -> bool:
    return len(kept) >= 3 and all(unicodedata.category(mark)[0] == "M" for mark in kept[-3:])


def defuse(html: str, reserved: Reserved, mark: str = "🏛") -> str:
    """Somebody's words in which no line can pass for an announcement or for somebody else's; html of the subset.

    Takes any string. What stands at the beginning of a line, whatever is invisible or ornament before it, a quote or
    a block of code and what follows it being lines as well:

    - the town hall's mark, or a building like it, and then a reserved name: a forgery; the mark becomes ▫️.
    - the town hall's mark and other words: may be honest; nothing is taken away, the line begins with "› ".
    - what reads like a signature of ours ("Bob · Telegram: ...", "Someone · Les Tilleuls 3: ..."): as well "› ", so
      that a line copied on purpose remains whole and yet does not stand where signatures stand.

    Everything else is left as it is, and what was defused once does not change again.
    """
    rich = read(html)
    edits: list[tuple[int, int, str]] = []
    ends = {at for span in rich.nested() if span.kind in _BLOCKS for at in (span.start, span.end)}
    ends |= {found.end() for found in re.finditer("\n", rich.text)}
    for at, after in pairwise(sorted({0, *ends, len(rich.text)})):
        line = rich.text[at:after].removesuffix("\n")
        edits += ((at + start, at + end, new) for start, end, new in _defused(line, reserved, mark, len(edits)))
    return rich.edited(edits).html()


def _defused(line: str, reserved: Reserved, mark: str, before: int) -> list[tuple[int, int, str]]:
    ornament = _ORNAMENT.match(line)
    first = ornament.end() if ornament else 0
    halls = [at for at, sign in enumerate(line[:first]) if sign in _HALLS or sign == mark[0]]
    # Who writes dozens of such lines is not honest, and each costs a comparison.
    if halls and (before > _MOST_MARKS or imitates(_head(line[first:]), reserved)):
        return [(at, at + 1 + (line[at + 1 : at + 2] == "\ufe0f"), _NEUTRAL) for at in halls]
    if any(line[at] == mark[0] for at in halls) or _signed(line):
        return [] if line.startswith(_STEP_BACK) else [(0, 0, _STEP_BACK)]
    return []


def _head(line: str) -> str:
    """The first words of a line, which say who speaks."""
    head = _ARTICLE.sub("", line[:120], count=1).split()
    if all(len(word) == 1 for word in head[:2]):
        return " ".join(head)
    return " ".join(head[:3] if len(head) > 1 and len(head[1]) <= 3 else head[:2])  # "Hôtel de ville"


def _signed(line: str) -> bool:
    """Whether a line begins like words that the bot signs, in one of the ways to read it."""
    return any(map(_reads_signed, readings(line[:_LONGEST_SIGNATURE])))


def _reads_signed(line: str) -> bool:
    line = _CATALAN.sub("", line)
    unnamed, network = _FIRST.match(line), _SIGNATURE.match(line)
    return (unnamed is not None and _label(unnamed[1]) in _UNNAMED) or (
        network is not None and _label(network[1]) in _NETWORKS
    )


def _label(text: str) -> str:
    """A skeleton of Latin letters, l read as i: there are letters that look like an apostrophe."""
    return squeezed(re.sub("[^a-z]", "", skeleton(text)).replace("l", "i"))

"""What can be counted in a message: themes, means, signs, manners, words; each a number with a name people can read."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from operator import itemgetter

from moderation.links import CHATS, CHEAP, SHORTENERS, TRUSTED, within
from moderation.policy import Policy
from moderation.reading import Reading
from moderation.vocabulary import STOP, Hit

SWINDLES = (
    "advance", "animals", "bank", "buyer", "charity", "code", "door", "energy", "fine", "gift-card", "health-card",
    "inheritance", "invest", "lottery", "parcel", "recruit", "refund", "relative", "romance", "support", "survey",
    "training", "video",
)  # fmt: skip
OFFERS = (
    "betting", "clairvoyant", "crypto", "drugs", "escort", "firm", "followers", "invite", "iptv", "loan", "mlm",
    "papers", "pills", "remedy", "renovation", "shop", "slimming",
)  # fmt: skip
THEMES = frozenset(SWINDLES + OFFERS)
MEANS = ("absent", "away", "bait", "hype", "official", "promise", "secret", "testimony", "trust", "urgency")
ASIDE = ("asking", "harmless", "kind", "local", "warning")
ABUSE = ("hate", "insult", "rumour", "sexual", "slur", "threat", "violence")

STEMS = (4, 6)  # letters by which words are taken for the same
PAIRED = 5  # and those of words beside one another
NEAR = 6  # words between an insult and the one whom it means
WHOLE = 40  # words of a message of common length
_MOST = 12  # phrases of a theme that count; more of them tell nothing more
MANY = 8.0  # the square root of how many words and stems count in full
_SPEAKERS = {
    word: f"says {who}"
    for who, words_ in {
        "i": "je j mon ma mes moi me m", "we": "nous notre nos on", "you": "vous votre vos",
        "thou": "tu ton ta tes te t toi", "they": "il elle ils elles son sa ses leur leurs lui",
    }.items()
    for word in words_.split()
}  # fmt: skip
_HYPE = frozenset("🔥✅💰💸🚀👉📈🎁💎⚡🎉💵🤑😱⚠🚨🔞💯👇➡✨💶⭐🏆📲💳🆓⏰📢🥳🙏")
_WAYS = ("<phone>", "<handle>", "<mail>")
_TOLD = {"hour": 2, "money": 3, "number": 3, "percent": 2, "phone": 2, "link": 2, "handle": 2, "mail": 2}
_KINDS = {f"<{kind}>": (f"count of {kind}", most) for kind, most in _TOLD.items()}


def traits(reading: Reading, policy: Policy) -> Mapping[str, float]:
    """All that is there of it, by name; reckoned once. A domain that the policy allows counts for nothing."""
    if "traits" not in reading.memo:
        said = plainly(reading)
        found = [*_themes(said), *_means(said), *_signs(reading, policy, said), *_manners(reading), *_abuse(reading)]
        named = set(words(reading))
        share = min(1.0, MANY / math.sqrt(max(1, len(named))))  # in a long message each word tells less
        reading.memo["traits"] = {name: value for name, value in found if value} | dict.fromkeys(named, share)
    known: Mapping[str, float] = reading.memo["traits"]
    return known


def plainly(reading: Reading) -> Mapping[str, list[Hit]]:
    """The phrases by theme, each once; where somebody warns, what stands in quotation marks is the swindler's."""
    if "plainly" not in reading.memo:
        warns = reading.quoted and weight(reading.hits.get("warning", ())) >= 2
        said = defaultdict(list)
        for theme, hits in reading.hits.items():
            for hit in _heaviest(hits):
                if theme == "warning" or not (warns and is_quoted(reading, hit)):
                    said[theme].append(hit)
        reading.memo["plainly"] = dict(said)
    known: Mapping[str, list[Hit]] = reading.memo["plainly"]
    return known


def weight(hits: Iterable[Hit]) -> float:
    """How much phrases weigh together."""
    return sum(hit.weight for hit in hits)


def is_quoted(reading: Reading, hit: Hit) -> bool:
    """Whether a phrase stands in quotation marks."""
    at = reading.tokens[hit.first].start
    before = bisect_right(reading.quoted, at, key=itemgetter(0))
    return before > 0 and at < reading.quoted[before - 1][1]


def words(reading: Reading) -> Iterator[str]:
    """Words, their stems, and pairs of stems beside one another; each once or more."""
    before = STOP
    for token in reading.tokens:
        names, paired = _named(token.word[:_LONGEST_WORD])
        yield from names
        if STOP not in (before, paired):
            yield f"pair {before} {paired}"
        before = paired


_LONGEST_WORD = 30  # letters of one that may weigh something; what is longer is not kept


@lru_cache(maxsize=20_000)
def _named(word: str) -> tuple[tuple[str, ...], str]:
    """What a word is counted as, and as what it stands beside another."""
    names = (f"word {word}",) if len(word) > 1 and word != STOP else ()
    if word[0] == "<":
        return names, word
    return (*names, *(f"stem {word[:size]}" for size in STEMS if len(word) > size)), word[:PAIRED]


def _heaviest(hits: list[Hit]) -> Iterator[Hit]:
    """Each phrase once, and none that lies within a weightier one."""
    seen: set[str] = set()
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda one: (-one.weight, one.first, -one.last))[:_MOST]:
        if hit.phrase in seen or any(
            one.weight > hit.weight and one.first <= hit.first and hit.last <= one.last for one in kept
        ):
            continue
        seen.add(hit.phrase)
        kept.append(hit)
        yield hit


def _by_weight(hits: Iterable[Hit]) -> tuple[float, float, float]:
    """What is heavy, middling and light among phrases, each up to a bound and in its own measure."""
    sums = [0.0, 0.0, 0.0]
    for hit in hits:
        sums[0 if hit.weight >= 3 else 1 if hit.weight >= 2 else 2] += hit.weight
    return min(6.0, sums[0]) / 3, min(4.0, sums[1]) / 2, min(3.0, sums[2])


def _themes(said: Mapping[str, list[Hit]]) -> Iterator[tuple[str, float]]:
    """Each theme; and the one that tells most, beside all others."""
    told = sorted((_by_weight(said[theme]) for theme in said if theme in THEMES), key=_telling, reverse=True)
    for theme in said:
        if theme in THEMES:
            yield f"theme {theme}", min(5.0, weight(said[theme])) / 3
    if told:
        yield from zip(("first heavy", "first middling", "first light"), told[0], strict=True)
        others = [sum(column) for column in zip(*told[1:], strict=True)] or [0.0, 0.0, 0.0]
        for name, value, most in zip(("other heavy", "other middling", "other light"), others, (2, 3, 5), strict=True):
            yield name, min(most, value)


def _telling(sums: tuple[float, float, float]) -> float:
    heavy, middling, light = sums
    return 3 * heavy + 1.6 * middling + 0.5 * light


def first_theme(reading: Reading) -> str:
    """The theme that tells most; empty if there is none."""
    said = plainly(reading)
    known = (one for one in said if one in THEMES)
    return min(known, key=lambda one: (-_telling(_by_weight(said[one])), one), default="")


def leads_out(reading: Reading) -> bool:
    """Whether there is a link, a number, an address or a name to write to."""
    return bool(reading.links or any(reading.kinds[kind] for kind in _WAYS))


def _means(said: Mapping[str, list[Hit]]) -> Iterator[tuple[str, float]]:
    for name in MEANS:
        if name in said:
            yield from zip((f"{name} heavy", f"{name} middling", f"{name} light"), _by_weight(said[name]), strict=True)
    for name in ASIDE:
        if name in said:
            yield name, min(6.0, weight(said[name])) / 2


def _signs(reading: Reading, policy: Policy, said: Mapping[str, list[Hit]]) -> Iterator[tuple[str, float]]:
    """Links, ways out of the group, and what comes together."""
    allowed, _ = policy.known_domains
    strange = [link for link in reading.links if not within(link.domain, TRUSTED) and not within(link.domain, allowed)]
    kinds = reading.kinds
    yield "strange link", float(bool(strange))
    yield "doubtful link", float(any(_is_doubtful(link.domain) for link in strange))
    yield "dashes in links", min(3.0, sum(link.domain.count("-") for link in strange))
    yield "emoji of advertising", min(4.0, sum(map(reading.subject.text.count, _HYPE)))
    out = bool(strange or "away" in said or any(kinds[kind] for kind in _WAYS))
    pressed = any(name in said for name in ("promise", "urgency")) or bool(kinds["<money>"])
    heavy = any(hit.weight >= 3 for theme in said if theme in THEMES for hit in said[theme])
    yield "heavy, and a way out", float(heavy and out and pressed)
    urged = any(name in said for name in ("urgency", "official", "secret"))
    yield "pressure, and a link", float(urged and bool(strange))
    yield "testimony, and a way out", float("testimony" in said and out)
    yield "secret, and authority", float("secret" in said and ("official" in said or bool(kinds["<money>"])))


def _is_doubtful(domain: str) -> bool:
    return domain.rpartition(".")[2] in CHEAP or within(domain, SHORTENERS) or within(domain, CHATS)


def _manners(reading: Reading) -> Iterator[tuple[str, float]]:
    """Who speaks to whom, how long, how loud."""
    text, counted = reading.subject.text, Counter(token.word for token in reading.tokens)
    share = 10 / max(8, len(reading.tokens))
    said: Counter[str] = Counter()
    for word, n in counted.items():
        if who := _SPEAKERS.get(word):
            said[who] += n
        elif len(word) > 4 and word.endswith("ez"):
            said["asks in -ez"] += n
        elif told := _KINDS.get(word):
            yield told[0], min(told[1], n)
    for name, n in said.items():
        yield name, share * n
    yield "question marks", min(3, text.count("?"))
    yield "exclamation marks", min(3, text.count("!"))
    yield "capitals", 5 * sum(map(str.isupper, text)) / max(20, len(text))
    yield "no capital at all", float(text == text.lower())
    yield "quotes", float(bool(reading.quoted))
    yield "length", math.log1p(len(reading.tokens)) / 3
    yield "words", min(2.0, len(reading.tokens) / WHOLE)
    yield "newcomer", float(reading.subject.newcomer)


def _abuse(reading: Reading) -> Iterator[tuple[str, float]]:
    """Coarse words, and whether somebody is meant beside them; quoted words are somebody else's."""
    if reading.hits.keys().isdisjoint(ABUSE):
        return
    aimed = [hit.first for hit in reading.hits.get("aimed", ())]
    stops = [at for at, token in enumerate(reading.tokens) if token.word == STOP]
    for kind in ABUSE:
        hits = [hit for hit in reading.hits.get(kind, ()) if not is_quoted(reading, hit)]
        meant = (hit for hit in hits if any(in_one_breath(hit, at, stops) for at in _near(hit, aimed)))
        yield f"abuse {kind}", min(6.0, weight(hits)) / 3
        yield f"abuse {kind}, aimed", min(6.0, weight(islice(meant, 6))) / 3


def _near(hit: Hit, aimed: list[int]) -> list[int]:
    """Those of the words by which somebody is meant that stand close to a phrase, or in it."""
    return aimed[bisect_left(aimed, hit.first - NEAR) : bisect_right(aimed, hit.last + NEAR)]


def in_one_breath(hit: Hit, at: int, stops: list[int]) -> bool:
    """Whether somebody is meant beside the words, in the same sentence; a word is not aimed at itself."""
    if hit.first <= at < hit.last:
        return hit.last - hit.first > 1
    first, last = (at, hit.first) if at < hit.first else (hit.last, at)
    return last - first <= NEAR and bisect_left(stops, first) == bisect_left(stops, last)

"""Addresses as people write them, with or without tricks: what is one, and to which domain it leads."""

import re
import unicodedata
from collections.abc import Set as AbstractSet
from urllib.parse import unquote, urlsplit

# ruff: noqa: SIM905 - lists of words are read more easily without their quotes

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAINLY = re.compile(r"(?:https?://)?([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]+)(?:[/?#][^@\\]*)?")  # as nearly all are
_SCHEME, _HOST = re.compile(r"^h(?:tt|xx)ps?:/*"), re.compile(r"[\w.-]*")
_AS_BROWSERS = str.maketrans("\\。", "/.")  # what they take for something else in an address
_DOMAIN = re.compile(rf"(?:{_LABEL}\.){{1,8}}[a-z]{{2,24}}")
SHORTENERS = frozenset(
    "bit.ly tinyurl.com t.co goo.gl ow.ly is.gd cutt.ly rb.gy "
    "shorturl.at urlz.fr lstu.fr v.gd bl.ink s.id t.ly tiny.cc "
    "rebrand.ly buff.ly adf.ly shorte.st lnkd.in qrco.de linktr.ee bit.do clck.ru urlr.me dub.sh bit.example".split()
)  # fmt: skip
# Ends of addresses that cost next to nothing, and that swindlers therefore like.
CHEAP = frozenset(
    "xyz top icu click shop online site club live vip win bid "
    "loan work buzz fun space store website life world gq cf ml "
    "ga tk rest cam monster lol men date review party stream "
    "trade cyou sbs quest bond bet casino sex porn xxx cfd".split()
)  # fmt: skip
TRUSTED = frozenset(
    "gouv.fr service-public.fr ameli.fr laposte.fr sncf-connect.com sncf.com ter.sncf.com caf.fr meteofrance.com "
    "vigicrues.gouv.fr openstreetmap.org wikipedia.org framadate.org framaforms.org doctolib.fr impots.gouv.fr "
    "ouest-france.fr lemonde.fr francebleu.fr radiofrance.fr france3-regions.francetvinfo.fr helloasso.com "
    "google.com google.fr youtube.com youtu.be legifrance.gouv.fr data.gouv.fr".split()
)  # fmt: skip
CHATS = frozenset(
    "t.me telegram.me telegram.dog wa.me chat.whatsapp.com whatsapp.com discord.gg discord.com signal.me "
    "signal.group".split()
)  # fmt: skip


def is_domain(text: str) -> bool:
    """Whether a text has the form of a domain, in small letters (RFC 1035, 2.3.1)."""
    return len(text) <= 253 and _DOMAIN.fullmatch(text) is not None


def domain_of(address: str) -> str:
    """The domain of an address as browsers read it, with or without a scheme, in small letters and without "www."."""
    if found := _PLAINLY.fullmatch(address):
        return found[1].removeprefix("www.")
    address = unicodedata.normalize("NFKC", address).translate(_AS_BROWSERS).strip().lower()
    address = _SCHEME.sub("http://", address, count=1)
    if "://" not in address:
        address = f"http://{address}"
    try:
        host = unquote(urlsplit(address).hostname or "")
    except ValueError:
        return ""
    return _HOST.match(host)[0].removeprefix("www.").rstrip(".-_")  # type: ignore[index]  # it always matches


def leads_elsewhere(address: str, words: str) -> bool:
    """Whether the words of a link show a domain, and its address leads to quite another."""
    shown = {known for word in words.split() if is_domain(known := domain_of(word.strip("()[]<>\"',;:!?. ")))}
    leads = domain_of(address)
    return bool(shown) and not any(within(leads, {one}) or within(one, {leads}) for one in shown)


def within(domain: str, known: AbstractSet[str]) -> bool:
    """Whether a domain, or one above it, is among those known."""
    return bool(nearest(domain, known))


def nearest(domain: str, known: AbstractSet[str]) -> str:
    """The domain itself, or the nearest above it, that is among those known; else nothing."""
    while domain and domain not in known:
        domain = domain.partition(".")[2]
    return domain

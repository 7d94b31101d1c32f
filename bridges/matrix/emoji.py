"""Emoji as the networks write them: which texts are one, and which of them have U+FE0F behind."""

import re

TONE, JOINER = "[\U0001f3fb-\U0001f3ff]", "\u200d"
# Enclosed letters and digits are left out, but for those that are emoji; flags have a form of their own.
SIGN = (
    "[©®‼⁉™ℹⓂ\u2190-\u21ff\u2300-\u23ff\u25a0-\u2775\u2794-\u27bf⤴⤵\u2b00-\u2bff〰〽㊗㊙"
    "\U0001f000-\U0001f0ff\U0001f170-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
KEYCAP, FLAG = "[0-9#*]\u20e3", "[\U0001f1e6-\U0001f1ff]{2}"
REGION = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
EMOJI = re.compile(f"{KEYCAP}|{FLAG}|{REGION}|{SIGN}{TONE}?(?:{JOINER}{SIGN}{TONE}?)*")
MOST_POINTS = 12  # a family of four, each with a colour of skin, has 11
# Emoji that are plain signs unless U+FE0F follows, among those that Telegram's bots may give.
TWO_FACED = re.compile("([❤☃✍🕊⚡👍👎😐🏆♂♀])(?![\U0001f3fb-\U0001f3ff\ufe0f])")


def is_emoji(key: str) -> bool:
    """Whether a reaction's key, without U+FE0F, is one emoji and nothing else (MSC2677 allows any text)."""
    return len(key) <= MOST_POINTS and EMOJI.fullmatch(key) is not None


def bare(emoji: str) -> str:
    """An emoji as Palier and Telegram write it: without U+FE0F, so that "❤️" and "❤" are one."""
    return emoji.replace("\ufe0f", "")


def dressed(emoji: str) -> str:
    """An emoji as Matrix clients write it (MSC2677 asks for U+FE0F), so that it is counted together with theirs."""
    return TWO_FACED.sub("\\1\ufe0f", bare(emoji))

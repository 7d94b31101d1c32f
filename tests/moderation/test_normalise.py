"""What disguised words come down to."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.normalise import skeleton, squeezed, words


@pytest.mark.parametrize(
    ("disguised", "seen"),
    [
        ("Élodie", "elodie"),
        ("ÇAĞRI Łukasz Øyvind", "cagrilukaszoyvind"),
        ("ｆｕｌｌｗｉｄｔｈ", "fulwidth"),
        ("𝓼𝓬𝓻𝓲𝓹𝓽 𝕕𝕠𝕦𝕓𝕝𝕖 𝖋𝖗𝖆𝖐", "scriptdoublefrak"),
        ("Ⓒⓘⓡⓒⓛⓔ ⒫⒜⒭⒠⒩", "circleparen"),
        ("🅽🅴🅶 🅒🅘🅡 🄱🄾🅇", "negcirbox"),
        ("🇫🇱🇦🇬🇸", "flags"),
        ("ѕсоре Ѕсоре", "scopescope"),
        ("Αθανατος"[0] + "ρε", "ape"),
        ("ꮯꭺꮲ", "cap"),
        ("sᴍᴀʟʟ ᶜᵃᵖˢ", "smalcaps"),
        ("l33t sp3@k $0$", "letspeaksos"),
        ("s p.a-c_e\u200bd", "spaced"),
        ("z\u0334a\u0335l\u0336g\u0337o", "zalgo"),
        ("œuf Straße", "oeufstrase"),
        ("rnodern", "modem"),
        ("hahahaaaa", "hahaha"),
        ("张伟", "张伟"),
        ("", ""),
        (" \u200b\u3164 ", ""),
    ],
)
def test_skeletons(disguised: str, seen: str) -> None:
    assert skeleton(disguised) == seen


def test_words_stay_apart() -> None:
    assert words("Jean-Paul O'Brien\u3164x") == ["jean", "paul", "o", "brien", "x"]
    assert squeezed("Maaairie") == "Mairie"


@given(st.text(st.characters(codec=None)))
def test_any_text_has_a_skeleton(text: str) -> None:
    seen = skeleton(text)
    assert not any(letter.isspace() for letter in seen)
    assert all(left != right for left, right in pairwise(seen))


@given(st.text("abcXYZéñß 123.-"), st.sampled_from(["\u200b", "\u2060", "\ufe0f", "\u202c", "\u00ad"]))
def test_what_is_invisible_changes_nothing(text: str, invisible: str) -> None:
    assert words(invisible.join(text)) == words(text)

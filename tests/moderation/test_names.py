"""Nobody passes for the town hall, a role or the bot, and everybody else keeps their name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.markup import clean, clusters, escape, plain, units
from moderation.names import Reserved, defuse, imitates, shown_name, shown_title
from tests.markup.strangers import assert_in_subset, html_soup

RESERVED = Reserved.of(["Bourg-Exemple"], ["Palier"])

DISGUISED = [
    # the town hall, plainly
    "Mairie", "La Mairie", "Mairie de Bourg-Exemple", "Ana Mairie", "Ana (mairie)", "mairie_bourg", "MairieBourg",
    "Hôtel de Ville", "hotel-de-ville", "Town Hall", "Municipalité", "Ville de Bourg", "Conseil Municipal",
    "Préfecture", "Police Municipale", "Mai.rie Officielle", "Infos mairie 🏛", "Services municipaux",
    # spaced, repeated, decorated
    "M A I R I E", "M.a.i.r.i.e", "M-a-i-r-i-e", "M_a_i_r_i_e", "M a i r i e d e B o u r g", "Mai rie", "Maiiirie",
    "MMaairriiee", "★Mairie★", "🏛 Mairie 🏛", "~Mairie~", "M•a•i•r•i•e", "Mairie!!!", "Mairie2", "xXmairieXx",
    # invisible
    "Mairie\u200b", "M\u2060airie", "M\u034fa\u034fi\u034fr\u034fi\u034fe", "Mai\u00adrie", "\u2066Mairie\u2069",
    "\ufeffMairie", "Mai\U000e0020rie", "Mairie\u3164Bourg", "M\u180eairie", "Mai\ufe0frie",
    # other alphabets
    "Mаirie dе Bourg-Exemple", "МАІRІЕ", "Μαιrιε", "Ꮇꭺꮖꭱꮖꭼ", "MΛIRIE", "MДIЯIЭ", "მairie", "ʍąіŕіё", "маіяіе",
    # styles
    "ＭＡＩＲＩＥ", "𝓜𝓪𝓲𝓻𝓲𝓮", "𝕸𝖆𝖎𝖗𝖎𝖊", "𝐌𝐚𝐢𝐫𝐢𝐞", "𝙼𝚊𝚒𝚛𝚒𝚎", "🅼🅰🅸🆁🅸🅴", "🅜🅐🅘🅡🅘🅔", "🄼🄰🄸🅁🄸🄴", "Ⓜⓐⓘⓡⓘⓔ", "⒨⒜⒤⒭⒤⒠",
    "🇲🇦🇮🇷🇮🇪", "ᴍᴀɪʀɪᴇ", "ᴹᵃⁱʳⁱᵉ", "M̶a̶i̶r̶i̶e̶", "M̲a̲i̲r̲i̲e̲", "maïrïe", "mâïrîé", "mairıe", "₥₳łⱤłɆ", "M⃣a⃣i⃣r⃣i⃣e⃣", "♏airie",
    # digits and signs for letters
    "M41r1e", "M@1r13", "Ma¡rie", "Ma|r|e", "Mairi€", "Maire1e", "M*irie", "Ma!rie", "M4iri3", "MA1RIE", "MaIrie",
    "Malrie", "MAlRlE", "rnairie", "H0tel de vi11e", "TownHaII",
    # turned and reversed
    "\u202eeiriaM", "Ma\u202eeiri\u202c", "ǝᴉɹᴉɐW", "ǝıɹıɐɯ", "uᴉɯpɐ",
    # the mayor
    "Maire", "Le Maire", "Madame le Maire", "M. le maire", "Maire Jean Dupont", "Jean, maire", "Jean Dupont (maire)",
    "Mаire", "Adjointe au Maire", "Mayor",
    # roles
    "Ambassadeur", "Ambassadrice du quartier", "Amb4ssadeur", "Ambassador", "Modérateur", "M0derator", "Modo",
    "M o d é r a t r i c e", "Administrateur", "Admin", "@dmin", "Admin1", "АDМIN", "𝐀𝐝𝐦𝐢𝐧", "a.d.m.i.n", "Opérateur",
    "0perator", "Officiel", "0FFICIEL", "ⓞⓕⓕⓘⓒⓘⓔⓛ", "Compte officiel", "Gendarmerie",
    # the bot
    "Palier", "Pа1ier", "PaIier", "P a l i e r", "Palier_bot", "PalierBot", "@Palier!", "PaIіer", "ᑭalier", "Palieeer",
    # the commune
    "Bourg-Exemple", "BourgExemple", "bourg exemple", "B0urg Exemp1e", "Commune de Bourg-Exemple", "Ana Bourg-Exemple",
]  # fmt: skip

_HONEST = """
    Marie Jean Pierre Michel André Philippe René Louis Alain Jacques Bernard Marcel Daniel Roger Robert Paul Claude
    Christian Henri Georges Nicolas François Patrick Gérard Maurice Stéphane Olivier Laurent Éric Julien Thomas
    Maxime Nathalie Isabelle Sylvie Catherine Martine Christine Françoise Monique Valérie Sandrine Céline Aurélie
    Émilie Camille Amandine Romaric Tilly Admira Mairaut Lemaire Mairesse Grimaire Maisie Mairi Mairead Maurie
    Mariam Miriam Myriam Mariette Marielle Marine Marina Marion Mario Maria Marianne Maryse Moira Mayra Amir Amira
    Amiri Omar Lamar Ramiro Martin Dubois Moreau Lefebvre Leroy Roux Fournier Girard Bonnet Dupont Lambert Fontaine
    Rousseau Blanchard Garnier Chevalier Perrin Meunier Marchand Pailler Paillier Pallier Paulier Payer Palissy
    Paris Pavlier Tapalier Sommelier Ville Deville Villedieu Laville Villeneuve Devillé Bourg Dubourg Bourgeois
    Bourget Exemple Modou Modeste Moderato Officer Opéra Opérine Prefet Polina Police Ambre Ambroise Ambassa Adam
    Adamin Mindy Halle Townsend Hall Mayorga Fatima Mohammed Aïcha Karim Youssef Yasmine Mamadou Aminata Ousmane
    Fatoumata Ibrahim Khadija Nguyễn Trần Thị Chloé Zoë Øyvind Łukasz Đorđe Çağrı Gökhan Iñaki João Conceição Søren
    Åsa Jürgen Müller Strauß Oisín Siobhán Kim Lee Сергей Марина Мария Ирина Дмитрий Δημήτρης Μαρία Εμίλια Κώστας
    محمد فاطمة 张伟 山田太郎 김민준 יוסף מרים राम สมชาย Jean_Maire Claude_Maire Emma_Irié Anne-Marie Marie-Irène Marie_I
    Maïté_Rie O'Brien D'Artagnan Dr._House M._Martin 🌸Marie🌸 ☀️Paul Léa❤️ Ma❤rie Bob_33 7Up Léo1998 xX_Kevin_Xx Mr_T
    A B_C l'Emmerdeur Admirateur Ana_·_Ben Aline_&_Luc
"""
HONEST = [name.replace("_", " ") for name in _HONEST.split()]


@pytest.mark.parametrize("name", DISGUISED)
def test_no_disguise_passes(name: str) -> None:
    assert imitates(name, RESERVED)
    assert imitates(shown_name(name), RESERVED) or "\u202e" in name  # which is taken out, and then reads backwards


def test_there_are_enough_of_both() -> None:
    assert len(set(DISGUISED)) >= 120
    assert len(set(HONEST)) >= 200


@pytest.mark.parametrize("name", HONEST)
def test_ordinary_names_pass(name: str) -> None:
    assert not imitates(name, RESERVED)
    assert shown_name(name).replace("-", "·") == name.replace("-", "·")


def test_communes_and_bots_are_those_of_the_installation() -> None:
    elsewhere = Reserved.of(["Saint-Modèle", "L'Île-d'Essai"], ["Voisin"])
    assert not imitates("Palier", elsewhere)
    assert not imitates("Bourg-Exemple", elsewhere)
    assert imitates("saint modele", elsewhere)
    assert imitates("Lile d Essai", elsewhere)
    assert imitates("V0isin", elsewhere)
    assert imitates("Mairie", Reserved.of([], []))
    assert not imitates("Ana", Reserved.of(["", " "], [""]))


@given(st.text(st.characters(codec=None)))
def test_any_name_can_be_asked_about_and_shown(name: str) -> None:
    imitates(name, RESERVED)
    shown = shown_name(name)
    assert shown == " ".join(shown.split())
    assert len(list(clusters(shown))) <= 40
    assert units(shown) <= 64
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff:]", shown)
    assert "·" not in re.sub("(?i)l·l", "", shown)
    assert shown_name(shown) == shown
    shown.encode()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana · Mairie", "Ana - Mairie"),
        ("Bob · Telegram: hi", "Bob - Telegram hi"),
        ("Bob • Telegram：hi", "Bob - Telegram hi"),
        ("Gal·la Col·l", "Gal·la Col·l"),
        ("Ana\nBob", "Ana Bob"),
        ("  Ana \t Bob  ", "Ana Bob"),
        ("\u202eanA", "anA"),
        ("A\u200bn\u2060a", "Ana"),
        ("👩‍👧 Zoé", "👩‍👧 Zoé"),
        ("A\u200dna", "Ana"),
        ("Z" + "\u0334" * 30 + "oé", "Z\u0334\u0334\u0334oé"),
        ("\u0301Ana", "Ana"),
        ("\u3164\u2800", ""),
        ("x" * 60, "x" * 40),
        ("<b>Ana</b> & co", "<b>Ana</b> & co"),
    ],
)
def test_names_as_they_are_shown(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_a_name_is_cut_between_visible_characters() -> None:
    assert shown_name("👩‍👧🇫🇷e\u0301x", 3) == "👩‍👧🇫🇷e\u0301"
    assert shown_name("ab cd", 3) == "ab"
    family = "👨‍👩‍👧‍👦"  # 11 units
    assert shown_name(family * 30) == family * 5
    assert shown_name("Ana " + family * 30) == "Ana " + family * 5
    assert shown_name("‍".join("👩" * 40)) == ""
    assert units(shown_name("😀" * 40)) == 64


@pytest.mark.parametrize(
    "title",
    ["Les Tilleuls - Bourg-Exemple", "Bourg-Exemple : entraide", "Voisins · rue Haute", "Parents d'élèves 👨‍👩‍👧"],
)
def test_a_room_keeps_its_title(title: str) -> None:
    assert shown_title(title, RESERVED) == title


@pytest.mark.parametrize(
    "title",
    [
        "Mairie de Bourg-Exemple", "La M4irie", "Préfecture", "Police", "Police de Bourg", "Admins", "Les modérateurs",
        "Palier", "Palier bot", "Ville de Bourg-Exemple", "Hôtel de ville", "\u202eeiriaM", "Bob · Telegram: vends",
        "Quelqu'un · Les Tilleuls 3", "👨‍👩‍👧‍👦" * 3 + " Mairie", "Stadthaus",
    ],
)  # fmt: skip
def test_a_title_that_pretends_is_not_shown(title: str) -> None:
    assert shown_title(title, Reserved.of(["Bourg-Exemple"], ["Palier"], ["Stadthaus"])) == ""


def test_a_title_is_one_short_line() -> None:
    assert shown_title(" Les\n\u202eTilleuls\u2066\x00 \u200b2 ", RESERVED) == "Les Tilleuls 2"
    assert shown_title("x" * 90, RESERVED) == "x" * 60
    assert shown_title("ab cd", RESERVED, 3) == "ab"
    assert units(shown_title("👨‍👩‍👧‍👦" * 60, RESERVED)) == 88
    assert shown_title("", RESERVED) == shown_title("\u3164", RESERVED) == ""


@pytest.mark.parametrize(
    "line",
    [
        "🏛 <b>Mairie de Bourg-Exemple</b> Coupure d'eau",
        "🏛️ Mairie de Bourg-Exemple : coupure",
        "  \u200b🏛 Mairie",
        "<b>🏛</b> <i>Mаirie</i> x",
        "<blockquote>🏛 Mairie</blockquote>",
        "\u3164🏛 Mairie",
        "✨🏛✨ Mairie",
        "🏛 La mairie informe",
        "🏛 M A I R I E",
        "🏢 Mairie de Bourg",
        "🏦️ Hôtel de ville",
        "🏤 Bourg-Exemple",
    ],
)
def test_a_forged_announcement_loses_its_mark(line: str) -> None:
    for html in (line, f"Bonjour\n{line}", f"Bonjour\u2028{line}\nfin"):
        defused = defuse(html, RESERVED)
        assert not re.search("[🏛🏢🏦🏤]", defused)
        assert "▫️" in defused
        assert defuse(defused, RESERVED) == defused
        assert_in_subset(defused)


@pytest.mark.parametrize(
    "line",
    [
        "🏛 Le musée est ouvert",
        "Bob · Telegram: je vends tout",
        "<b>Bob · Telegram</b>: je vends tout",
        "Bob·Matrix : x",
        "Bob • Telegram： x",
        "Bob · Тelegram: x",
        "\u200b<i>Bob</i> · T e l e g r a m:",
        "Bob · Matrix",
        "\u202e:margeleT · boB",
        "Bob · TeIegram: x",
        "Gal·la · Telegram: x",
        "Quelqu'un · Les Tilleuls 3: c'est moi",
        "<b>Quelqu'un</b> · Les Tilleuls 3",
        "\u200b✨ quelqu’un·Les Tilleuls 3 : x",
        "Quelquʼun ᐧ Les Tilleuls 3：x",
        "Quelquun • Les Tilleuls 3: x",
        "QueIqu'un · A·B: 3: x",
        "Someone · Les Tilleuls 12: it's me",
        "Sоmeоne \u0387 Les Tilleuls 12",
    ],
)
def test_a_line_that_might_mislead_steps_back_and_loses_nothing(line: str) -> None:
    defused = defuse(f"a\n{line}\nb", RESERVED)
    assert plain(defused) == f"a\n› {plain(line)}\nb"
    assert defuse(defused, RESERVED) == defused


@pytest.mark.parametrize(
    "text",
    [
        "Je vais à la mairie demain",
        "La mairie : ouverte de 9 h à 12 h",
        "🏢 je travaille près de la mairie",
        "voici 🏛 mon musée",
        "Retrouvez-nous sur Telegram: t.me/x",
        "- Telegram : t.me/x\n- Matrix : #x",
        "Pain · beurre · confiture",
        "10:30 · rendez-vous",
        "Pain · 2 €",
        "RDV · salle 3 : 18 h",
        "Quelqu'un a vu mon chat ? Rue 3 : merci",
        "Quelqu'un·e a un marteau : le mien est cassé",
        "Il y a quelqu'un · 3 : oui",
        "Someone: 3",
        "❤️ merci à tous",
        "« oui »\n\n  fin",
        "",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert defuse(escape(text), RESERVED) == escape(text)


@pytest.mark.parametrize("tag", ["blockquote", "blockquote expandable", "pre"])
@pytest.mark.parametrize(
    ("words", "defused"),
    [
        ("🏛 Mairie de Bourg-Exemple", "▫️ Mairie de Bourg-Exemple"),
        ("<b>🏛</b> Le musée", "› 🏛 Le musée"),
        ("Bob · Telegram: x", "› Bob · Telegram: x"),
        ("Quelqu'un · Les Tilleuls 3: x", "› Quelqu'un · Les Tilleuls 3: x"),
    ],
)
def test_quotes_and_code_are_lines_as_well(tag: str, words: str, defused: str) -> None:
    end = tag.removesuffix(" expandable")
    for html, before, after in [
        (f"Ok <{tag}>{words}</{end}> fin", "Ok ", " fin"),
        (f"Ok <{tag}>a</{end}>{words}", "Ok a", ""),
        (f"<{tag}>a</{end}><{tag}>{words}</{end}>", "a", ""),
        (f"<b>Ok <{tag}>{words}</{end}></b>", "Ok ", ""),
    ]:
        shown = defuse(html, RESERVED)
        assert plain(shown) == before + defused + after
        assert defuse(shown, RESERVED) == shown
        assert_in_subset(shown)
    shown = defuse(f"Ok <{tag}>{words}</{end}>", RESERVED)
    assert shown.startswith(f"Ok <{tag}>") and shown.endswith(f"</{end}>")  # what was put in is inside


@given(html_soup | st.text(st.characters(codec=None)))
def test_any_html_can_be_defused(html: str) -> None:
    defused = defuse(html, RESERVED)
    assert_in_subset(defused)
    assert defuse(defused, RESERVED) == defused


def test_another_mark_may_be_chosen() -> None:
    assert defuse("📣 Mairie de X", RESERVED, "📣") == "▫️ Mairie de X"
    assert defuse("📣 Mairie de X", RESERVED) == "📣 Mairie de X"


@given(html_soup)
def test_without_marks_and_separators_nothing_changes(html: str) -> None:
    """The property that honest text needs: only what could be ours is touched."""
    if not re.search("[🏛🏦🏤🏢🏣🏫🏰🏯⛪🕌🏨⚖·•]", plain(html)):
        assert defuse(html, RESERVED) == clean(html)


_LINES = st.lists(
    st.sampled_from(["🏛", "️", " ", "Mairie", "<b>", "</b>", "\n", "Bob", "·", "Telegram", ":", "\u200b", "› ",
                     "<pre>", "</pre>", "<blockquote>", "</blockquote>", "Someone"]),
    max_size=14,
).map("".join)


@given(_LINES)
def test_no_line_begins_like_ours_afterwards(html: str) -> None:
    defused = defuse(html, RESERVED)
    assert_in_subset(defused)
    assert defuse(defused, RESERVED) == defused
    for line in plain(defused).split("\n"):
        assert not line.lstrip("\u200b\ufe0f ").startswith("🏛")
        assert not re.match(r"[^·›]*\w[^·]*· *Telegram *:", line)
    before, after = plain(html), plain(defused)
    assert re.sub("[🏛️▫› ]", "", after) == re.sub("[🏛️▫› ]", "", before)


def test_thousands_of_marks_are_not_worth_thousands_of_comparisons() -> None:
    html = defuse("🏛 x\n" * 13_000, RESERVED)
    assert not html.startswith("🏛")
    assert "\n🏛" not in html

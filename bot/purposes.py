"""What personal data is for: each use is declared here once, and all that tells of it or deletes it is made from this.

A feature with personal data of its own adds a `Purpose` and its texts (`bot/texts/*/purposes.ftl`), and names it in the
columns of its tables: `personal("report")`. The rest follows from the columns: `/mesdonnees` shows the rows that hold a
person's keyed hash, `/oublier` deletes them, the register and the notice tell of the purpose, the tests look for it.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Field

PUBLIC, BALANCED, AGREED, ABROAD, LAW = "6(1)(e)", "6(1)(f)", "6(1)(a)", "49(1)(a)", "6(1)(c)"
NEVER = ""  # nothing allows it, and it is not done
BACKUPS = timedelta(days=30)  # so old may a backup become, in the folder where `palier backup` makes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """One use of personal data (GDPR articles 5(1)(b), 5(1)(e), 13(1)(c), 30(1)).

    `commune`, `association`: the articles that let a commune, or an association with a written balance, do it.
    `keep`: how many days its data may stay after its use has ended; None: nothing is stored. `stays`: `/oublier` leaves
    it, since the law or somebody else's protection asks for it (article 17(3)). `asked_by`: the texts that somebody may
    have read before saying yes; `version` grows when their meaning changes, and then everybody is asked again.

    In the texts, `purpose-NAME` says what data it is, and `-for`, `-kept`, `-seen`, `-back` (how it is taken back) and
    `-copies` (what happens to copies elsewhere) the rest, where there is something to say.
    """

    name: str
    commune: str
    association: str
    keep: int | None = None
    stays: bool = False
    version: int = 1
    asked_by: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether it rests on a yes."""
        return self.commune in {AGREED, ABROAD}

    def wording(self, language: str, words: str) -> str:
        """The version of what is asked, and a hash of how it is worded: what a receipt holds (article 7(1))."""
        return f"{self.version} {language} {hashlib.sha256(words.encode()).hexdigest()[:16]}"


ASKED_BY = (
    "card-buttons", "card-reaction", "ask", "details", "choose-named", "choose-unnamed", "choose-no", "relais-how",
)  # fmt: skip
PURPOSES = {
    purpose.name: purpose
    for purpose in (
        Purpose(name="transit", commune=PUBLIC, association=BALANCED),
        Purpose(name="identity", commune=PUBLIC, association=BALANCED, keep=30),
        Purpose(name="name", commune=AGREED, association=AGREED, keep=0, asked_by=ASKED_BY),
        Purpose(name="relay", commune=AGREED, association=AGREED, keep=30, asked_by=ASKED_BY),
        Purpose(name="text", commune=AGREED, association=AGREED, keep=2, asked_by=ASKED_BY),
        Purpose(name="media", commune=AGREED, association=AGREED, asked_by=("photos-ask", "photos-yes", "photos-no")),
        Purpose(name="abroad", commune=ABROAD, association=ABROAD, asked_by=ASKED_BY),
        Purpose(name="sensitive", commune=NEVER, association=NEVER),
        Purpose(name="phone", commune=NEVER, association=NEVER),
        Purpose(name="reaction", commune=AGREED, association=AGREED, keep=30, asked_by=ASKED_BY),
        Purpose(name="location", commune=AGREED, association=AGREED),
        Purpose(name="announcements", commune=PUBLIC, association=BALANCED),
        Purpose(name="event", commune=AGREED, association=AGREED, keep=30),
        Purpose(name="consent", commune=PUBLIC, association=BALANCED, keep=365),
        Purpose(name="receipt", commune=LAW, association=LAW, keep=365, stays=True),
        Purpose(name="mandate", commune=AGREED, association=AGREED, keep=365),
        Purpose(name="newcomer", commune=PUBLIC, association=BALANCED, keep=30),
        Purpose(name="report", commune=PUBLIC, association=BALANCED, keep=180),
        Purpose(name="sanction", commune=PUBLIC, association=BALANCED, keep=180, stays=True),
        Purpose(name="charter", commune=PUBLIC, association=BALANCED, keep=30),
        Purpose(name="entry", commune=PUBLIC, association=BALANCED, keep=7),
        Purpose(name="objection", commune=LAW, association=LAW, keep=365, stays=True),
        Purpose(name="log", commune=PUBLIC, association=BALANCED, keep=14),
    )
}


def kept(purpose: str) -> timedelta:
    """How long data of a purpose stays after its use has ended."""
    return timedelta(days=PURPOSES[purpose].keep or 0)


def personal(
    purpose: str,
    *,
    keep_days: int | None = None,
    after: str = "",
    stays: bool | None = None,
    shown: bool = True,
    **more: Any,
) -> Any:
    """A column of personal data: why it is kept, and how many days after its use has ended (else as the purpose says).

    A column of text holds the keyed hash of a person (`Work.hash`), or "" for nobody; one of bytes is sealed
    (`Seal.close`): nothing else about a person is stored. By its hashes a row is found again: `/mesdonnees` shows the
    person the rest of it, with what is sealed opened, unless `shown` is False (it tells of somebody else); `/oublier`
    deletes the row, unless `stays` is True (by default: as the purpose says). `after` names the column that says when
    the use ended: where it is set, the sweep deletes the row, or wipes what is sealed, in time.
    """
    declared = PURPOSES.get(purpose)
    if declared is None:
        raise ValueError(f"no purpose of that name is declared in bot/purposes.py: {purpose}")
    days = declared.keep if keep_days is None else keep_days
    stays = declared.stays if stays is None else stays
    info = {"purpose": purpose, "keep_days": days, "after": after, "stays": stays, "shown": shown}
    return Field(sa_column_kwargs={"info": info}, **more)


def keyed(**more: Any) -> Any:
    """A column with keyed hashes in it (`Seal.find`) that name no person by themselves: a chat, a code, a lane."""
    return Field(sa_column_kwargs={"info": {"keyed": True}}, **more)

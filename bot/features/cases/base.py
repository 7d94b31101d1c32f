"""What the parts of this feature share: its name, who decides, and how long things stay."""

from bot.feature import Context, Feature, Role
from bot.purposes import kept
from bot.store import Circle, Work
from bridges.model import Chat, Person, Ref

feature = Feature("cases")

JUDGES = frozenset({Role.OPERATOR, Role.AMBASSADOR, Role.MODERATOR})
WINDOW = kept("sanction")  # to appeal, and as long the log knows of whom it speaks
EXCERPT = 30  # days that an excerpt stays after its case was closed
FEWEST = 10  # people, below whom no figure is given


def card_of(case: int | None) -> Ref:
    """The origin by which a case's message at the desk is found again."""
    return Ref(Chat("palier", "case"), str(case))


def statement_of(case: int | None) -> Ref:
    """The origin of a statement of reasons: who answers it appeals."""
    return Ref(Chat("palier", "statement"), str(case))


def appeal_of(case: int | None) -> Ref:
    """The origin of an appeal's message at the desk."""
    return Ref(Chat("palier", "appeal"), str(case))


def number_of(origin: Ref, *kinds: str) -> int | None:
    """The case that a message of the bot's is about, if it is of one of these kinds."""
    ours = origin.chat.network == "palier" and origin.chat.id in kinds
    return int(origin.id) if ours and origin.id.isdecimal() else None


async def judges(ctx: Context, circle: Circle) -> bool:
    """Whether whoever wrote or tapped may decide in a circle."""
    return bool(JUDGES & await ctx.roles(circle))


async def exempt(work: Work, person: Person, circle: Circle) -> bool:
    """Whether nothing is done to somebody here: those with a role, and groups or channels that speak."""
    if person.collective:
        return True
    scopes = {"", circle.commune, f"{circle.commune}/{circle.neighbourhood}"}
    return any(mandate.scope in scopes for mandate in await work.mandates(person))


def prefix(ctx: Context) -> str:
    """How a command begins where it was typed or tapped."""
    return ctx.can(ctx.home).prefix


def leading_number(words: str) -> tuple[str, str]:
    """A case's number, if one stands first, and the rest."""
    first, _, rest = words.partition(" ")
    return (first, rest.strip()) if first.isdecimal() and len(first) < 10 else ("", words)

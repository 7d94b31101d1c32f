"""One-time codes that give a role or link a chat: made by the shell and by commands alike."""

import secrets
from datetime import timedelta

from bot.config import Settings
from bot.feature import Role
from bot.store import Invitation, Mandate, Work, now
from bridges.model import Person

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is mistaken for another on paper or on the phone
HOURS = 24
YEAR = timedelta(days=365)
GIVES = {
    Role.OPERATOR: frozenset({Role.OPERATOR, Role.PUBLISHER, Role.APPROVER, Role.AMBASSADOR}),
    Role.PUBLISHER: frozenset({Role.AMBASSADOR}),
    Role.AMBASSADOR: frozenset({Role.AMBASSADOR, Role.MODERATOR}),
}
LOCAL = frozenset({Role.AMBASSADOR, Role.MODERATOR})  # held in a neighbourhood, and for a time


def new_code() -> str:
    """Ten letters: 50 bits, for a day."""
    return "".join(secrets.choice(LETTERS) for _ in range(10))


async def invite(work: Work, role: Role, scope: str, by: str = "") -> str:
    """Make a code that gives its first user a role."""
    code = new_code()
    await work.invite(code, role, hours=HOURS, scope=scope, by=by)
    return code


async def accept(work: Work, invitation: Invitation, person: Person) -> Role | None:
    """Give the role that an invitation stands for; None where it is used up, or one's own: nobody renews oneself."""
    if invitation.by == work.hash(person) or not await work.use(invitation):
        return None
    role = Role(invitation.purpose)
    until = now() + YEAR if role in LOCAL else None
    identity = work.seal.close(f"{person.chat.network} {person.id}")  # who looks after a place has to be reachable
    mandate = Mandate(person=work.hash(person), role=role, scope=invitation.scope, until=until, identity=identity)
    await work.merge(mandate)
    return role


def scopes(settings: Settings) -> dict[str, str]:
    """What people may call a neighbourhood, and the scope that it means."""
    return {
        neighbourhood.casefold(): f"{commune.name}/{neighbourhood}"
        for commune in settings.commune
        for neighbourhood in commune.neighbourhoods
    }

"""Small questions to the two networks that need no session: what the bot is called, whether a password may be used."""

from dataclasses import dataclass

import httpx

from bot.config import Settings

PATIENCE = 10.0


class Unreachable(Exception):
    """No answer, or none that makes sense; `why` is a short word, never an address (it holds the token)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Unknown(Exception):
    """The network answers, and does not know this token or this account."""


@dataclass(frozen=True, slots=True)
class Me:
    """The bot on Telegram; `hears_all`: its privacy mode is off."""

    name: str
    hears_all: bool


async def ask(url: str, token: str = "") -> tuple[int, dict[str, object]]:
    """Status and JSON object of a GET."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, headers=headers) as http:
            answer = await http.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        failure = Unreachable(type(error).__name__)
    else:
        try:
            said = answer.json()
        except ValueError:
            said = None
        if isinstance(said, dict):
            return answer.status_code, said
        failure = Unreachable(f"HTTP {answer.status_code}")
    raise failure  # outside of `except`: the library's error holds the address, hence the token


async def telegram(api: str, token: str) -> Me:
    """`getMe`. Raises Unknown for a token that is none, Unreachable."""
    status, said = await ask(f"{api}/bot{token}/getMe")
    match said:
        case {"ok": True, "result": {"username": str(name), **rest}}:
            return Me(f"@{name}", hears_all=rest.get("can_read_all_group_messages") is True)
    if status in (401, 404):
        raise Unknown
    raise Unreachable(f"HTTP {status}")


async def matrix_flows(homeserver: str) -> bool:
    """Whether one may log in with a password there (`GET /login`). Raises Unreachable."""
    _, said = await ask(f"{homeserver}/_matrix/client/v3/login")
    match said:
        case {"flows": list(flows)}:
            return any(isinstance(flow, dict) and flow.get("type") == "m.login.password" for flow in flows)
    raise Unreachable("no Matrix")


async def matrix_account(homeserver: str, token: str) -> str:
    """Whose session this is (`GET /account/whoami`). Raises Unknown where it has ended, Unreachable."""
    status, said = await ask(f"{homeserver}/_matrix/client/v3/account/whoami", token)
    match said:
        case {"user_id": str(user)}:
            return user
    if status in (401, 403):
        raise Unknown
    raise Unreachable(f"HTTP {status}")


async def ways(settings: Settings, code: str, *, offline: bool) -> list[tuple[str, str]]:
    """How a code is used on each network: the key of a text, and what fills it in."""
    found = []
    if settings.telegram:
        link = ""
        if not offline:
            try:
                me = await telegram(settings.telegram.api, settings.telegram.token.get_secret_value())
                link = f"https://t.me/{me.name.removeprefix('@')}?start={code}"
            except (Unknown, Unreachable):
                link = ""
        found.append(("cli-way-link", link) if link else ("cli-way-telegram", ""))
    if settings.matrix:
        found.append(("cli-way-matrix", settings.matrix.user))
    return found


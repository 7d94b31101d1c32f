"""A typed client of the control API, for tests, the demo and fault runs."""

from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any, Literal, Self

import httpx

Json = dict[str, Any]


class Rejected(Exception):
    """The control API refused; the text says why."""


class Control:
    """Speaks to one simulator; use it as an async context manager, or call `close`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.AsyncClient(base_url=f"{self.url}/control/", timeout=30, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, verb: str, path: str, body: Json | None = None, **query: object) -> Json:
        sent = {k: v for k, v in (body or {}).items() if v is not None}
        params = {k: str(v) for k, v in query.items()}
        answer = await self._http.request(verb, path, json=sent if body is not None else None, params=params)
        told: Json = answer.json()
        if answer.status_code != 200:
            raise Rejected(told.get("error", answer.status_code))
        return told

    # --- who and where

    async def bot(
        self, username: str, first_name: str, *, token: str | None = None, can_read_all_group_messages: bool = False
    ) -> Json:
        """A new bot: `{id, token, username}`."""
        body = {"username": username, "first_name": first_name, "token": token}
        return await self._ask("POST", "bots", body | {"can_read_all_group_messages": can_read_all_group_messages})

    async def user(
        self,
        first_name: str,
        *,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = None,
        id: int | None = None,  # noqa: A002 - the API's own name
    ) -> int:
        """A new person's id."""
        body = {"first_name": first_name, "last_name": last_name, "username": username}
        return int((await self._ask("POST", "users", body | {"language_code": language_code, "id": id}))["id"])

    async def chat(
        self,
        title: str,
        *,
        type: Literal["group", "supergroup", "channel"] = "supergroup",  # noqa: A002 - the API's own name
        is_forum: bool = False,
        members: Sequence[int] = (),
        id: int | None = None,  # noqa: A002 - the API's own name
    ) -> int:
        """A new chat's id; `members` are people or bots, put there in silence."""
        body = {"type": type, "title": title, "is_forum": is_forum, "members": list(members), "id": id}
        return int((await self._ask("POST", "chats", body))["id"])

    async def member(
        self,
        chat: int,
        user: int,
        status: Literal["creator", "administrator", "member", "restricted", "left", "kicked"] = "member",
        *,
        rights: dict[str, bool] | None = None,
        by: int | None = None,
    ) -> None:
        """Someone comes, goes, or gets other rights."""
        body = {"user": user, "status": status, "rights": rights, "by": by}
        await self._ask("POST", f"chats/{chat}/members", body)

    async def topic(self, chat: int, name: str, by: int) -> int:
        """A new topic's `message_thread_id`."""
        return int((await self._ask("POST", f"chats/{chat}/topics", {"name": name, "by": by}))["message_thread_id"])

    async def migrate(self, chat: int) -> int:
        """The id of the supergroup that the basic group becomes."""
        return int((await self._ask("POST", f"chats/{chat}/migrate", {}))["id"])

    # --- what residents do; `chat` may be a bot's id: then it is the private chat with it

    async def say(
        self,
        chat: int,
        sender: int,
        text: str,
        *,
        entities: list[Json] | None = None,
        reply_to: int | None = None,
        quote: str | None = None,
        thread: int | None = None,
        ephemeral: bool | None = None,
        anonymous: bool | None = None,
    ) -> Json:
        """The message as the Bot API tells it."""
        body = {"chat": chat, "from": sender, "text": text, "entities": entities, "reply_to": reply_to}
        more = {"quote": quote, "thread": thread, "ephemeral": ephemeral, "anonymous": anonymous}
        return await self._ask("POST", "messages", body | more)

    async def edit(
        self, chat: int, sender: int, message: int, text: str, *, entities: list[Json] | None = None
    ) -> Json:
        body = {"chat": chat, "from": sender, "message": message, "text": text, "entities": entities}
        return await self._ask("POST", "edits", body)

    async def delete(self, chat: int, sender: int, message: int) -> None:
        await self._ask("POST", "deletes", {"chat": chat, "from": sender, "message": message})

    async def tap(
        self, chat: int, sender: int, data: str, *, message: int | None = None, ephemeral_message: int | None = None
    ) -> str:
        """The callback query's id; `tapped` tells what the bot answered."""
        body = {"chat": chat, "from": sender, "data": data, "message": message, "ephemeral_message": ephemeral_message}
        return str((await self._ask("POST", "taps", body))["callback_query_id"])

    async def tapped(self, tap: str) -> Json:
        """`{answered, text, show_alert, url}`."""
        return await self._ask("GET", f"taps/{tap}")

    async def react(self, chat: int, sender: int, message: int, *emoji: str) -> None:
        """That person's whole set of reactions; none takes them off."""
        await self._ask("POST", "reactions", {"chat": chat, "from": sender, "message": message, "emoji": list(emoji)})

    async def start(self, user: int, bot: int, payload: str | None = None) -> Json:
        return await self._ask("POST", "start", {"user": user, "bot": bot, "payload": payload})

    async def startgroup(
        self, user: int, bot: int, chat: int, payload: str | None = None, *, rights: dict[str, bool] | None = None
    ) -> Json:
        body = {"user": user, "bot": bot, "chat": chat, "payload": payload, "rights": rights}
        return await self._ask("POST", "startgroup", body)

    async def block(self, user: int, bot: int, *, blocked: bool = True) -> None:
        await self._ask("POST", "block", {"user": user, "bot": bot, "blocked": blocked})

    # --- what befalls the network

    async def update(self, bot: int, update: Json) -> int:
        """Queue a raw update, malformed ones too; its id."""
        return int((await self._ask("POST", "updates", {"bot": bot, "update": update}))["update_id"])

    async def repeat(self, bot: int, update_id: int) -> None:
        await self._ask("POST", "repeat", {"bot": bot, "update_id": update_id})

    async def fault(
        self,
        method: str,
        kind: Literal["429", "5xx", "timeout", "reset"],
        *,
        when: Literal["before", "after"] = "before",
        chat: int | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        count: int | None = None,
        skip: int | None = None,
        every: tuple[int, int] | None = None,
    ) -> str:
        """The next `count` calls after `skip`, or `every` n of m calls, of that method (`*`: all) fail."""
        body = {"method": method, "kind": kind, "when": when, "chat": chat, "status": status, "count": count}
        more = {"retry_after": retry_after, "skip": skip, "every": list(every) if every else None}
        return str((await self._ask("POST", "faults", body | more))["id"])

    async def no_faults(self) -> None:
        await self._ask("DELETE", "faults")

    async def delay(self, method: str, seconds: float, *, chat: int | None = None) -> None:
        await self._ask("POST", "delays", {"method": method, "seconds": seconds, "chat": chat})

    async def no_delays(self) -> None:
        await self._ask("DELETE", "delays")

    async def settings(
        self,
        *,
        limits: bool | None = None,
        ephemerals_arrive: bool | None = None,
        clock_shift: float | None = None,
        revoke: str | None = None,
    ) -> None:
        """`clock_shift`: seconds ahead of real time."""
        body = {"limits": limits, "ephemerals_arrive": ephemerals_arrive, "clock_shift": clock_shift, "revoke": revoke}
        await self._ask("POST", "settings", body)

    # --- what is there

    async def view(self, chat: int, user: int) -> Json:
        """`{messages, pinned}` as that person sees them now."""
        return await self._ask("GET", "view", chat=chat, user=user)

    async def texts(self, chat: int, user: int) -> list[str]:
        """The texts that the person sees, service messages left out."""
        return [m["text"] for m in (await self.view(chat, user))["messages"] if "service" not in m]

    async def calls(self, since: int = 0) -> list[Json]:
        """What bots have asked: `{n, at, bot, method, params, status, unknown, error?}`."""
        told: list[Json] = (await self._ask("GET", "calls", since=since))["calls"]
        return told

    async def world(self) -> Json:
        """Users, bots, chats; `bots` tells whether each is `polling` and how many updates are `waiting` for it."""
        return await self._ask("GET", "world")

    async def events(self) -> AsyncIterator[str]:
        """One line of JSON per change, without end."""
        async with self._http.stream("GET", "events", timeout=None) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    yield line.removeprefix("data: ")

"""What is there, and what bots have asked."""

from collections.abc import AsyncIterator

from bridges.simulator.client.link import Json, Link, Rejected


class Sight(Link):
    """Looking, without changing anything."""

    async def view(self, chat: int, user: int, last: int = 0) -> Json:
        """`{messages, pinned}` as that person sees them now; only the `last` messages where asked so.

        A message has `message_id, date, from, text` (or caption), `entities, html, edited, reactions, buttons`, and
        where it applies `reply_to, quote, thread, topic, pinned, service`, `kind` with the Bot API's own field of that
        name, `file` (`id, size, name, type, thumbnail`), `spoiler, album, forward, poll`.
        """
        return await self._ask("GET", "view", chat=chat, user=user, last=last)

    async def file(self, file_id: str) -> bytes:
        """What a file of a message holds, as people's apps load it."""
        answer = await self._http.get(f"files/{file_id}")
        if answer.status_code != 200:
            raise Rejected(f"no such file: {answer.status_code}")
        return answer.content

    async def texts(self, chat: int, user: int) -> list[str]:
        """The texts that the person sees, service messages left out."""
        return [m["text"] for m in (await self.view(chat, user))["messages"] if "service" not in m]

    async def calls(self, since: int = 0) -> list[Json]:
        """What bots have asked: `{n, at, bot, method, params, status, unknown, error?}`."""
        told: list[Json] = (await self._ask("GET", "calls", since=since))["calls"]
        return told

    async def counts(self) -> Json:
        """`{methods, statuses, refused}`: calls by method and by status (0: no answer), 429 of the limits by chat."""
        return await self._ask("GET", "counts")

    async def world(self) -> Json:
        """Users, bots, chats; `bots` tells whether each is `polling` and how many updates are `waiting` for it."""
        return await self._ask("GET", "world")

    async def events(self) -> AsyncIterator[str]:
        """One line of JSON per change, without end."""
        async with self._http.stream("GET", "events", timeout=None) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    yield line.removeprefix("data: ")

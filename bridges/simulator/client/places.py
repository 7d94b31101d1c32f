"""Who and where: people, bots, chats, their members, topics and rules."""

from collections.abc import Sequence
from typing import Literal

from bridges.simulator.client.link import Json, Link


class Places(Link):
    """Things come to be, and change."""

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

    async def rename(self, chat: int, by: int, title: str) -> None:
        """The chat has another title (`new_chat_title`)."""
        await self._ask("POST", f"chats/{chat}/title", {"by": by, "title": title})

    async def rename_user(
        self, user: int, *, first_name: str | None = None, last_name: str | None = None, username: str | None = None
    ) -> None:
        """Someone calls themselves otherwise from now on; nobody is told."""
        body = {"first_name": first_name, "last_name": last_name, "username": username}
        await self._ask("POST", f"users/{user}", body)

    async def edit_topic(
        self, chat: int, topic: int, by: int, *, name: str | None = None, closed: bool | None = None
    ) -> None:
        """Another name, closed, or open again."""
        await self._ask("POST", f"chats/{chat}/topics/{topic}", {"by": by, "name": name, "closed": closed})

    async def permit(self, chat: int, *, everything: bool | None = None, **permissions: bool) -> None:
        """What members may do, such as `can_send_photos=False`; `everything=False` makes the chat read-only."""
        await self._ask("POST", f"chats/{chat}/permissions", {"everything": everything, "permissions": permissions})

    async def ask_in(self, chat: int, user: int, *, bio: str = "") -> None:
        """Someone asks to be let into the chat (`chat_join_request`)."""
        await self._ask("POST", f"chats/{chat}/requests", {"user": user, "bio": bio})

    async def slow(self, chat: int, seconds: int) -> None:
        """Slow mode: members wait so long between two messages, 0 for not at all."""
        await self._ask("POST", f"chats/{chat}/slow", {"seconds": seconds})

    async def link(self, group: int, channel: int) -> None:
        """The group becomes the channel's discussion group: its posts appear there."""
        await self._ask("POST", f"chats/{group}/link", {"channel": channel})

    async def pin(self, chat: int, by: int, message: int, *, on: bool = True) -> None:
        """Someone pins a message, or takes it down."""
        await self._ask("POST", f"chats/{chat}/pins", {"by": by, "message": message, "on": on})

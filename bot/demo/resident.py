"""A resident's Matrix client over plain HTTP: it writes, reacts and reads as a person's app would."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import httpx

PROFILE, POLL = "com.beeper.per_message_profile", "org.matrix.msc3381.poll"


class ResidentError(Exception):
    """The homeserver said no; `code` is its errcode."""

    def __init__(self, status: int, said: dict[str, Any]) -> None:
        super().__init__(f"{status} {said.get('errcode')} {said.get('error')}")
        self.code = str(said.get("errcode", ""))


@dataclass(slots=True, kw_only=True)
class Line:
    """A message as an app shows it: its last edit by its author, its reactions, the profile it was sent under.

    `at` is when it was sent, in milliseconds since 1970. `thread` is the message that opened the thread it is in;
    `content` all that the event says by now, which for files is more than words.
    """

    event_id: str
    sender: str
    body: str
    html: str = ""
    kind: str = "m.text"
    reply_to: str = ""
    reactions: dict[str, set[str]] = field(default_factory=dict)
    edited: bool = False
    profile: str = ""
    at: int = 0
    thread: str = ""
    content: dict[str, Any] = field(default_factory=dict)


class Resident:
    """One person on one homeserver, by the client-server API; every call raises ResidentError on a refusal."""

    def __init__(self, url: str, user: str, token: str) -> None:
        self.user, self._token = user, token
        headers, base = {"Authorization": f"Bearer {token}"}, f"{url}/_matrix/client/v3"
        self._http, self._url = httpx.AsyncClient(base_url=base, headers=headers, trust_env=False, timeout=60), url

    @classmethod
    async def login(cls, url: str, localpart: str, password: str) -> Self:
        """Enter with a password."""
        who = {"type": "m.id.user", "user": localpart}
        body = {"type": "m.login.password", "identifier": who, "password": password}
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            said = (answer := await http.post(f"{url}/_matrix/client/v3/login", json=body)).json()
        if answer.is_error:
            raise ResidentError(answer.status_code, said)
        return cls(url, said["user_id"], said["access_token"])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def call(self, method: str, path: str, body: object = None, **query: Any) -> dict[str, Any]:
        """Any call below /_matrix/client/v3, or of a whole address."""
        return _said(await self._http.request(method, path, json=body, params=query or None))

    # --- rooms

    async def create_room(
        self, name: str = "", invite: Sequence[str] = (), *, direct: bool = False, **more: Any
    ) -> str:
        """A private room; `more` goes into /createRoom as it is. Returns its id."""
        body = {"preset": "private_chat", "invite": list(invite), "is_direct": direct, **more}
        return str((await self.call("POST", "/createRoom", {**body, "name": name} if name else body))["room_id"])

    async def invite(self, room: str, user: str, reason: str = "") -> None:
        """Ask somebody in, with a word beside it."""
        await self._member("invite", room, user, reason)

    async def kick(self, room: str, user: str, reason: str = "") -> None:
        """Put somebody out."""
        await self._member("kick", room, user, reason)

    async def ban(self, room: str, user: str, reason: str = "") -> None:
        """Put somebody out for good."""
        await self._member("ban", room, user, reason)

    async def _member(self, what: str, room: str, user: str, reason: str) -> None:
        said = {"reason": reason} if reason else {}
        await self.call("POST", f"/rooms/{quote(room)}/{what}", {"user_id": user, **said})

    async def join(self, room: str) -> None:
        """Enter."""
        await self.call("POST", f"/rooms/{quote(room)}/join", {})

    async def leave(self, room: str) -> None:
        """Go out."""
        await self.call("POST", f"/rooms/{quote(room)}/leave", {})

    async def invitations(self) -> list[str]:
        """The rooms one is asked into."""
        joined = {"room": {"timeline": {"limit": 1}}}
        said = await self.call("GET", "/sync", filter=str(joined).replace("'", '"'), timeout=0)
        return list(said.get("rooms", {}).get("invite", {}))

    async def members(self, room: str) -> dict[str, str]:
        """Who is in the room or was, and how: join, invite, leave, ban."""
        chunk = (await self.call("GET", f"/rooms/{quote(room)}/members"))["chunk"]
        return {event["state_key"]: event["content"].get("membership", "") for event in chunk}

    async def state(self, room: str, kind: str, key: str = "") -> dict[str, Any]:
        """The content of one piece of a room's state."""
        return await self.call("GET", f"/rooms/{quote(room)}/state/{kind}/{quote(key)}")

    async def put_state(self, room: str, kind: str, content: dict[str, Any], key: str = "") -> str:
        """Change one piece of a room's state; returns the event's id."""
        path = f"/rooms/{quote(room)}/state/{kind}/{quote(key)}"
        return str((await self.call("PUT", path, content))["event_id"])

    async def appoint(self, room: str, user: str, level: int) -> None:
        """Give somebody a power level."""
        levels = await self.state(room, "m.room.power_levels")
        await self.put_state(room, "m.room.power_levels", {**levels, "users": {**levels.get("users", {}), user: level}})

    async def pin(self, room: str, *events: str) -> str:
        """Keep just these messages in sight; returns the event's id."""
        return await self.put_state(room, "m.room.pinned_events", {"pinned": list(events)})

    async def upgrade(self, room: str, version: str = "11") -> str:
        """Let the room go on as another one; returns the new one's id."""
        said = await self.call("POST", f"/rooms/{quote(room)}/upgrade", {"new_version": version})
        return str(said["replacement_room"])

    async def rename(self, name: str) -> None:
        """Call oneself otherwise."""
        await self.call("PUT", f"/profile/{quote(self.user)}/displayname", {"displayname": name})

    # --- files

    async def upload(self, data: bytes, name: str = "", kind: str = "application/octet-stream") -> str:
        """Put a file on the homeserver; returns its mxc address."""
        params, headers = {"filename": name} if name else None, {"Content-Type": kind}
        url = f"{self._url}/_matrix/media/v3/upload"
        return str(_said(await self._http.post(url, content=data, params=params, headers=headers))["content_uri"])

    async def download(self, mxc: str) -> bytes:
        """Fetch a file, as clients do since Matrix 1.11."""
        url = f"{self._url}/_matrix/client/v1/media/download/{mxc.removeprefix('mxc://')}"
        if (answer := await self._http.get(url)).is_error:
            raise ResidentError(answer.status_code, answer.json())
        return answer.content

    async def show(self, room: str, data: bytes, name: str, kind: str, caption: str = "", **more: Any) -> str:
        """Send a file, as what its type is or as `msgtype` says; `more` goes into the event. Returns the event's id."""
        url = await self.upload(data, name, kind)
        main = kind.partition("/")[0]
        msgtype = more.pop("msgtype", f"m.{main}" if main in {"image", "video", "audio"} else "m.file")
        info = {"mimetype": kind, "size": len(data), **more.pop("info", {})}
        content = {"msgtype": msgtype, "body": caption or name, "filename": name, "url": url, "info": info, **more}
        return await self.raw(room, "m.room.message", {**content, "m.mentions": {}})

    async def sticker(self, room: str, data: bytes, emoji: str, kind: str = "image/png") -> str:
        """Send a sticker; returns the event's id."""
        url, info = await self.upload(data, kind=kind), {"mimetype": kind, "size": len(data), "w": 128, "h": 128}
        return await self.raw(room, "m.sticker", {"body": emoji, "url": url, "info": info})

    # --- words

    async def raw(self, room: str, kind: str, content: object) -> str:
        """Any event, well-formed or not; returns its id."""
        return str((await self.call("PUT", f"/rooms/{quote(room)}/send/{kind}/{uuid4()}", content))["event_id"])

    async def send(
        self, room: str, text: str, html: str = "", *, reply_to: str = "", kind: str = "m.text", thread: str = ""
    ) -> str:
        """Say something, in the thread of a message perhaps; returns the event's id."""
        relation: dict[str, Any] = {"m.in_reply_to": {"event_id": reply_to or thread}} if reply_to or thread else {}
        if thread:
            relation |= {"rel_type": "m.thread", "event_id": thread, "is_falling_back": not reply_to}
        about = {"m.relates_to": relation} if relation else {}
        return await self.raw(room, "m.room.message", {**_words(text, html, kind), **about})

    async def ask(self, room: str, question: str, *options: str, several: int = 1) -> str:
        """Open a poll (MSC3381), whose answers are called by their numbers; returns the event's id."""
        answers = [{"id": str(n), "org.matrix.msc1767.text": option} for n, option in enumerate(options)]
        asked = {"question": {"org.matrix.msc1767.text": question, "body": question}, "answers": answers}
        poll = {"kind": f"{POLL}.disclosed", "max_selections": several, **asked}
        return await self.raw(room, f"{POLL}.start", {f"{POLL}.start": poll, "org.matrix.msc1767.text": question})

    async def vote(self, room: str, poll: str, *answers: int) -> str:
        """Choose in a poll; returns the event's id."""
        chosen = {f"{POLL}.response": {"answers": [str(one) for one in answers]}}
        return await self.raw(room, f"{POLL}.response", {**chosen, **_refers(poll)})

    async def end(self, room: str, poll: str) -> str:
        """End a poll; returns the event's id."""
        over = {f"{POLL}.end": {}, "org.matrix.msc1767.text": "The poll has ended"}
        return await self.raw(room, f"{POLL}.end", {**over, **_refers(poll)})

    async def edit(self, room: str, event_id: str, text: str, html: str = "") -> str:
        """Say it differently; returns the edit's id."""
        relation = {"rel_type": "m.replace", "event_id": event_id}
        content = {**_words(f"* {text}", html and f"* {html}"), "m.new_content": _words(text, html)}
        return await self.raw(room, "m.room.message", {**content, "m.relates_to": relation})

    async def react(self, room: str, event_id: str, emoji: str) -> str:
        """Put an emoji on a message; returns the reaction's id."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": emoji}
        return await self.raw(room, "m.reaction", {"m.relates_to": relation})

    async def redact(self, room: str, event_id: str, reason: str = "") -> str:
        """Take a message or a reaction away."""
        path = f"/rooms/{quote(room)}/redact/{quote(event_id)}/{uuid4()}"
        return str((await self.call("PUT", path, {"reason": reason} if reason else {}))["event_id"])

    async def event(self, room: str, event_id: str) -> dict[str, Any]:
        """One event as the homeserver holds it now."""
        return await self.call("GET", f"/rooms/{quote(room)}/event/{quote(event_id)}")

    async def relations(self, room: str, event_id: str, kind: str = "") -> list[dict[str, Any]]:
        """What refers to an event (edits, reactions), newest first."""
        path = f"/_matrix/client/v1/rooms/{quote(room)}/relations/{quote(event_id)}" + (f"/{kind}" if kind else "")
        return list((await self.call("GET", self._url + path, limit=100))["chunk"])

    async def history(self, room: str) -> list[dict[str, Any]]:
        """Every event one may see, oldest first."""
        events: list[dict[str, Any]] = []
        token: str | None = None
        while True:
            start = {"from": token} if token else {}
            page = await self.call("GET", f"/rooms/{quote(room)}/messages", dir="f", limit=250, **start)
            events += page["chunk"]
            if not (token := page.get("end")):
                return events

    async def timeline(self, room: str) -> list[Line]:
        """The room's messages as an app shows them, oldest first; what was taken away is gone."""
        lines: dict[str, Line] = {}
        for event in await self.history(room):
            about = event["content"].get("m.relates_to", {})
            match event["type"], about:
                case "m.room.message", {"rel_type": "m.replace", "event_id": first}:
                    new = event["content"].get("m.new_content")
                    if new and (line := lines.get(first)) and line.sender == event["sender"]:
                        _fill(line, new)
                        line.edited = True
                case "m.room.message", _ if "body" in event["content"]:
                    to = about.get("m.in_reply_to", {}).get("event_id", "")
                    line = Line(event_id=event["event_id"], sender=event["sender"], body="", reply_to=to)
                    if about.get("rel_type") == "m.thread":
                        line.thread, line.reply_to = about["event_id"], "" if about.get("is_falling_back") else to
                    _fill(line, event["content"])
                    line.at = int(event.get("origin_server_ts", 0))
                    lines[line.event_id] = line
                case "m.reaction", {"event_id": first, "key": emoji} if first in lines:
                    lines[first].reactions.setdefault(emoji, set()).add(event["sender"])
        return list(lines.values())


def _said(answer: httpx.Response) -> dict[str, Any]:
    said: dict[str, Any] = answer.json()
    if answer.is_error:
        raise ResidentError(answer.status_code, said)
    return said


def _refers(event: str) -> dict[str, Any]:
    return {"m.relates_to": {"rel_type": "m.reference", "event_id": event}}


def _words(text: str, html: str = "", kind: str = "m.text") -> dict[str, Any]:
    formatted = {"format": "org.matrix.custom.html", "formatted_body": html} if html else {}
    return {"msgtype": kind, "body": text, **formatted, "m.mentions": {}}


def _fill(line: Line, content: dict[str, Any]) -> None:
    line.content = content
    line.body, line.html = str(content.get("body", "")), str(content.get("formatted_body", ""))
    line.kind, line.profile = str(content.get("msgtype", "")), str(content.get(PROFILE, {}).get("displayname", ""))

"""A stand-in for a homeserver: `python -m tests.measures.matrix --port N --rooms N` answers a client, quickly."""

import argparse
import asyncio
import json
import time
from itertools import count

from tests.measures.ledger import Ledger
from tests.measures.wire import Answer, Json, Request, form, said, serve

SERVER = "stand-in.test"
BOT, MAELLE, IDIR = (f"@{name}:{SERVER}" for name in ("palier", "maelle", "idir"))
SESSION = {"user_id": BOT, "device_id": "BENCH", "access_token": "bench"}
MOST = 200  # events in one answer
KEYS = {"one_time_key_counts": {"signed_curve25519": 50}}


def room(chat: int) -> str:
    """The id of the room that stands for a chat."""
    return f"!rue{chat}:{SERVER}"


class Homeserver:
    """One account and its rooms; what it sends comes back to it by /sync, as it does from every homeserver."""

    def __init__(self, rooms: int, delay: float) -> None:
        self._delay = delay
        self._chats = {room(chat): chat for chat in range(rooms)}
        self._state = {id_: self._beginning(id_) for id_ in self._chats}
        self._stream: list[tuple[str, Json]] = []
        self._dropped = 0  # how many events from the stream's beginning are forgotten
        self._sent = dict[str, str]()  # transaction -> event
        self._ids, self._news = count(1), asyncio.Event()
        self._account: Json = {}
        self.ledger = Ledger(self._hear)

    def handle(self, request: Request) -> Answer | asyncio.Future[Answer]:  # noqa: PLR0911 - one line a call
        """`/control/...` or a call of the client-server API."""
        if request.parts[0] == "control":
            return self.ledger.control(request)
        match request.method, request.parts[3:]:
            case "GET", ["sync"]:
                return asyncio.ensure_future(self._sync(form(request.query)))
            case "PUT", ["rooms", id_, "send", kind, transaction]:
                return self._send(id_, kind, transaction, json.loads(request.body))
            case "PUT", ["rooms", id_, "redact", event, transaction]:
                return self._send(id_, "m.room.redaction", transaction, {"redacts": event})
            case "PUT", ["rooms", id_, "state", kind, *key]:
                return said({"event_id": self._add(id_, BOT, kind, json.loads(request.body), state="/".join(key))})
            case "GET", ["rooms", id_, "state"]:
                return said(self._state.get(id_, []))
            case "GET", ["rooms", id_, "members"]:
                return said({"chunk": [one for one in self._state[id_] if one["type"] == "m.room.member"]})
            case "GET", ["joined_rooms"]:
                return said({"joined_rooms": list(self._chats)})
            case "GET", ["rooms", _, "messages" | "relations", *_]:
                return said({"chunk": [], "start": "s0"})
            case "POST", ["join", id_] | ["rooms", id_, "join"]:
                return said({"room_id": id_})
            case ("GET", ["login"]):
                return said({"flows": [{"type": "m.login.password"}]})
            case ("POST", ["login"]) | ("GET", ["account", "whoami"]):
                return said(SESSION)
            case "POST", ["keys", "upload"]:
                return said(KEYS)
            case ("POST", ["keys", *_]) | ("PUT", ["sendToDevice", *_]):
                return said({})
            case method, ["user", _, "account_data", kind]:
                if method == "PUT":
                    self._account[kind] = json.loads(request.body)
                return said(self._account.get(kind, {}))
            case "POST", ["user", _, "filter"]:
                return said({"filter_id": "1"})
        if request.parts[-1] == "versions":
            return said({"versions": ["v1.11", "v1.12"], "unstable_features": {}})
        return said({"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}, 404)

    def _send(self, id_: str, kind: str, transaction: str, content: Json) -> Answer | asyncio.Future[Answer]:
        if (event := self._sent.get(transaction)) is None:
            if kind == "m.room.message":
                self.ledger.brought(self._chats[id_], content["body"])
            event = self._sent[transaction] = self._add(id_, BOT, kind, content, transaction)
            if len(self._sent) > 10_000:
                del self._sent[next(iter(self._sent))]
        answer = said({"event_id": event})
        return asyncio.ensure_future(_later(answer, self._delay)) if self._delay else answer

    def _hear(self, chat: int, text: str) -> None:
        content = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        self._add(room(chat), MAELLE, "m.room.message", content)

    def _add(
        self, id_: str, by: str, kind: str, content: Json, transaction: str = "", *, state: str | None = None
    ) -> str:
        event = _event(by, kind, content, next(self._ids), state)
        if transaction:
            event["unsigned"] = {"transaction_id": transaction}
        self._stream.append((id_, event))
        self._news.set()
        return str(event["event_id"])

    def _beginning(self, id_: str) -> list[Json]:
        levels = {"users": {MAELLE: 100, BOT: 50}, "events": {}, "users_default": 0, "state_default": 50, "redact": 50}
        state: list[tuple[str, Json, str]] = [
            ("m.room.create", {"room_version": "11", "creator": MAELLE}, ""),
            *(("m.room.member", {"membership": "join", "displayname": who[1:].split(":")[0].title()}, who)
              for who in (MAELLE, BOT, IDIR)),
            ("m.room.power_levels", levels, ""),
            ("m.room.name", {"name": f"Rue {self._chats[id_]}"}, ""),
            ("m.room.join_rules", {"join_rule": "invite"}, ""),
        ]  # fmt: skip
        number = self._chats[id_] * 10 + 1_000_000_000
        return [
            _event(MAELLE, kind, content, number + n, key) for n, (kind, content, key) in enumerate(state)
        ]

    async def _sync(self, query: dict[str, str]) -> Answer:
        since = int(query.get("since", "s0")[1:])
        if "since" in query and query.get("full_state") != "true" and since >= self._dropped + len(self._stream):
            self._news.clear()
            self.ledger.asleep = True
            try:
                async with asyncio.timeout(int(query.get("timeout", 0)) / 1000):
                    await self._news.wait()
            except TimeoutError:
                pass
            finally:
                self.ledger.asleep = False
        if (known := since - self._dropped) > 5 * MOST:  # what was confirmed is not asked for again
            del self._stream[: known - MOST]
            self._dropped += known - MOST
        first = "since" not in query
        start = max(0, since - self._dropped)
        part = [] if first else self._stream[start : start + MOST]
        end = self._dropped + (len(self._stream) if first else start + len(part))
        joined: dict[str, Json] = {}
        if first or query.get("full_state") == "true":
            joined = {id_: _joined(state) for id_, state in self._state.items()}
        for id_, event in part:
            joined.setdefault(id_, _joined([]))["timeline"]["events"].append(event)
        written = self.ledger.gave([event["content"]["body"] for _, event in part if event["sender"] == MAELLE])
        answer = said({"next_batch": f"s{end}", "rooms": {"join": joined}, "device_one_time_keys_count": {}})
        return Answer(answer.body, written=written)


def _joined(state: list[Json]) -> Json:
    timeline: Json = {"events": [], "limited": False, "prev_batch": "s0"}
    return {"state": {"events": state}, "timeline": timeline}


def _event(by: str, kind: str, content: Json, number: int, state: str | None = None) -> Json:
    event: Json = {
        "type": kind, "content": content, "sender": by, "event_id": f"$event{number:012d}",
        "origin_server_ts": int(time.time() * 1000),
    }  # fmt: skip
    return event if state is None else {**event, "state_key": state}


async def _later(answer: Answer, seconds: float) -> Answer:
    await asyncio.sleep(seconds)
    return answer


async def run(options: argparse.Namespace) -> None:
    await serve(Homeserver(options.rooms, options.delay).handle, options.port)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.measures.matrix", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rooms", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0, help="seconds before each answer to a send")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()

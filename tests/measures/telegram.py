"""A stand-in for Telegram: `python -m tests.measures.telegram --port N` answers the Bot API's calls, quickly."""

import argparse
import asyncio
import json
import time
from collections import deque
from collections.abc import Iterator
from itertools import count, islice

from tests.measures.ledger import Ledger
from tests.measures.wire import Answer, Json, Request, form, said, serve

BOT = {"id": 8_100_000_001, "is_bot": True, "first_name": "Palier", "username": "palier_bot"}
ME = {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
AMINA = 7_100_000_001
PERSON = {"id": AMINA, "is_bot": False, "first_name": "Amina", "language_code": "fr"}
FIRST = -1_001_000_000_001  # the group of chat 0; those of the others follow downwards
RIGHTS = dict.fromkeys(
    ("can_be_edited", "can_manage_chat", "can_change_info", "can_delete_messages", "can_invite_users",
     "can_restrict_members", "can_pin_messages", "can_manage_topics", "can_promote_members", "can_manage_video_chats",
     "can_post_stories", "can_edit_stories", "can_delete_stories"), True,
)  # fmt: skip


def group(chat: int) -> int:
    """The id of the group that stands for a chat."""
    return FIRST - chat


class Telegram:
    """One bot and its groups; `delay` in seconds before each answer to a send, `most` sends a second, 0 for any."""

    def __init__(self, delay: float, most: int) -> None:
        self._delay, self._most = delay, most
        self.ledger = Ledger(self._hear)
        self._updates = deque[Json]()
        self._ids, self._messages = count(700_000_001), dict[int, Iterator[int]]()
        self._news = asyncio.Event()
        self._within = deque[float]()  # the sends of the last second

    def handle(self, request: Request) -> Answer | asyncio.Future[Answer]:
        """`/control/...` or `/bot<token>/<method>`."""
        if request.parts[0] == "control":
            return self.ledger.control(request)
        arguments = form(request.body.decode())
        match request.parts[1]:
            case "getUpdates":
                return asyncio.ensure_future(self._poll(arguments))
            case "sendMessage":
                return self._send(arguments)
            case "getMe":
                return well(ME)
            case "getChat":
                return well({**_group(int(arguments["chat_id"])), "accent_color_id": 0, "max_reaction_count": 11})
            case "getChatMember":
                return well({"status": "administrator", "user": BOT, "is_anonymous": False, **RIGHTS})
            case "editMessageText":
                self.ledger.brought(FIRST - int(arguments["chat_id"]), arguments["text"])
        return well(True)

    def _send(self, arguments: dict[str, str]) -> Answer | asyncio.Future[Answer]:
        now, chat = time.monotonic(), int(arguments["chat_id"])
        if self._most:
            while self._within and self._within[0] <= now - 1:
                self._within.popleft()
            if len(self._within) >= self._most:
                self.ledger.refused += 1
                no = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1"}
                return said({**no, "parameters": {"retry_after": 1}}, 429)
            self._within.append(now)
        self.ledger.brought(FIRST - chat, arguments["text"])
        answer = well(self._message(chat, BOT, arguments["text"]))
        return asyncio.ensure_future(_later(answer, self._delay)) if self._delay else answer

    def _hear(self, chat: int, text: str) -> None:
        message = self._message(group(chat), PERSON, text)
        self._updates.append({"update_id": next(self._ids), "message": message})
        self._news.set()

    def _message(self, chat: int, by: Json, text: str) -> Json:
        number = next(self._messages.setdefault(chat, count(1)))
        return {"message_id": number, "from": by, "chat": _group(chat), "date": int(time.time()), "text": text}

    async def _poll(self, arguments: dict[str, str]) -> Answer:
        offset = int(arguments.get("offset") or 0)
        while self._updates and self._updates[0]["update_id"] < offset:
            self._updates.popleft()
        if not self._updates:
            self._news.clear()
            self.ledger.asleep = True
            try:
                async with asyncio.timeout(float(arguments.get("timeout") or 0)):
                    await self._news.wait()
            except TimeoutError:
                pass
            finally:
                self.ledger.asleep = False
        batch = list(islice(self._updates, 100))
        written = self.ledger.gave([update["message"]["text"] for update in batch])
        return Answer(well(batch).body, written=written)


def _group(chat: int) -> Json:
    return {"id": chat, "type": "supergroup", "title": f"Rue {FIRST - chat}"}


def well(result: object) -> Answer:
    return Answer(b'{"ok":true,"result":' + json.dumps(result, separators=(",", ":")).encode() + b"}")


async def _later(answer: Answer, seconds: float) -> Answer:
    await asyncio.sleep(seconds)
    return answer


async def run(options: argparse.Namespace) -> None:
    await serve(Telegram(options.delay, options.most).handle, options.port)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.measures.telegram", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0, help="seconds before each answer to a send")
    parser.add_argument("--most", type=int, default=0, help="sends within any second; more get a 429")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()

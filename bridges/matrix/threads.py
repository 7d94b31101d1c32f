"""Remembers what came last in each thread: clients without threads show the next message as an answer to that."""

from bridges.model import Chat, Ref

MOST = 1_000


class Threads:
    """The newest message of the last `MOST` threads; not to know it costs nothing but the place of that answer."""

    def __init__(self) -> None:
        self._last: dict[Chat, str] = {}

    def note(self, ref: Ref) -> None:
        """Something came, or went, into a chat."""
        if ref.chat.thread:
            self._last.pop(ref.chat, None)
            self._last[ref.chat] = ref.id
            if len(self._last) > MOST:
                del self._last[next(iter(self._last))]

    def last(self, chat: Chat) -> str:
        """The newest message there, or nothing."""
        return self._last.get(chat, "")

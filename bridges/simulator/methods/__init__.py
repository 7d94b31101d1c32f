"""The methods of the Bot API, by name; each declares every parameter that the real one has."""

from bridges.simulator.methods import (
    chats,
    edits,
    me,
    media,
    members,
    messages,
    polling,
    sending,
    things,
    topics,
    whispers,
)
from bridges.simulator.methods.call import METHODS, Call, Method

__all__ = [
    "METHODS", "Call", "Method", "chats", "edits", "me", "media", "members", "messages", "polling", "sending", "things",
    "topics", "whispers",
]  # fmt: skip

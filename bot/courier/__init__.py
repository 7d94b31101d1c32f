"""Carries out what waits in the outbox: each chat in order, all chats at once, nothing twice."""

from bot.courier.courier import Alive, Courier
from bot.courier.pace import Pacer

__all__ = ["Alive", "Courier", "Pacer"]

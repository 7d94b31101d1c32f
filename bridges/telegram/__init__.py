"""Telegram: the Bot API by long polling, through python-telegram-bot."""

from bridges.telegram.bridge import TelegramBridge

__all__ = ["TelegramBridge"]

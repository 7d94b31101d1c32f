"""Telegram: the Bot API by long polling or a webhook, through python-telegram-bot."""

from bridges.telegram.bridge import TelegramBridge, Webhook

__all__ = ["TelegramBridge", "Webhook"]

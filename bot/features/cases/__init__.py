"""Cases: what the filter held or somebody reported, what moderators did about it, the reasons, and the appeal."""

from bot.features.cases import appeals, commands, explaining, held, keeping, log, reports, settings
from bot.features.cases.base import feature

__all__ = ["appeals", "commands", "explaining", "feature", "held", "keeping", "log", "reports", "settings"]

"""Settings: one TOML file, its secrets from the environment or from files beside it, all frozen once read."""

from bot.config.loading import ConfigError, load
from bot.config.models import Commune, Language, Log, Matrix, Settings, Telegram, Web
from bot.config.private import new_key, read_private, write_private

__all__ = [
    "Commune", "ConfigError", "Language", "Log", "Matrix", "Settings", "Telegram", "Web", "load", "new_key",
    "read_private", "write_private",
]

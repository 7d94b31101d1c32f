"""What each Palier that is forked finds done: libraries are loaded, and texts are read."""

from functools import cache
from importlib import import_module
from typing import Any

texts: Any = import_module("bot.texts")
texts.FluentResource = cache(texts.FluentResource)
texts.Texts()
for name in ("tests.faults.mined", "anyio._backends._asyncio", "httpcore", "apscheduler.executors.asyncio"):
    import_module(name)
import_module("bot.app").find_features()
import_module("bot.judging").Judging()  # reads what moderation reads

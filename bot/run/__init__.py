"""Puts everything together for `palier run`: one bot to a file, or any number of workers to a PostgreSQL database."""

from bot.run.building import connect, open_app, secret
from bot.run.database import (
    FOUND_BY,
    KEY_CHECK,
    Unfit,
    alone,
    file_of,
    is_at_work,
    lock_of,
    open_store,
    prepare,
    prepare_together,
    shown,
    sound,
)
from bot.run.watch import Watch, explain
from bot.run.working import finish, run, work_until

__all__ = [
    "FOUND_BY", "KEY_CHECK", "Unfit", "Watch", "alone", "connect", "explain", "file_of", "finish", "is_at_work",
    "lock_of", "open_app", "open_store", "prepare", "prepare_together", "run", "secret", "shown", "sound",
    "work_until",
]  # fmt: skip

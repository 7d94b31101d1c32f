"""Run by Alembic: the tables of all features, over the connection that it is given."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import AutoString, SQLModel

from bot.app import find_features
from bot.store.tables import Moment


def render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write types into a migration as the database knows them: what our code calls them may change."""
    match item:
        case Moment() if kind == "type":
            return "sa.DateTime(timezone=True)"
        case AutoString() if kind == "type":
            return "sa.String()"
        case sa.Enum() if kind == "type":
            return f"sa.String({item.length})"
    return False


find_features()  # a feature's own tables are known once its module is loaded
connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, render_item=render
)
with context.begin_transaction():
    context.run_migrations()

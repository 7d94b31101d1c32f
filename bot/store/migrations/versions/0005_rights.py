"""Objections, wordings that ask again, who left, and numbers of messages by the keyed hash of their room."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """From 0004."""
    op.create_table(
        "objection",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("answered", INSTANT, nullable=True),
    )
    op.create_index("ix_objection_person", "objection", ["person"])
    with op.batch_alter_table("consent") as consent:
        consent.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        consent.add_column(sa.Column("left", INSTANT, nullable=True))
    with op.batch_alter_table("asked") as asked:
        asked.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.execute("delete from seen")  # some keys name people; an event that came before comes again only after a crash
    op.execute("delete from sighting")  # rooms stood there as they are; a private one is named after its person

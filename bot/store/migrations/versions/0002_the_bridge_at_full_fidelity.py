"""Files, threads, polls, several messages in one call, and several workers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
IS_OPEN = sa.text("state IN ('WAITING', 'SENDING')")


def upgrade() -> None:
    """From 0001."""
    op.create_table(
        "ballot",
        sa.Column("network", sa.String(), primary_key=True),
        sa.Column("poll", sa.String(), primary_key=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("ix_ballot_at", "ballot", ["at"])
    op.create_table(
        "sighting",
        sa.Column("network", sa.String(), primary_key=True),
        sa.Column("room", sa.String(), primary_key=True),
        sa.Column("id", BIG, primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("ix_sighting_at", "sighting", ["at"])
    op.create_table(
        "strand",
        sa.Column("network", sa.String(), primary_key=True),
        sa.Column("room", sa.String(), primary_key=True),
        sa.Column("thread", sa.String(), primary_key=True),
        sa.Column("other_network", sa.String(), primary_key=True),
        sa.Column("other_room", sa.String(), primary_key=True),
        sa.Column("other_thread", sa.String(), nullable=False),
    )
    op.create_index("strand_other", "strand", ["other_network", "other_room", "other_thread"])
    with op.batch_alter_table("consent") as consent:
        consent.add_column(sa.Column("media", sa.Boolean(), nullable=True))
    with op.batch_alter_table("copy") as copy:
        copy.add_column(sa.Column("nth", sa.Integer(), nullable=False, server_default="0"))
        copy.add_column(sa.Column("form", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("mandate") as mandate:
        mandate.add_column(sa.Column("identity", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("outgoing") as outgoing:
        for name in ("room", "album", "bundle"):
            outgoing.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        for name in ("worker", "before"):
            outgoing.add_column(sa.Column(name, BIG, nullable=False, server_default="0"))
        outgoing.add_column(sa.Column("called", INSTANT, nullable=True))
        outgoing.drop_index("outgoing_open")
        outgoing.create_index("ix_outgoing_called", ["called"])
        outgoing.create_index("outgoing_lanes", ["lane", "id"], sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)

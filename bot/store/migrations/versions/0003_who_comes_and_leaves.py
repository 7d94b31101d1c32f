"""Who comes and leaves, counted until it is told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From 0002."""
    op.create_table(
        "coming",
        sa.Column("circle", sa.Integer(), nullable=False),
        sa.Column("home", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("circle", "home", "what", "person", "line"),
    )
    op.create_index("ix_coming_at", "coming", ["at"])
    op.create_table(
        "doorway",
        sa.Column("circle", sa.Integer(), nullable=False),
        sa.Column("told", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["circle"], ["circle.id"]),
        sa.PrimaryKeyConstraint("circle"),
    )

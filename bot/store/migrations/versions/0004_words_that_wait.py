"""Who is new in a circle, and what moderators changed of the policy."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From 0003."""
    op.create_table(
        "member",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("circle", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("arrived", sa.Boolean(), nullable=False),
        sa.Column("left", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("person", "circle"),
    )
    op.create_index("ix_member_left", "member", ["left"])
    op.create_table(
        "layer",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("changes", sa.String(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope"),
    )

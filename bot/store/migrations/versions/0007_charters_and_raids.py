"""Charters, who accepted them and who asks to come in; raids, and who came lately."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From 0006."""
    op.create_table(
        "charter",
        sa.Column("circle", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["circle"], ["circle.id"]),
        sa.PrimaryKeyConstraint("circle", "version"),
    )
    op.create_table(
        "pledge",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("circle", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["circle"], ["circle.id"]),
        sa.PrimaryKeyConstraint("person", "circle"),
    )
    op.create_index("ix_pledge_at", "pledge", ["at"])
    op.create_table(
        "entrance",
        sa.Column("circle", sa.Integer(), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["circle"], ["circle.id"]),
        sa.PrimaryKeyConstraint("circle"),
    )
    op.create_table(
        "applicant",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("circle", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["circle"], ["circle.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person", "network", "room"),
    )
    for column in ("person", "circle", "at"):
        op.create_index(f"ix_applicant_{column}", "applicant", [column])
    op.create_table(
        "raid",
        sa.Column("circle", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["circle"], ["circle.id"]),
        sa.PrimaryKeyConstraint("circle"),
    )
    op.create_table(
        "arrival",
        sa.Column("circle", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["circle"], ["circle.id"]),
        sa.PrimaryKeyConstraint("circle", "person"),
    )
    op.create_index("ix_arrival_at", "arrival", ["at"])

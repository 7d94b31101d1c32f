"""What moderators look at and do: cases, reports, acts, appeals, and what holds."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("desk",
    sa.Column("scope", sa.String(), nullable=False),
    sa.Column("network", sa.String(), nullable=False),
    sa.Column("room", sa.String(), nullable=False),
    sa.Column("thread", sa.String(), nullable=False),
    sa.PrimaryKeyConstraint("scope")
    )
    op.create_table("moderation_case",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("circle", sa.Integer(), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("origin", sa.String(), nullable=False),
    sa.Column("person", sa.String(), nullable=False),
    sa.Column("subject", sa.LargeBinary(), nullable=True),
    sa.Column("excerpt", sa.LargeBinary(), nullable=True),
    sa.Column("ground", sa.String(), nullable=False),
    sa.Column("checks", sa.String(), nullable=False),
    sa.Column("proposed", sa.String(), nullable=False),
    sa.Column("policy", sa.String(), nullable=False),
    sa.Column("reports", sa.Integer(), nullable=False),
    sa.Column("nth", sa.Integer(), nullable=False),
    sa.Column("opened", sa.DateTime(timezone=True), nullable=False),
    sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(["circle"], ["circle.id"] ),
    sa.PrimaryKeyConstraint("id")
    )
    with op.batch_alter_table("moderation_case", schema=None) as batch_op:
        batch_op.create_index(
            "case_open", ["origin"], unique=True, sqlite_where=sa.text("outcome = 'OPEN'"),
            postgresql_where=sa.text("outcome = 'OPEN'"),
        )  # fmt: skip
        batch_op.create_index(batch_op.f("ix_moderation_case_circle"), ["circle"], unique=False)
        batch_op.create_index(batch_op.f("ix_moderation_case_closed"), ["closed"], unique=False)
        batch_op.create_index(batch_op.f("ix_moderation_case_opened"), ["opened"], unique=False)
        batch_op.create_index(batch_op.f("ix_moderation_case_person"), ["person"], unique=False)

    op.create_table("sanction",
    sa.Column("act", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column("circle", sa.Integer(), nullable=False),
    sa.Column("person", sa.String(), nullable=False),
    sa.Column("identity", sa.LargeBinary(), nullable=True),
    sa.Column("what", sa.String(), nullable=False),
    sa.Column("until", sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(["circle"], ["circle.id"] ),
    sa.PrimaryKeyConstraint("act")
    )
    with op.batch_alter_table("sanction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sanction_circle"), ["circle"], unique=False)
        batch_op.create_index(batch_op.f("ix_sanction_person"), ["person"], unique=False)
        batch_op.create_index(batch_op.f("ix_sanction_until"), ["until"], unique=False)

    op.create_table("appeal",
    sa.Column("case", sa.Integer(), nullable=False),
    sa.Column("person", sa.String(), nullable=False),
    sa.Column("words", sa.LargeBinary(), nullable=True),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("by", sa.String(), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(["case"], ["moderation_case.id"] ),
    sa.PrimaryKeyConstraint("case")
    )
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appeal_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeal_person"), ["person"], unique=False)

    op.create_table("moderation_act",
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column("case", sa.Integer(), nullable=False),
    sa.Column("circle", sa.Integer(), nullable=False),
    sa.Column("what", sa.String(16), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("until", sa.DateTime(timezone=True), nullable=True),
    sa.Column("by", sa.String(), nullable=False),
    sa.Column("person", sa.String(), nullable=False),
    sa.Column("facts", sa.LargeBinary(), nullable=True),
    sa.Column("words", sa.LargeBinary(), nullable=True),
    sa.Column("ground", sa.String(), nullable=False),
    sa.Column("source", sa.String(16), nullable=False),
    sa.Column("automated", sa.Boolean(), nullable=False),
    sa.Column("undoes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    sa.ForeignKeyConstraint(["case"], ["moderation_case.id"] ),
    sa.ForeignKeyConstraint(["circle"], ["circle.id"] ),
    sa.PrimaryKeyConstraint("id"),
    sa.UniqueConstraint("undoes")
    )
    with op.batch_alter_table("moderation_act", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderation_act_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_moderation_act_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_moderation_act_person"), ["person"], unique=False)

    op.create_table("report",
    sa.Column("case", sa.Integer(), nullable=False),
    sa.Column("person", sa.String(), nullable=False),
    sa.Column("identity", sa.LargeBinary(), nullable=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(["case"], ["moderation_case.id"] ),
    sa.PrimaryKeyConstraint("case", "person")
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_at"), ["at"], unique=False)

    op.create_table("target",
    sa.Column("act", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column("nth", sa.Integer(), nullable=False),
    sa.Column("network", sa.String(), nullable=False),
    sa.Column("room", sa.String(), nullable=False),
    sa.Column("thread", sa.String(), nullable=False),
    sa.Column("result", sa.String(), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(["act"], ["moderation_act.id"] ),
    sa.PrimaryKeyConstraint("act", "nth")
    )
    with op.batch_alter_table("target", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_target_result"), ["result"], unique=False)


"""Reports on the fate of what we sent."""

import sqlalchemy as sa
from alembic import op

from models.store.columns import Id, Text, Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the reports that come back to the reverse paths of notices."""
    op.create_table(
        "delivery_report",
        sa.Column("inbox_id", Id, nullable=False),
        sa.Column("outbox_id", Id, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("action", Text(), nullable=False),
        sa.Column("address", Text(), nullable=False),
        sa.Column("status", Text(), nullable=False),
        sa.Column("diagnostic", Text(), nullable=False),
        sa.CheckConstraint(
            "action IN ('failed', 'delayed', 'delivered', 'relayed', 'expanded')",
            name=op.f("ck_delivery_report_action_known"),
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_delivery_report_inbox_id")),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_delivery_report_outbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_delivery_report")),
        comment="what came back to the reverse path of a notice: how it fared after the relay took it",
    )
    op.create_index(op.f("ix_delivery_report_outbox_id"), "delivery_report", ["outbox_id"])


def downgrade() -> None:
    """A database is never taken back: restore the backup made before the upgrade."""
    raise RuntimeError("casegate does not downgrade a database: restore the backup made before the upgrade")

"""Indexes that keep looks at what waits short, however much has been put off and however much there is."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Find what can be offered now before what was put off, what ended badly, and the admin's daily mail."""
    op.drop_index("ix_outbox_ready", "outbox")
    _partial("ix_outbox_ready", "outbox", ["not_before", "id"], "state IN ('ready')")
    _partial("ix_outbox_amiss", "outbox", ["id"], "state IN ('refused', 'unknown', 'expired', 'parked')")
    _partial("ix_outbox_daily", "outbox", ["created_at"], "kind IN ('admin_daily')")
    _partial("ix_obligation_late", "obligation", ["ended_at"], "state IN ('late')")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    """A database is never taken back: restore the backup made before the upgrade."""
    raise RuntimeError("casegate does not downgrade a database: restore the backup made before the upgrade")

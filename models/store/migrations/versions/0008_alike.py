"""Cases that are alike, counted without reading their subjects."""

import sqlalchemy as sa
from alembic import op

from models.store.columns import Text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Name what subjects have in common. Only the last hour's cases are counted: the older ones need no name."""
    with op.batch_alter_table("cases", recreate="always" if _is_sqlite() else "auto") as cases:
        cases.add_column(sa.Column("alike", Text(), nullable=True), insert_after="subject" if _is_sqlite() else None)
    op.create_index(op.f("ix_cases_contact_id_alike_opened_at"), "cases", ["contact_id", "alike", "opened_at"])


def _is_sqlite() -> bool:
    """SQLite writes an added column into the old statement; made anew, it has the one a new database has."""
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    """A database is never taken back: restore the backup made before the upgrade."""
    raise RuntimeError("casegate does not downgrade a database: restore the backup made before the upgrade")

"""Mail and notices compressed by LZ4 on PostgreSQL: what pglz took was a third of all that a mail cost there."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_HAS_LZ4 = sa.text("SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
_CHANGES = sa.text(
    "SELECT format('ALTER TABLE %I ', table_name)"
    " || string_agg(format('ALTER COLUMN %I SET COMPRESSION lz4', column_name), ', ')"
    " FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
    " WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND data_type IN ('text', 'bytea')"
    " GROUP BY table_name ORDER BY table_name"
)


def upgrade() -> None:
    """From now on; what is stored stays as it is. A server that was built without LZ4 goes on as before."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql" and connection.scalar(_HAS_LZ4):
        for change in connection.scalars(_CHANGES).all():
            connection.exec_driver_sql(change)


def downgrade() -> None:
    """A database is never taken back: restore the backup made before the upgrade."""
    raise RuntimeError("casegate does not downgrade a database: restore the backup made before the upgrade")

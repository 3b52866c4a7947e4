"""Pass codes of organisations, to be found in mail and hidden."""

import sqlalchemy as sa
from alembic import op

from models.store.columns import Text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what an organisation proves itself by on the telephone."""
    with op.batch_alter_table("organisation", recreate="always" if _is_sqlite() else "auto") as organisation:
        organisation.add_column(sa.Column("pass_code", Text(), nullable=True))


def _is_sqlite() -> bool:
    """SQLite writes an added column into the old statement; made anew, it has the one a new database has."""
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    """A database is never taken back: restore the backup made before the upgrade."""
    raise RuntimeError("casegate does not downgrade a database: restore the backup made before the upgrade")

"""IMAP intake: its mailboxes, and which of their messages became which row of the inbox."""

import sqlalchemy as sa
from alembic import op

from models.store.columns import Text, Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_IS_HERE = sa.text("state IN ('failing', 'left', 'stored')")


def upgrade() -> None:
    """Create the ledger."""
    op.create_table(
        "imap_mailbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("host", Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("login", Text(), nullable=False),
        sa.Column("folder", Text(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tried_at", Utc(), nullable=True),
        sa.Column("succeeded_at", Utc(), nullable=True),
        sa.Column("waiting", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", Utc(), nullable=True),
        sa.Column("error", Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imap_mailbox")),
        sa.UniqueConstraint("host", "port", "login", "folder", name=op.f("uq_imap_mailbox_host_port_login_folder")),
    )
    op.create_table(
        "imap_message",
        sa.Column("mailbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "uid_validity",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("uid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("state", Text(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("interruptions", sa.Integer(), nullable=False),
        sa.Column("because", Text(), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("moved_to", Text(), nullable=True),
        sa.Column("told_at", Utc(), nullable=True),
        sa.CheckConstraint(
            "state IN ('failing', 'left', 'stored', 'moved', 'gone')", name=op.f("ck_imap_message_state_known")
        ),
        sa.CheckConstraint(
            "state NOT IN ('stored', 'moved') OR inbox_id IS NOT NULL", name=op.f("ck_imap_message_taken_is_stored")
        ),
        sa.CheckConstraint(
            "state NOT IN ('failing', 'left') OR inbox_id IS NULL",
            name=op.f("ck_imap_message_not_taken_is_not_stored"),
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_imap_message_inbox_id")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["imap_mailbox.id"], name=op.f("fk_imap_message_mailbox_id")),
        sa.PrimaryKeyConstraint("mailbox_id", "uid_validity", "uid", name=op.f("pk_imap_message")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_imap_message_inbox_id")),
    )
    op.create_index(
        "ix_imap_message_here",
        "imap_message",
        ["mailbox_id"],
        unique=False,
        sqlite_where=_IS_HERE,
        postgresql_where=_IS_HERE,
    )


def downgrade() -> None:
    """A database is never taken back: restore the backup made before the upgrade."""
    raise RuntimeError("casegate does not downgrade a database: restore the backup made before the upgrade")

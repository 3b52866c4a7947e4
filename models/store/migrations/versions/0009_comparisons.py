"""Conditions on words as comparisons, which SQLite checks without making a table of the words for each row."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_CHECKS = (
    ("approval_answer", "answer", ("approve", "refuse", "remark")),
    ("attempt", "outcome", ("submitted", "deferred", "refused", "unavailable", "unknown", "interrupted")),
    ("cases", "priority", ("P1G", "P1", "P2", "P3", "P4")),
    ("cases", "status", ("Duplicate", "Closed, No Response", "Closed")),
    ("correspondence", "kind", ("mail", "comment", "reply", "note", "call")),
    ("delivery_report", "action", ("failed", "delayed", "delivered", "relayed", "expanded")),
    ("imap_message", "state", ("failing", "left", "stored", "moved", "gone")),
    ("inbox", "state", ("accepted", "examined", "settled", "held", "parked")),
    (
        "obligation",
        "kind",
        (
            "scheduled_update",
            "etr_passed",
            "no_response_warning",
            "no_response_close",
            "first_response_reminder",
            "resolution_reminder",
            "resolution_missed",
        ),
    ),
    ("obligation", "state", ("owed", "kept", "late", "waived")),
    (
        "outbox",
        "state",
        ("intended", "ready", "submitted", "refused", "unknown", "expired", "parked", "cancelled"),
    ),
    ("settlement", "fate", ("open_case", "add_to_case", "reopen_case", "agent_acts")),
)


def upgrade() -> None:
    """Say the same in other words. PostgreSQL loses no time by IN, and proves that the words mean the same."""
    if op.get_bind().dialect.name == "sqlite":
        _reword_checks()
        _reword_indexes()


def _reword_checks() -> None:
    """No row changes, so no table is made anew.

    It is SQLite's own way to change what only is checked (lang_altertable, "Making Other Kinds Of
    Table Schema Changes"). RESET reads the schema again, which fails where it cannot be read.
    """
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for table, column, words in _CHECKS:
        said = f"{column} IN ({', '.join(map(repr, words))})"
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?",
            (said, _compared(column, words), table),
        )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def _reword_indexes() -> None:
    ended = _compared("status", ("Duplicate", "Closed, No Response", "Closed"))
    _partial("ix_cases_open_of_agent", "cases", ["agent_id"], f"NOT ({ended})")
    _partial("ix_imap_message_here", "imap_message", ["mailbox_id"], _compared("state", ("failing", "left", "stored")))
    _partial("ix_inbox_waiting", "inbox", ["id"], _compared("state", ("accepted", "examined")))
    _partial("ix_obligation_late", "obligation", ["ended_at"], "state = 'late'")
    _partial("ix_obligation_owed", "obligation", ["not_before"], "state = 'owed'")
    _partial("ix_outbox_amiss", "outbox", ["id"], _compared("state", ("refused", "unknown", "expired", "parked")))
    _partial("ix_outbox_daily", "outbox", ["created_at"], "kind = 'admin_daily'")
    _partial("ix_outbox_intended", "outbox", ["id"], "state = 'intended'")
    _partial("ix_outbox_ready", "outbox", ["not_before", "id"], "state = 'ready'")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.drop_index(name, table)
    op.create_index(name, table, columns, sqlite_where=sa.text(where))


def _compared(column: str, words: Sequence[str]) -> str:
    return " OR ".join(f"{column} = {word!r}" for word in words)


def downgrade() -> None:
    """A database is never taken back: restore the backup made before the upgrade."""
    raise RuntimeError("casegate does not downgrade a database: restore the backup made before the upgrade")

"""What we owe, and what became of it."""

from typing import Any

import sqlalchemy as sa

from models.store.reports.rows import Row, numbered, rows
from models.store.tables import (
    attempt,
    frozen,
    outbox,
)


def notices() -> sa.Select[Any]:
    tried = sa.select(sa.func.count()).where(attempt.c.outbox_id == outbox.c.id).scalar_subquery()
    return sa.select(
        outbox.c.id.label("outbox"),
        outbox.c.kind,
        outbox.c.recipient,
        outbox.c.state,
        tried.label("attempts"),
        outbox.c.state_because.label("reply"),
        outbox.c.not_before,
        outbox.c.created_at,
        outbox.c.message_id,
    )


def list_outbox(connection: sa.Connection, *, state: str | None = None, most: int = 200) -> list[Row]:
    """What we owe or owed, newest first."""
    statement = notices().add_columns(outbox.c.case_id).order_by(outbox.c.id.desc()).limit(most)
    return numbered(rows(connection, statement if state is None else statement.where(outbox.c.state == state)))


def show_outbox(connection: sa.Connection, outbox_id: int) -> Row | None:
    """One notice with its attempts and its bytes; None when there is none."""
    found = rows(
        connection,
        notices().add_columns(outbox.c.case_id, outbox.c.inbox_id, outbox.c.cause).where(outbox.c.id == outbox_id),
    )
    if not found:
        return None
    raw = connection.execute(
        sa.select(frozen.c.raw, frozen.c.sha256, frozen.c.frozen_at).where(frozen.c.outbox_id == outbox_id)
    ).one_or_none()
    attempts = rows(
        connection,
        sa.select(attempt.c.number, attempt.c.started_at, attempt.c.ended_at, attempt.c.outcome, attempt.c.reply)
        .where(attempt.c.outbox_id == outbox_id)
        .order_by(attempt.c.number),
    )
    return {
        **numbered(found)[0],
        "attempts": attempts,
        "frozen_at": None if raw is None else raw.frozen_at,
        "sha256": None if raw is None else raw.sha256,
        "raw": None if raw is None else raw.raw.decode("utf-8", "replace"),
    }

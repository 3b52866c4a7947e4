"""What we owe, and what became of it."""

from typing import Any

import sqlalchemy as sa

from models.store.reports.rows import Row, numbered, rows
from models.store.tables import (
    attempt,
    delivery_report,
    frozen,
    outbox,
)


def notices() -> sa.Select[Any]:
    """A notice as it is listed; `delivery` is what was reported of it, a failure before all else."""
    tried = sa.select(sa.func.count()).where(attempt.c.outbox_id == outbox.c.id).scalar_subquery()
    reported = (
        sa.select(delivery_report.c.action)
        .where(delivery_report.c.outbox_id == outbox.c.id)
        .order_by((delivery_report.c.action == "failed").desc(), delivery_report.c.inbox_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(
        outbox.c.id.label("outbox"),
        outbox.c.kind,
        outbox.c.recipient,
        outbox.c.state,
        reported.label("delivery"),
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
    reports = rows(
        connection,
        sa.select(*[column for column in delivery_report.c if column.name != "outbox_id"])
        .where(delivery_report.c.outbox_id == outbox_id)
        .order_by(delivery_report.c.inbox_id),
    )
    return {
        **numbered(found)[0],
        "attempts": attempts,
        "reports": reports,
        "frozen_at": None if raw is None else raw.frozen_at,
        "sha256": None if raw is None else raw.sha256,
        "raw": None if raw is None else raw.raw.decode("utf-8", "replace"),
    }

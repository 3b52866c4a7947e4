"""What an admin asks of the whole desk: what happened, how much there is, everything there is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.store.reports.cases import show_case
from models.store.reports.rows import Row, numbered, rows
from models.store.tables import (
    IS_OWED,
    IS_READY,
    IS_WAITING,
    cases,
    decision,
    event,
    held,
    inbox,
    obligation,
    organisation,
    outbox,
    settlement,
)


def list_events(
    connection: sa.Connection, *, kind: str | None = None, case_id: int | None = None, most: int = 200
) -> list[Row]:
    """What was noticed and done besides decisions, newest first; `kind` is the beginning of one."""
    statement = sa.select(event.c.at, event.c.kind, event.c.inbox_id, event.c.case_id, event.c.detail)
    if kind is not None:
        statement = statement.where(event.c.kind.startswith(kind, autoescape=True))
    if case_id is not None:
        statement = statement.where(event.c.case_id == case_id)
    return numbered(rows(connection, statement.order_by(event.c.id.desc()).limit(most)))


def stats(connection: sa.Connection, now: datetime) -> Row:
    """How much there is of everything, what the last day brought, and the ages of what waits longest (seconds)."""
    day = now - timedelta(days=1)
    return {
        "at": now,
        "messages": _counted(connection, inbox.c.state),
        "notices": _counted(connection, outbox.c.state),
        "cases": _counted(connection, cases.c.status),
        "open_cases_by_priority": _counted(connection, cases.c.priority, cases.c.closed_at.is_(None)),
        "promises": _counted(connection, obligation.c.state),
        "last_day": {
            "accepted": _count(connection, inbox, inbox.c.received_at >= day),
            "settled_by_rule": _counted(
                connection, decision.c.rule, decision.c.decided_at >= day, decision.c.fate != "hold"
            ),
            "reports_of_nothing_we_sent": _count(
                connection,
                decision,
                decision.c.rule == "delivery_status_notification",
                decision.c.fate == "disregard",
                decision.c.decided_at >= day,
            ),
            "settled_by_fate": _counted(connection, settlement.c.fate, settlement.c.settled_at >= day),
            "held_by_rule": _counted(connection, held.c.rule, held.c.held_at >= day),
            "promises_kept": _count(connection, obligation, obligation.c.state == "kept", obligation.c.ended_at >= day),
            "promises_late": _count(connection, obligation, obligation.c.state == "late", obligation.c.ended_at >= day),
        },
        "oldest": {
            "message_waiting": _age(connection, now, inbox.c.received_at, IS_WAITING),
            "message_held": _age(
                connection, now, held.c.held_at, held.c.inbox_id == inbox.c.id, inbox.c.state == "held"
            ),
            "notice_ready": _age(connection, now, outbox.c.created_at, IS_READY),
            "promise_overdue": _age(connection, now, obligation.c.due_at, IS_OWED, obligation.c.due_at < now),
        },
    }


def _counted(connection: sa.Connection, column: sa.Column[str], *conditions: sa.ColumnElement[bool]) -> dict[str, int]:
    counted = sa.select(column, sa.func.count()).where(*conditions).group_by(column).order_by(column)
    return {str(name): int(count) for name, count in connection.execute(counted)}


def _count(connection: sa.Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    return int(connection.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)) or 0)


def _age(
    connection: sa.Connection, now: datetime, since: sa.Column[datetime], *conditions: sa.ColumnElement[bool]
) -> int | None:
    """How long the oldest has been there, in seconds; None where there is none."""
    oldest: datetime | None = connection.scalar(sa.select(sa.func.min(since, type_=since.type)).where(*conditions))
    return None if oldest is None else int((now - oldest).total_seconds())


def all_cases(connection: sa.Connection, *, org: str | None = None, since: datetime | None = None) -> Iterator[Row]:
    """Every case, whole, oldest first, one at a time: as `case show --json` has it."""
    chosen = sa.select(cases.c.id).join(organisation, organisation.c.id == cases.c.organisation_id)
    if org is not None:
        chosen = chosen.where(organisation.c.name == org)
    if since is not None:
        chosen = chosen.where(cases.c.opened_at >= since)
    for case_id in connection.scalars(chosen.order_by(cases.c.id)).all():
        case: dict[str, Any] | None = show_case(connection, case_id)
        if case is not None:
            yield case

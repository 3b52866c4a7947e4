"""What a person asks the store: rows as plain values, for the command line and its --json.

Lists are newest first and bounded; every look-up is by key or by an index.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.case import case_number
from models.store.tables import (
    IS_WAITING,
    agent,
    attachment,
    attempt,
    cases,
    contact,
    correspondence,
    decision,
    department,
    event,
    examination,
    frozen,
    held,
    inbox,
    inbox_recipient,
    organisation,
    outbox,
    parked,
    settlement,
    transition,
)

Row = dict[str, Any]


def _rows(connection: sa.Connection, statement: sa.Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(statement).mappings()]


def _numbered(rows: list[Row]) -> list[Row]:
    """Rows with the case's number in place of its id."""
    return [
        {
            "case": None if row["case_id"] is None else case_number(row["case_id"]),
            **{k: v for k, v in row.items() if k != "case_id"},
        }
        for row in rows
    ]


# --- cases ------------------------------------------------------------------------------


def list_cases(
    connection: sa.Connection,
    *,
    org: str | None = None,
    status: str | None = None,
    search: str | None = None,
    most: int = 100,
) -> list[Row]:
    """Cases, newest first; `search` is looked for in subjects, without regard to case."""
    statement = (
        sa.select(
            cases.c.id.label("case_id"),
            organisation.c.name.label("organisation"),
            cases.c.priority,
            cases.c.status,
            cases.c.subject,
            contact.c.name.label("contact"),
            agent.c.login.label("agent"),
            department.c.key.label("department"),
            cases.c.opened_at,
        )
        .join(organisation, organisation.c.id == cases.c.organisation_id)
        .join(contact, contact.c.id == cases.c.contact_id)
        .join(department, department.c.id == cases.c.department_id)
        .outerjoin(agent, agent.c.id == cases.c.agent_id)
        .order_by(cases.c.id.desc())
        .limit(most)
    )
    if org:
        statement = statement.where(organisation.c.name == org)
    if status:
        statement = statement.where(sa.func.lower(cases.c.status) == status.lower())
    if search:
        statement = statement.where(cases.c.subject.icontains(search, autoescape=True))
    return _numbered(_rows(connection, statement))


def show_case(connection: sa.Connection, case_id: int) -> Row | None:
    """One case with its correspondence, attachments, transitions and notices; None when there is none."""
    found = _rows(
        connection,
        sa.select(
            cases,
            organisation.c.name.label("organisation"),
            contact.c.name.label("contact"),
            agent.c.login.label("agent"),
            department.c.key.label("department"),
        )
        .join(organisation, organisation.c.id == cases.c.organisation_id)
        .join(contact, contact.c.id == cases.c.contact_id)
        .join(department, department.c.id == cases.c.department_id)
        .outerjoin(agent, agent.c.id == cases.c.agent_id)
        .where(cases.c.id == case_id),
    )
    if not found:
        return None
    row = found[0]
    wanted = (
        "organisation",
        "contact",
        "subject",
        "priority",
        "status",
        "standing",
        "department",
        "agent",
        "opened_at",
        "plan",
        "plan_version",
        "opened_from",
    )
    return {
        "case": case_number(case_id),
        **{key: row[key] for key in wanted},
        "correspondence": _correspondence(connection, case_id),
        "transitions": _rows(
            connection,
            sa.select(
                transition.c.at,
                transition.c.event,
                transition.c.from_status,
                transition.c.to_status,
                transition.c.cause,
            )
            .where(transition.c.case_id == case_id)
            .order_by(transition.c.id),
        ),
        "notices": _rows(connection, _notices().where(outbox.c.case_id == case_id).order_by(outbox.c.id)),
        "events": _rows(
            connection,
            sa.select(event.c.at, event.c.kind, event.c.detail).where(event.c.case_id == case_id).order_by(event.c.id),
        ),
    }


def _correspondence(connection: sa.Connection, case_id: int) -> list[Row]:
    entries = _rows(
        connection, sa.select(correspondence).where(correspondence.c.case_id == case_id).order_by(correspondence.c.id)
    )
    parts = _rows(
        connection,
        sa.select(attachment)
        .where(attachment.c.correspondence_id.in_([entry["id"] for entry in entries]))
        .order_by(attachment.c.correspondence_id, attachment.c.path),
    )
    for entry in entries:
        entry["attachments"] = [
            {key: part[key] for key in ("name", "content_type", "size", "sha256", "path", "dropped_because")}
            for part in parts
            if part["correspondence_id"] == entry["id"]
        ]
    return [
        {
            key: entry[key]
            for key in ("at", "author_name", "author_address", "inbox_id", "message_id", "text", "attachments")
        }
        for entry in entries
    ]


# --- messages ------------------------------------------------------------------------------


def inbox_ids_of_message_id(connection: sa.Connection, message_id: str) -> list[int]:
    """All inbox rows with that Message-ID, newest first."""
    return list(
        connection.scalars(
            sa.select(examination.c.inbox_id)
            .where(examination.c.message_id == message_id)
            .order_by(examination.c.inbox_id.desc())
        )
    )


def inbox_ids_of_case(connection: sa.Connection, case_id: int) -> list[int]:
    """The inbox rows that had an effect on a case, newest first."""
    return list(
        connection.scalars(
            sa.select(settlement.c.inbox_id)
            .where(settlement.c.case_id == case_id)
            .order_by(settlement.c.inbox_id.desc())
        )
    )


def explain(connection: sa.Connection, inbox_id: int) -> Row | None:
    """Everything recorded about one message, as it was recorded; None when there is no such row."""
    found = _rows(connection, sa.select(inbox).where(inbox.c.id == inbox_id))
    if not found:
        return None
    row = found[0]
    paths = connection.scalars(
        sa.select(inbox_recipient.c.forward_path)
        .where(inbox_recipient.c.inbox_id == inbox_id)
        .order_by(inbox_recipient.c.position)
    )
    envelope = {
        key: row[key]
        for key in (
            "route",
            "reverse_path",
            "peer",
            "relay",
            "helo",
            "smtputf8",
            "bare_line_ends",
            "size",
            "received_at",
        )
    }
    return {
        "inbox": inbox_id,
        "state": row["state"],
        "envelope": {**envelope, "forward_paths": list(paths)},
        "message": _understood(connection, inbox_id),
        "decisions": [
            _decision(made)
            for made in _rows(
                connection, sa.select(decision).where(decision.c.inbox_id == inbox_id).order_by(decision.c.id)
            )
        ],
        "settlement": _first(
            _numbered(
                _rows(
                    connection,
                    sa.select(
                        settlement.c.case_id, settlement.c.fate, settlement.c.duplicate_of, settlement.c.settled_at
                    ).where(settlement.c.inbox_id == inbox_id),
                )
            )
        ),
        "held": _first(
            _rows(
                connection,
                sa.select(held.c.rule, held.c.because, held.c.held_at, held.c.expires_at).where(
                    held.c.inbox_id == inbox_id
                ),
            )
        ),
        "parked": _first(
            _rows(
                connection,
                sa.select(parked.c.station, parked.c.because, parked.c.parked_at, parked.c.detail).where(
                    parked.c.inbox_id == inbox_id
                ),
            )
        ),
        "notices": _rows(connection, _notices().where(outbox.c.inbox_id == inbox_id).order_by(outbox.c.id)),
        "events": _rows(
            connection,
            sa.select(event.c.at, event.c.kind, event.c.detail)
            .where(event.c.inbox_id == inbox_id)
            .order_by(event.c.id),
        ),
        "strikes": row["strikes"],
        "interruptions": row["interruptions"],
    }


def _first(rows: Sequence[Row]) -> Row | None:
    return rows[0] if rows else None


def _understood(connection: sa.Connection, inbox_id: int) -> Row | None:
    """What was understood, without the text itself."""
    stored = connection.scalar(sa.select(examination.c.message).where(examination.c.inbox_id == inbox_id))
    if stored is None:
        return None
    message: Row = json.loads(stored)
    message["text_characters"] = len(message.pop("text"))
    return message


def _decision(made: Mapping[str, Any]) -> Row:
    return {
        **{
            key: made[key]
            for key in ("decided_at", "fate", "rule", "because", "rules_version", "facts_version", "plan")
        },
        "trail": json.loads(made["trail"]),
        "facts": json.loads(made["facts"]),
    }


def list_held(connection: sa.Connection, most: int = 200) -> list[Row]:
    """Messages a person should look at, newest first."""
    return _rows(
        connection,
        sa.select(
            held.c.inbox_id,
            held.c.held_at,
            held.c.rule,
            held.c.because,
            examination.c.author,
            examination.c.subject,
            organisation.c.name.label("organisation"),
            held.c.expires_at,
        )
        .join(inbox, sa.and_(inbox.c.id == held.c.inbox_id, inbox.c.state == "held"))
        .join(examination, examination.c.inbox_id == held.c.inbox_id)
        .outerjoin(organisation, organisation.c.id == held.c.organisation_id)
        .order_by(held.c.inbox_id.desc())
        .limit(most),
    )


def list_parked(connection: sa.Connection, most: int = 200) -> list[Row]:
    """Messages we failed on, newest first."""
    return _rows(
        connection,
        sa.select(
            parked.c.inbox_id, parked.c.parked_at, parked.c.station, parked.c.because, inbox.c.size, inbox.c.received_at
        )
        .join(inbox, sa.and_(inbox.c.id == parked.c.inbox_id, inbox.c.state == "parked"))
        .order_by(parked.c.inbox_id.desc())
        .limit(most),
    )


def count_parked(connection: sa.Connection) -> int:
    """How many messages are set aside."""
    return connection.scalar(sa.select(sa.func.count()).select_from(parked)) or 0


def count_waiting(connection: sa.Connection) -> tuple[int, datetime | None]:
    """How many messages wait to be worked on, and since when the oldest does."""
    row = connection.execute(sa.select(sa.func.count(), sa.func.min(inbox.c.received_at)).where(IS_WAITING)).one()
    return row[0], row[1]


# --- notices ----------------------------------------------------------------------------------


def _notices() -> sa.Select[Any]:
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
    statement = _notices().add_columns(outbox.c.case_id).order_by(outbox.c.id.desc()).limit(most)
    return _numbered(_rows(connection, statement if state is None else statement.where(outbox.c.state == state)))


def show_outbox(connection: sa.Connection, outbox_id: int) -> Row | None:
    """One notice with its attempts and its bytes; None when there is none."""
    found = _rows(
        connection,
        _notices().add_columns(outbox.c.case_id, outbox.c.inbox_id, outbox.c.cause).where(outbox.c.id == outbox_id),
    )
    if not found:
        return None
    raw = connection.execute(
        sa.select(frozen.c.raw, frozen.c.sha256, frozen.c.frozen_at).where(frozen.c.outbox_id == outbox_id)
    ).one_or_none()
    attempts = _rows(
        connection,
        sa.select(attempt.c.number, attempt.c.started_at, attempt.c.ended_at, attempt.c.outcome, attempt.c.reply)
        .where(attempt.c.outbox_id == outbox_id)
        .order_by(attempt.c.number),
    )
    return {
        **_numbered(found)[0],
        "attempts": attempts,
        "frozen_at": None if raw is None else raw.frozen_at,
        "sha256": None if raw is None else raw.sha256,
        "raw": None if raw is None else raw.raw.decode("utf-8", "replace"),
    }

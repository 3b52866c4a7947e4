"""What is known of messages, and what was decided about them."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from models.store.reports.notices import notices
from models.store.reports.rows import Row, first, numbered, rows
from models.store.tables import (
    approval_answer,
    contact,
    decision,
    event,
    examination,
    held,
    inbox,
    inbox_recipient,
    organisation,
    outbox,
    parked,
    settlement,
)

_IS_HELD = sa.select(inbox.c.state).where(inbox.c.id == held.c.inbox_id).correlate(held).scalar_subquery() == "held"
"""A condition and no join: SQLite would begin with the inbox, of which few messages are held."""
_ENVELOPE = ("route", "reverse_path", "peer", "relay", "helo", "smtputf8", "bare_line_ends", "size", "received_at")


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
    row = first(rows(connection, sa.select(inbox).where(inbox.c.id == inbox_id)))
    if row is None:
        return None

    def of_it(table: sa.Table, *columns: str) -> list[Row]:
        """The rows of a table about this message, oldest first."""
        wanted = [table.c[column] for column in columns] if columns else [table]
        *_, order = table.primary_key  # the position, where a message has several rows
        return rows(connection, sa.select(*wanted).where(table.c.inbox_id == inbox_id).order_by(order))

    paths = [found["forward_path"] for found in of_it(inbox_recipient, "forward_path", "position")]
    return {
        "inbox": inbox_id,
        "state": row["state"],
        "envelope": {**{key: row[key] for key in _ENVELOPE}, "forward_paths": paths},
        "message": _understood(connection, inbox_id),
        "decisions": [_decision(made) for made in of_it(decision)],
        "again_at": row["not_before"] if row["state"] in {"accepted", "examined"} else None,
        "settlement": first(numbered(of_it(settlement, "case_id", "fate", "duplicate_of", "settled_at"))),
        "held": first(of_it(held, "rule", "because", "held_at", "expires_at", "release_command", "trust_command")),
        "parked": first(of_it(parked, "station", "because", "parked_at", "detail")),
        "remarks": _remarks(connection, inbox_id),
        "notices": rows(connection, notices().where(outbox.c.inbox_id == inbox_id).order_by(outbox.c.id)),
        "events": of_it(event, "at", "kind", "detail"),
        "strikes": row["strikes"],
        "interruptions": row["interruptions"],
    }


def _remarks(connection: sa.Connection, inbox_id: int) -> list[Row]:
    """What MPOCs answered about a held message, oldest first."""
    said = (
        sa.select(
            approval_answer.c.at,
            approval_answer.c.answer,
            contact.c.name,
            approval_answer.c.from_inbox_id,
            approval_answer.c.text,
        )
        .join(contact, contact.c.id == approval_answer.c.contact_id)
        .where(approval_answer.c.inbox_id == inbox_id)
        .order_by(approval_answer.c.id)
    )
    return rows(connection, said)


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
    return rows(
        connection,
        sa.select(
            held.c.inbox_id,
            held.c.held_at,
            held.c.rule,
            held.c.because,
            _said_in(examination.c.author),
            _said_in(examination.c.subject),
            organisation.c.name.label("organisation"),
            held.c.expires_at,
        )
        .outerjoin(organisation, organisation.c.id == held.c.organisation_id)
        .where(_IS_HELD)
        .order_by(held.c.inbox_id.desc())
        .limit(most),
    )


def list_unproved(connection: sa.Connection, most: int) -> list[Row]:
    """Held mail that one exception would let in, the newest of each: inbox id, author, and the command."""
    newest = (
        sa.select(sa.func.max(held.c.inbox_id))
        .where(_IS_HELD, held.c.trust_command != "")
        .group_by(held.c.trust_command)
    )
    return rows(
        connection,
        sa.select(held.c.inbox_id, _said_in(examination.c.author), held.c.trust_command)
        .where(held.c.inbox_id.in_(newest))
        .order_by(held.c.inbox_id.desc())
        .limit(most),
    )


def _said_in(column: sa.Column[str]) -> sa.Label[str]:
    """What a held message says, looked up by its key: a join PostgreSQL may answer by reading all mail."""
    of_held = sa.select(column).where(examination.c.inbox_id == held.c.inbox_id)
    return of_held.scalar_subquery().label(column.name)


def list_parked(connection: sa.Connection, most: int = 200) -> list[Row]:
    """Messages we failed on, newest first."""
    return rows(
        connection,
        sa.select(
            parked.c.inbox_id, parked.c.parked_at, parked.c.station, parked.c.because, inbox.c.size, inbox.c.received_at
        )
        .join(inbox, sa.and_(inbox.c.id == parked.c.inbox_id, inbox.c.state == "parked"))
        .order_by(parked.c.inbox_id.desc())
        .limit(most),
    )

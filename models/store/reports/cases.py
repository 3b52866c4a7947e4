"""What is known of cases."""

import sqlalchemy as sa

from models.case import CaseStatus, case_number
from models.store.reports.notices import notices
from models.store.reports.rows import Row, numbered, rows
from models.store.tables import (
    act,
    agent,
    attachment,
    case_link,
    case_participant,
    cases,
    contact,
    correspondence,
    department,
    event,
    obligation,
    organisation,
    outbox,
    transition,
)


def list_cases(
    connection: sa.Connection,
    *,
    org: str | None = None,
    status: CaseStatus | None = None,
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
    if status is not None:
        statement = statement.where(cases.c.status == status.value)
    if search:
        statement = statement.where(cases.c.subject.icontains(search, autoescape=True))
    return numbered(rows(connection, statement))


def show_case(connection: sa.Connection, case_id: int) -> Row | None:
    """One case with its correspondence, attachments, transitions and notices; None when there is none."""
    row = _row(connection, case_id)
    if row is None:
        return None
    participants = sa.select(case_participant.c.address).where(case_participant.c.case_id == case_id)
    return {
        "case": case_number(case_id),
        **{key: row[key] for key in _SHOWN},
        "follow_up_of": None if row["follow_up_of"] is None else case_number(row["follow_up_of"]),
        "duplicate_of": None if row["duplicate_of"] is None else case_number(row["duplicate_of"]),
        "linked": _linked(connection, case_id),
        "participants": list(connection.scalars(participants.order_by(case_participant.c.address))),
        "correspondence": _correspondence(connection, case_id),
        "transitions": _of_case(connection, transition, case_id, "at", "event", "from_status", "to_status", "cause"),
        "obligations": sorted(
            _of_case(connection, obligation, case_id, "due_at", "kind", "state", "because"),
            key=lambda owed: owed["due_at"],
        ),
        "acts": _of_case(connection, act, case_id, "at", "by", "kind", "said"),
        "notices": rows(connection, notices().where(outbox.c.case_id == case_id).order_by(outbox.c.id)),
        "events": _of_case(connection, event, case_id, "at", "kind", "detail"),
    }


_SHOWN = (
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
    "waiting_since",
    "etr",
    "vendor",
    "closed_at",
)
"""What of a case is shown as it stands."""


def _of_case(connection: sa.Connection, table: sa.Table, case_id: int, *columns: str) -> list[Row]:
    """Some columns of a case's rows, oldest first."""
    wanted = sa.select(*[table.c[column] for column in columns]).where(table.c.case_id == case_id)
    return rows(connection, wanted.order_by(table.c.id))


def _row(connection: sa.Connection, case_id: int) -> Row | None:
    found = rows(
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
    return found[0] if found else None


def _linked(connection: sa.Connection, case_id: int) -> list[str]:
    """The numbers of the cases an agent linked with this one, and of those that continue it."""
    pairs = connection.execute(
        sa.select(case_link.c.case_id, case_link.c.other_id).where(
            sa.or_(case_link.c.case_id == case_id, case_link.c.other_id == case_id)
        )
    )
    linked = {row.other_id if row.case_id == case_id else row.case_id for row in pairs}
    linked |= set(connection.scalars(sa.select(cases.c.id).where(cases.c.follow_up_of == case_id)))
    return [case_number(other) for other in sorted(linked)]


def _correspondence(connection: sa.Connection, case_id: int) -> list[Row]:
    entries = rows(
        connection, sa.select(correspondence).where(correspondence.c.case_id == case_id).order_by(correspondence.c.id)
    )
    parts = rows(
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
            for key in (
                "kind",
                "at",
                "author_name",
                "author_address",
                "inbox_id",
                "message_id",
                "text",
                "new_text",
                "attachments",
            )
        }
        for entry in entries
    ]

"""What is known of cases."""

import sqlalchemy as sa

from models.case import case_number
from models.store.reports.notices import notices
from models.store.reports.rows import Row, numbered, rows
from models.store.tables import (
    agent,
    attachment,
    cases,
    contact,
    correspondence,
    department,
    event,
    organisation,
    outbox,
    transition,
)


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
    return numbered(rows(connection, statement))


def show_case(connection: sa.Connection, case_id: int) -> Row | None:
    """One case with its correspondence, attachments, transitions and notices; None when there is none."""
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
        "transitions": rows(
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
        "notices": rows(connection, notices().where(outbox.c.case_id == case_id).order_by(outbox.c.id)),
        "events": rows(
            connection,
            sa.select(event.c.at, event.c.kind, event.c.detail).where(event.c.case_id == case_id).order_by(event.c.id),
        ),
    }


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
            for key in ("at", "author_name", "author_address", "inbox_id", "message_id", "text", "attachments")
        }
        for entry in entries
    ]

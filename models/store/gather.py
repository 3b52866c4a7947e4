"""Answers to the questions the law asks: a fixed number of statements, however many messages ask.

Every statement is an indexed look-up by key. One grows with the desk's load: the open cases
of the agents on duty are counted in an index, once for a batch.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.limits import DUPLICATE_DAYS
from models.organisation import Department, KnownAgent, KnownContact, Mode, OnDuty, Role
from models.rules.facts import Facts
from models.rules.questions import Questions
from models.store.tables import (
    IS_OPEN,
    agent,
    agent_department,
    cases,
    contact,
    contact_address,
    contact_role,
    content_claim,
    department,
    inbox,
    organisation,
    organisation_domain,
    outbox,
)


def gather(connection: sa.Connection, asked: Sequence[Questions], mode: Mode, now: datetime) -> list[Facts]:
    """The facts for each of the questions, in their order; inside the transaction that will decide."""
    claims = _claims(connection, {question.content_key for question in asked}, now)
    own = _own_notices(connection, {message_id for question in asked for message_id in question.claimed_message_ids})
    contacts = _contacts(connection, {question.author for question in asked if question.author})
    agents = _agents(connection, {question.author for question in asked if question.author})
    strangers = {
        question.author_domain for question in asked if question.author_domain and question.author not in contacts
    }
    domains = _domains(connection, strangers)
    departments = _departments(connection, {question.department for question in asked if question.department})
    return [
        Facts(
            decided_before=_claimed(claims, question, held=False),
            held_before=_claimed(claims, question, held=True),
            own_notice=next((own[claimed] for claimed in question.claimed_message_ids if claimed in own), None),
            contacts=tuple(contacts.get(question.author or "", ())),
            agent=agents.get(question.author or ""),
            domain_organisations=tuple(domains.get(question.author_domain or "", ())),
            department=departments.get(question.department or ""),
            mode=mode,
        )
        for question in asked
    ]


def _claims(connection: sa.Connection, keys: set[str], now: datetime) -> dict[str, tuple[int, bool]]:
    """Who has the claim of each content, and whether that message is only held."""
    since = now - timedelta(days=DUPLICATE_DAYS)
    claims = (
        sa.select(content_claim.c.content_key, content_claim.c.inbox_id, inbox.c.state)
        .join(inbox, inbox.c.id == content_claim.c.inbox_id)
        .where(content_claim.c.content_key.in_(keys), content_claim.c.claimed_at >= since)
    )
    return {row.content_key: (row.inbox_id, row.state == "held") for row in connection.execute(claims)}


def _claimed(claims: dict[str, tuple[int, bool]], question: Questions, *, held: bool) -> int | None:
    inbox_id, is_held = claims.get(question.content_key, (None, held))
    return inbox_id if is_held is held else None


def _own_notices(connection: sa.Connection, message_ids: set[str]) -> dict[str, int]:
    if not message_ids:
        return {}
    own = sa.select(outbox.c.message_id, outbox.c.id).where(
        outbox.c.message_id.in_([f"<{claimed}>" for claimed in message_ids])
    )
    return {row.message_id[1:-1]: row.id for row in connection.execute(own)}


def _contacts(connection: sa.Connection, addresses: set[str]) -> dict[str, list[KnownContact]]:
    if not addresses:
        return {}
    rows = connection.execute(
        sa.select(
            contact_address.c.address,
            contact,
            organisation.c.name.label("organisation"),
            organisation.c.plan,
            organisation.c.zone,
            organisation.c.mode,
            organisation.c.language.label("organisation_language"),
        )
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .join(organisation, organisation.c.id == contact.c.organisation_id)
        .where(contact_address.c.address.in_(addresses))
        .order_by(contact.c.id)
    ).all()
    roles = _roles(connection, [row.id for row in rows])
    found: defaultdict[str, list[KnownContact]] = defaultdict(list)
    for row in rows:
        found[row.address].append(_contact(row, roles[row.id]))
    return found


def _roles(connection: sa.Connection, contact_ids: list[int]) -> defaultdict[int, set[Role]]:
    roles: defaultdict[int, set[Role]] = defaultdict(set)
    if contact_ids:
        for row in connection.execute(sa.select(contact_role).where(contact_role.c.contact_id.in_(contact_ids))):
            roles[row.contact_id].add(Role(row.role))
    return roles


def _contact(row: sa.Row[Any], roles: Iterable[Role]) -> KnownContact:
    return KnownContact(
        contact_id=row.id,
        organisation_id=row.organisation_id,
        organisation=row.organisation,
        name=row.name,
        address=row.address,
        roles=frozenset(roles),
        language=row.language or row.organisation_language,
        zone=row.zone,
        plan=row.plan,
        mode=None if row.mode is None else Mode(row.mode),
        active=row.active,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _agents(connection: sa.Connection, addresses: set[str]) -> dict[str, KnownAgent]:
    if not addresses:
        return {}
    rows = connection.execute(sa.select(agent).where(agent.c.address.in_(addresses)))
    return {row.address: KnownAgent(agent_id=row.id, name=row.name, address=row.address) for row in rows}


def _domains(connection: sa.Connection, domains: set[str]) -> dict[str, list[tuple[int, str]]]:
    if not domains:
        return {}
    rows = connection.execute(
        sa.select(organisation_domain.c.domain, organisation.c.id, organisation.c.name)
        .join(organisation, organisation.c.id == organisation_domain.c.organisation_id)
        .where(organisation_domain.c.domain.in_(domains))
        .order_by(organisation.c.id)
    )
    found: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in rows:
        found[row.domain].append((row.id, row.name))
    return found


def _departments(connection: sa.Connection, keys: set[str]) -> dict[str, Department]:
    if not keys:
        return {}
    rows = connection.execute(sa.select(department).where(department.c.key.in_(keys))).all()
    on_duty = _on_duty(connection, [row.id for row in rows])
    return {
        row.key: Department(
            department_id=row.id, key=row.key, name=row.name, address=row.address, on_duty=tuple(on_duty[row.id])
        )
        for row in rows
    }


def _on_duty(connection: sa.Connection, department_ids: list[int]) -> defaultdict[int, list[OnDuty]]:
    load = (
        sa.select(sa.func.count()).select_from(cases).where(cases.c.agent_id == agent.c.id, IS_OPEN).scalar_subquery()
    )
    rows = connection.execute(
        sa.select(agent_department.c.department_id, agent.c.id, agent.c.name, agent.c.address, load.label("open_cases"))
        .join(agent, agent.c.id == agent_department.c.agent_id)
        .where(agent_department.c.department_id.in_(department_ids), agent.c.active, agent.c.on_duty)
        .order_by(agent.c.id)
    )
    found: defaultdict[int, list[OnDuty]] = defaultdict(list)
    for row in rows:
        found[row.department_id].append(
            OnDuty(agent_id=row.id, name=row.name, address=row.address, open_cases=row.open_cases)
        )
    return found

"""Exceptions for addresses that cannot prove themselves: made, ended and listed; each act is an event."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.store.reports.rows import rows
from models.store.tables import agent, event, organisation, trust_exception
from models.trusted_path import TrustedPath


def trust(
    connection: sa.Connection,
    address: str,
    path: TrustedPath,
    now: datetime,
    *,
    by: str,
    because: str,
    organisation_id: int | None = None,
    agent_id: int | None = None,
) -> bool:
    """Believe an address where it comes by that path; False where it is believed so already."""
    owner = _owner(organisation_id, agent_id)
    if connection.scalar(sa.select(trust_exception.c.id).where(_standing(address, owner, path)).limit(1)) is not None:
        return False
    connection.execute(
        sa.insert(trust_exception).values(
            organisation_id=organisation_id,
            agent_id=agent_id,
            address=address,
            path=str(path),
            because=because,
            made_by=by,
            made_at=now,
        )
    )
    _note(connection, "trust", now, f"{address} is trusted by {path}, as {by} says: {because}")
    return True


def untrust(
    connection: sa.Connection,
    address: str,
    path: TrustedPath | None,
    now: datetime,
    *,
    by: str,
    because: str,
    organisation_id: int | None = None,
    agent_id: int | None = None,
) -> int:
    """Believe an address by that path no more (None: by any); how many exceptions ended."""
    owner = _owner(organisation_id, agent_id)
    ended = connection.execute(
        sa.update(trust_exception)
        .where(_standing(address, owner, path))
        .values(ended_at=now, ended_by=by, ended_because=because)
    ).rowcount
    if ended:
        way = "any path" if path is None else str(path)
        _note(connection, "untrust", now, f"{address} is trusted by {way} no more, as {by} says: {because}")
    return ended


def exceptions_of(
    connection: sa.Connection, *, organisation_id: int | None = None, agent_id: int | None = None
) -> list[dict[str, Any]]:
    """The exceptions that stand for an organisation or an agent, oldest first."""
    columns = (
        trust_exception.c.address,
        trust_exception.c.path,
        trust_exception.c.because,
        trust_exception.c.made_by,
        trust_exception.c.made_at,
    )
    standing = sa.select(*columns).where(_owner(organisation_id, agent_id), trust_exception.c.ended_at.is_(None))
    return rows(connection, standing.order_by(trust_exception.c.id))


def organisation_id_of(connection: sa.Connection, name: str) -> int | None:
    """The organisation of that name."""
    found: int | None = connection.scalar(sa.select(organisation.c.id).where(organisation.c.name == name))
    return found


def agent_of(connection: sa.Connection, login_or_address: str) -> tuple[int, str] | None:
    """The agent with that login or address, and the address."""
    row = connection.execute(
        sa.select(agent.c.id, agent.c.address).where(
            sa.or_(agent.c.login == login_or_address, agent.c.address == login_or_address)
        )
    ).first()
    return None if row is None else (row.id, row.address)


def _owner(organisation_id: int | None, agent_id: int | None) -> sa.ColumnElement[bool]:
    if organisation_id is not None:
        return trust_exception.c.organisation_id == organisation_id
    return trust_exception.c.agent_id == agent_id


def _standing(address: str, owner: sa.ColumnElement[bool], path: TrustedPath | None) -> sa.ColumnElement[bool]:
    standing = sa.and_(trust_exception.c.address == address, owner, trust_exception.c.ended_at.is_(None))
    return standing if path is None else sa.and_(standing, trust_exception.c.path == str(path))


def _note(connection: sa.Connection, kind: str, now: datetime, detail: str) -> None:
    connection.execute(sa.insert(event).values(at=now, kind=kind, inbox_id=None, case_id=None, detail=detail))

"""Our own people as the rules see them: agents by address or login, departments with who is on duty."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final

import sqlalchemy as sa

from models.organisation import Department, KnownAgent, OnDuty
from models.store.given import IDS, KEYS, given
from models.store.tables import IS_OPEN, agent, agent_department, cases, department

_BY_ADDRESS: Final = sa.select(agent).where(given(agent.c.address, KEYS), agent.c.active)
_BY_LOGIN: Final = sa.select(agent).where(agent.c.login == sa.bindparam("wanted"), agent.c.active)


def agents_by_address(connection: sa.Connection, addresses: Collection[str]) -> dict[str, KnownAgent]:
    """The active agents with one of these addresses."""
    found = _agents(connection, _BY_ADDRESS, {"keys": list(addresses)}) if addresses else []
    return {one.address: one for one in found}


def agent_by_login(connection: sa.Connection, login: str) -> KnownAgent | None:
    """The active agent with that login."""
    return next(iter(_agents(connection, _BY_LOGIN, {"wanted": login})), None)


def department_on_duty(connection: sa.Connection, key: str) -> Department:
    """A department with its agents on duty. Raises KeyError."""
    return departments_by_key(connection, {key})[key]


def _agents(connection: sa.Connection, wanted: sa.Select[Any], named: Mapping[str, object]) -> list[KnownAgent]:
    rows = connection.execute(wanted, named).all()
    if not rows:
        return []
    works_in = connection.execute(
        sa.select(agent_department.c.agent_id, department.c.address)
        .join(department, department.c.id == agent_department.c.department_id)
        .where(agent_department.c.agent_id.in_([row.id for row in rows]))
        .order_by(department.c.id)
    ).all()
    return [
        KnownAgent(
            agent_id=row.id,
            name=row.name,
            address=row.address,
            login=row.login,
            departments=tuple(one.address for one in works_in if one.agent_id == row.id),
        )
        for row in rows
    ]


_DEPARTMENTS: Final = sa.select(department).where(given(department.c.key, KEYS))
_LOAD: Final = (
    sa.select(sa.func.count()).select_from(cases).where(cases.c.agent_id == agent.c.id, IS_OPEN).scalar_subquery()
)
_ON_DUTY: Final = (
    sa.select(agent_department.c.department_id, agent.c.id, agent.c.name, agent.c.address, _LOAD.label("open_cases"))
    .join(agent, agent.c.id == agent_department.c.agent_id)
    .where(given(agent_department.c.department_id, IDS), agent.c.active, agent.c.on_duty)
    .order_by(agent.c.id)
)


def departments_by_key(connection: sa.Connection, keys: Collection[str]) -> dict[str, Department]:
    """Departments with who of them is on duty, and how much each has to do."""
    if not keys:
        return {}
    rows = connection.execute(_DEPARTMENTS, {"keys": list(keys)}).all()
    on_duty = _on_duty(connection, [row.id for row in rows])
    return {
        row.key: Department(
            department_id=row.id, key=row.key, name=row.name, address=row.address, on_duty=tuple(on_duty[row.id])
        )
        for row in rows
    }


def _on_duty(connection: sa.Connection, department_ids: list[int]) -> defaultdict[int, list[OnDuty]]:
    found: defaultdict[int, list[OnDuty]] = defaultdict(list)
    for row in connection.execute(_ON_DUTY, {"ids": department_ids}):
        found[row.department_id].append(
            OnDuty(agent_id=row.id, name=row.name, address=row.address, open_cases=row.open_cases)
        )
    return found

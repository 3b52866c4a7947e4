"""An agent's act by command: the case is read, the law asked, all effects written, in one transaction."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from models.acts import Act, Actor
from models.case import Case
from models.dossier import Dossier
from models.policy import Policy
from models.rules.acting import Acting, perform
from models.rules.effects import Consequences
from models.rules.opening_by_agent import CaseRequest, opened_by_agent
from models.store import outbox, staff, tables
from models.store.case_changes import Cause, write_changes
from models.store.ids import allocate
from models.store.outbox import Intent
from models.store.threads import dossiers


class NoSuchCase(LookupError):
    """There is no case of that number."""


def dossier_of(connection: sa.Connection, case_id: int) -> Dossier:
    """A case with everybody who hears of it. Raises NoSuchCase."""
    found = dossiers(connection, {case_id})
    if case_id not in found:
        raise NoSuchCase(case_id)
    return found[case_id]


def act_on_case(
    connection: sa.Connection,
    policy: Policy,
    case_id: int,
    act: Callable[[Dossier], Act],
    *,
    by: Actor,
    now: datetime,
) -> Consequences:
    """Do one act, which may depend on the case as it stands. Raises NoSuchCase, Refusal."""
    dossier = dossier_of(connection, case_id)
    act_id = allocate(connection, tables.act, 1)[0]
    acting = Acting(dossier=dossier, by=by, policy=policy, now=now, cause=f"act:{act_id}")
    effects = perform(act(dossier), acting)
    _write(connection, effects, Cause(acting.cause, act_id=act_id), now)
    return effects


def open_case(connection: sa.Connection, policy: Policy, request: CaseRequest, *, by: Actor, now: datetime) -> Case:
    """Open a case for a contact who called, or wrote elsewhere."""
    case_id, act_id = allocate(connection, tables.cases, 1)[0], allocate(connection, tables.act, 1)[0]
    department = staff.department_on_duty(connection, request.department)
    effects = opened_by_agent(
        request, department, by=by, policy=policy, case_id=case_id, cause=f"act:{act_id}", now=now
    )
    _write(connection, effects, Cause(f"act:{act_id}", act_id=act_id), now)
    return effects.changes[-1].after


def _write(connection: sa.Connection, effects: Consequences, cause: Cause, now: datetime) -> None:
    write_changes(connection, [(effects, cause)], now)
    case_id = effects.changes[-1].after.case_id
    outbox.intend(connection, [Intent(notice, case_id=case_id) for notice in effects.notices])

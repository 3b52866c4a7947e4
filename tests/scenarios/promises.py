"""What the scenarios of promises share: an agent at work on a case, and what was owed for it."""

import sqlalchemy as sa

from models.acts import Act, Actor
from models.case import case_id_of
from models.rules.acting import Acting, perform
from models.store import outbox, tables
from models.store.case_changes import Cause, write_changes
from models.store.ids import allocate
from models.store.threads import dossiers
from tests.world import World


def act(world: World, number: str, *acts: Act) -> None:
    """Dana does something to a case at this moment."""
    case_id = case_id_of(number)
    assert case_id is not None
    for one in acts:
        with world.database.write() as connection:
            (act_id,) = allocate(connection, tables.act, 1)
            cause = f"act:{act_id}"
            acting = Acting(
                dossier=dossiers(connection, {case_id})[case_id],
                by=Actor(login="dana", agent=None),
                policy=world.policy,
                now=world.now,
                cause=cause,
            )
            effects = perform(one, acting)
            write_changes(connection, [(effects, Cause(cause, act_id=act_id))], world.now)
            outbox.intend(connection, [(notice, case_id, None) for notice in effects.notices])


def owed(world: World) -> list[tuple[str, str, str]]:
    """Everything that was ever owed: kind, due time and state, by due time."""
    chosen = sa.select(tables.obligation).order_by(tables.obligation.c.due_at, tables.obligation.c.id)
    with world.database.read() as connection:
        rows = connection.execute(chosen).all()
    return [(row.kind, f"{row.due_at:%a %H:%M}", row.state) for row in rows]

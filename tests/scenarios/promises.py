"""What the scenarios of promises share: an agent at work on a case, and what was owed for it."""

import sqlalchemy as sa

from intake.casework import act_on_case
from models.acts import Act, Actor
from models.case import case_id_of
from models.store import tables
from tests.world import World

DANA = Actor(login="dana", agent=None)


def act(world: World, number: str, *acts: Act) -> None:
    """Dana does something to a case at this moment, as by command."""
    case_id = case_id_of(number)
    assert case_id is not None
    for one in acts:
        with world.database.write() as connection:
            act_on_case(connection, world.policy, case_id, lambda _dossier, one=one: one, by=DANA, now=world.now)


def owed(world: World) -> list[tuple[str, str, str]]:
    """Everything that was ever owed: kind, due time and state, by due time."""
    chosen = sa.select(tables.obligation).order_by(tables.obligation.c.due_at, tables.obligation.c.id)
    with world.database.read() as connection:
        rows = connection.execute(chosen).all()
    return [(row.kind, f"{row.due_at:%a %H:%M}", row.state) for row in rows]

"""Ids given out in blocks, so that many rows can be written by one statement and name one another."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import REGCLASS

from models.store.tables import counter

_GROW: Final = (
    sa.update(counter)
    .where(counter.c.name == sa.bindparam("of"))
    .values(last=counter.c.last + sa.bindparam("many"))
    .returning(counter.c.last)
)

_NEXT: Final = sa.select(sa.func.nextval(sa.bindparam("sequence", type_=REGCLASS))).select_from(
    sa.func.generate_series(1, sa.bindparam("many")).table_valued("n")
)


_LAST: Final = sa.select(counter.c.last).where(counter.c.name == sa.bindparam("of"))


def foresee(connection: sa.Connection, table: sa.Table, count: int) -> Sequence[int]:
    """The ids that who has the turn (`Database.decide`) will be given for its rows, before it writes: see `take`."""
    if connection.dialect.name == "postgresql":
        return allocate(connection, table, count)
    last: int = connection.scalar(_LAST, {"of": table.name}) or 0
    return range(last + 1, last + count + 1)


def take(connection: sa.Connection, table: sa.Table, ids: Sequence[int]) -> None:
    """Take what was foreseen, in the transaction that writes its rows."""
    if connection.dialect.name != "postgresql" and list(allocate(connection, table, len(ids))) != list(ids):
        raise RuntimeError(f"ids of {table.name} were given out by somebody who did not have the turn")


def allocate(connection: sa.Connection, table: sa.Table, count: int) -> Sequence[int]:
    """The next `count` ids of a table, growing; never given out twice, even after a row is removed.

    On SQLite the write gate is held, so a counter row serves; on PostgreSQL it is the
    table's own sequence, which no two transactions wait for.
    """
    if count == 0:
        return ()
    if connection.dialect.name == "postgresql":
        return tuple(connection.scalars(_NEXT, {"sequence": f"{table.name}_id_seq", "many": count}))
    last: int | None = connection.scalar(_GROW, {"of": table.name, "many": count})
    if last is None:
        connection.execute(sa.insert(counter).values(name=table.name, last=count))
        last = count
    return range(last - count + 1, last + 1)

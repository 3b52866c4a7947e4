"""Leases: a row is worked on by one process at a time, and the token is checked in the write.

A claim names its owner (host, boot, process and the process's start, so that a reused process
id is another owner, and so is the process of another machine), a token and an end. A row may be
claimed when it has no claim or when its claim has ended. Whoever writes the outcome must still
hold the token; otherwise the lease ran out, somebody else has the row, and nothing of this
attempt may be written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from models.limits import LEASE_SECONDS
from models.store.columns import Utc
from models.store.given import IDS, given

TOKEN: Final[sa.BindParameter[str]] = sa.bindparam("token")
"""The token of the lease that must hold the rows a statement names."""
NOW: Final[sa.BindParameter[datetime]] = sa.bindparam("now", type_=Utc)
"""When a statement that is made once is executed."""
_UNTIL: Final = sa.bindparam("until", type_=Utc)
_LONGEST: Final = sa.bindparam("longest", type_=Utc)


class LeaseLost(Exception):
    """The lease ran out while the work went on: nothing of it may be written."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write the outcome of some rows."""

    owner: str
    token: str

    def values(self, now: datetime) -> dict[str, object]:
        return {
            "claimed_by": self.owner,
            "claim_token": self.token,
            "claimed_until": now + timedelta(seconds=LEASE_SECONDS),
        }


FREE: Final = {"claimed_by": sa.null(), "claim_token": sa.null(), "claimed_until": sa.null()}
"""Column values of a row nobody works on."""
FREED: Final[Mapping[str, object]] = dict.fromkeys(FREE)
"""The same as values of a row that is written."""
LEASED: Final = {
    "claimed_by": sa.bindparam("owner"),
    "claim_token": TOKEN,
    "claimed_until": _UNTIL,
}
"""Column values of a row taken by a statement that is made once: `taking` has its parameters."""


def taking(lease: Lease, now: datetime) -> dict[str, object]:
    """The parameters of a prepared statement that takes what is `claimable`."""
    until = now + timedelta(seconds=LEASE_SECONDS)
    return {"owner": lease.owner, "token": lease.token, "until": until, **moments(now)}


def moments(now: datetime) -> dict[str, object]:
    """The parameters of a prepared `claimable`."""
    return {"now": now, "longest": _longest(now)}


def _longest(now: datetime) -> datetime:
    """A lease that ends later than this was made by a clock that was ahead, and counts no more.

    Twice the life of a lease: another process has looked at its clock a moment after us, or
    its machine's is a little ahead of ours, and what it has claimed is not to be taken from it.
    """
    return now + timedelta(seconds=2 * LEASE_SECONDS)


def claimable(table: sa.Table, now: datetime | None = None) -> sa.ColumnElement[bool]:
    """Rows that are due and that nobody works on; without `now`, for a statement that is made once."""
    moment = NOW if now is None else now
    longest = _LONGEST if now is None else _longest(now)
    free = sa.or_(table.c.claimed_by.is_(None), table.c.claimed_until < moment, table.c.claimed_until > longest)
    return sa.and_(table.c.not_before <= moment, free)


def locked(connection: sa.Connection, selection: sa.Select[int]) -> sa.Select[int]:
    """A selection that skips rows another claimer is just taking (PostgreSQL; SQLite has the gate)."""
    return (
        selection.with_for_update(skip_locked=True, key_share=True)
        if connection.dialect.name == "postgresql"
        else selection
    )


def change(connection: sa.Connection, statement: sa.Update, lease: Lease, ids: Sequence[int], **values: object) -> None:
    """Change rows by a statement of `under_lease`. Raises LeaseLost unless this lease still holds every one of them."""
    changed = connection.execute(statement, {"ids": ids, "token": lease.token, **values})
    if changed.rowcount != len(ids):
        table: Any = statement.table
        raise LeaseLost(f"the lease on {table.name} {list(ids)} ran out")


def under_lease(table: sa.Table) -> sa.Update:
    """An UPDATE, made once, of those of some rows that a lease holds; `change` executes it."""
    return sa.update(table).where(given(table.c.id, IDS), table.c.claim_token == TOKEN)


def ours(connection: sa.Connection, table: sa.Table, lease: Lease, ids: Sequence[int]) -> set[int]:
    """Those of the rows that this lease still holds."""
    return set(connection.scalars(_ours(table), {"ids": ids, "token": lease.token}))


@cache
def _ours(table: sa.Table) -> sa.Select[tuple[int]]:
    # locked: on PostgreSQL nobody may take them over, should the lease end, before the outcome is written
    return (
        sa.select(table.c.id)
        .where(given(table.c.id, IDS), table.c.claim_token == TOKEN)
        .with_for_update(key_share=True)
    )


def renew(connection: sa.Connection, table: sa.Table, lease: Lease, now: datetime) -> None:
    """Prolong a lease before it ends."""
    connection.execute(sa.update(table).where(table.c.claim_token == lease.token).values(lease.values(now)))


def release_own(connection: sa.Connection, table: sa.Table, owner: str) -> None:
    """Give back all that a process has claimed, without a mark: it works on nothing, or does not know of it."""
    mine = sa.and_(table.c.claim_token.is_not(None), table.c.claimed_by == owner)
    connection.execute(sa.update(table).where(mine).values(FREE))


def owners(connection: sa.Connection, table: sa.Table) -> list[str]:
    """Who has claims on a table's rows."""
    return list(connection.scalars(sa.select(table.c.claimed_by).where(table.c.claim_token.is_not(None)).distinct()))

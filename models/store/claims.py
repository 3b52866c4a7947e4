"""Leases: a row is worked on by one process at a time, and the token is checked in the write.

A claim names its owner (host, process and the process's start, so that a reused process id
is another owner), a token and an end. A row may be claimed when it has no claim or when its
claim has ended. Whoever writes the outcome must still hold the token; otherwise the lease
ran out, somebody else has the row, and nothing of this attempt may be written.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from models.limits import LEASE_SECONDS


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


FREE = {"claimed_by": None, "claim_token": None, "claimed_until": None}
"""Column values of a row nobody works on."""


def claimable(table: sa.Table, now: datetime) -> sa.ColumnElement[bool]:
    """Rows that are due and that nobody works on."""
    longest = now + timedelta(seconds=LEASE_SECONDS)  # one that ends later was made by a clock that was ahead
    free = sa.or_(table.c.claimed_by.is_(None), table.c.claimed_until < now, table.c.claimed_until > longest)
    return sa.and_(table.c.not_before <= now, free)


def locked(connection: sa.Connection, selection: sa.Select[int]) -> sa.Select[int]:
    """A selection that skips rows another claimer is just taking (PostgreSQL; SQLite has the gate)."""
    return selection.with_for_update(skip_locked=True) if connection.dialect.name == "postgresql" else selection


def require(connection: sa.Connection, table: sa.Table, lease: Lease, ids: list[int]) -> None:
    """Raise LeaseLost unless this lease still holds every one of the rows."""
    held = sa.select(sa.func.count()).select_from(table).where(table.c.id.in_(ids), table.c.claim_token == lease.token)
    if connection.scalar(held) != len(ids):
        raise LeaseLost(f"the lease on {table.name} {ids} ran out")


def renew(connection: sa.Connection, table: sa.Table, lease: Lease, now: datetime) -> None:
    """Prolong a lease before it ends."""
    connection.execute(sa.update(table).where(table.c.claim_token == lease.token).values(lease.values(now)))


def owners(connection: sa.Connection, table: sa.Table) -> list[str]:
    """Who has claims on a table's rows."""
    return list(connection.scalars(sa.select(table.c.claimed_by).where(table.c.claim_token.is_not(None)).distinct()))

"""What columns are made of: types that both engines store alike, ids, references, leases.

The naming convention is from the first table on: a later migration must be able to name
what it changes, on SQLite too.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """An aware moment in UTC; a naive one is a programming error, refused before it is stored."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[datetime | None], Any]:
        """One function for each value, where the hooks of a decorator would be three."""
        return _to_sqlite if dialect.name == "sqlite" else _to_utc

    def result_processor(self, dialect: sa.Dialect, _coltype: object) -> Callable[[Any], datetime | None]:
        """The other way."""
        return _from_sqlite if dialect.name == "sqlite" else _to_utc


def _to_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment without a zone cannot be stored")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _to_sqlite(value: datetime | None) -> str | None:
    """As SQLAlchemy itself writes a moment there: it sorts, and SQLite's own functions read it."""
    utc = _to_utc(value)
    return None if utc is None else _written(utc)


@lru_cache(maxsize=512)
def _written(utc: datetime) -> str:
    """Kept, for one moment stands in many rows; of UTC alone, where the same time is never two moments."""
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_sqlite(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


class Text(TypeDecorator[str]):
    """Text both engines store alike (threats E-23): NUL becomes U+FFFD, a lone surrogate "?"."""

    impl = sa.Text()
    cache_ok = True

    def bind_processor(self, _dialect: sa.Dialect) -> Callable[[str | None], str | None]:
        """One function for each value, where the hooks of a decorator would be three."""
        return storable

    def result_processor(self, _dialect: sa.Dialect, _coltype: object) -> None:
        """Nothing: what was stored is text."""


def storable(value: str | None) -> str | None:
    """A text as it is stored."""
    if value is None or (value.isascii() and "\0" not in value):
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""When what is due at once is due: no moment of a clock, which may have been ahead."""

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def table(name: str, *items: Any, **options: Any) -> sa.Table:
    """A table of ours."""
    return sa.Table(name, metadata, *items, **options)


def own_id() -> sa.Column[int]:
    """The id of a row."""
    return sa.Column("id", Id, primary_key=True)


def ref(name: str, target: str, *, nullable: bool = False, **options: Any) -> sa.Column[int]:
    """A column that names a row of another table."""
    return sa.Column(name, Id, sa.ForeignKey(target), nullable=nullable, **options)


def one_of(column: str, *values: str) -> sa.CheckConstraint:
    """A column that holds one of these words and no other.

    In comparisons: of an IN of more than two words SQLite makes a table for each row it checks,
    which costs as much as to store a small row.
    """
    return sa.CheckConstraint(" OR ".join(f"{column} = {value!r}" for value in values), name=f"{column}_known")


def among(column: sa.Column[str], *values: str) -> sa.ColumnElement[bool]:
    """The same as a condition, with the words written out: SQLite uses a partial index only for the very same ones."""
    return sa.or_(*(column == sa.literal_column(f"'{value}'", Text) for value in values))


def claim() -> tuple[sa.Column[Any], ...]:
    """A lease: who works on the row (host:boot:pid:start), until when, under which token."""
    return (
        sa.Column("claimed_by", Text),
        sa.Column("claim_token", Text),
        sa.Column("claimed_until", Utc),
    )


def leased(claimed: sa.Table) -> None:
    """Find the rows of a lease by its token, in an index of the claimed rows alone."""
    is_claimed = claimed.c.claim_token.is_not(None)
    sa.Index(f"ix_{claimed.name}_claimed", claimed.c.claim_token, sqlite_where=is_claimed, postgresql_where=is_claimed)

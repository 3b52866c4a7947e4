"""Which schema a database has, and whether it is this version's. Changing it is `models.store.upgrade`."""

from typing import Final

import sqlalchemy as sa

from models.store.database import Database, DatabaseError

NEWEST: Final = "0010"
"""The schema version of this code: the newest of models/store/migrations/versions (a test compares)."""

_VERSION = sa.table("alembic_version", sa.column("version_num"))


def current(database: Database) -> str | None:
    """The schema version of a database; None when it is empty."""
    with database.read() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.scalar(sa.select(_VERSION.c.version_num))
        return version


def require_newest(database: Database) -> None:
    """Raise DatabaseError unless the database has exactly this version's schema."""
    version = current(database)
    if version is None or version < NEWEST:
        raise DatabaseError(
            f"the database has schema {version or 'none'}, this version needs {NEWEST}: run 'casegate db upgrade'"
        )
    if version > NEWEST:
        raise DatabaseError(
            f"the database has schema {version}, which is newer than this version of casegate: install the newer one"
        )

"""Bringing a database to this version's schema, and telling which version it has."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from models.store.database import Database, DatabaseError


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "models.store:migrations")
    return config


def newest() -> str:
    """The schema version of this code."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there is always a first migration"
    return head


def current(database: Database) -> str | None:
    """The schema version of a database; None when it is empty."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> None:
    """Bring the database to the newest schema, in one transaction.

    Raises DatabaseError when the database is newer than this code (threats X-22).
    """
    require_known(current(database))
    config = _config()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_newest(database: Database) -> None:
    """Raise DatabaseError unless the database has exactly this version's schema."""
    version = current(database)
    require_known(version)
    if version != newest():
        raise DatabaseError(
            f"the database has schema {version or 'none'}, this version needs {newest()}: run 'casegate db upgrade'"
        )


def require_known(version: str | None) -> None:
    """Raise DatabaseError for a schema version that this code has never heard of."""
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if version is not None and version not in known:
        raise DatabaseError(
            f"the database has schema {version}, which is newer than this version of casegate: install the newer one"
        )

"""Bringing a database to this version's schema (Alembic), in one transaction.

Apart from `models.store.schema`, because Alembic takes longer to import than a role to start.
"""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from models.store import imap_ledger as imap_ledger  # noqa: PLC0414 - its tables belong to the schema
from models.store.database import Database, DatabaseError
from models.store.schema import NEWEST, current


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "models.store:migrations")
    return config


def newest() -> str:
    """The newest migration there is."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there is always a first migration"
    return head


def upgrade(database: Database) -> None:
    """Bring the database to the newest schema.

    Raises DatabaseError when the database is newer than this code (threats X-22).
    """
    if database.path is not None and not database.path.exists():
        database.path.touch(mode=0o600)  # all mail lies in it, and SQLite gives its log the same mode
    version = current(database)
    if version is not None and version > NEWEST:
        raise DatabaseError(
            f"the database has schema {version}, which is newer than this version of casegate: install the newer one"
        )
    config = _config()
    with database.reshape() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

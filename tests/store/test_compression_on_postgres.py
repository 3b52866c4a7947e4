"""What PostgreSQL compresses, it compresses by LZ4: pglz takes several times as long."""

import sqlalchemy as sa

from models.store.database import Database
from models.store.upgrade import upgrade
from tests.services import PrivatePostgres

COMPRESSION = sa.text(
    "SELECT attrelid::regclass::text || '.' || attname AS name, attcompression::text AS how FROM pg_attribute"
    " JOIN pg_class ON pg_class.oid = attrelid AND relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    " WHERE atttypid IN ('text'::regtype, 'bytea'::regtype) AND NOT attisdropped"
)


def test_every_text_is_compressed_by_lz4(postgres: PrivatePostgres) -> None:
    """A migration that adds a column of text says so too."""
    url = postgres.database()
    database = Database(url)
    upgrade(database)
    with database.read() as connection:
        found = {row.name: row.how for row in connection.execute(COMPRESSION)}
    database.close()
    postgres.drop(url)

    assert "frozen.raw" in found
    assert dict.fromkeys(found, "l") == found

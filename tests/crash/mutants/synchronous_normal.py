"""casegate whose SQLite does not flush at commit (`synchronous=NORMAL`). It must refuse to start."""

import sqlite3

from intake import cli
from models.store import database

prepared = database._prepared


def forgetful(connection: sqlite3.Connection) -> sqlite3.Connection:
    """As the product prepares a connection, and then as it must not be."""
    prepared(connection).execute("PRAGMA synchronous=NORMAL").close()
    return connection


database._prepared = forgetful

if __name__ == "__main__":
    cli.main()

"""casegate whose SQLite does not flush at commit, and that does not look whether it does."""

import synchronous_normal  # noqa: F401 - the folder of this file is on the path; importing it breaks the promise

from intake import cli
from models.store.database import Database

Database.assert_durable = lambda _database: None

if __name__ == "__main__":
    cli.main()

"""The database: its schema and its state."""

import typer

from intake.cli.context import ConfigOption, opened, settings_of
from intake.cli.errors import Refused
from models.store import schema
from models.store.database import Database
from models.store.upgrade import upgrade as upgrade_schema

app = typer.Typer(help="The database.", no_args_is_help=True)


@app.command()
def upgrade(config: ConfigOption = None) -> None:
    """Bring the database to this version's schema; makes an empty one where there is none."""
    database = Database(settings_of(config).service.database)
    try:
        before = schema.current(database)
        upgrade_schema(database)
    finally:
        database.close()
    print(
        f"the database has schema {schema.NEWEST}"
        + ("" if before == schema.NEWEST else f" (before: {before or 'none'})")
    )


@app.command()
def check(config: ConfigOption = None) -> None:
    """Let the engine check its file, and the settings that durability rests on."""
    with opened(config) as database:
        found = database.integrity()
    if found:
        raise Refused("\n".join(found))
    print("the database is whole")

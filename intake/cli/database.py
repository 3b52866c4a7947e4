"""The database: its schema, its state, its backups."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from intake.cli.context import ConfigOption, opened, settings_of
from intake.cli.errors import Refused
from intake.clock import system_clock
from models.case import case_number
from models.store import schema
from models.store.backup import back_up
from models.store.backup import restored as tell_restored
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


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes; it must not exist.")], config: ConfigOption = None
) -> None:
    """Copy the SQLite database into one new file while the service runs; nobody waits for it."""
    with opened(config) as database:
        octets = back_up(database, file)
    print(f"{file}: {octets} octets, checked")


@app.command()
def restored(
    skip: Annotated[
        int, typer.Option(help="More cases than can have been opened since the backup.", min=1, max=1_000_000_000)
    ] = 1_000,
    config: ConfigOption = None,
) -> None:
    """Tell the database that it was brought back from a backup, before the service starts on it.

    Case numbers and ids given out since are not given again, and what waited to be sent then is
    not sent by itself.
    """
    with opened(config) as database, database.write() as connection:
        done = tell_restored(connection, system_clock(), skip=skip, who=getpass.getuser())
    print(
        f"the next case will be {case_number(done.last_case + 1)} or later; {done.not_sent} notices are not sent again"
    )
    if done.not_sent:
        print("'casegate outbox list --state unknown' lists them; 'outbox retry' sends one that was not sent;")
        print("those that had no words yet are taken back for good: 'casegate outbox list --state cancelled'")

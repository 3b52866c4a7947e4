"""Parked messages: our own failures, set aside for a programmer."""

import getpass
from typing import Annotated

import typer

from intake.cli.context import MOST_ID, ConfigOption, JsonOption, opened
from intake.cli.errors import Refused
from intake.cli.explain import explain
from intake.cli.output import table
from intake.clock import system_clock
from models.store import repairs, reports

app = typer.Typer(help="Messages we failed on.", no_args_is_help=True)

InboxId = Annotated[int, typer.Argument(help="The message's inbox id.", max=MOST_ID)]


@app.command("list")
def list_(json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """List parked messages, newest first."""
    with opened(config) as database, database.read() as connection:
        rows = reports.list_parked(connection)
    columns = ("inbox_id", "parked_at", "station", "because", "size", "received_at")
    table(rows, columns, json_wanted=json_wanted, nothing="nothing is parked")


@app.command()
def show(inbox_id: InboxId, json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """Show a parked message, with what went wrong. Its source: casegate message raw ID."""
    explain(str(inbox_id), json_wanted=json_wanted, config=config)


@app.command()
def retry(inbox_id: InboxId, config: ConfigOption = None) -> None:
    """Put a parked message back to be worked on, as if it had just come in."""
    with opened(config) as database, database.write() as connection:
        if not repairs.retry_parked(connection, inbox_id, system_clock(), who=getpass.getuser()):
            raise Refused(f"message {inbox_id} is not parked; 'casegate parked list' shows those that are")
    print(f"message {inbox_id} is worked on again")

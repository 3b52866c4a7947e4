"""Held messages: decided, and a person should look."""

from typing import Annotated

import typer

from intake.cli.context import MOST_ID, ConfigOption, JsonOption, opened
from intake.cli.explain import explain
from intake.cli.output import table
from models.store import reports

app = typer.Typer(help="Messages a person should look at.", no_args_is_help=True)


@app.command("list")
def list_(json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """List held messages, newest first."""
    with opened(config) as database, database.read() as connection:
        rows = reports.list_held(connection)
    columns = ("inbox_id", "held_at", "author", "organisation", "subject", "rule", "because", "expires_at")
    table(rows, columns, json_wanted=json_wanted, nothing="nothing is held")


@app.command()
def show(
    inbox_id: Annotated[int, typer.Argument(help="The message's inbox id.", max=MOST_ID)],
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show a held message with its trail. Its source: casegate message raw ID."""
    explain(str(inbox_id), json_wanted=json_wanted, config=config)

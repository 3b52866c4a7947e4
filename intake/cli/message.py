"""The source of a message, for admins; reading it is recorded."""

import getpass
import sys
from typing import Annotated

import typer

from intake.cli.context import MOST_ID, ConfigOption, opened
from intake.cli.errors import Refused
from intake.clock import system_clock
from models.store import inbox, repairs, reports

app = typer.Typer(help="Messages as they came in.", no_args_is_help=True)


@app.callback()
def _messages() -> None:
    """Messages as they came in."""


@app.command()
def raw(
    inbox_id: Annotated[int, typer.Argument(help="The message's inbox id.", max=MOST_ID)], config: ConfigOption = None
) -> None:
    """Write a message's source to standard output, octet for octet. That it was read is recorded."""
    with opened(config) as database:
        with database.read() as connection:
            if reports.explain(connection, inbox_id) is None:
                raise Refused(f"there is no message {inbox_id}")
            octets = inbox.raw(connection, inbox_id)
        with database.write() as connection:
            repairs.note_raw_read(connection, inbox_id, system_clock(), who=getpass.getuser())
    sys.stdout.buffer.write(octets)

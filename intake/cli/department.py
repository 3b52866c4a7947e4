"""Departments: the parts of the desk that cases belong to."""

from typing import Annotated

import typer

from intake.cli.context import ConfigOption, JsonOption, opened
from intake.cli.directory_edits import edit, said, unknown
from intake.cli.output import as_json, details, table
from models.directory.entries import Expected, Kind
from models.store import directory_reports

app = typer.Typer(help="Departments.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(help="The department's key, as [[intake]] of the configuration names it.")]

_COLUMNS = ("key", "name", "address", "agents", "on_duty")


@app.command()
def add(
    key: Key,
    name: Annotated[str, typer.Option(help="The name people read.")],
    address: Annotated[
        str, typer.Option(help="Told of new cases when nobody is on duty; none of our intake addresses.")
    ],
    config: ConfigOption = None,
) -> None:
    """Add a department."""
    with edit(config) as editing:
        editing.state(Kind.DEPARTMENT, said(key=key, name=name, address=address), expected=Expected.NEW)


@app.command("set")
def set_(
    key: Key,
    name: Annotated[str | None, typer.Option(help="The name people read.", show_default=False)] = None,
    address: Annotated[
        str | None, typer.Option(help="Told of new cases when nobody is on duty.", show_default=False)
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Change a department. What is not said stays."""
    with edit(config) as editing:
        editing.state(Kind.DEPARTMENT, said(name=name, address=address), expected=Expected.KNOWN, key=key)


@app.command("list")
def list_(json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """List all departments, with their agents."""
    with opened(config) as database, database.read() as connection:
        rows = directory_reports.list_departments(connection)
    table(rows, _COLUMNS, json_wanted=json_wanted, nothing="no departments; 'casegate department add' adds one")


@app.command()
def show(key: Key, json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """Show a department and its agents."""
    with opened(config) as database, database.read() as connection:
        row = directory_reports.show_department(connection, key)
        if row is None:
            raise unknown(connection, Kind.DEPARTMENT, key)
    if json_wanted:
        as_json(row)
    else:
        details(row.items())

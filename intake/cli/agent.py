"""Agents: our staff who work on cases."""

from typing import Annotated

import typer

from intake.cli import trusting
from intake.cli.context import ConfigOption, JsonOption, opened
from intake.cli.directory_edits import edit, said, unknown
from intake.cli.output import as_json, details, table
from models.directory.entries import Expected, Kind
from models.store import directory_reports, exceptions

app = typer.Typer(help="Agents.", no_args_is_help=True)
app.command("trust")(trusting.trust_agent)
app.command("untrust")(trusting.untrust_agent)

Login = Annotated[str, typer.Argument(help="The agent's login.")]
Departments = Annotated[
    list[str] | None,
    typer.Option("--department", help="A department's key; may be repeated. '' for none.", show_default=False),
]
OnDuty = Annotated[
    bool | None, typer.Option("--on-duty/--off-duty", help="Whether new cases may be assigned.", show_default=False)
]
Active = Annotated[
    bool | None, typer.Option("--active/--inactive", help="Whether the agent works here.", show_default=False)
]

_COLUMNS = ("login", "name", "address", "departments", "on_duty", "active", "open_cases")


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Option(help="The agent's name.")],
    address: Annotated[str, typer.Option(help="The agent's address.")],
    department: Departments = None,
    on_duty: OnDuty = None,
    active: Active = None,
    config: ConfigOption = None,
) -> None:
    """Add an agent. A new agent is off duty unless it is said."""
    table = said(login=login, name=name, address=address, departments=department, on_duty=on_duty, active=active)
    with edit(config) as editing:
        editing.state(Kind.AGENT, table, expected=Expected.NEW)


@app.command("set")
def set_(
    login: Login,
    name: Annotated[str | None, typer.Option(help="The agent's name.", show_default=False)] = None,
    address: Annotated[str | None, typer.Option(help="The agent's address.", show_default=False)] = None,
    department: Departments = None,
    on_duty: OnDuty = None,
    active: Active = None,
    config: ConfigOption = None,
) -> None:
    """Change an agent. What is not said stays; departments become exactly those that are said."""
    table = said(name=name, address=address, departments=department, on_duty=on_duty, active=active)
    with edit(config) as editing:
        editing.state(Kind.AGENT, table, expected=Expected.KNOWN, key=login)


@app.command("list")
def list_(json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """List all agents."""
    with opened(config) as database, database.read() as connection:
        rows = directory_reports.list_agents(connection)
    table(rows, _COLUMNS, json_wanted=json_wanted, nothing="no agents; 'casegate agent add' adds one")


@app.command()
def show(login: Login, json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """Show an agent."""
    with opened(config) as database, database.read() as connection:
        row = directory_reports.show_agent(connection, login)
        if row is None:
            raise unknown(connection, Kind.AGENT, login)
        found = exceptions.agent_of(connection, row["login"])
        of_agent = [] if found is None else exceptions.exceptions_of(connection, agent_id=found[0])
        row["exceptions"] = [f"{one['address']} by {one['path']}: {one['because']}" for one in of_agent]
    if json_wanted:
        as_json(row)
    else:
        details(row.items())

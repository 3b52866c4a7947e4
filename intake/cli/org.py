"""Organisations: who our customers are, and what was agreed with them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from intake.cli import trusting
from intake.cli.context import ConfigOption, JsonOption, opened
from intake.cli.directory_edits import edit, said, unknown
from intake.cli.directory_files import import_file
from intake.cli.errors import Refused
from intake.cli.output import as_json, details, heading, shown, table
from models.address import AddressError, domain_key
from models.directory.entries import Expected, Kind
from models.organisation import MPOC_ROLES
from models.store import directory_reports, exceptions

app = typer.Typer(help="Organisations, and the import of the whole directory.", no_args_is_help=True)
app.command("trust")(trusting.trust_contact)
app.command("untrust")(trusting.untrust_contact)

Name = Annotated[str, typer.Argument(help="The organisation's name, as it stands in 'org list'.")]
Plan = Annotated[str | None, typer.Option(help="The support plan.", show_default=False)]
Language = Annotated[str | None, typer.Option(help="The language of our mail, such as en.", show_default=False)]
Zone = Annotated[str | None, typer.Option(help="The zone of times in our mail (IANA name).", show_default=False)]
Mode = Annotated[
    str | None, typer.Option(help="Whose word is enough, here only; '' for the service's own.", show_default=False)
]
Because = Annotated[str | None, typer.Option(help="Why a mode of its own; shown on its cases.", show_default=False)]
PassCode = Annotated[
    str | None,
    typer.Option(help="What they prove themselves by on the phone; hidden in mail; '' removes it.", show_default=False),
]
Domains = list[str] | None

_COLUMNS = ("name", "domains", "plan", "language", "zone", "mode", "contacts", "mpocs")
_EXCEPTION_COLUMNS = ("address", "path", "because", "made_by", "made_at")
_CONTACT_COLUMNS = ("name", "addresses", "roles", "title", "phone", "active", "valid_from", "valid_until")


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="A TOML or CSV file (docs/directory.md), or - for TOML on standard input.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    config: ConfigOption = None,
) -> None:
    """Make departments, agents, organisations and contacts what a file says. A second time changes nothing."""
    import_file(file, config=config, dry_run=dry_run)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The organisation's name.")],
    domain: Annotated[Domains, typer.Option(help="A mail domain of theirs; may be repeated.")] = None,
    plan: Plan = None,
    language: Language = None,
    zone: Zone = None,
    mode: Mode = None,
    because: Because = None,
    pass_code: PassCode = None,
    config: ConfigOption = None,
) -> None:
    """Add an organisation. What is not said is the service's default."""
    table = said(
        name=name,
        domains=domain,
        plan=plan,
        language=language,
        zone=zone,
        mode=mode,
        mode_because=because,
        pass_code=pass_code,
    )
    with edit(config) as editing:
        editing.state(Kind.ORGANISATION, table, expected=Expected.NEW)


@app.command("set")
def set_(
    name: Name,
    plan: Plan = None,
    language: Language = None,
    zone: Zone = None,
    mode: Mode = None,
    because: Because = None,
    pass_code: PassCode = None,
    add_domain: Annotated[Domains, typer.Option(help="A mail domain that is theirs too.")] = None,
    remove_domain: Annotated[Domains, typer.Option(help="A mail domain that is theirs no more.")] = None,
    config: ConfigOption = None,
) -> None:
    """Change an organisation. What is not said stays."""
    table = said(plan=plan, language=language, zone=zone, mode=mode, mode_because=because, pass_code=pass_code)
    with edit(config) as editing:
        if add_domain or remove_domain:
            row = directory_reports.show_organisation(editing.connection, name)
            if row is None:
                raise unknown(editing.connection, Kind.ORGANISATION, name)
            table["domains"] = _domains(name, row["domains"], add_domain or [], remove_domain or [])
        editing.state(Kind.ORGANISATION, table, expected=Expected.KNOWN, key=name)


def _domains(name: str, there: tuple[str, ...], added: list[str], removed: list[str]) -> list[str]:
    """The domains afterwards. Raises Refused for the removal of one that is not there."""
    left = list(there)
    for domain in removed:
        try:
            left.remove(domain_key(domain))
        except (ValueError, AddressError) as error:
            known = ", ".join(there) or "none"
            raise Refused(f"{domain!r} is no domain of {name}; its domains are: {known}") from error
    return left + added


@app.command("list")
def list_(json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """List all organisations, with their active contacts and MPOCs counted."""
    with opened(config) as database, database.read() as connection:
        rows = directory_reports.list_organisations(connection)
    table(rows, _COLUMNS, json_wanted=json_wanted, nothing="no organisations; 'casegate org import' brings them in")


@app.command()
def show(name: Name, json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """Show an organisation and its contacts."""
    with opened(config) as database, database.read() as connection:
        row = directory_reports.show_organisation(connection, name)
        if row is None:
            raise unknown(connection, Kind.ORGANISATION, name)
        row["exceptions"] = exceptions.exceptions_of(
            connection, organisation_id=exceptions.organisation_id_of(connection, name)
        )
    if json_wanted:
        as_json(row)
    else:
        _print(row)


def _print(row: dict[str, Any]) -> None:
    details((name, value) for name, value in row.items() if name not in {"contacts", "exceptions"})
    heading("Contacts")
    table(row["contacts"], _CONTACT_COLUMNS, json_wanted=False, nothing="none")
    if not any(contact["active"] and MPOC_ROLES.intersection(contact["roles"]) for contact in row["contacts"]):
        print(f"nobody of {shown(row['name'])} can open a case")
    if row["exceptions"]:
        heading("Trusted by their path")
        table(row["exceptions"], _EXCEPTION_COLUMNS, json_wanted=False, nothing="none")

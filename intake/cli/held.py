"""Held messages: decided, and a person should look."""

import getpass
from typing import Annotated

import sqlalchemy as sa
import typer

from intake import composition, held_mail
from intake.cli.contact import which
from intake.cli.context import MOST_ID, ConfigOption, JsonOption, opened, settings_of
from intake.cli.errors import Refused
from intake.cli.explain import explain
from intake.cli.output import shown, table
from intake.clock import system_clock
from models.case import case_id_of
from models.organisation import KnownContact
from models.store import reports
from models.store.contacts import contacts_by_address
from models.store.held import admit, end_held, was_admitted

app = typer.Typer(help="Messages a person should look at.", no_args_is_help=True)

InboxId = Annotated[int, typer.Argument(help="The message's inbox id.", max=MOST_ID)]
Because = Annotated[str, typer.Option("--because", help="Why; it is kept and shown.")]


@app.command("list")
def list_(json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """List held messages, newest first."""
    with opened(config) as database, database.read() as connection:
        rows = reports.list_held(connection)
    columns = ("inbox_id", "held_at", "author", "organisation", "subject", "rule", "because", "expires_at")
    table(rows, columns, json_wanted=json_wanted, nothing="nothing is held")


@app.command()
def show(inbox_id: InboxId, json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """Show a held message with its trail and the commands that help. Its source: casegate message raw ID."""
    explain(str(inbox_id), json_wanted=json_wanted, config=config)


@app.command()
def release(
    inbox_id: InboxId,
    because: Because,
    contact: Annotated[
        str | None, typer.Option("--as", help="In the name of the MPOC with this address.", show_default=False)
    ] = None,
    org: Annotated[
        str | None, typer.Option("--org", help="Whose MPOC, where several have the address.", show_default=False)
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", help="Onto this case, such as CG-000123.", show_default=False)
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Let a held message in: it is decided anew, as it came, and its sender's standing is no objection any more."""
    with opened(config) as database, database.write() as connection:
        mpoc = None if contact is None else _mpoc(connection, contact, org)
        case_id = None if case is None else _case(connection, case, mpoc)
        done = admit(
            connection,
            inbox_id,
            system_clock(),
            by=getpass.getuser(),
            because=_reason(because),
            contact_id=None if mpoc is None else mpoc.contact_id,
            case_id=case_id,
        )
        if not done and not was_admitted(connection, inbox_id):
            raise _not_held(inbox_id)
    print(f"message {inbox_id} is released and decided anew" if done else f"message {inbox_id} was released before")
    if done:
        print(f"what became of it: casegate explain {inbox_id}")


@app.command()
def reject(inbox_id: InboxId, because: Because, config: ConfigOption = None) -> None:
    """Refuse a held message. A writer whose address is proved is told kindly; the reason stays here."""
    policy = composition.policy_of(settings_of(config))
    with opened(config) as database, database.write() as connection:
        told = held_mail.reject(
            connection, inbox_id, policy, system_clock(), by=getpass.getuser(), because=_reason(because)
        )
    if told is None:
        raise _not_held(inbox_id)
    words = f"{shown(told)} is told, once a day at most" if told else "nobody is told"
    print(f"message {inbox_id} is rejected; {words}")


@app.command()
def drop(inbox_id: InboxId, because: Because, config: ConfigOption = None) -> None:
    """Put a held message aside for good and tell nobody. It is kept until retention removes it."""
    with opened(config) as database, database.write() as connection:
        if not end_held(connection, inbox_id, "drop", system_clock(), by=getpass.getuser(), because=_reason(because)):
            raise _not_held(inbox_id)
    print(f"message {inbox_id} is dropped")


def _not_held(inbox_id: int) -> Refused:
    return Refused(f"message {inbox_id} is not held; 'casegate held list' shows those that are")


def _reason(because: str) -> str:
    if not because.strip():
        raise Refused("say why, with --because")
    return because.strip()


def _mpoc(connection: sa.Connection, address: str, org: str | None) -> KnownContact:
    """The contact in whose name a message is let in: an MPOC today. Raises Refused."""
    key, organisation = which(connection, address, org)
    found = contacts_by_address(connection, {key})[key]
    contact = next(one for one in found if one.organisation == organisation)
    if not contact.is_mpoc or not contact.is_current(system_clock().date()):
        raise Refused(f"{key} is no MPOC of {organisation} today; 'casegate org show' lists who is")
    return contact


def _case(connection: sa.Connection, number: str, mpoc: KnownContact | None) -> int:
    """The case that is meant. Raises Refused for none, and for another organisation's than the MPOC's."""
    case_id = case_id_of(number)
    row = None if case_id is None else reports.show_case(connection, case_id)
    if case_id is None or row is None:
        raise Refused(f"there is no case {number}; 'casegate case list' shows all")
    if mpoc is not None and row["organisation"] != mpoc.organisation:
        raise Refused(f"{number} is a case of {row['organisation']}, not of {mpoc.organisation}")
    return case_id

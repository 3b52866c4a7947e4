"""Mailboxes that are fetched: how they are, and what their server and we do not agree on."""

from typing import Annotated, Any

import typer

from intake import composition
from intake.cli.context import ConfigOption, JsonOption, settings_of
from intake.cli.errors import TRY_AGAIN, Refused
from intake.cli.output import table
from intake.clock import system_clock
from intake.doors.imap.account import Account, accounts_of
from intake.doors.imap.reconciliation import Reconciliation
from intake.doors.imap.wire import Connection, ImapError
from intake.settings import Settings
from models.store import imap_ledger
from models.store.database import Database

app = typer.Typer(help="Mailboxes that are fetched.", no_args_is_help=True)

_COLUMNS = ("mailbox", "succeeded_at", "waiting", "left", "unmoved", "moved", "failures", "failed_at", "error")


@app.command()
def status(json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """Show each mailbox: its last whole look, what waits and was left there, its last error."""
    settings = settings_of(config)
    database = composition.open_database(settings)
    try:
        with database.read() as connection:
            rows = [_row(account, imap_ledger.status(connection, account.place)) for account in accounts_of(settings)]
    finally:
        database.close()
    table(rows, _COLUMNS, json_wanted=json_wanted, nothing="there is no [[imap]] in the configuration")


def _row(account: Account, known: dict[str, Any]) -> dict[str, Any]:
    return {
        "mailbox": str(account.place),
        "succeeded_at": known.get("succeeded_at"),
        "waiting": known.get("waiting"),
        "left": known["left"],
        "unmoved": known["stored"],
        "moved": known["moved"],
        "failures": known.get("failures", 0),
        "failed_at": known.get("failed_at"),
        "error": known.get("error") or None,
    }


@app.command()
def reconcile(
    retry: Annotated[
        bool, typer.Option("--retry", help="Try again what was left, or could not be fetched yet.")
    ] = False,
    put_back: Annotated[
        bool,
        typer.Option("--put-back", help="Lay what is in the done folder and not in our inbox back, to be taken in."),
    ] = False,
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Compare each server's folders with our ledger and inbox; removes nothing, says what it did.

    Exit 0 even where they differ; 75 where a server could not be asked.
    """
    settings = settings_of(config)
    database = composition.open_database(settings)
    try:
        rows, failed = _differences(settings, database, retry=retry, put_back=put_back)
    finally:
        database.close()
    table(
        rows,
        ("mailbox", "folder", "messages", "what", "done"),
        json_wanted=json_wanted,
        nothing="servers, ledger and inbox agree" if not failed else "nothing was found",
    )
    if failed:
        raise Refused("\n".join(failed), status=TRY_AGAIN)


def _differences(
    settings: Settings, database: Database, *, retry: bool, put_back: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    """What differs in every mailbox, and which of them could not be asked."""
    rows: list[dict[str, Any]] = []
    failed: list[str] = []
    for account in accounts_of(settings):
        connection = Connection()
        try:
            connection.open(account)
            comparison = Reconciliation(account, connection, database, system_clock)
            rows.extend(
                {
                    "mailbox": str(account.place),
                    "folder": one.folder,
                    "messages": one.messages,
                    "what": one.what,
                    "done": one.done,
                }
                for one in comparison.run(retry=retry, put_back=put_back)
            )
        except ImapError as error:
            failed.append(f"{account.place}: {error}; try again when it answers")
        finally:
            connection.close()
    return rows, failed

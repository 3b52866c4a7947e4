"""The outbox: what we owe, what became of it."""

import getpass
from typing import Annotated, Any

import typer

from intake.cli.context import MOST_ID, ConfigOption, JsonOption, opened
from intake.cli.errors import Refused
from intake.cli.output import as_json, details, escaped, heading, shown, table
from intake.clock import system_clock
from models.store import repairs, reports
from models.store.tables import NOTICE_STATES

_AS_IT_IS = "is {}, being offered now, or not there; 'casegate outbox show {}' says which"

app = typer.Typer(help="What we owe, and what became of it.", no_args_is_help=True)

OutboxId = Annotated[int, typer.Argument(help="The notice's id.", max=MOST_ID)]


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option(help="Only in this state, such as 'ready' or 'refused'.")] = None,
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List notices, newest first."""
    if state is not None and state not in NOTICE_STATES:
        raise Refused(f"there is no state {state!r}; known are {', '.join(NOTICE_STATES)}")
    with opened(config) as database, database.read() as connection:
        rows = reports.list_outbox(connection, state=state)
    columns = ("outbox", "case", "kind", "recipient", "state", "delivery", "attempts", "reply", "created_at")
    table(rows, columns, json_wanted=json_wanted, nothing=f"no notice is {state}" if state else "the outbox is empty")


@app.command()
def show(outbox_id: OutboxId, json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """Show a notice: its attempts and its bytes."""
    with opened(config) as database, database.read() as connection:
        row = reports.show_outbox(connection, outbox_id)
    if row is None:
        raise Refused(f"there is no notice {outbox_id}; 'casegate outbox list' shows those there are")
    if json_wanted:
        as_json(row)
    else:
        _print(row)


def _print(row: dict[str, Any]) -> None:
    details((name, value) for name, value in row.items() if name not in {"raw", "attempts", "reports"})
    for attempt in row["attempts"]:
        print(f"  attempt {attempt['number']}  {shown(attempt['outcome'])}  {shown(attempt['reply'])}")
    for report in row["reports"]:
        what = (report["at"], report["action"], report["address"], report["status"], report["diagnostic"])
        print(f"  report by message {report['inbox_id']}  {'  '.join(shown(part) for part in what)}")
    if row["raw"] is not None:
        heading("Source")
        print(escaped(row["raw"].replace("\r\n", "\n"), keep_lines=True))


@app.command()
def retry(outbox_id: OutboxId, config: ConfigOption = None) -> None:
    """Offer a notice that ended in vain once more, or word a parked one anew."""
    with opened(config) as database, database.write() as connection:
        was = repairs.retry_notice(connection, outbox_id, system_clock(), who=getpass.getuser())
    if was is None:
        raise Refused(f"notice {outbox_id} {_AS_IT_IS.format('sent, cancelled', outbox_id)}")
    print(f"notice {outbox_id} was {was} and is offered again")


@app.command()
def cancel(
    outbox_id: OutboxId,
    because: Annotated[str, typer.Option(help="Why; it is kept.")],
    config: ConfigOption = None,
) -> None:
    """Take back a notice that is not sent yet."""
    with opened(config) as database, database.write() as connection:
        if not repairs.cancel_notice(connection, outbox_id, system_clock(), who=getpass.getuser(), because=because):
            raise Refused(f"notice {outbox_id} {_AS_IT_IS.format('sent', outbox_id)}")
    print(f"notice {outbox_id} is cancelled")

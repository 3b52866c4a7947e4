"""Cases: what they are, and what was said in them."""

from typing import Annotated, Any

import typer

from intake.cli import case_acts, case_attachments
from intake.cli.context import ConfigOption, JsonOption, opened
from intake.cli.errors import Refused
from intake.cli.output import aligned, as_json, details, escaped, heading, shown, table
from models.store import reports

app = typer.Typer(help="Cases.", no_args_is_help=True)
for _name, _verb in case_acts.VERBS:
    app.command(_name)(_verb)

_COLUMNS = ("case", "organisation", "priority", "status", "subject", "contact", "agent", "opened_at")


app.add_typer(case_attachments.app, name="attachment")


@app.command("list")
def list_(
    org: Annotated[str | None, typer.Option(help="Only this organisation's.")] = None,
    status: Annotated[str | None, typer.Option(help="Only in this status, such as 'New'.")] = None,
    search: Annotated[str | None, typer.Option(help="Only with this in the subject.")] = None,
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List cases, newest first."""
    known = None if status is None else case_acts.status_meant(status)
    with opened(config) as database, database.read() as connection:
        rows = reports.list_cases(connection, org=org, status=known, search=search)
    table(rows, _COLUMNS, json_wanted=json_wanted, nothing="no cases")


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="The case's number, such as CG-000123.")],
    whole: Annotated[bool, typer.Option("--whole", help="What mails quote of earlier ones as well.")] = False,
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show a case: what it is, what was said, what was sent. Of mails the new text; nothing of the rest is lost."""
    case_id = case_acts.case_id_meant(number)
    with opened(config) as database, database.read() as connection:
        row = reports.show_case(connection, case_id)
    if row is None:
        raise Refused(f"there is no case {number!r}; 'casegate case list' shows those there are")
    if json_wanted:
        as_json(row)
    else:
        _print(row, whole=whole)


def _print(row: dict[str, Any], *, whole: bool) -> None:
    details((name, value) for name, value in row.items() if not isinstance(value, list))
    for entry in row["correspondence"]:
        who = f"{shown(entry['author_name'])} <{shown(entry['author_address'])}>"
        from_where = f"message {entry['inbox_id']}" if entry["inbox_id"] else "by command"
        heading(f"{shown(entry['at'])}  {entry['kind']}  {who}  ({from_where})")
        _print_text(entry["text"], None if whole else entry["new_text"])
        for part in entry["attachments"]:
            print(f"  attached: {shown(part['name'])} ({shown(part['content_type'])}, {part['size']} octets)")
    heading("Notices")
    aligned((notice["outbox"], notice["kind"], notice["recipient"], _fate(notice)) for notice in row["notices"])
    heading("Promises")
    aligned((owed["due_at"], owed["kind"], owed["state"], owed["because"]) for owed in row["obligations"])
    heading("Acts")
    for act in row["acts"]:
        print(f"  {shown(act['at'])}  {shown(act['said'])}")
    for event in row["events"]:
        print(f"  {shown(event['at'])}  {event['kind']}: {shown(event['detail'])}")


def _fate(notice: dict[str, Any]) -> str:
    """How far a notice came: what the relay said, and what was reported of it afterwards."""
    reported = notice["delivery"]
    return str(notice["state"]) if reported is None else f"{notice['state']}, then {reported}"


def _print_text(text: str, new_text: str | None) -> None:
    """What was said; of a mail what is new in it, where that was told from what it quotes."""
    print(escaped(text if new_text is None else new_text.strip("\n"), keep_lines=True) or "(no text)")
    if new_text is not None:
        print("(and what it quotes: case show --whole)")

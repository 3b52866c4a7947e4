"""What came with the mails of a case: listed, and saved as files that can do nothing by their names (threats F-8)."""

import hashlib
import os
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import typer

from intake.cli.case_acts import Number, case_id_meant
from intake.cli.context import ConfigOption, JsonOption, opened
from intake.cli.errors import Refused
from intake.cli.output import escaped, table
from models.case import case_number
from models.store import inbox, reports
from parser.attachments import octets_by_path
from parser.header_fields import HeaderTooLarge
from parser.structure import TooComplex

app = typer.Typer(help="What came with the mails of a case.", no_args_is_help=True)

_COLUMNS = ("message", "name", "content_type", "size", "sha256", "dropped_because")


@app.command("list")
def list_(number: Number, json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """List what came with the mails of a case, oldest first."""
    with opened(config) as database, database.read() as connection:
        rows = _attachments(connection, number)
    table(rows, _COLUMNS, json_wanted=json_wanted, nothing="nothing came with the mails of this case")


@app.command()
def save(
    number: Number,
    directory: Annotated[Path, typer.Argument(help="Where to; it must be there.", exists=True, file_okay=False)],
    name: Annotated[str | None, typer.Option(help="Only those of this name.")] = None,
    config: ConfigOption = None,
) -> None:
    """Save what came with the mails of a case, octet for octet; overwrites nothing."""
    with opened(config) as database, database.read() as connection:
        chosen = [one for one in _attachments(connection, number) if name in {None, one["name"]}]
        if not chosen:
            raise Refused(f"{case_id_shown(number)} has no such attachment; 'casegate case attachment list' shows all")
        for message in dict.fromkeys(one["message"] for one in chosen):
            octets = _octets(connection, message)
            for one in chosen:
                if one["message"] == message:
                    print(escaped(str(_write(directory, one, octets.get(one["path"])))))


def case_id_shown(number: str) -> str:
    """The case's number as we write it."""
    return case_number(case_id_meant(number))


def _attachments(connection: sa.Connection, number: str) -> list[dict[str, Any]]:
    case = reports.show_case(connection, case_id_meant(number))
    if case is None:
        raise Refused(f"there is no case {number!r}; 'casegate case list' shows those there are")
    return [
        {"message": entry["inbox_id"], **part}
        for entry in case["correspondence"]
        for part in entry["attachments"]
        if entry["inbox_id"] is not None
    ]


def _octets(connection: sa.Connection, message: int) -> dict[str, bytes]:
    try:
        return octets_by_path(inbox.raw(connection, message))
    except (HeaderTooLarge, TooComplex) as error:
        raise Refused(f"message {message} was read in safe mode ({error}): 'casegate message raw {message}'") from error


def _write(directory: Path, one: dict[str, Any], octets: bytes | None) -> Path:
    """Write one file that was not there, for us alone. Its name was made safe when the mail was read."""
    if octets is None or hashlib.sha256(octets).hexdigest() != one["sha256"]:
        raise Refused(
            f"{escaped(one['name'])} of message {one['message']} is not what was stored of it; "
            f"its source: 'casegate message raw {one['message']}'"
        )
    path: Path = directory / str(one["name"])
    if path.exists():
        path = directory / f"{one['message']}-{one['name']}"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise Refused(f"{path} is there already; nothing is overwritten") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
    return path

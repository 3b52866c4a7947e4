"""What was decided about a message and why: the stored trail, never asked anew."""

from typing import Annotated, Any

import typer

from intake.cli.context import ConfigOption, JsonOption, id_in, opened
from intake.cli.errors import Refused
from intake.cli.output import aligned, as_json, details, heading, shown
from models.case import case_id_of
from models.store import reports
from models.store.database import Database


def explain(
    what: Annotated[str, typer.Argument(help="A Message-ID, a case (CG-000123) or an inbox id.")],
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Print the stored trail of a message: every rule that was asked, its answer, its reason, the facts."""
    with opened(config) as database:
        found = [row for inbox_id in _inbox_ids(database, what) if (row := _row(database, inbox_id)) is not None]
    if not found:
        raise Refused(f"nothing is known of {what!r}: give a Message-ID, a case number like CG-000123 or an inbox id")
    if json_wanted:
        as_json(found)
        return
    for row in found:
        _print(row)


def _row(database: Database, inbox_id: int) -> dict[str, Any] | None:
    with database.read() as connection:
        return reports.explain(connection, inbox_id)


def _inbox_ids(database: Database, what: str) -> list[int]:
    """The inbox rows that are meant, newest first."""
    if (inbox_id := id_in(what)) is not None:
        return [inbox_id]
    with database.read() as connection:
        if (case_id := case_id_of(what)) is not None:
            return reports.inbox_ids_of_case(connection, case_id)
        return reports.inbox_ids_of_message_id(connection, what.strip().removeprefix("<").removesuffix(">"))


def _print(row: dict[str, Any]) -> None:
    heading(f"Message {row['inbox']}: {row['state']}")
    envelope = row["envelope"]
    details(
        [
            ("received", envelope["received_at"]),
            ("by", f"{envelope['route']} from {envelope['peer'] or 'this machine'}"),
            ("reverse path", f"<{envelope['reverse_path']}>"),
            ("forward paths", envelope["forward_paths"]),
            ("size", f"{envelope['size']} octets"),
            *([("asked again at", row["again_at"])] if row["decisions"] and row["again_at"] else []),
        ]
    )
    if row["message"] is not None:
        _print_message(row["message"])
    for made in row["decisions"]:
        heading(f"Decision: {made['fate']} by {made['rule']}")
        details(
            [
                ("at", made["decided_at"]),
                ("because", made["because"]),
                ("rules", made["rules_version"]),
                ("plan", made["plan"]),
            ]
        )
        aligned((step["answer"], step["rule"], step["because"]) for step in made["trail"])
    for name in ("settlement", "held", "parked"):
        if row[name] is not None:
            heading(name.capitalize())
            details(row[name].items())
    _print_remarks(row["remarks"])
    if row["notices"]:
        heading("Notices")
        aligned((one["outbox"], one["kind"], one["recipient"], one["state"]) for one in row["notices"])
    for event in row["events"]:
        print(f"  {shown(event['at'])}  {event['kind']}: {shown(event['detail'])}")


def _print_message(message: dict[str, Any]) -> None:
    originator = message["originator"]
    details(
        [
            ("author", originator["author"] or f"none: {originator['refused_because']}"),
            ("subject", message["subject"]),
            ("message-id", message["message_id"]),
            ("text", f"{message['text_characters']} characters"),
            ("attachments", [part["name"] for part in message["attachments"]]),
            ("automatic", [evidence["evidence"] for evidence in message["automatic"]]),
            ("authentication results", [_results(field) for field in message.get("authentication_results", ())]),
            ("marks", message["marks"]),
        ]
    )


def _print_remarks(remarks: list[dict[str, Any]]) -> None:
    if remarks:
        heading("Answers of MPOCs")
    for said in remarks:
        words = shown(said["text"].strip())
        print(f"  {shown(said['at'])}  {shown(said['name'])}: {said['answer']}{f': {words}' if words else ''}")


def _results(field: dict[str, Any]) -> str:
    """One Authentication-Results field in a few words; whether it is believed the trail says."""
    said = field["unreadable_because"] or ", ".join(f"{one['method']}={one['result']}" for one in field["methods"])
    return f"{field['authserv_id'] or '(nobody)'}: {said or 'none'}"

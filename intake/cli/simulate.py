"""What would happen to a message, and what is understood of one: nothing is changed, nothing sent."""

import dataclasses
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from intake import composition
from intake.cli.context import ConfigOption, JsonOption, opened, settings_of
from intake.cli.errors import Refused
from intake.cli.facts import print_attachments, print_people_and_kind, print_trace
from intake.cli.output import aligned, as_json, details, escaped, heading
from intake.clock import system_clock
from intake.parse_worker import Raw
from intake.parsing import Parser, Unreadable
from models.address import AddressError, address_key
from models.decision import Decision, OpenCase
from models.limits import MESSAGE_BYTES
from models.mail import LOCAL, Envelope, Route
from models.message import AuthenticationResults, Hop, Message, Method
from models.rules.case_file import CaseFile
from models.rules.consequences import consequences
from models.rules.decide import decide
from models.rules.effects import Consequences
from models.rules.masking import masked
from models.rules.questions import questions
from models.store.gather import gather
from models.store.pass_codes import pass_codes
from parser import html_display

MessageFile = Annotated[
    Path, typer.Argument(help="A message as a file (.eml).", exists=True, dir_okay=False, readable=True)
]

_NOBODYS = "simulated"
"""The authserv-id of a relay that is only imagined."""
_NOT_STORED = 0
"""The inbox id of a message that is only imagined."""


def parse(
    file: MessageFile,
    json_wanted: JsonOption = False,
    html_wanted: Annotated[
        bool, typer.Option("--html", help="Its HTML alone, made safe to show: no scripts, nothing from elsewhere.")
    ] = False,
) -> None:
    """Print what is understood of a message, and what was odd about it."""
    message = _read(file)
    if html_wanted:
        _print_pages(file, message)
        return
    if json_wanted:
        as_json(dataclasses.asdict(message))
        return
    originator = message.originator
    details(
        [
            ("author", originator.author or f"none: {originator.refused_because}"),
            ("shown as", f"{originator.display_name} <{originator.display_address}>"),
            ("subject", message.subject),
            ("message-id", message.message_id),
            ("references", message.references),
            ("date", message.date),
            ("automatic", [f"{evidence.kind.value} ({evidence.evidence})" for evidence in message.automatic]),
            ("received fields", message.received_fields),
            ("marks", message.marks),
            ("content key", message.content_key),
        ]
    )
    print_people_and_kind(message)
    print_trace(message)
    print_attachments(message)
    heading("Text")
    print(escaped(message.text, keep_lines=True) or "(none)")
    heading(f"New text ({message.quotation.confidence.value}: {message.quotation.because})")
    same = message.new_text == message.text.strip("\n")
    print("(all of it)" if same else escaped(message.new_text, keep_lines=True) or "(none)")


def simulate(
    file: MessageFile,
    rcpt: Annotated[str | None, typer.Option(help="To this address (default: the first intake address).")] = None,
    sender: Annotated[
        str | None, typer.Option("--from", help="With this reverse path (default: the author; <> for null).")
    ] = None,
    peer: Annotated[str | None, typer.Option(help="From this IP address.")] = None,
    written_by: Annotated[
        str | None, typer.Option("--as", help="As if this address had written it, and were proved.")
    ] = None,
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Print what would happen to a message that our relay hands on, and why; changes nothing, sends nothing."""
    settings = settings_of(config)
    policy = composition.policy_of(settings)
    message = _read(file)
    if written_by is not None:
        message = _written_by(message, written_by)
        policy = replace(policy, authentication=replace(policy.authentication, authserv_id=_NOBODYS))
    writer = message.originator.author or message.originator.display_address
    reverse_path = writer if sender is None else sender.strip("<>")
    envelope = Envelope(
        route=Route.SMTP,
        reverse_path=reverse_path,
        forward_paths=(rcpt or settings.intake[0].address,),
        peer=peer,
        relay=LOCAL,
    )
    now = system_clock()
    with opened(config) as database, database.read() as connection:
        asked = questions(_NOT_STORED, message, envelope, policy)
        facts = gather(connection, [asked], policy.mode, now)[0]
        message, pass_code_of = masked(message, pass_codes(connection, [facts])[0])
        facts = replace(facts, pass_code_of=pass_code_of)
    imagined = CaseFile(
        inbox_id=_NOT_STORED, message=message, envelope=envelope, received_at=now, now=now, facts=facts, policy=policy
    )
    decision = decide(imagined)
    effects = consequences(imagined, decision, _NOT_STORED if isinstance(decision.fate, OpenCase) else None, now)
    if json_wanted:
        as_json(_as_values(decision, effects))
    else:
        _print(decision, effects)


def _print_pages(file: Path, message: Message) -> None:
    """The pages of a message that could be read in full."""
    if message.safe_mode:
        raise Refused(f"{file}: it was read in safe mode, so none of its HTML is shown ({message.marks[0]})")
    pages = html_display.pages(_octets(file))
    if not pages:
        raise Refused(f"{file}: nothing of what it says is HTML")
    print("\n<hr>\n".join(escaped(page, keep_lines=True) for page in pages))


def _octets(file: Path) -> bytes:
    """What a file holds; LF counts as CRLF, as from a pipe."""
    return file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _read(file: Path) -> Message:
    """What a file says, read by the same killable reader as the service's."""
    if file.stat().st_size > MESSAGE_BYTES:
        raise Refused(f"{file}: it is larger than the {MESSAGE_BYTES} octets that a message may have")
    parser = Parser()
    try:
        (answer,) = parser.read([Raw(_octets(file), bare_line_ends=False)])
    finally:
        parser.close()
    if isinstance(answer, Unreadable):
        raise Refused(f"{file}: it cannot be read, and would be parked: {answer.why}")
    return answer


def _written_by(message: Message, address: str) -> Message:
    """The message as if that address had written it, and a relay of ours had found it proved."""
    try:
        author = address_key(address)
    except AddressError as error:
        raise Refused(f"--as {address}: {error}") from error
    proof = Method(method="dmarc", result="pass", properties=(("header.from", author.rpartition("@")[2]),))
    return replace(
        message,
        originator=replace(message.originator, author=author, refused_because=""),
        hops=(Hop(by=_NOBODYS), *message.hops),
        authentication_results=(AuthenticationResults(authserv_id=_NOBODYS, received_above=0, methods=(proof,)),),
    )


def _as_values(decision: Decision, effects: Consequences) -> dict[str, Any]:
    return {
        "decision": dataclasses.asdict(decision),
        "case": None
        if effects.case is None
        else {"subject": effects.case.subject, "priority": effects.case.priority.value},
        "notices": [{"kind": notice.context.kind.value, "recipient": notice.recipient} for notice in effects.notices],
    }


def _print(decision: Decision, effects: Consequences) -> None:
    details([("would", decision.fate.fate), ("by", decision.rule), ("because", decision.because)])
    heading("Trail")
    aligned((step.answer, step.rule, step.because) for step in decision.trail)
    heading("Notices")
    aligned((notice.context.kind.value, notice.recipient) for notice in effects.notices)
    if not effects.notices:
        print("  none")

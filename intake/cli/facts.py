"""How `casegate parse` prints what was understood beside the text."""

from collections.abc import Iterable
from typing import Any

from intake.cli.output import details, escaped, heading, shown
from models.message import AuthenticationResults, Bounce, Hop, Mailbox, Message


def print_people_and_kind(message: Message) -> None:
    """Whom it is to, what it claims to be protected by, and the event or report it brings."""
    rows: list[tuple[str, Any]] = [("to", _mailboxes(message.to)), ("cc", _mailboxes(message.cc))]
    if message.in_reply_to:
        rows.append(("in reply to", message.in_reply_to))
    if message.delivered_to:
        rows.append(("delivered before to", message.delivered_to))
    if message.protection:
        rows.append(("protection", [claim.value for claim in message.protection]))
    details(rows)
    if (event := message.event) is not None:
        heading("Calendar")
        times = [("method", event.method), ("about", event.summary), ("by", event.organiser)]
        details([*times, ("starts", event.starts), ("ends", event.ends), ("at", event.location)])
    if message.bounce is not None:
        _print_bounce(message.bounce)


def _mailboxes(mailboxes: Iterable[Mailbox]) -> list[str]:
    return [f"{one.name} <{one.address or 'no address beyond doubt'}>".strip() for one in mailboxes]


def _print_bounce(bounce: Bounce) -> None:
    heading(f"Report on a delivery ({bounce.form or 'in words nobody knows'})")
    for one in bounce.recipients:
        meant = f", meant for {one.original}" if one.original not in {"", one.address} else ""
        print(f"  {shown(one.address)}{shown(meant)}: {one.action.value} {one.status} {shown(one.diagnostic)}".rstrip())
    details([("  on message", bounce.original_message_id), ("  envelope id", bounce.envelope_id or None)])


def print_attachments(message: Message) -> None:
    """Every file, with its digest; of an attached message what it says of itself."""
    for part in message.attachments:
        kind = f"{shown(part.content_type)}, {part.size} octets, sha256 {part.sha256}"
        place = f", inline as {shown(part.content_id)}" if part.inline else ""
        print(f"attached {part.path}: {shown(part.name)} ({kind}{place})")
        if (attached := part.message) is not None:
            print(f"  a message from {shown(attached.author)}, {shown(attached.date)}: {shown(attached.subject)}")
            first = next((line for line in attached.text.split("\n") if line.strip()), "")
            print(f"  {escaped(first[:200])}")


def print_trace(message: Message) -> None:
    """The way a message came, from the last host to the first, each field in its place."""
    if not message.hops and not message.authentication_results:
        return
    heading("Trace, from the top")
    results = list(message.authentication_results)
    for above, hop in enumerate(message.hops):
        while results and results[0].received_above <= above:
            _print_results(results.pop(0))
        _print_hop(hop)
    for result in results:
        _print_results(result)


def _print_hop(hop: Hop) -> None:
    said = [
        f"{word} {shown(value)}"
        for word, value in (
            ("from", hop.helo),
            ("name", hop.peer_name),
            ("address", hop.peer),
            ("by", hop.by),
            ("with", hop.protocol),
            ("id", hop.identifier),
            ("for", hop.recipient),
            ("at", hop.received_at),
        )
        if value
    ]
    print(f"  received {', '.join(said) or 'without a word'}")


def _print_results(result: AuthenticationResults) -> None:
    whose = shown(result.authserv_id or "somebody without a name")
    if result.unreadable_because:
        print(f"  unreadable results of {whose}: {shown(result.unreadable_because)}")
        return
    for method in result.methods:
        properties = " ".join(f"{name}={value}" for name, value in method.properties)
        print(f"  {whose} says {shown(method.method)}={shown(method.result)} {shown(properties)}".rstrip())
    if not result.methods:
        print(f"  {whose} says nothing")

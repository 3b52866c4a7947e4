"""How `casegate parse` prints what was understood beside the text."""

from intake.cli.output import heading, shown
from models.message import AuthenticationResults, Hop, Message


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

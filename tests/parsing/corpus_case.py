"""A case of the corpus: a message, what must be understood of it, and one sentence why it is there.

`NAME.eml` is the message, octet for octet; `NAME.toml` beside it has `why` and a table
`[expect]`, written by hand, with as many of the names of `understood` as the case is about.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.message import Message
from parser.message import parse

CORPUS: Final = Path(__file__).parent / "corpus"
PRIVATE: Final = Path(__file__).parent / "private"


@dataclass(frozen=True)
class Case:
    """One message and what is expected of it."""

    name: str
    raw: bytes
    why: str
    expected: dict[str, Any]


def cases(directory: Path) -> list[Case]:
    """All cases of a directory, by name; none where there is no such directory."""
    return [_case(path) for path in sorted(directory.glob("*.eml"))]


def _case(path: Path) -> Case:
    notes = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
    return Case(path.stem, path.read_bytes(), notes["why"], notes["expect"])


def difference(case: Case) -> dict[str, tuple[Any, Any]]:
    """What is not as expected: by name, the expectation and what was understood."""
    known = understood(parse(case.raw))
    found = {name: (expected, _answer(known, name, expected)) for name, expected in case.expected.items()}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def _answer(known: dict[str, Any], name: str, expected: Any) -> Any:
    """What is known under a name; `..._has` and `..._has_not` ask for some of it, `..._count` for how many."""
    if name.endswith("_count"):
        return len(known[name.removesuffix("_count")])
    if name.endswith("_has"):
        return [one for one in expected if one in known[name.removesuffix("_has")]]
    if name.endswith("_has_not"):
        return [one for one in expected if one not in known[name.removesuffix("_has_not")]]
    return known[name]


def understood(message: Message) -> dict[str, Any]:
    """What a case can ask for, in the plain values of TOML: "" for None, lists for tuples."""
    originator = message.originator
    return {
        "author": originator.author or "",
        "refused": originator.refused_because,
        "display_name": originator.display_name,
        "display_address": originator.display_address,
        "sender": originator.sender,
        "reply_to": list(originator.reply_to),
        "to": [[one.name, one.address] for one in message.to],
        "cc": [[one.name, one.address] for one in message.cc],
        "subject": message.subject,
        "date": message.date.isoformat() if message.date else "",
        "message_id": message.message_id or "",
        "references": list(message.references),
        "in_reply_to": list(message.in_reply_to),
        "text": message.text,
        "text_cut": message.text_cut,
        "marks": list(message.marks),
        "safe_mode": message.safe_mode,
        "hops": [[hop.helo, hop.peer, hop.by] for hop in message.hops],
        "received_fields": message.received_fields,
        "results": [
            [
                one.authserv_id,
                one.received_above,
                [f"{method.method}={method.result}" for method in one.methods],
                one.unreadable_because,
            ]
            for one in message.authentication_results
        ],
        "delivered_to": list(message.delivered_to),
        "loop_tokens": list(message.loop_tokens),
        **_of_parts(message),
        **_of_kind(message),
    }


def _of_parts(message: Message) -> dict[str, Any]:
    return {
        "attachments": [[part.name, part.content_type, part.size] for part in message.attachments],
        "paths": [part.path for part in message.attachments],
        "digests": [part.sha256 for part in message.attachments],
        "inline": [part.content_id for part in message.attachments if part.inline],
        "attached": [
            [part.message.author, part.message.subject, part.message.text]
            for part in message.attachments
            if part.message is not None
        ],
        "protection": [claim.value for claim in message.protection],
    }


def _of_kind(message: Message) -> dict[str, Any]:
    bounce, event = message.bounce, message.event
    return {
        "kinds": list(dict.fromkeys(evidence.kind.value for evidence in message.automatic)),
        "bounce": bounce.form if bounce else "none",
        "reported": [[one.address, one.action.value, one.status] for one in bounce.recipients] if bounce else [],
        "originals": [one.original for one in bounce.recipients] if bounce else [],
        "diagnostics": [one.diagnostic for one in bounce.recipients] if bounce else [],
        "envelope_id": bounce.envelope_id if bounce else "",
        "returned": (bounce.original_message_id or "") if bounce else "",
        "returned_tokens": list(bounce.loop_tokens) if bounce else [],
        "event": [event.method, event.summary, event.organiser, event.starts, event.ends, event.location]
        if event
        else [],
    }

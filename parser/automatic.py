"""Whether a machine wrote it, by what the message itself declares (RFC 3834, 3464, 8098, 5965, 2919).

Evidence is data: each row says which field shows what, and where the row comes from. No
word of a subject or body counts here.
"""

import re
from collections.abc import Iterator
from typing import Final

from models.message import AutomaticEvidence, AutomaticKind
from parser.header_fields import HeaderFields
from parser.words import shown

_EVIDENCE_CHARACTERS: Final = 120
_COMMENT: Final = re.compile(rb"\([^()]*\)")  # the innermost ones; once for each depth (RFC 5322 3.2.2)
_COMMENT_DEPTH: Final = 3

_REPORTS: Final = {
    "delivery-status": AutomaticKind.DSN,  # RFC 3464
    "disposition-notification": AutomaticKind.MDN,  # RFC 8098
    "feedback-report": AutomaticKind.FEEDBACK,  # RFC 5965
}
_AUTO_SUBMITTED: Final = {
    "auto-replied": AutomaticKind.REPLIED,  # RFC 3834 5
    "auto-generated": AutomaticKind.GENERATED,  # RFC 3834 5
    "auto-notified": AutomaticKind.NOTIFIED,  # RFC 5436
}
_PRECEDENCE: Final = {
    "auto_reply": AutomaticKind.REPLIED,  # vacation programs of the 1990s on
    "auto-reply": AutomaticKind.REPLIED,
    "list": AutomaticKind.LIST,  # RFC 3834 2 names these three
    "bulk": AutomaticKind.BULK,
    "junk": AutomaticKind.BULK,
}
_BY_PRESENCE: Final = (
    ("x-autoreply", AutomaticKind.REPLIED),  # cPanel, Exim recipes
    ("x-autorespond", AutomaticKind.REPLIED),  # Plesk, autorespond
    ("x-autoresponder", AutomaticKind.REPLIED),
    ("x-autoreply-from", AutomaticKind.REPLIED),  # qmail-autoresponder
    ("x-failed-recipients", AutomaticKind.DSN),  # Exim's bounces, which are no RFC 3464
    ("list-id", AutomaticKind.LIST),  # RFC 2919
    ("list-post", AutomaticKind.LIST),  # RFC 2369
    ("list-unsubscribe", AutomaticKind.BULK),  # RFC 2369, RFC 8058
)


def evidence(fields: HeaderFields, content_type: str, report_type: str) -> tuple[AutomaticEvidence, ...]:
    """Everything that shows a machine at work, strongest first."""
    return tuple(_evidence(fields, content_type, report_type))


def _evidence(fields: HeaderFields, content_type: str, report_type: str) -> Iterator[AutomaticEvidence]:
    if content_type == "multipart/report" and report_type in _REPORTS:
        yield AutomaticEvidence(_REPORTS[report_type], f"it is a multipart/report; report-type={report_type}")
    for value in fields.all("auto-submitted"):
        keyword = _keyword(value)
        if keyword and keyword != "no":
            kind = _AUTO_SUBMITTED.get(keyword, AutomaticKind.GENERATED)
            yield AutomaticEvidence(kind, f"Auto-Submitted: {shown(value, _EVIDENCE_CHARACTERS)}")
    for value in fields.all("precedence"):
        if (kind_named := _PRECEDENCE.get(_keyword(value))) is not None:
            yield AutomaticEvidence(kind_named, f"Precedence: {shown(value, _EVIDENCE_CHARACTERS)}")
    for name, kind in _BY_PRESENCE:
        if (present := fields.first(name)) is not None and _keyword(present) not in {"no", "false", "0"}:
            yield AutomaticEvidence(kind, f"it has a {name} field")


def _keyword(value: bytes) -> str:
    """The first word of a value, in lower case, without comments or parameters (RFC 3834 5)."""
    for _ in range(_COMMENT_DEPTH):
        value = _COMMENT.sub(b" ", value)
    words = value.replace(b";", b" ").replace(b"(", b" ").split()
    return words[0].decode("ascii", "replace").lower() if words else ""

"""Words for mail in transit (RFC 5321): paths, envelopes, where a message came in.

The envelope is never the message: its paths are what the client said, not who wrote.
"""

import io
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

NULL_REVERSE_PATH = ""
"""`MAIL FROM:<>` (RFC 5321 4.5.5): nobody wants an answer."""


LOCAL = "local"
"""In the place of a relay's address: a program of this machine, which came by a Unix socket."""


class Route(StrEnum):
    """By which door a message came in."""

    SMTP = "smtp"
    LMTP = "lmtp"
    PIPE = "pipe"
    IMAP = "imap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One mail transaction (RFC 5321 3.3) as the door saw it.

    `reverse_path` is "" when null. `peer` is the true client's address: the connecting
    host, or the one a listed relay named; None where none is known (Unix socket, pipe).
    `relay` is the listed relay that handed the message on, LOCAL a program of this machine
    by a Unix socket, None anybody else.
    `bare_line_ends` tells that CR or LF stood alone somewhere in the message.
    """

    route: Route
    reverse_path: str
    forward_paths: tuple[str, ...]
    peer: str | None = None
    relay: str | None = None
    helo: str | None = None
    smtputf8: bool = False
    bare_line_ends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMessage:
    """A message we have taken responsibility for (RFC 5321 6.1): it is in the inbox."""

    inbox_id: int
    envelope: Envelope
    received_at: datetime
    size: int


def is_wire_safe(text: str) -> bool:
    """Whether an address or name can be stored and sent: no control character, no lone surrogate."""
    return all(" " <= c != "\x7f" and not "\x80" <= c <= "\x9f" and not "\ud800" <= c <= "\udfff" for c in text)


class LineEnds:
    """Tells of a message that is seen in pieces whether CR or LF stands alone in it (RFC 5321 2.3.8).

    Python's reader of universal newlines says which line ends it met; it looks at each octet once.
    """

    __slots__ = ("_ends_in_return", "_reader")

    def __init__(self) -> None:
        self._reader = io.IncrementalNewlineDecoder(None, translate=False)
        self._ends_in_return = False

    def see(self, octets: bytes) -> None:
        """Look at the next piece."""
        self._reader.decode(octets.decode("latin-1"))
        self._ends_in_return = octets.endswith(b"\r")

    @property
    def are_bare(self) -> bool:
        return self._ends_in_return or self._reader.newlines not in _WHOLE


_WHOLE: Final = (None, "\r\n")

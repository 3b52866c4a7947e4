r"""The octets between 354 and the end of data (RFC 5321 4.1.1.4), block by block.

Theory of operation. Octets come as the network cut them. Only CRLF "." CRLF ends the
message, whatever else looks like an end to somebody else's program (A-1). So each block
is looked at together with a *tail*: the octets at the end of the block before that could
still become CRLF "." CRLF, four at most. Everything before the tail is decided. The
reader starts with the tail CRLF that ended the DATA command itself, which makes a first
line of "." an end (an empty message) and a first line of "..x" a stuffed one; those two
octets are no part of the message.

What is decided never ends within CRLF or CRLF ".", so that two passes over each block
suffice, both in C: one looks for CRLF ".", without which there is neither an end nor a
stuffed line (RFC 5321 4.5.2), and one for a CR or LF that stands alone (2.3.8).

Nothing here waits, and nothing here grows: what is not kept is counted and forgotten.
After the limit octets are still read, since a reply before the end of data would be taken
for one to a later command, but at most as many again (M3, A-10).
"""

from enum import Enum

from intake.doors.spool import Spool
from models.mail import LineEnds

END_OF_DATA = b"\r\n.\r\n"
_DOTTED = b"\r\n."
_OVERRUN_FACTOR = 2
"""A message is read to at most this many times the limit in search of its end (A-10)."""


class Fate(Enum):
    """What became of the octets; the door turns it into a reply."""

    WHOLE = "whole"
    TOO_BIG = "too big"
    BARE_LINE_END = "bare CR or LF"
    NO_ROOM = "no room in the spool"


class DataReader:
    """Takes blocks, gives the message to a spool, and tells when and how it ended.

    `keep_bare` says whether a message with a lone CR or LF is kept (contract 4).
    """

    __slots__ = ("_keep_bare", "_line_ends", "_max_bytes", "_size", "_tail", "fate", "received", "spool")

    def __init__(self, spool: Spool, *, max_bytes: int, keep_bare: bool) -> None:
        self.spool = spool
        self._max_bytes = max_bytes
        self._keep_bare = keep_bare
        self._tail = b"\r\n"
        self._size = -2  # the CRLF of the DATA command is not part of the message
        self._line_ends = LineEnds()
        self.received = 0
        self.fate = Fate.WHOLE

    @property
    def overrun(self) -> bool:
        """Whether so much came beyond the limit that the end is no longer waited for."""
        return self.received > _OVERRUN_FACTOR * self._max_bytes

    @property
    def bare_line_ends(self) -> bool:
        """Whether CR or LF stood alone in what is kept."""
        return self._line_ends.are_bare

    def feed(self, block: bytes) -> bytes | None:
        """Take one block. The octets after the end of data once it came, else None."""
        self.received += len(block)
        octets = self._tail + block
        dotted = octets.find(_DOTTED) if b"." in octets else -1  # base64 has none, and one octet is found faster
        end = octets.find(END_OF_DATA, dotted) if dotted >= 0 else -1
        if end >= 0:
            self._take(octets[: end + 2], is_stuffed=dotted < end)
            self._tail = b""
            return octets[end + len(END_OF_DATA) :]
        undecided = _undecided(octets)
        if undecided:
            self._tail = octets[-undecided:]
            octets = octets[:-undecided]
        else:
            self._tail = b""
        if octets:
            self._take(octets, is_stuffed=dotted >= 0)
        return None

    def _take(self, octets: bytes, *, is_stuffed: bool) -> None:
        message = octets.replace(_DOTTED, b"\r\n") if is_stuffed else octets
        start = self._size
        self._size += len(message)
        if self._size > self._max_bytes:  # RFC 1870: without what was stuffed, and without the end
            self._forget(Fate.TOO_BIG)
        if self.fate is not Fate.WHOLE:
            return
        self._line_ends.see(octets)
        if self.bare_line_ends and not self._keep_bare:
            self._forget(Fate.BARE_LINE_END)
            return
        try:
            self.spool.write(message if start >= 0 else message[-start:])
        except OSError:  # a full disk is want of resources, never the sender's fault
            self._forget(Fate.NO_ROOM)

    def _forget(self, fate: Fate) -> None:
        self.fate = fate
        self.spool.close()


def _undecided(octets: bytes) -> int:
    """How many octets at the end may yet belong to CRLF "." CRLF or begin a stuffed line."""
    if octets[-1:] not in b"\r\n.":
        return 0
    for length in range(min(len(END_OF_DATA) - 1, len(octets)), 0, -1):
        if octets.endswith(END_OF_DATA[:length]):
            return length
    return 0

r"""The octets between 354 and the end of data (RFC 5321 4.1.1.4), block by block.

Theory of operation. Octets come as the network cut them. Only CRLF "." CRLF ends the
message, whatever else looks like an end to somebody else's program (A-1). So each block
is looked at together with a *tail*: the octets at the end of the block before that could
still become CRLF "." CRLF, four at most. Everything before the tail is decided. The
reader starts with the tail CRLF that ended the DATA command itself, which makes a first
line of "." an end (an empty message) and a first line of "..x" a stuffed one; those two
octets are no part of the message.

What is decided never ends within CRLF or CRLF ".", so that three operations of the C
library on each block suffice: find the end, replace CRLF "." by CRLF (RFC 5321 4.5.2),
and compare the counts of CR, LF and CRLF to see one that stands alone (RFC 5321 2.3.8).

Nothing here waits, and nothing here grows: what is not kept is counted and forgotten.
After the limit octets are still read, since a reply before the end of data would be taken
for one to a later command, but at most as many again (M3, A-10).
"""

from enum import Enum

from intake.doors.spool import Spool

END_OF_DATA = b"\r\n.\r\n"
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

    __slots__ = ("_keep_bare", "_max_bytes", "_size", "_tail", "bare_line_ends", "fate", "received", "spool")

    def __init__(self, spool: Spool, *, max_bytes: int, keep_bare: bool) -> None:
        self.spool = spool
        self._max_bytes = max_bytes
        self._keep_bare = keep_bare
        self._tail = b"\r\n"
        self._size = -2  # the CRLF of the DATA command is not part of the message
        self.received = 0
        self.bare_line_ends = False
        self.fate = Fate.WHOLE

    @property
    def overrun(self) -> bool:
        """Whether so much came beyond the limit that the end is no longer waited for."""
        return self.received > _OVERRUN_FACTOR * self._max_bytes

    def feed(self, block: bytes) -> bytes | None:
        """Take one block. The octets after the end of data once it came, else None."""
        self.received += len(block)
        octets = self._tail + block
        end = octets.find(END_OF_DATA)
        if end >= 0:
            self._take(octets[: end + 2])
            self._tail = b""
            return octets[end + len(END_OF_DATA) :]
        undecided = _undecided(octets)
        if undecided:
            self._tail = octets[-undecided:]
            octets = octets[:-undecided]
        else:
            self._tail = b""
        if octets:
            self._take(octets)
        return None

    def _take(self, octets: bytes) -> None:
        message = octets.replace(b"\r\n.", b"\r\n")
        start = self._size
        self._size += len(message)
        if self._size > self._max_bytes:  # RFC 1870: without what was stuffed, and without the end
            self._forget(Fate.TOO_BIG)
        if self.fate is not Fate.WHOLE:
            return
        if not self.bare_line_ends and _has_bare_line_end(octets):
            self.bare_line_ends = True
            if not self._keep_bare:
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


def _has_bare_line_end(octets: bytes) -> bool:
    pairs = octets.count(b"\r\n")
    return octets.count(b"\n") != pairs or octets.count(b"\r") != pairs

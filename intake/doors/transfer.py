"""One message on its way over one connection: how long it may take, and how it ended.

A sender may be slow, not idle: after a grace the message must have come at a minimum rate
on average, and there is an upper bound (A-12; Postfix smtpd_min_data_rate). So the deadline
moves with every octet, and is worked out only when somebody asks.
"""

import asyncio

from intake.doors.data_reader import DataReader, Fate
from intake.doors.reception import DoorLimits


class Transfer:
    """The blocks of one DATA. `ended` tells True at the end of data, False when it never came."""

    def __init__(self, reader: DataReader, limits: DoorLimits, loop: asyncio.AbstractEventLoop) -> None:
        self.reader = reader
        self.ended: asyncio.Future[bool] = loop.create_future()
        self.rest = b""
        """What came after the end of data: commands."""
        self._limits = limits
        self._clock = loop.time
        self._started_at = loop.time()
        self._discarding_at: float | None = None

    def take(self, octets: bytes) -> bool:
        """Take one block; whether more are wanted."""
        rest = self.reader.feed(octets)
        if rest is not None:
            self.rest = rest
            self._end(came=True)
        elif self.reader.overrun:
            self._end(came=False)
        elif self._discarding_at is None and self.reader.fate is Fate.TOO_BIG:
            self._discarding_at = self._clock()
        return not self.ended.done()

    def cut(self) -> None:
        """The client sends no more."""
        self._end(came=False)

    @property
    def is_discarding(self) -> bool:
        return self._discarding_at is not None

    def deadline(self) -> float:
        """Until when the next block is waited for, on the loop's clock."""
        limits = self._limits
        earned = self.reader.received / limits.data_minimum_rate
        deadline = self._started_at + min(limits.data_seconds, max(limits.data_grace_seconds, earned))
        if self._discarding_at is not None:
            deadline = min(deadline, self._discarding_at + limits.discard_seconds)
        return deadline

    def _end(self, *, came: bool) -> None:
        if not self.ended.done():
            self.ended.set_result(came)

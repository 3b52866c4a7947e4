"""One lane to the relay: a session at a time, and what is offered over it, one message after another.

What waits is shared by all lanes. A lane takes one message, and another one only when the
body of the first goes out and the relay can hear already what comes next: so nothing waits
in a lane that is slow, except the one message that is announced there.

A session is kept from one message to the next; it is left when it was idle for a while, is
worn, or in doubt. One that the relay closed meanwhile is replaced once, and only where MAIL
was the step that failed: nothing had been said about the message yet.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from models.submission import SubmissionResult
from responders.relay_failure import Failed, Stage
from responders.relay_session import RelayAddress, RelaySession, Timeouts, Transaction


@dataclass(slots=True, eq=False)
class Offer:
    """A message that waits for a lane, then for its outcome."""

    transaction: Transaction
    outcome: asyncio.Future[SubmissionResult]
    lane: "RelayLane | None" = None


class RelayLane:
    """A connection to the relay whenever one is wanted."""

    def __init__(self, address: RelayAddress, timeouts: Timeouts, waiting: deque[Offer], *, transactions: int) -> None:
        """`transactions`: after so many a session is worn."""
        self._address = address
        self._timeouts = timeouts
        self._waiting = waiting
        self._transactions = transactions
        self._next: Offer | None = None
        self._session: RelaySession | None = None
        self._expiry: asyncio.TimerHandle | None = None

    async def work(self) -> None:
        """Offer until nothing waits, and tell everybody who waits for an outcome."""
        self._stay()
        while (offer := self._take()) is not None:
            offer.lane = self
            try:
                result = await self._offer(offer.transaction)
            except Failed as failed:
                result = failed.result
            except Exception as error:  # noqa: BLE001 - a library's surprise is this offer's alone; who waits for it is told
                self.leave()
                if not offer.outcome.done():
                    offer.outcome.set_exception(error)
                continue
            if not offer.outcome.done():
                offer.outcome.set_result(result)

    def rest(self, seconds: float) -> None:
        """Keep the session for so long, should nothing be offered meanwhile."""
        if self._session is not None and self._session.is_usable:
            self._expiry = asyncio.get_running_loop().call_later(seconds, self.leave)
        else:
            self.leave()

    def abandon(self) -> None:
        """Break off what is offered now."""
        if self._session is not None:
            self._session.abandon()

    def leave(self) -> None:
        """Give the session up."""
        self._stay()
        if self._session is not None:
            self._session.leave()
            self._session = None

    def close(self) -> None:
        """Give the session up where none is in use, else when its transaction ends, and so every later one."""
        self._transactions = 0
        if self._expiry is not None:
            self.leave()

    def _stay(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None

    def _take(self) -> Offer | None:
        """What is offered next: what was announced, else the first that still waits."""
        offer, self._next = self._next, None
        while offer is None or offer.outcome.done():
            if not self._waiting:
                return None
            offer = self._waiting.popleft()
        return offer

    def _announced(self) -> Transaction | None:
        """What this lane offers next over its session, as far as anybody knows now."""
        if self._session is None or self._session.transactions >= self._transactions:
            return None
        self._next = self._take()
        return None if self._next is None else self._next.transaction

    async def _offer(self, transaction: Transaction) -> SubmissionResult:
        """SUBMITTED, or Failed is raised."""
        if self._session is not None and not self._session.is_ready_for(transaction):
            self.leave()
        if self._session is not None:
            try:
                return await self._transact(self._session, transaction)
            except Failed as failed:
                if not failed.lost or failed.stage is not Stage.MAIL:
                    raise
        self._session = await RelaySession.open(self._address, self._timeouts)
        return await self._transact(self._session, transaction)

    async def _transact(self, session: RelaySession, transaction: Transaction) -> SubmissionResult:
        try:
            return await session.transact(transaction, self._announced)
        finally:
            if not session.is_whole or session.transactions >= self._transactions:
                self.leave()

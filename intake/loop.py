"""The loop of a role that takes what waits in a table: batch after batch, and a look once a second.

A database that does not answer ends nothing: it is asked again (`intake.outage`). What a signal
asks for is done between two batches, for a signal comes in the middle of anything.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

import sqlalchemy as sa

from intake.outage import Outage
from intake.wake import Ear
from models.policy import Policy


def nothing() -> None:
    """What is done when nothing is asked for."""


class Loop(ABC):
    """Works until told to stop, under one policy at a time. One per process."""

    def __init__(self, policy: Policy, *, alive: Callable[[], None] = nothing) -> None:
        self._policy = policy
        self._alive = alive
        self._outage = Outage()
        self._stopping = False
        self._next_act: Callable[[], None] = nothing

    @abstractmethod
    def free_interrupted(self) -> None:
        """Release at once what dead processes of this host had claimed, and what we have claimed without knowing it."""

    @abstractmethod
    def step(self) -> bool:
        """One batch; whether there was anything to do."""

    def stop(self) -> None:
        """Finish the batch at hand, then end; safe in a signal handler."""
        self._stopping = True

    def obey(self, policy: Policy) -> None:
        """Follow a new policy from the next batch on."""
        self._policy = policy

    def between_batches(self, act: Callable[[], None]) -> None:
        """Have something done before the next batch; safe in a signal handler, which must do nothing itself."""
        self._next_act = act

    def run(self, ear: Ear) -> None:
        """Work until stopped; look once a second, or when rung for."""
        while not self._stopping:
            self._alive()
            act, self._next_act = self._next_act, nothing
            act()
            if not self._look() and not self._stopping:
                ear.wait()

    def _look(self) -> bool:
        try:
            if self._outage:
                self.free_interrupted()
            worked = self.step()
        except sa.exc.DBAPIError as error:
            self._outage.met(error)
            return False
        self._outage.over()
        return worked

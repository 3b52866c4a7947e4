"""Connections to PostgreSQL that wait for nobody for ever.

A server that is gone without a word, a network that drops what we send, a COMMIT whose answer
is lost (threats X-15, X-16): each must end as an error, so that what was done is looked up by
its key, by a connection that works. And a host of ours that hangs must not keep others from
the rows that it had locked: its session is ended by the server, and its write fails.
"""

from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import Format, TransactionStatus
from psycopg.types.array import ListBinaryDumper

from models.limits import DATABASE_ANSWER_SECONDS, DATABASE_CONNECT_SECONDS, LEASE_SECONDS

_Result = TypeVar("_Result")
_LOOK_SECONDS: Final = 0.1

_SESSION: Final = {"synchronous_commit": "on", "timezone": "UTC"}
_OF_A_ROLE: Final = {
    "idle_in_transaction_session_timeout": f"{LEASE_SECONDS}s",
    "plan_cache_mode": "force_generic_plan",  # it asks the same for ever: planned once, to look up by key, not to walk
}


class PatientConnection(psycopg.Connection[Any]):
    """Waits as long as it takes: for a person who asks for much, and for changes of the schema."""

    answer_within: float | None = None

    def wait(self, gen: PQGen[_Result], interval: float = _LOOK_SECONDS, timeout: float | None = None) -> _Result:
        """As psycopg waits; the connection is given up with an answer that does not come."""
        try:
            return super().wait(gen, interval, timeout if timeout is not None else self.answer_within)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:  # it may still come, and nobody may read it
                self.pgconn.finish()
            raise


class ImpatientConnection(PatientConnection):
    """Waits a while for each answer: for the roles of the service, which ask for little."""

    answer_within = DATABASE_ANSWER_SECONDS


class _BinaryCursor(psycopg.Cursor[Any]):
    """Is given values as they are, where psycopg would ask for text, of which octets take twice as much."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.format = Format.BINARY


def connect(*arguments: Any, patient: bool, **keywords: Any) -> PatientConnection:
    """A connection; arrays go over it as they are, not as text, which triples what octets take."""
    connection = (PatientConnection if patient else ImpatientConnection).connect(*arguments, **keywords)
    connection.adapters.register_dumper(list, ListBinaryDumper)
    return connection


def connect_arguments(*, patient: bool) -> dict[str, Any]:
    """How we connect: soon or not at all, under the name of our process, and noticing when the other end is gone."""
    session = _SESSION if patient else _SESSION | _OF_A_ROLE
    return {
        "cursor_factory": _BinaryCursor,
        "connect_timeout": DATABASE_CONNECT_SECONDS,
        "application_name": Path("/proc/self/comm").read_text("ascii", "replace").strip(),
        "tcp_user_timeout": 1000 * DATABASE_ANSWER_SECONDS,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
    }

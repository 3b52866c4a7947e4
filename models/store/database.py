"""One database, opened so that the promises hold.

SQLite (the default) runs in WAL mode with `synchronous=FULL`: an answered commit survives
a power cut, and NORMAL would not (threats M10), so the setting is asserted, never assumed.
Every write transaction, checkpoint and close of every process, the command line included,
happens under one `flock` beside the database, the write gate (`models.store.gate`):
SQLite before 3.51.3 can lose commits when a checkpoint overlaps a commit (threats X-14), and
the gate is fairer than the busy timeout. Automatic checkpoints are off; the worker
checkpoints. A database on a network file system is refused (X-12): neither lock nor flush
can be trusted there.

A batch of mail is looked at and thought about for longer than it is written. So there is a
second lock, the *turn*: who changes what decisions are made from has it before the gate, and
who decides needs the gate only to write. The door and the submitter write meanwhile.

PostgreSQL needs none of that: it is asked for `synchronous_commit = on`. Its connections are
`models.store.postgres`; a COMMIT whose answer does not come may have happened, so whoever asked
for it looks up by key what is there (threats X-16).

Rejected: a connection per transaction (opening costs more than the commit), the ORM's unit
of work (ten times the statements' cost), savepoints (three times).
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event

from models.store.gate import Gate

_NETWORK_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "glusterfs", "ceph", "lustre"}
)
_CHECKPOINT_BYTES: Final = 8_388_608
_LOCK_SECONDS: Final = 10


def is_trouble(error: sa.exc.DBAPIError) -> bool:
    """Whether a failure is the database's own (locked, full, gone, damaged): no message is to blame for it."""
    return not isinstance(error, sa.exc.IntegrityError | sa.exc.DataError | sa.exc.ProgrammingError)


class DatabaseError(Exception):
    """The database cannot be used as it is; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Nobody else decides meanwhile: first one `looks`, then `write()` gives a connection to write what was decided."""

    looks: sa.Connection
    write: Callable[[], AbstractContextManager[sa.Connection]]


class Database:
    """The way in: `read()` and `write()` give a connection inside one transaction."""

    def __init__(self, url: str, *, patient: bool = True) -> None:
        """Open (without connecting). `url` is `sqlite:////path` or `postgresql+psycopg://...`.

        One that is not `patient` gives up a connection to PostgreSQL on which an answer does not come.
        """
        self.url = sa.make_url(url)
        self._patient = patient
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.path = Path(self.url.database or "") if self.is_sqlite else None
        if self.path is not None:
            self._gate = Gate(self.path.with_name(self.path.name + ".gate"))
            self._turn = Gate(self.path.with_name(self.path.name + ".turn"))
            self._engine = self._sqlite_engine(self.path)
        else:
            self._engine = self._postgres_engine()
        self._writing = self._engine.execution_options(casegate_write=True)

    def _sqlite_engine(self, path: Path) -> sa.Engine:
        refuse_network_file_system(path)
        gate = self._gate

        class GatedConnection(sqlite3.Connection):
            def close(self) -> None:
                with gate.held():
                    super().close()

        def connect() -> sqlite3.Connection:
            # The last close and the first open may checkpoint or recover: both are writes.
            with gate.held():
                return _prepared(
                    sqlite3.connect(
                        path,
                        factory=GatedConnection,
                        timeout=_LOCK_SECONDS,
                        isolation_level=None,
                        check_same_thread=False,
                    )
                )

        engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool, pool_size=4, max_overflow=4)

        @event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            # A deferred BEGIN that upgrades to a write fails at once under load (measured: 319 of 400).
            writing = connection.get_execution_options().get("casegate_write")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

        return engine

    def _postgres_engine(self) -> sa.Engine:
        try:
            from models.store import postgres  # noqa: PLC0415 - an extra: who has SQLite has no psycopg
        except ImportError as error:
            raise DatabaseError("PostgreSQL needs psycopg: pip install 'casegate[postgres]'") from error
        engine = sa.create_engine(
            self.url,
            pool_size=4,
            max_overflow=4,
            pool_pre_ping=True,
            connect_args=postgres.connect_arguments(patient=self._patient),
        )

        @event.listens_for(engine, "do_connect")
        def _connect(_dialect: object, _record: object, arguments: list[Any], keywords: dict[str, Any]) -> object:
            return postgres.connect(*arguments, patient=self._patient, **keywords)

        return engine

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent view; nothing is written."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction: committed durably when the block ends, rolled back when it raises."""
        with nullcontext() if self.path is None else self._turn.held(), self.write_meanwhile() as connection:
            yield connection

    @contextmanager
    def write_meanwhile(self) -> Iterator[sa.Connection]:
        """The same, while another process may be deciding: for what no decision is made from."""
        if self.path is None:
            with self._writing.begin() as connection:
                yield connection
            return
        with self._gate.held(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def decide(self) -> Iterator[Turn]:
        """Look, decide, write once: what was looked at is as it was until that is written.

        On PostgreSQL it is one transaction, and rows that are locked stay so. On SQLite what is
        looked at is locked by the turn, and the gate is taken when writing begins.
        """
        if self.path is None:
            with self._writing.begin() as connection:
                yield Turn(connection, lambda: nullcontext(connection))
            return
        with self._turn.held(), self._engine.connect() as connection:
            yield Turn(connection, lambda: self._written_on(connection))

    @contextmanager
    def _written_on(self, connection: sa.Connection) -> Iterator[sa.Connection]:
        """A write transaction on a connection that has looked."""
        connection.rollback()
        with self._gate.held(), connection.execution_options(casegate_write=True).begin():
            yield connection

    @contextmanager
    def reshape(self) -> Iterator[sa.Connection]:
        """One transaction that may rebuild tables; what refers to what is checked as a whole before it is kept.

        SQLite changes a table by making another and dropping the first, which its foreign keys
        would forbid row by row. Raises DatabaseError where a reference would be broken.
        """
        if self.path is None:
            with self._writing.begin() as connection:
                yield connection
            return
        with self._turn.held(), self._gate.held(), self._writing.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None, "a connection of the pool is open"
            raw.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
                    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(3):
                        raise DatabaseError(f"the new schema would break references: {[tuple(row) for row in broken]}")
            finally:
                raw.execute("PRAGMA foreign_keys=ON")

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database when it has grown (SQLite only)."""
        if self.path is None:
            return
        log = self.path.with_name(self.path.name + "-wal")
        if not log.exists() or log.stat().st_size < _CHECKPOINT_BYTES:
            return
        with self._gate.held(), self._engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            if raw is not None:
                raw.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def assert_durable(self) -> None:
        """Refuse to work on a database that could forget an answered commit (threats M10, X-13)."""
        if self.path is None:
            with self.read() as connection:
                answer = (
                    connection.exec_driver_sql("SHOW fsync").scalar(),
                    connection.exec_driver_sql("SHOW synchronous_commit").scalar(),
                )
            if answer[1] in {"off", "local"}:
                raise DatabaseError(f"synchronous_commit is {answer[1]}: an accepted mail could be lost; set it to on")
            return
        with self.read() as connection:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        if pragmas != {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}:
            raise DatabaseError(
                f"the database is not durable as opened: {pragmas}; WAL, synchronous=FULL and foreign keys are needed"
            )

    def integrity(self) -> list[str]:
        """What the engine itself finds wrong; empty when all is well."""
        if self.path is None:
            return []
        with self.read() as connection:
            found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
            broken = [f"foreign key: {tuple(row)}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
        return [line for line in found if line != "ok"] + broken

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    def close(self) -> None:
        """Give every connection back; nothing may be in use."""
        self._engine.dispose()
        if self.path is not None:
            self._gate.close()
            self._turn.close()


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "wal_autocheckpoint=0",
        f"busy_timeout={_LOCK_SECONDS * 1000}",
        "temp_store=MEMORY",
        "cache_size=-16000",
        f"journal_size_limit={_CHECKPOINT_BYTES - 1}",  # else the log stays as long as it ever was
        "secure_delete=FAST",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
    return connection


def refuse_network_file_system(path: Path) -> None:
    """Raise DatabaseError when the file would lie on a network file system."""
    folder = path.parent.resolve()
    best = ("", "")
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        mount, kind = fields[4].replace("\\040", " "), fields[fields.index("-") + 1]
        if folder.is_relative_to(mount) and len(mount) >= len(best[0]):
            best = (mount, kind)
    if best[1] in _NETWORK_FILE_SYSTEMS:
        raise DatabaseError(
            f"{path} lies on {best[0]}, a network file system ({best[1]}): SQLite's locks and flushes cannot be "
            "trusted there; use a local disk or PostgreSQL"
        )

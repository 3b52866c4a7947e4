"""The engines as an admin would run them: SQLite in a directory on disk, a PostgreSQL that flushes what it promises."""

import contextlib
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.flushes import Flushes, watched
from tests.benchmarks.processes import family, roles
from tests.load import Installation
from tests.load.installation import CASEGATE
from tests.services import PrivatePostgres, free_port, short_directory, wait_until
from tests.services.process import answers, as_user, find_program

ENGINES = ("SQLite", "PostgreSQL")
SLOWER_US = 2_000
_START_SECONDS = 120


class DurablePostgres(PrivatePostgres):
    """Survives a power cut, unlike the one that tests use."""

    def __init__(self, directory: Path, flushes: Flushes | None) -> None:
        super().__init__(directory)
        self._flushes = flushes

    def command(self) -> list[str]:
        prefix = self._flushes.prefix if self._flushes is not None else []
        return [*prefix, *super().command(), "-c", "fsync=on", "-c", "full_page_writes=on"]

    @property
    def leader(self) -> int | None:
        return self._process.pid if self._process is not None else None


@dataclass(slots=True)
class Setting:
    """One service at its database, with a relay that takes everything."""

    engine: str
    service: Installation
    server: DurablePostgres | None
    flushes: Flushes | None
    relay_port: int

    def processes(self) -> list[tuple[str, int]]:
        """All processes by role, PostgreSQL's too."""
        return [*roles(self.service), *self.of_server()]

    def of_server(self) -> list[tuple[str, int]]:
        """PostgreSQL's processes."""
        return [] if self.server is None else [("postgres", pid) for pid in family(self.server.leader)]

    def start(self) -> None:
        self.service.launch().wait_ready(_START_SECONDS)

    def end(self) -> None:
        self.service.end()


@contextlib.contextmanager
def setting(
    engine: str,
    *,
    workers: int | None = None,
    slower: bool = False,
    counted: bool = False,
    command: tuple[str, ...] = (CASEGATE,),
) -> Iterator[Setting]:
    """A new installation on an engine, not started. With `slower` or `counted` its flushes are watched.

    Without `workers` it has as many as an admin gets who says nothing.
    """
    if engine not in ENGINES:
        raise ValueError(f"{engine} is none of {ENGINES}")
    directory = short_directory()
    flushes = watched(directory, slower_us=SLOWER_US if slower else 0) if slower or counted else None
    with contextlib.ExitStack() as stack:
        relay_port = stack.enter_context(sink())
        server = None
        if engine == "PostgreSQL":
            server = DurablePostgres(directory, flushes)
            stack.callback(server.close)
            server.start()
        url = None if server is None else server.database()
        prefix = flushes.prefix if flushes is not None and server is None else []
        settings = {} if workers is None else {"service.workers": workers}
        relay = f"smtp://127.0.0.1:{relay_port}"
        service = Installation(relay=relay, database=url, settings=settings, command=[*prefix, *command])
        yield Setting(engine, stack.enter_context(service), server, flushes, relay_port)


def missing(engine: str) -> str:
    """Why an engine cannot be measured here; "" if it can."""
    return PrivatePostgres.missing() if engine == "PostgreSQL" else ""


def version(engine: str) -> str:
    return PrivatePostgres.version() if engine == "PostgreSQL" else sqlite3.sqlite_version


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """A relay that takes everything at once: Postfix's smtp-sink."""
    port = free_port()
    program = find_program("smtp-sink")
    if program is None:
        raise FileNotFoundError("smtp-sink is not installed (make services)")
    process = subprocess.Popen([*as_user("nobody", signal.SIGTERM), program, f"127.0.0.1:{port}", "100"])
    try:
        wait_until(lambda: answers(port, b"220"), what="the sink listens")
        yield port
    finally:
        process.terminate()
        process.wait()

"""A private PostgreSQL cluster, fast because nothing in it has to survive the machine."""

import itertools
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from .ports import free_port
from .process import PrivateService, as_user, find_program, program_version
from .waiting import wait_until

OWNER = "casegate"


class PrivatePostgres(PrivateService):
    """One cluster with one superuser, trusted on loopback and on the Unix socket in `directory`.

    It survives `kill` (its write-ahead log is complete for the kernel), but not a power cut.
    """

    name = "postgres"
    user = "postgres"  # PostgreSQL refuses root
    stop_signal = signal.SIGINT  # "fast": open connections are ended

    def __init__(self, directory: Path | None = None) -> None:
        super().__init__(directory)
        self.port = free_port()
        self._cluster = self.directory / "cluster"
        self._numbers = itertools.count(1)
        if os.geteuid() == 0:
            shutil.chown(self.directory, self.user)

    @staticmethod
    def missing() -> str:
        return "" if _program("initdb") and _program("postgres") else "PostgreSQL is not installed (make services)"

    @staticmethod
    def version() -> str:
        return program_version(_program("postgres") or "false", "-V")

    def command(self) -> list[str]:
        if not self._cluster.exists():
            initdb = [_program("initdb") or "initdb", "-D", str(self._cluster), "-U", OWNER]
            initdb += ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
            subprocess.run([*as_user(self.user), *initdb], check=True, capture_output=True, cwd=self.directory)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.directory,
            "max_connections": 200,
            "shared_buffers": "64MB",
            "fsync": "off",
            "full_page_writes": "off",
            "log_line_prefix": "%m [%p] %q%u@%d ",
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [_program("postgres") or "postgres", "-D", str(self._cluster), *options]

    def is_ready(self) -> bool:
        try:
            with psycopg.connect(self._conninfo("postgres"), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def crash(self) -> None:
        """End it as `pg_ctl stop -m immediate` does: every session is cut, and its next start recovers."""
        assert self._process is not None, "it was started"
        process = self._process
        process.send_signal(signal.SIGQUIT)
        wait_until(lambda: process.poll() is not None, what="postgres ends")

    def database(self, template: str = "template1") -> str:
        """A fresh database, copied from the one called `template` to which nobody is connected; its URL."""
        name = f"casegate_{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)')

    def url(self, name: str) -> str:
        """The address of a database as casegate.toml wants it."""
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement of the cluster's superuser, outside of any transaction."""
        with psycopg.connect(self._conninfo(database), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload, unused-ignore]  # our own words, no input

    def _conninfo(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user={OWNER} dbname={database}"


def _program(name: str) -> str | None:
    """A server program of the newest version installed (Debian keeps them off PATH)."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    return next((str(place / name) for place in versions if (place / name).exists()), None) or find_program(name)

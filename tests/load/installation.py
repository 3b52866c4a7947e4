"""One installation of casegate in a directory of its own: made, started, killed, looked into.

It is made and run as an admin would: initialised, its configuration edited, `casegate serve`
in the foreground. The service manager is whoever calls: after a crash it starts the service
again. Processes are found in /proc by the names they give themselves.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from intake.cli.initialise import make
from intake.clock import system_clock
from models.store.database import Database
from models.store.upgrade import upgrade
from tests.services import DEADLINE, PrivateService, free_port, live, wait_until
from tests.services.process import as_user

CASEGATE = str(Path(sys.executable).with_name("casegate"))
TARGETS = ("supervisor", "group", "smtp", "worker", "submitter", "scheduler", "parser")
"""What can be killed: the supervisor, all processes at once, each role, the worker's parse worker."""

_WORK_LEFT = """SELECT (SELECT count(*) FROM inbox WHERE state IN ('accepted', 'examined'))
    + (SELECT count(*) FROM outbox WHERE state IN ('intended', 'ready'))"""
_ROLES = {
    "casegate-smtp": "smtp",
    "casegate-imap": "imap",
    "casegate-worker": "worker",
    "casegate-submit": "submitter",
    "casegate-schedu": "scheduler",
}


def _zone_where_night_has_begun(now: datetime) -> str:
    """A zone whose midnight was within the hour: no daily mail to the admin comes among what a test counts."""
    return f"Etc/GMT+{now.hour}" if now.hour <= 12 else f"Etc/GMT-{24 - now.hour}"


class Installation(PrivateService):
    """`start`, `stop`, `kill` and `close` are those of every private service; `strike` kills a part."""

    name = "casegate"
    domain = "example.net"

    def __init__(
        self,
        directory: Path | None = None,
        *,
        relay: str = "maildir:{directory}/sent",
        database: str | None = None,
        settings: Mapping[str, object] | None = None,
        roles: Sequence[str] = (),
        command: Sequence[str] = (CASEGATE,),
    ) -> None:
        """Make it. `settings` are like {"smtp.max_message_bytes": 65536}; `command` stands where `casegate` does.

        `database` is the address of one on PostgreSQL, empty or already made; without it, SQLite in the directory.
        """
        super().__init__(directory)
        self.smtp_port = free_port()
        self.intake_address = f"support@{self.domain}"
        self.configuration = self.directory / "casegate.toml"
        self.state = self.directory / "state"
        self.database_url = database or f"sqlite:///{self.state}/casegate.db"
        self._roles = roles
        self._command = command
        self._began_at = 0
        make(self.directory, self.state, self.domain)  # what `casegate init` does
        self.set("service.hostname", f"gate.{self.domain}")
        self.set("service.zone", _zone_where_night_has_begun(system_clock()))
        self.set("smtp.listen", [f"127.0.0.1:{self.smtp_port}"])
        self.set("delivery.relay", relay.format(directory=self.directory))
        if database is not None:
            self._move_to(database)
        for name, value in (settings or {}).items():
            self.set(name, value)

    def _move_to(self, database: str) -> None:
        """Have it work on PostgreSQL; the empty file that `casegate init` made is forgotten."""
        self.set("service.database", database)
        self.set("service.state_directory", str(self.state))
        opened = Database(database)
        try:
            upgrade(opened)
        finally:
            opened.close()

    @staticmethod
    def missing() -> str:
        return "" if Path(CASEGATE).exists() else "casegate is not installed beside this Python (make test)"

    @staticmethod
    def version() -> str:
        return "of this checkout"

    # --- as an admin does --------------------------------------------------------------------

    def set(self, name: str, value: object) -> None:
        """Edit the configuration: `name` is "section.key"."""
        section, _, key = name.partition(".")
        text = self.configuration.read_text()
        pattern = rf"(?ms)^(\[{section}\]\n.*?)^(?:# )?{key} = [^\n]*"
        edited, count = re.subn(pattern, lambda found: f"{found[1]}{key} = {json.dumps(value)}", text, count=1)
        if not count:
            raise KeyError(name)
        self.configuration.write_text(edited)

    def casegate(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one command of casegate on this installation."""
        environment = {**os.environ, "CASEGATE_CONFIG": str(self.configuration)}
        return subprocess.run(
            [CASEGATE, *arguments], env=environment, capture_output=True, text=True, check=check, timeout=300
        )

    def rows(self, query: str, **values: object) -> list[Any]:
        """The rows of a query on the database, whether the service runs or not."""
        database = Database(self.database_url)
        try:
            with database.read() as connection:
                return list(connection.execute(sa.text(query), values))
        finally:
            database.close()

    def count(self, query: str, **values: object) -> int:
        """The one number that a query answers."""
        return int(self.rows(query, **values)[0][0])

    def is_quiet(self, database: Database | None = None) -> bool:
        """Whether nothing is left to be decided, worded or offered; `database` when it is asked often."""
        if database is None:
            return self.count(_WORK_LEFT) == 0
        with database.read() as connection:
            return connection.scalar(sa.text(_WORK_LEFT)) == 0

    # --- as a service manager does -----------------------------------------------------------

    def run_by(self, command: Sequence[str]) -> None:
        """Let another command than `casegate` start the service from now on."""
        self._command = command

    def run_roles(self, *roles: str) -> None:
        """Let the service have these roles only from now on; without any, all of them."""
        self._roles = roles

    def command(self) -> list[str]:
        roles = [part for role in self._roles for part in ("--role", role)]
        return [*self._command, "serve", "--config", str(self.configuration), *roles]

    def is_ready(self) -> bool:
        return any(line.get("event") == "ready" for line in self.events())

    def start(self) -> Self:
        self._began_at = self._log_size()
        return super().start()

    @property
    def was_started(self) -> bool:
        """Whether it was started and nobody has waited for its end."""
        return self._process is not None

    def launch(self) -> Self:
        """Start it and do not wait until it is ready."""
        self._began_at = self._log_size()
        if self not in live:
            live.append(self)
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [*as_user(self.user, self.stop_signal), *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.directory,
                start_new_session=True,
            )
        return self

    def wait_ready(self, deadline: float) -> None:
        """Wait until it answers, on a machine that is as loaded as it may be."""
        wait_until(self._is_up, deadline, what="the service is ready")

    def end(self) -> int:
        """Ask it to end, as a service manager does, and wait until all of it has ended by itself; its exit status."""
        assert self._process is not None, "it was started"
        self._process.send_signal(self.stop_signal)
        return self.wait_ended(100)

    def wait_ended(self, deadline: float = DEADLINE) -> int:
        """Wait until the main process and everything it started have ended by themselves; its exit status."""
        assert self._process is not None, "it was started"
        process = self._process
        wait_until(lambda: process.poll() is not None, deadline, what="the service ends")
        wait_until(lambda: not self.processes(), deadline, what="nothing of the service is left")
        self._process = None
        return process.returncode

    # --- processes -----------------------------------------------------------------------------

    def processes(self) -> dict[str, int]:
        """The process id of the supervisor, of each role and of the parse worker, as far as they are there.

        Of several workers, the second and its parse worker are "worker 2" and "parser 2", and so on.
        """
        if self._process is None:
            return {}
        family = _session(self._process.pid)
        found: dict[str, int] = {}
        if self._process.pid in family:
            found["supervisor"] = self._process.pid
        for pid, (name, _) in family.items():
            if name in _ROLES:
                found[_numbered(_ROLES[name], found)] = pid
        workers = [pid for name, pid in found.items() if name.startswith("worker")]
        for worker in workers:
            servers = {pid for pid, (_, parent) in family.items() if parent == worker}
            for pid, (_, parent) in family.items():
                if parent in servers:
                    found[_numbered("parser", found)] = pid
        for pid in family.keys() - found.values():
            found[f"other-{pid}"] = pid
        return found

    def strike(self, target: str) -> bool:
        """SIGKILL one of TARGETS; False when it is not there just now."""
        assert self._process is not None, "it was started"
        try:
            if target == "group":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                os.kill(self.processes()[target], signal.SIGKILL)
        except (KeyError, ProcessLookupError):
            return False
        return True

    # --- the log ---------------------------------------------------------------------------------

    @property
    def _output(self) -> Path:
        return self.directory / f"{self.name}.out"

    def _log_size(self) -> int:
        return self._output.stat().st_size if self._output.exists() else 0

    def events(self, *, of_all_starts: bool = False) -> list[dict[str, Any]]:
        """What the service has logged, since its last start or ever."""
        with self._output.open("rb") as log:
            log.seek(0 if of_all_starts else self._began_at)
            lines = log.read().splitlines()
        return [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.keep = self.keep or kind is not None
        self.close()
        if self.keep:
            print(f"kept for a look: {self.directory}")


def _numbered(name: str, taken: Collection[str]) -> str:
    """The name, with a number where there is one of that name."""
    others = sum(other.split(" ")[0] == name for other in taken)
    return f"{name} {others + 1}" if others else name


def _session(leader: int) -> dict[int, tuple[str, int]]:
    """The living processes of a session: their names and parents."""
    found: dict[int, tuple[str, int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            head, _, tail = (entry / "stat").read_text().rpartition(")")
        except OSError:
            continue
        state, parent, _group, session = tail.split()[:4]
        if int(session) == leader and state not in "ZX":
            found[int(entry.name)] = (head.partition("(")[2], int(parent))
    return found

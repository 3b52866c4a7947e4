"""What a test does to an installation by hand: time passes for some of its cases, a mail comes through a pipe."""

import os
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from intake.clock import system_clock
from models.store.database import Database
from models.store.tables import cases, held, obligation
from tests.architecture.sources import ROOT
from tests.crash.orders import Orders
from tests.load import History, Installation, Mails

_CLOCKS: Final = ("respond_from", "update_from", "resolve_from")
_DAYS: Final = timedelta(days=4)
_AT_A_TIME: Final = 5
_PLAN: Final = "calltower-2021"
INGEST: Final = "cli/serve:ingest"


def round_the_clock(installation: Installation) -> None:
    """Have the plan promise in hours, not business days, so that a case that is moved in time stays right."""
    plans = installation.directory / "plans"
    plans.mkdir()
    text = (ROOT / "models" / "plans" / f"{_PLAN}.toml").read_text("utf-8")
    head, _, tail = text.partition("[priorities.P4]")
    tail = tail.replace('"1 b.d."', '"24 h"', 1).replace('"2 b.d."', '"48 h"', 1)
    (plans / f"{_PLAN}.toml").write_text(f"{head}[priorities.P4]{tail}", "utf-8")
    installation.set("plans.directory", str(plans))


def let_time_pass(installation: Installation) -> None:
    """For a few cases four days pass, so that what they are owed is due; and for one held mail its time is over."""
    database = Database(installation.database_url)
    now = system_clock()
    try:
        with database.write() as connection:
            for case_id in _some_cases(connection, now):
                columns = (cases.c[name] for name in _CLOCKS)
                clocks = connection.execute(sa.select(*columns).where(cases.c.id == case_id)).one()
                moved = {name: moment - _DAYS for name, moment in clocks._asdict().items()}
                connection.execute(sa.update(cases).where(cases.c.id == case_id).values(moved))
                owed = sa.and_(obligation.c.case_id == case_id, obligation.c.state == "owed")
                for row in connection.execute(sa.select(obligation).where(owed)).all():
                    due = row.due_at - _DAYS
                    there = obligation.c.id == row.id
                    connection.execute(sa.update(obligation).where(there).values(due_at=due, not_before=due))
            oldest = connection.scalar(sa.select(sa.func.min(held.c.inbox_id)))
            connection.execute(sa.update(held).where(held.c.inbox_id == oldest).values(expires_at=now - _DAYS))
    finally:
        database.close()


def _some_cases(connection: sa.Connection, now: datetime) -> list[int]:
    """Cases that owe something later and that nobody works on; nobody begins to before we have done."""
    later = sa.and_(obligation.c.state == "owed", obligation.c.due_at > now, obligation.c.claim_token.is_(None))
    found = sa.select(cases.c.id).where(cases.c.id.in_(sa.select(obligation.c.case_id).where(later)))
    return list(connection.scalars(found.order_by(cases.c.id).limit(_AT_A_TIME).with_for_update()))


class Pipe:
    """The way of an MTA that runs a command for each mail, and runs it again when it ended badly."""

    def __init__(self, installation: Installation, mails: Mails, history: History, directory: Path) -> None:
        self._installation = installation
        self._mails = mails
        self._history = history
        self._orders = Orders(directory)

    def kill(self, side: str) -> None:
        """Bring a mail in by a command that is killed at its COMMIT, then by one that is not."""
        mail = next(self._mails)
        self._orders.give(INGEST, side)
        for expected in (-9, 0):
            began = self._history.begin(mail)
            done = subprocess.run(
                [*self._orders.command(), "ingest", "--from", mail.reverse_path, mail.recipient],
                input=mail.raw,
                env={**os.environ, "CASEGATE_CONFIG": str(self._installation.configuration)},
                capture_output=True,
                check=False,
                timeout=300,
            )
            assert expected == done.returncode, done.stderr
            reply = f"250 {done.stdout.decode().strip()}" if done.returncode == 0 else None
            self._history.end(mail, began, reply)

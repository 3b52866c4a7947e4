"""One worker and two on a PostgreSQL that is 5 ms away: `python -m tests.benchmarks.two_workers [--quick]`.

Real service processes, each of the role worker alone, behind a proxy that adds the time to
every round trip. The mails are in the inbox before they begin; three in ten answer a few
cases, so that both workers have mail of one case in hand at the same moment. Waits for a
lock of 100 ms and more are in the server's own log (log_lock_waits), deadlocks in its
statistics.
"""

import argparse
import contextlib
import io
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

import sqlalchemy as sa

from intake.clock import system_clock
from intake.wake import Bell
from models.case import case_number
from models.mail import Envelope, Route
from models.store import inbox
from models.store.database import Database
from models.store.inbox import Arrival
from models.store.upgrade import upgrade
from models.store.verify import verify
from tests.benchmarks.processes import cpu_ms, roles
from tests.load import SMALL, Installation, Mail, Mails, populate
from tests.services import DistantProxy, PrivatePostgres, wait_until

SECONDS_AWAY = 0.005
ANSWERED_CASES = 100
_GROUP = 50
_WAITING = "SELECT count(*) FROM inbox WHERE state IN ('accepted', 'examined')"
_UNWORDED = "SELECT count(*) FROM outbox WHERE state = 'intended'"


@dataclass(frozen=True, slots=True)
class Run:
    """What some workers did with all mails."""

    workers: int
    mails: int
    seconds: float
    cpu_ms: float
    round_trips: int
    lock_waits: int
    deadlocks: int

    @property
    def speed(self) -> float:
        return self.mails / self.seconds

    def __str__(self) -> str:
        return (
            f"| {self.workers} | {self.speed:,.0f} | {self.cpu_ms / self.mails:.2f} "
            f"| {self.round_trips / self.mails:.2f} | {self.lock_waits} | {self.deadlocks} |"
        )


def measure(rounds: int, mails: int) -> Iterator[str]:
    """Rows of Markdown; one worker and two in turns, so that a busy machine slows both."""
    if missing := PrivatePostgres.missing():
        yield missing
        return
    yield "| workers, PostgreSQL 5 ms away | mails/s | CPU ms a mail | round trips a mail | lock waits | deadlocks |"
    yield "| --- | --- | --- | --- | --- | --- |"
    with contextlib.closing(PrivatePostgres()) as server:
        server.start()
        for setting in ("log_lock_waits = on", "deadlock_timeout = '100ms'", "track_io_timing = off"):
            server.execute(f"ALTER SYSTEM SET {setting}")
        server.execute("SELECT pg_reload_conf()")
        ratios = []
        for _ in range(rounds):
            one, two = run(server, 1, mails), run(server, 2, mails)
            ratios.append(two.speed / one.speed)
            yield from (str(one), str(two))
        yield ""
        yield f"Two workers do {statistics.median(ratios):.2f} times the work of one (median of {rounds})."


def run(server: PrivatePostgres, workers: int, mails: int) -> Run:
    """Let some workers decide and word all mails of a new desk."""
    url = server.database()
    database = Database(url)
    upgrade(database)
    population = populate(url, organisations=100, mpocs=500)
    with DistantProxy(server.port, SECONDS_AWAY) as proxy, contextlib.ExitStack() as stack:
        distant = url.replace(f":{server.port}/", f":{proxy.port}/")
        settings = {"service.database": distant, "service.workers": 1}
        services = [stack.enter_context(Installation(settings=settings, roles=["worker"])) for _ in range(workers)]
        for service in services:
            service.set("service.state_directory", str(service.state))
            service.start()
        source = Mails(population, services[0].intake_address, seed=workers, profile=SMALL, mpocs_only=True)
        opening = list(islice(source, ANSWERED_CASES))
        work(database, services, opening)
        burst = [*answers(database, source, mails * 3 // 10), *islice(source, mails - mails * 3 // 10)]
        burst.sort(key=lambda mail: mail.canary[-6:])  # mixed
        cpu, flights, log = used(services), proxy.flights, server.log.count("still waiting for")
        seconds = work(database, services, burst)
        return Run(
            workers=workers,
            mails=mails,
            seconds=seconds,
            cpu_ms=used(services) - cpu,
            round_trips=proxy.flights - flights,
            lock_waits=server.log.count("still waiting for") - log,
            deadlocks=checked(database),
        )


def answers(database: Database, source: Mails, count: int) -> Iterator[Mail]:
    """Mails of the people who opened the cases there are, with the case's number in the subject."""
    with database.read() as connection:
        cases = connection.execute(
            sa.text(
                "SELECT cases.id, examination.author FROM cases"
                " JOIN examination ON examination.inbox_id = cases.opened_from ORDER BY cases.id"
            )
        ).all()
    for (case_id, author), mail in zip(cycle(cases), islice(source, count), strict=False):
        head, _, body = mail.raw.partition(b"\r\n\r\n")
        fields = [line for line in head.split(b"\r\n") if not line.startswith((b"From:", b"Subject:"))]
        fields += [f"From: {author}".encode(), f"Subject: Re: [#{case_number(case_id)}] {mail.canary}".encode()]
        yield Mail(mail.canary, mail.writer, author, author, mail.recipient, b"\r\n".join(fields) + b"\r\n\r\n" + body)


def work(database: Database, services: list[Installation], mails: list[Mail]) -> float:
    """Put mails into the inbox at once; the seconds until all are decided and all that is owed is worded."""
    bells = [Bell(service.state) for service in services]
    with database.write() as connection:
        for first in range(0, len(mails), _GROUP):
            inbox.accept(connection, [arrival(mail) for mail in mails[first : first + _GROUP]])
    began = time.perf_counter()
    for bell in bells:
        bell.ring("worker")
        bell.close()

    def is_done() -> bool:
        with database.read() as connection:
            return not any(connection.scalar(sa.text(query)) for query in (_WAITING, _UNWORDED))

    wait_until(is_done, 300, what="all mails are decided and worded")
    return time.perf_counter() - began


def arrival(mail: Mail) -> Arrival:
    envelope = Envelope(route=Route.SMTP, reverse_path=mail.reverse_path, forward_paths=(mail.recipient,))
    return Arrival(envelope, system_clock(), io.BytesIO(mail.raw), len(mail.raw))


def used(services: list[Installation]) -> float:
    """CPU milliseconds of all processes of all services so far."""
    return cpu_ms(roles(*services)).total()


def checked(database: Database) -> int:
    """The deadlocks of this database so far. Raises where a promise is broken in it."""
    broken = list(verify(database))
    with database.read() as connection:
        query = sa.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        deadlocks = int(connection.execute(query).scalar_one())
    database.close()
    if broken:
        raise AssertionError(broken)
    return deadlocks


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.two_workers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the mails, once")
    quick = parser.parse_args().quick
    for row in measure(1 if quick else 3, 400 if quick else 2_000):
        print(row, flush=True)


if __name__ == "__main__":
    main()

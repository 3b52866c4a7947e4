"""100,000 mails that wait at a start, and 100,000 notices for a relay that was down.

Memory is bounded whatever waits, the oldest goes first, and new mail is taken within a second
meanwhile: each is measured, not assumed.
"""

import io
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from intake.clock import system_clock
from models.limits import BATCH_MESSAGES
from models.mail import Envelope, Route
from models.store import inbox, outbox
from models.store.claims import Lease
from models.store.database import Database
from models.store.inbox import Arrival
from models.store.reports.waiting import queues
from models.store.tables import outbox as outbox_table
from tests.benchmarks import engines
from tests.benchmarks.engines import Setting
from tests.benchmarks.feeding import feed, made
from tests.benchmarks.filled import multiply
from tests.benchmarks.journey import ROLES
from tests.benchmarks.processes import cpu_ms, memory
from tests.load import SMALL, Mails, Population, Profile, populate

_TEMPLATES = 500
_NEW_EVERY_SECONDS = 0.5
_SHORT = Profile(text_octets=(300, 1_500))
_SETTLED = "SELECT inbox_id FROM decision ORDER BY id"
_OFFERED = "SELECT outbox_id FROM attempt ORDER BY started_at, outbox_id"


@dataclass(frozen=True, slots=True)
class Found:
    """What a backlog did to the service."""

    waiting: int
    ready_after: float
    done: int
    seconds: float
    overtaken: int
    """How far behind the oldest that waited something was done at most."""
    slowest: float
    """Seconds until the slowest new mail was answered 250."""
    new: int
    look_ms: float
    """What the status line costs at the worst moment, the start."""
    cpu: float
    memory: dict[str, tuple[float, float]]


def measure(count: int, seconds: float) -> Iterator[str]:
    """Rows of Markdown; each backlog is worked on for so many seconds, or until it is done."""
    yield (
        f"| waiting at the start | done | a second | CPU ms each | ready after, s | furthest out of turn "
        f"| new mail: slowest 250, s | status line, ms | memory, MiB, peak: {', '.join(ROLES)} |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for engine, (what, backlog) in itertools.product(engines.ENGINES, BACKLOGS.items()):
        if reason := engines.missing(engine):
            yield f"| {engine} | not run: {reason} |"
            continue
        found = backlog(engine, count, seconds)
        peaks = ", ".join(f"{found.memory[role][0]:.0f}" if role in found.memory else "-" for role in ROLES)
        yield (
            f"| {engine}, {found.waiting:,} {what} | {found.done:,} | {found.done / found.seconds:,.0f} "
            f"| {found.cpu / max(1, found.done):.2f} | {found.ready_after:.1f} | {found.overtaken} "
            f"| {found.slowest:.2f} (of {found.new}) | {found.look_ms:.0f} | {peaks} |"
        )
    for engine in engines.ENGINES:
        if not engines.missing(engine):
            yield ""
            yield put_off(engine, count)


def mails(engine: str, count: int, seconds: float) -> Found:
    """Mails that a door took while nobody worked on them."""
    with engines.setting(engine) as desk:
        population = populate(desk.service.database_url)
        source = Mails(population, desk.service.intake_address, seed=3, profile=SMALL, mpocs_only=True)
        accepted(desk, source, count)
        return _worked_on(desk, population, count, seconds, _SETTLED)


def notices(engine: str, count: int, seconds: float) -> Found:
    """Notices that were worded while the relay was down."""
    with engines.setting(engine) as desk:
        population = populate(desk.service.database_url)
        waiting = _worded(desk, population, count)
        return _worked_on(desk, population, waiting, seconds, _OFFERED)


BACKLOGS: dict[str, Callable[[str, int, float], Found]] = {"mails": mails, "notices": notices}


def put_off(engine: str, count: int) -> str:
    """What a look costs where the relay has put off everything, one after another."""
    with engines.setting(engine) as desk:
        waiting = _worded(desk, populate(desk.service.database_url), count)
        database = Database(desk.service.database_url)
        later = system_clock() + timedelta(hours=1)
        with database.write() as connection:
            connection.execute(sa.update(outbox_table).values(not_before=later))
        if desk.server is not None:  # as autovacuum does
            desk.server.execute("VACUUM ANALYZE outbox", str(database.url.database))
        try:
            with database.write() as connection:
                look = _ms(lambda: outbox.is_any_due(connection, system_clock()))
                take = _ms(lambda: outbox.claim_ready(connection, Lease("bench:1:1", "t"), system_clock(), most=20))
        finally:
            database.close()
    return f"{engine}, {waiting:,} notices put off by the relay: a look {look:.1f} ms, a claim {take:.1f} ms."


def _ms(work: Callable[[], object]) -> float:
    work()
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def accepted(desk: Setting, source: Mails, count: int) -> float:
    """Have messages accepted by the statements of the door, an hour ago; milliseconds of CPU to make the mails."""
    database, at, making = Database(desk.service.database_url), system_clock() - timedelta(hours=1), 0.0
    try:
        while count > 0:
            began = time.process_time()
            group = list(itertools.islice(source, min(BATCH_MESSAGES, count)))
            making += (time.process_time() - began) * 1000
            count -= len(group)
            arrivals = [
                Arrival(
                    Envelope(route=Route.SMTP, reverse_path=mail.reverse_path, forward_paths=(mail.recipient,)),
                    at,
                    io.BytesIO(mail.raw),
                    len(mail.raw),
                )
                for mail in group
            ]
            with database.write() as connection:
                inbox.accept(connection, arrivals)
        return making
    finally:
        database.close()


def _worded(desk: Setting, population: Population, count: int) -> int:
    """Have notices worded and nobody to offer them; how many."""
    source = Mails(population, desk.service.intake_address, seed=9, profile=_SHORT, mpocs_only=True)
    desk.service.run_roles("smtp", "worker")
    desk.start()
    feed(desk.service.smtp_port, made(source, _TEMPLATES))
    while desk.service.count("SELECT count(*) FROM outbox WHERE state = 'ready'") < 2 * _TEMPLATES:
        time.sleep(0.2)
    desk.service.end()
    desk.service.run_roles()
    database = Database(desk.service.database_url)
    try:
        multiply(database, max(2, count // (2 * _TEMPLATES)))
    finally:
        database.close()
    return desk.service.count("SELECT count(*) FROM outbox WHERE state = 'ready'")


def _worked_on(desk: Setting, population: Population, waiting: int, seconds: float, order: str) -> Found:
    """Start the service and watch it for a while; new mail comes all the time."""
    look_ms = _status_ms(desk)
    source = Mails(population, desk.service.intake_address, seed=4, profile=SMALL, mpocs_only=True)
    began = time.perf_counter()
    desk.start()
    ready_after, before = time.perf_counter() - began, cpu_ms(desk.processes())
    began, answered = time.perf_counter(), list[float]()
    database = Database(desk.service.database_url)
    try:
        while (spent := time.perf_counter() - began) < seconds and not desk.service.is_quiet(database):
            answered += feed(desk.service.smtp_port, made(source, 2), connections=1)
            time.sleep(_NEW_EVERY_SECONDS)
        cpu, used = cpu_ms(desk.processes()) - before, memory(desk.processes())
        with database.read() as connection:
            ids = list(connection.scalars(sa.text(order)))
    finally:
        database.close()
    desk.end()
    slowest = max(answered, default=0.0)
    return Found(
        waiting, ready_after, len(ids), spent, out_of_turn(ids), slowest, len(answered), look_ms, cpu.total(), used
    )


def _status_ms(desk: Setting) -> float:
    database = Database(desk.service.database_url)
    try:
        with database.read() as connection:
            return _ms(lambda: queues(connection, system_clock()))
    finally:
        database.close()


def out_of_turn(ids: Sequence[int]) -> int:
    """How far ahead of the oldest that was not done yet something was done at most; a batch or two are no harm."""
    done: set[int] = set()
    oldest, furthest = min(ids, default=0), 0
    for one in ids:
        done.add(one)
        furthest = max(furthest, one - oldest)
        while oldest in done:
            oldest += 1
    return furthest

"""One role of the service in this process: it does its work until it is told to stop.

Roles never call one another; they meet in tables. Each says when it is ready and, while its
loop goes round, that it is alive: one octet on a pipe to the supervisor (`intake.daemon`).
"""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import uvloop

from intake import composition, configuration, log
from intake.acceptance import Acceptance
from intake.clock import Clock, system_clock
from intake.doors.listeners import Inherited, inherited_sockets, open_doors
from intake.parsing import Parser
from intake.settings import Settings
from intake.submitter import Submitter
from intake.wake import LOOK_SECONDS, Bell, Ear
from intake.worker import Worker

READY: Final = b"R"
ALIVE: Final = b"A"


class Pulse:
    """Tells the supervisor that this role is ready, and then that it lives."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        if descriptor is not None:
            os.set_blocking(descriptor, False)

    def ready(self) -> None:
        self._write(READY)

    def beat(self) -> None:
        self._write(ALIVE)

    def _write(self, octet: bytes) -> None:
        if self._descriptor is not None:
            try:
                os.write(self._descriptor, octet)
            except BlockingIOError:  # the supervisor is behind; it will see what is there
                return


def run(role: str, path: Path, settings: Settings, pulse: Pulse, *, clock: Clock = system_clock) -> None:
    """Do one role's work until SIGTERM or SIGINT. `path` is read again on SIGHUP."""
    os.umask(0o077)
    log.configure(role=role, level=settings.service.log_level)
    {"smtp": _smtp, "worker": _worker, "submitter": _submitter}[role](path, settings, pulse, clock)
    log.stopped()


def _worker(path: Path, settings: Settings, pulse: Pulse, clock: Clock) -> None:
    database = composition.open_database(settings)
    bell, ear, parser = Bell(settings.state_directory), Ear(settings.state_directory, "worker"), Parser()
    worker = Worker(database, composition.policy_of(settings), parser, clock=clock, bell=bell, alive=pulse.beat)

    def stop() -> None:
        worker.stop()
        ear.stop()

    _on_signals(stop, lambda: _reloaded(path, lambda fresh: worker.obey(composition.policy_of(fresh))))
    pulse.ready()
    try:
        worker.run(ear)
    finally:
        parser.close()
        database.close()
        ear.close()
        bell.close()


def _submitter(path: Path, settings: Settings, pulse: Pulse, clock: Clock) -> None:
    database = composition.open_database(settings)
    ear = Ear(settings.state_directory, "submitter")
    submitter = Submitter(database, composition.open_relay(settings), clock=clock, alive=pulse.beat)

    def stop() -> None:
        submitter.stop()

    async def main() -> None:
        _on_signals(stop, lambda: _reloaded(path, lambda _fresh: None))
        pulse.ready()
        await submitter.run(ear)

    try:
        asyncio.run(main())
    finally:
        database.close()
        ear.close()


def _smtp(path: Path, settings: Settings, pulse: Pulse, clock: Clock) -> None:
    database = composition.open_database(settings)
    bell = Bell(settings.state_directory)
    acceptance = Acceptance(
        database,
        clock=clock,
        bell=bell,
        state_directory=settings.state_directory,
        max_message_bytes=settings.smtp.max_message_bytes,
    )
    acceptance.start()
    try:
        uvloop.run(_serve_doors(path, settings, acceptance, pulse))
    finally:
        acceptance.stop()
        database.close()
        bell.close()


async def _serve_doors(path: Path, settings: Settings, acceptance: Acceptance, pulse: Pulse) -> None:
    stopping = asyncio.Event()
    doors = await open_doors(
        composition.door_settings_of(settings),
        acceptance,
        composition.addresses_of(settings),
        inherited=_inherited(os.environ),
    )

    def reload(fresh: Settings) -> None:
        doors.reload(composition.door_settings_of(fresh), composition.addresses_of(fresh))

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: _reloaded(path, reload))
    pulse.ready()
    while not stopping.is_set():
        pulse.beat()
        try:
            await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
        except TimeoutError:
            continue
    log.stopping(why="asked to")
    await doors.close()


def _inherited(environment: Mapping[str, str]) -> list[Inherited]:
    """Sockets that systemd opened for the service; the supervisor hands them down unchanged."""
    return inherited_sockets({**environment, "LISTEN_PID": str(os.getpid())}) if "LISTEN_FDS" in environment else []


def _on_signals(stop: Callable[[], None], reload: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
    signal.signal(signal.SIGHUP, lambda *_: reload())


def _reloaded(path: Path, take: Callable[[Settings], None]) -> None:
    """Read the configuration again and take what may change; a bad one changes nothing (threats X-45)."""
    try:
        take(configuration.load(path))
    except (configuration.SettingsError, OSError) as error:
        log.reload_refused(error=error)
    else:
        log.reloaded()

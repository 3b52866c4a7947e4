"""The door's process: mail comes in, and every 250 has been stored (`intake.doors`, `intake.acceptance`)."""

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import uvloop

from intake import composition, log
from intake.acceptance import Acceptance
from intake.clock import Clock
from intake.doors.listeners import DoorSettings, Inherited, inherited_sockets, open_doors
from intake.process import collect_garbage_seldom
from intake.roles.life import Pulse, reloaded
from intake.settings import Settings
from intake.wake import LOOK_SECONDS, Bell


def serve(path: Path, settings: Settings, pulse: Pulse, clock: Clock) -> None:
    """Take mail in until told to stop."""
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
        _door_settings(settings),
        acceptance,
        composition.addresses_of(settings),
        inherited=_inherited(os.environ),
    )

    def reload(fresh: Settings) -> None:
        doors.reload(_door_settings(fresh), composition.addresses_of(fresh))

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: reloaded(path, reload))
    collect_garbage_seldom()
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


def _door_settings(settings: Settings) -> DoorSettings:
    """What the doors need of the settings."""
    smtp = settings.smtp
    return DoorSettings(
        hostname=settings.service.hostname,
        listen=smtp.listen,
        lmtp=smtp.lmtp,
        relays=smtp.relays,
        tls_certificate=smtp.tls_certificate,
        tls_key=smtp.tls_key,
        max_message_bytes=smtp.max_message_bytes,
        lmtp_mode=int(smtp.lmtp_mode, 8),
        spool_directory=settings.state_directory,
    )

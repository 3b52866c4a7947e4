"""The submitter's process: what is owed goes to the relay (`intake.submitter`)."""

import asyncio
import signal
from pathlib import Path

import uvloop

from intake import composition
from intake.clock import Clock
from intake.process import collect_garbage_seldom
from intake.roles.life import Pulse, reloaded
from intake.settings import Settings
from intake.submitter import Submitter
from intake.wake import Ear
from responders.submission import Submits, open_submission


def serve(path: Path, settings: Settings, pulse: Pulse, clock: Clock) -> None:
    """Offer notices until told to stop."""
    database = composition.open_database(settings)
    ear = Ear(settings.state_directory, "submitter")
    submitter = Submitter(database, _relay(settings), composition.policy_of(settings), clock=clock, alive=pulse.beat)

    def reload() -> None:
        reloaded(path, lambda fresh: submitter.obey(composition.policy_of(fresh)))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, submitter.stop)
        loop.add_signal_handler(signal.SIGHUP, reload)
        collect_garbage_seldom()
        pulse.ready()
        await submitter.run(ear)

    try:
        uvloop.run(main())
    finally:
        database.close()
        ear.close()


def _relay(settings: Settings) -> Submits:
    """The way out."""
    delivery = settings.delivery
    password = "" if delivery.password_file is None else delivery.password_file.read_text("utf-8").rstrip("\n")
    return open_submission(
        delivery.relay,
        helo=settings.service.hostname,
        tls=delivery.tls,
        user=delivery.user or None,
        password=password or None,
    )

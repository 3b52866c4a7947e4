"""The scheduler's process: what is owed is done when it is due (`intake.scheduler`)."""

from pathlib import Path

from intake import composition
from intake.clock import Clock
from intake.process import collect_garbage_seldom
from intake.roles.life import Pulse, on_signals, reloaded
from intake.scheduler import Scheduler
from intake.settings import Settings
from intake.status import StatusLine
from intake.wake import Bell, Ear


def serve(path: Path, settings: Settings, pulse: Pulse, clock: Clock) -> None:
    """Keep promises until told to stop."""
    database = composition.open_database(settings)
    bell, ear = Bell(settings.state_directory), Ear(settings.state_directory, "scheduler")
    status = StatusLine(database, say=pulse.say, clock=clock)

    def alive() -> None:
        pulse.beat()
        status.tell()

    scheduler = Scheduler(database, composition.policy_of(settings), clock=clock, bell=bell, alive=alive)

    def stop() -> None:
        scheduler.stop()
        ear.stop()

    def reload() -> None:
        reloaded(path, lambda fresh: scheduler.obey(composition.policy_of(fresh)))

    on_signals(stop, lambda: scheduler.between_batches(reload))
    collect_garbage_seldom()
    pulse.ready()
    try:
        scheduler.run(ear)
    finally:
        database.close()
        ear.close()
        bell.close()

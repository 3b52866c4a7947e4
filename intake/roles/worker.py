"""The worker's process: the journey of messages (`intake.worker`)."""

from pathlib import Path

from intake import composition
from intake.clock import Clock
from intake.parsing import Parser
from intake.process import collect_garbage_seldom
from intake.roles.life import Pulse, on_signals, reloaded
from intake.settings import Settings
from intake.wake import Bell, Ear
from intake.worker import Worker


def serve(path: Path, settings: Settings, pulse: Pulse, clock: Clock) -> None:
    """Work on the inbox until told to stop."""
    database = composition.open_database(settings)
    bell, ear, parser = (
        Bell(settings.state_directory),
        Ear(settings.state_directory, "worker"),
        Parser(alive=pulse.beat),
    )
    worker = Worker(database, composition.policy_of(settings), parser, clock=clock, bell=bell, alive=pulse.beat)

    def stop() -> None:
        worker.stop()
        ear.stop()

    def reload() -> None:
        reloaded(path, lambda fresh: worker.obey(composition.policy_of(fresh)))

    on_signals(stop, lambda: worker.between_batches(reload))
    collect_garbage_seldom()
    pulse.ready()
    try:
        worker.run(ear)
    finally:
        parser.close()
        database.close()
        ear.close()
        bell.close()

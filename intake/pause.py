"""Whether mail is taken in: a mark in the state directory, which every way in looks at."""

import os
from pathlib import Path

_MARK = "paused"


def is_paused(state_directory: Path) -> bool:
    """Whether an admin has closed the door for a while (`casegate intake pause`)."""
    return os.access(f"{state_directory}/{_MARK}", os.F_OK)  # asked for every message; a Path costs several times that


def pause(state_directory: Path) -> None:
    """Close the door: senders are told to try again, nothing is lost."""
    (state_directory / _MARK).touch()


def resume(state_directory: Path) -> None:
    """Open it again."""
    (state_directory / _MARK).unlink(missing_ok=True)

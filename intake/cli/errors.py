"""What a command says when it cannot do what it was asked, and with which exit code it ends."""

import os
import sys
import traceback
from typing import Final

import sqlalchemy as sa

from intake.configuration import SettingsError
from models.store.database import DatabaseError

REFUSED: Final = 1
TRY_AGAIN: Final = 75
CONFIGURATION: Final = 78


class Refused(Exception):
    """The command was understood and refused: the message says why and what to do."""

    def __init__(self, message: str, *, status: int = REFUSED) -> None:
        super().__init__(message)
        self.status = status


def exit_status_of(error: Exception) -> int:
    """Tell the user what went wrong; the exit code it means."""
    match error:
        case SettingsError():
            return _tell("\n".join(map(str, error.problems)), CONFIGURATION)
        case DatabaseError():
            return _tell(str(error), CONFIGURATION)
        case Refused():
            return _tell(str(error), error.status)
        case sa.exc.OperationalError():
            return _tell(f"the database does not answer: {str(error.orig).strip()}; try again", TRY_AGAIN)
        case OSError():
            return _tell(f"{error.filename or 'system'}: {error.strerror or error}", REFUSED)
    return _bug(error)


def _bug(error: Exception) -> int:
    """Our own mistake: said as such, with its place for the report."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.relpath(frame.filename)}:{frame.lineno}"
    return _tell(f"this is a bug in casegate ({type(error).__name__} at {place}): {error}; please report it", REFUSED)


def _tell(lines: str, status: int) -> int:
    for line in lines.splitlines():
        sys.stderr.write(f"casegate: {line}\n")
    return status

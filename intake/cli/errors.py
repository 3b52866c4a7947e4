"""What a command says when it cannot do what it was asked, and with which exit code it ends."""

import os
import sys
import traceback
from typing import Final

import sqlalchemy as sa
import typer

from intake.cli.output import escaped
from intake.configuration import SettingsError
from models.store.database import DatabaseError

REFUSED: Final = 1
USAGE: Final = 2
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
        case typer.Exit():
            return error.exit_code
        case typer.Abort():
            return REFUSED
        case typer.TyperException():
            return _usage(error)
    lines, status = _words_for(error)
    return _tell(lines, status)


def _words_for(error: Exception) -> tuple[str, int]:
    match error:
        case SettingsError():
            return "\n".join(map(str, error.problems)), CONFIGURATION
        case DatabaseError():
            return str(error), CONFIGURATION
        case Refused():
            return str(error), error.status
        case sa.exc.OperationalError():
            return f"the database does not answer: {_first_line(error)}; try again", TRY_AGAIN
        case sa.exc.DatabaseError():
            return f"service.database: {_first_line(error)}; 'casegate check' says more", CONFIGURATION
        case OSError():
            return f"{error.filename or 'system'}: {error.strerror or error}", REFUSED
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.relpath(frame.filename)}:{frame.lineno}"
    return f"this is a bug in casegate ({type(error).__name__} at {place}): {error}; please report it", REFUSED


def _first_line(error: sa.exc.DBAPIError) -> str:
    """What the engine said, without the statement and the library's own advice."""
    return str(error.orig).strip().splitlines()[0]


def _usage(error: typer.TyperException) -> int:
    """A wrong call: what is wrong with it, and where the right ones stand. A noun alone shows its verbs."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.message, end="")  # empty where rich has printed the help already, as it does to make this error
        return error.exit_code
    command = "casegate" if context is None else context.command_path
    return _tell(f"{error.format_message().rstrip('.')}; see '{command} --help'", USAGE)


def _tell(lines: str, status: int) -> int:
    """Say it on standard error, where what was typed, or pasted from a mail, drives no terminal (F-13)."""
    for line in lines.splitlines():
        sys.stderr.write(f"casegate: {escaped(line)}\n")
    return status

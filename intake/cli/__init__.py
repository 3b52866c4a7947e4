"""The command line: one noun for each object, one verb for each act (docs/cli.md).

Exit codes: 0 done, 1 refused or findings, 2 usage, 75 try again, 78 configuration. An error
is one line on standard error that says what, where and what to do; no traceback reaches a
user.
"""

import io
import os
import sys

from intake.ownership import ForeignPackage, require_own_packages

_SAID_TO_AN_MTA = {None, 0, 65, 67, 75}


def main() -> None:
    """The `casegate` command."""
    _keep_standard_streams()
    try:
        require_own_packages()
    except ForeignPackage as error:
        sys.exit(f"casegate: {error}")
    from intake.cli.commands import app  # noqa: PLC0415 - only after the check that what is imported is ours
    from intake.cli.errors import exit_status_of  # noqa: PLC0415

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # whatever the locale: mail is in every script
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        status = app(standalone_mode=False)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the last place before the user: told in words, never a traceback
        status = exit_status_of(error)
    sys.exit(_for_an_mta(status) if "ingest" in sys.argv[1:2] else status or 0)


def _keep_standard_streams() -> None:
    """Where one of them is closed, the next file we open would get its number, and with it what is written there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _for_an_mta(status: int | None) -> int:
    """What an MTA's pipe may hear: whatever is our own fault is to be tried again, never bounced."""
    return status or 0 if status in _SAID_TO_AN_MTA else 75

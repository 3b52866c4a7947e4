"""What an admin can do about a database that fails: a sentence for each way, by what the engine said."""

from typing import Final

import sqlalchemy as sa

from models.store.gate import GateTaken

_AGAIN: Final = "it is asked again all the time, and all goes on by itself"
_ROOM: Final = f"make room on the database's disk; {_AGAIN}"
_PERMISSION: Final = (
    "the database, its folder and what stands beside it must be the service's own, on a disk that can be written: "
    "'casegate check' as that user"
)
_REMEDIES: Final = (
    ("database or disk is full", _ROOM),
    ("no space left on device", _ROOM),
    ("could not extend file", _ROOM),
    ("disk quota exceeded", _ROOM),
    ("database is locked", f"another program holds the database: 'fuser -v' on its file names it; {_AGAIN}"),
    ("too many open files", f"raise LimitNOFILE of the unit; {_AGAIN}"),
    ("readonly database", _PERMISSION),
    ("read-only", _PERMISSION),
    ("permission denied", _PERMISSION),
    ("unable to open database file", _PERMISSION),
    ("disk i/o error", "the disk fails or is full: see the kernel's log; then 'casegate db check'"),
    ("malformed", "stop the service and restore a backup; nothing is repaired silently"),
    ("not a database", "stop the service and restore a backup; nothing is repaired silently"),
)
_NO_ANSWER: Final = f"is the server running, and does service.database say where? {_AGAIN}"


def remedy_of(error: sa.exc.DBAPIError) -> str:
    """What to do about a failure of the database's own; "" where what it says of itself says that too."""
    if isinstance(error.orig, GateTaken):
        return ""
    said = str(error.orig).lower()
    return next((remedy for words, remedy in _REMEDIES if words in said), _NO_ANSWER)

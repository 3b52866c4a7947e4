"""`casegate` that ends at a COMMIT: the moment before it is asked for, or the moment after it was answered.

SQLAlchemy tells of both: `commit` of an engine comes before, and the return of the connection
to its pool is the first thing that happens after. TEST_ORDERS names the directory through
which a test has its word (`tests.crash.orders` writes and reads it):

- `sites`: every place of the program that has committed, a line for each, once a process.
- `order`: what is wanted; whoever is first at that place takes it, so that it happens once.
- `taken`: the order that was carried out.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

import intake

_ORDERS = Path(os.environ["TEST_ORDERS"])
_OURS = str(Path(intake.__file__).parent)
_known: set[str] = set()
_passed: Counter[str] = Counter()


def about_to_commit(connection: sa.Connection) -> None:
    """The COMMIT has not been asked for."""
    site = connection.info["site"] = _site(sys._getframe())
    if site not in _known:
        _known.add(site)
        with (_ORDERS / "sites").open("a") as sites:
            sites.write(f"{site}\n")
    obey(site, "before")


def has_committed(_connection: object, record: Any) -> None:
    """It was answered, and nothing has been done since."""
    if (site := record.info.pop("site", None)) is not None:
        obey(site, "after")


def obey(site: str, side: str) -> None:
    """Carry out the order, if it is for this place."""
    try:
        text = (_ORDERS / "order").read_text()
    except FileNotFoundError:
        return
    order = json.loads(text)
    if (order["site"], order["side"]) != (site, side):
        return
    _passed[text] += 1
    if _passed[text] > order["passing"]:
        try:
            (_ORDERS / "order").rename(_ORDERS / "taken")
        except FileNotFoundError:
            return  # another process was first, or it was withdrawn
        os.kill(os.getpid(), order["signal"])


def _site(frame: FrameType | None) -> str:
    """The innermost function of `intake` that is under way."""
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(_OURS):
            return f"{path[len(_OURS) + 1 :].removesuffix('.py')}:{frame.f_code.co_qualname}"
        frame = frame.f_back
    return "elsewhere"


event.listen(sa.Engine, "commit", about_to_commit)
event.listen(sa.Pool, "checkin", has_committed)

if __name__ == "__main__":
    from intake.cli import main

    main()

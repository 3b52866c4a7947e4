"""casegate that counts its SQL, and profiles its roles when asked: a program like `casegate`.

$OBSERVED_DIRECTORY: where ROLE.json with the counts and ROLE.profile, ROLE.txt with the
profile go. $OBSERVED_PROFILE=1: profile (cProfile; it costs about as much as it measures).
"""

import cProfile
import json
import os
import pstats
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from intake import cli, daemon
from intake.acceptance import Acceptance

DIRECTORY = Path(os.environ["OBSERVED_DIRECTORY"])
PROFILED = os.environ.get("OBSERVED_PROFILE") == "1"
counts: Counter[str] = Counter()


@sa.event.listens_for(sa.Engine, "before_cursor_execute")
def _count_statement(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, executemany: bool) -> None:
    verb = statement.split(None, 1)[0].upper()
    if verb not in {"PRAGMA", "BEGIN"}:
        counts["statements"] += 1
        counts["reads" if verb in {"SELECT", "WITH"} else "writes"] += 1
        counts["for many rows at once"] += executemany


@sa.event.listens_for(sa.Engine, "commit")
def _count_commit(connection: sa.Connection) -> None:
    counts["commits"] += bool(connection.get_execution_options().get("casegate_write"))


def observed(role: str, serve: Callable[..., None]) -> Callable[..., None]:
    """A role that leaves its counts and its profile behind when it ends."""

    def serve_observed(*arguments: Any) -> None:
        profiled(role, serve, *arguments)
        (DIRECTORY / f"{role}.json").write_text(json.dumps(counts))

    return serve_observed


def profiled(name: str, work: Callable[..., None], *arguments: Any) -> None:
    """Do the work; its profile is this thread's."""
    if not PROFILED:
        work(*arguments)
        return
    profile = cProfile.Profile()
    try:
        profile.runcall(work, *arguments)
    finally:
        profile.dump_stats(DIRECTORY / f"{name}.profile")
        with (DIRECTORY / f"{name}.txt").open("w") as report:
            pstats.Stats(profile, stream=report).sort_stats("tottime").print_stats(60)


commit_groups = Acceptance._commit_groups
Acceptance._commit_groups = lambda acceptance: profiled("smtp-acceptance", commit_groups, acceptance)
for _role, _serve in list(daemon._ROLES.items()):
    daemon._ROLES[_role] = observed(_role, _serve)

if __name__ == "__main__":
    cli.main()

"""Proving the promises on the live database."""

import typer

from intake.cli.context import ConfigOption, JsonOption, opened
from intake.cli.errors import REFUSED
from intake.cli.output import as_json
from models.store import verify as promises


def verify(json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """Prove the promises on the live database; print what breaks them, exit 1 then."""
    with opened(config) as database:
        offenders = list(promises.verify(database))
    if json_wanted:
        as_json([{"promise": offender.promise, "rows": list(offender.rows)} for offender in offenders])
    elif offenders:
        for offender in offenders:
            print(f"BROKEN: {offender.promise}: {', '.join(offender.rows)}")
    else:
        print(f"{promises.count()} promises hold")
    if offenders:
        raise typer.Exit(REFUSED)

"""The whole desk: what happened, how much there is, all of it, and what today's law would say."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from intake import composition
from intake.cli.case_acts import case_id_meant
from intake.cli.context import ConfigOption, JsonOption, opened, settings_of
from intake.cli.errors import Refused
from intake.cli.output import as_json, details, heading, plain, shown, table
from intake.clock import system_clock
from intake.status import age
from models.policy import Policy
from models.rules.case_file import CaseFile
from models.rules.decide import decide
from models.rules.facts import FACTS_VERSION
from models.store import reports
from models.store.decided import Decided, decided

events = typer.Typer(help="What was noticed and done besides decisions.", no_args_is_help=True)
Since = Annotated[
    str | None, typer.Option(help="Since this day or moment (2026-11-23, 2026-11-23T09:00Z), or so many days (7d).")
]


@events.callback()
def _events() -> None:
    """What was noticed and done besides decisions."""


@events.command("list")
def list_events(
    kind: Annotated[str | None, typer.Option(help="Only of this kind, such as security.")] = None,
    case: Annotated[str | None, typer.Option(help="Only of this case.")] = None,
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List events, newest first: security, releases, retries, sources that were read."""
    case_id = None if case is None else case_id_meant(case)
    with opened(config) as database, database.read() as connection:
        rows = reports.list_events(connection, kind=kind, case_id=case_id)
    table(rows, ("at", "kind", "inbox_id", "case", "detail"), json_wanted=json_wanted, nothing="no events")


def stats(json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """Print how much there is of everything, what the last day brought, and what waits longest."""
    with opened(config) as database, database.read() as connection:
        row = reports.stats(connection, system_clock())
    if json_wanted:
        as_json(row)
        return
    row["oldest"] = {name: None if seconds is None else age(seconds) for name, seconds in row["oldest"].items()}
    for name, value in row.items():
        if isinstance(value, dict):
            heading(name.replace("_", " ").capitalize())
            details((key, _counts(count) if isinstance(count, dict) else count) for key, count in value.items())
        else:
            details([(name, value)])


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def export(
    org: Annotated[str | None, typer.Option(help="Only this organisation's cases.")] = None,
    since: Since = None,
    json_wanted: Annotated[bool, typer.Option("--json", help="One JSON document a line (the only form).")] = True,
    config: ConfigOption = None,
) -> None:
    """Write every case, whole, one JSON document a line: the keys are those of `case show --json`."""
    if not json_wanted:
        raise Refused("export has one form: JSON, a line for each case")
    moment = None if since is None else moment_meant(since, system_clock())
    with opened(config) as database, database.read() as connection:
        for case in reports.all_cases(connection, org=org, since=moment):
            sys.stdout.write(json.dumps(case, ensure_ascii=True, default=plain) + "\n")


def replay(
    since: Since = None,
    with_: Annotated[
        Path | None, typer.Option("--with", help="Ask the law under this configuration instead.", exists=True)
    ] = None,
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Print what today's law would decide otherwise about stored mail, on what was known then; changes nothing."""
    now = system_clock()
    policy = composition.policy_of(settings_of(with_ or config))
    with opened(config) as database, database.read() as connection:
        asked = differing = unknown = 0
        rows: list[dict[str, Any]] = []
        for one in decided(connection, moment_meant(since or "7d", now)):
            asked += 1
            row = _differs(one, policy)
            if row is not None:
                rows.append(row)
                unknown += row["now_rule"] is None
                differing += row["now_rule"] is not None
    columns = ("inbox_id", "decided_at", "then_fate", "then_rule", "now_fate", "now_rule", "because")
    table(rows, columns, json_wanted=json_wanted, nothing="nothing would be decided otherwise")
    if not json_wanted:
        print(f"{asked} messages asked again, {differing} would be decided otherwise, {unknown} cannot be asked")


def _differs(one: Decided, policy: Policy) -> dict[str, Any] | None:
    """What would be otherwise about one message; None where nothing would."""
    then = {
        "inbox_id": one.claimed.inbox_id,
        "decided_at": one.decided_at,
        "then_fate": one.fate,
        "then_rule": one.rule,
    }
    if one.facts is None or one.facts_version != FACTS_VERSION:
        because = f"not recorded: its facts are of version {one.facts_version}, the rules read {FACTS_VERSION}"
        return {**then, "now_fate": None, "now_rule": None, "because": because}
    file = CaseFile(
        inbox_id=one.claimed.inbox_id,
        message=one.message,
        envelope=one.claimed.accepted.envelope,
        received_at=one.claimed.accepted.received_at,
        now=one.decided_at,
        facts=one.facts,
        policy=policy,
    )
    now = decide(file)
    if (now.fate.fate, now.rule) == (one.fate, one.rule):
        return None
    return {**then, "now_fate": now.fate.fate, "now_rule": now.rule, "because": now.because}


def moment_meant(text: str, now: datetime) -> datetime:
    """A day, a moment, or so many days ago. Raises Refused."""
    if text.endswith("d") and text[:-1].isdigit() and len(text) <= 5:
        return now - timedelta(days=int(text[:-1]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"--since {shown(text)}: write a day (2026-11-23), a moment, or days (7d)") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

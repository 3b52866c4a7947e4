"""Support plans: what is promised, and what a plan makes of a case."""

import itertools
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from intake import composition
from intake.cli.context import ConfigOption, JsonOption, settings_of
from intake.cli.errors import REFUSED, Refused
from intake.cli.output import as_json, escaped, table
from intake.cli.plan_terms import terms
from intake.settings import Settings
from models.case import Priority
from models.directory.problems import nearest
from models.obligation import ObligationKind
from models.plan import PlanError, SupportPlan, parse_plan
from models.rules.timeline import Happening, What, imagined, timeline

app = typer.Typer(help="Support plans.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The plan's name, or a plan file.")]
Time = Annotated[str | None, typer.Option(help="Such as 2026-11-23T09:00, by the plan's clock.", show_default=False)]

_WORDS: Final[Mapping[str, str]] = {
    What.OPENED: "the case is opened",
    What.RESPONDED: "an agent answers",
    What.ETR_SET: "an ETR is set",
    What.WAITING: "we wait for the customer",
    What.ANSWERED: "the customer answers",
    What.CLOSED: "the case is closed",
    What.FIRST_RESPONSE: "the first response is due",
    What.REOPEN_ENDS: "a reply re-opens it no more",
    ObligationKind.SCHEDULED_UPDATE: "a scheduled update is due",
    ObligationKind.ETR_PASSED: "the ETR has passed: an update is due",
    ObligationKind.NO_RESPONSE_WARNING: "its closing for want of an answer is announced",
    ObligationKind.NO_RESPONSE_CLOSE: "it is closed for want of an answer",
    ObligationKind.FIRST_RESPONSE_REMINDER: "the agent is reminded of the first response",
    ObligationKind.RESOLUTION_REMINDER: "the agent is reminded of the target",
    ObligationKind.RESOLUTION_MISSED: "the target is over: the customer is told",
}
_DEFAULT_SPAN: Final = timedelta(days=14)


@app.command("list")
def list_(json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """List the plans there are."""
    settings = settings_of(config)
    rows = [
        {
            "plan": name,
            "version": plan.version,
            "title": plan.title,
            "zone": plan.zone.key,
            "from": _source(name, settings),
            "default": name == settings.plans.default,
        }
        for name, plan in sorted(composition.read_plans(settings).items())
    ]
    table(rows, ("plan", "version", "zone", "default", "title", "from"), json_wanted=json_wanted, nothing="no plans")


@app.command()
def show(name: Name, json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """Show everything a plan says."""
    said = terms(_plan(name, settings_of(config)))
    if json_wanted:
        as_json(said)
    else:
        rows = [{"key": key, "value": value} for key, value in said.items()]
        table(rows, ("key", "value"), json_wanted=False, nothing="it says nothing")


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(help="Plan files.", exists=True, dir_okay=False, readable=True)],
    json_wanted: JsonOption = False,
) -> None:
    """Check plan files: everything that is wrong with them, each with its key. No configuration is needed."""
    problems = [
        {"file": str(path), "problem": line} for path in files for line in (_read(path, "UTC")[1] or "").splitlines()
    ]
    if json_wanted:
        as_json(problems)
    else:
        wrong = {problem["file"] for problem in problems}
        for problem in problems:
            sys.stderr.write(escaped(f"{problem['file']}: {problem['problem']}") + "\n")
        for path in files:
            if str(path) not in wrong:
                print(escaped(f"{path}: a plan"))
    if problems:
        raise typer.Exit(REFUSED)


@app.command()
def diff(one: Name, other: Name, json_wanted: JsonOption = False, config: ConfigOption = None) -> None:
    """Show in what two plans differ."""
    settings = settings_of(config)
    before, after = terms(_plan(one, settings)), terms(_plan(other, settings))
    keys = [key for key in dict.fromkeys([*before, *after]) if before.get(key) != after.get(key)]
    rows = [{"key": key, "one": before.get(key), "other": after.get(key)} for key in keys]
    table(rows, ("key", "one", "other"), json_wanted=json_wanted, nothing="they say the same")


@app.command("timeline")
def timeline_(
    name: Name,
    priority: Annotated[Priority, typer.Option(help="The case's priority.")],
    opened: Annotated[str, typer.Option(help="When it is opened, such as 2026-11-23T09:00, by the plan's clock.")],
    responded: Time = None,
    etr: Time = None,
    etr_set: Time = None,
    waiting_from: Time = None,
    answered: Time = None,
    closed: Time = None,
    until: Time = None,
    rows: Annotated[int, typer.Option(min=1, help="At most so many lines.")] = 50,
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Print every due time of an imagined case, by the plan's clock and in UTC."""
    plan = _plan(name, settings_of(config))
    start = _moment(opened, plan.zone)
    etr_at = _optional(etr, plan.zone)
    happened = {
        What.RESPONDED: _optional(responded, plan.zone),
        What.ETR_SET: (_optional(etr_set, plan.zone) or start) if etr_at is not None else None,
        What.WAITING: _optional(waiting_from, plan.zone),
        What.ANSWERED: _optional(answered, plan.zone),
        What.CLOSED: _optional(closed, plan.zone),
    }
    happenings = [Happening(at, what, etr_at if what is What.ETR_SET else None) for what, at in happened.items() if at]
    if any(happening.at < start for happening in happenings):
        raise Refused("nothing happens to a case before it is opened; give later times")
    last = _optional(until, plan.zone) or start + _DEFAULT_SPAN
    moments = timeline(imagined(plan, priority, start), plan, happenings, last)
    lines = [
        {
            "at": moment.at.astimezone(UTC),
            "local": f"{moment.at.astimezone(plan.zone):%a %Y-%m-%d %H:%M %Z}",
            "what": moment.what.value,
            "words": _WORDS[moment.what],
        }
        for moment in itertools.islice(moments, rows)
    ]
    table(lines, ("local", "at", "words"), json_wanted=json_wanted, nothing="nothing is due")


def _plan(name: str, settings: Settings) -> SupportPlan:
    """The plan of a name, or of a file. Raises Refused."""
    if "/" in name or name.endswith(".toml"):
        plan, problems = _read(Path(name), settings.service.zone)
        if plan is None:
            raise Refused(problems or "")
        return plan
    plans = composition.read_plans(settings)
    if name not in plans:
        raise Refused(f"there is no plan {name!r}; {nearest(name, plans)}")
    return plans[name]


def _read(path: Path, zone: str) -> tuple[SupportPlan | None, str | None]:
    """A plan file, or what is wrong with it."""
    try:
        return parse_plan(path.stem, path.read_text("utf-8"), service_zone=zone), None
    except UnicodeDecodeError:
        return None, f"plan {path.stem}: it is no UTF-8 text"
    except PlanError as error:
        return None, str(error)


def _source(name: str, settings: Settings) -> str:
    directory = settings.plans.directory
    own = None if directory is None else directory / f"{name}.toml"
    return "shipped" if own is None or not own.exists() else str(own)


def _optional(text: str | None, zone: ZoneInfo) -> datetime | None:
    return None if text is None else _moment(text, zone)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A time as written; without an offset it is by the plan's clock. Raises Refused."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text!r} is no time; write it like 2026-11-23T09:00") from error
    return (read if read.tzinfo is not None else read.replace(tzinfo=zone)).astimezone(UTC)

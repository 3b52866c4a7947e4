"""Support plans as data: what is promised by when (plans 2). One TOML file each in models/plans.

A clock is a number of business days in the plan's zone or an elapsed time; a plan that
promises nothing for a clock leaves it out. What a file may say stands in `models.plan_file`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from models.case import CaseStatus, Priority
from models.plan_file import SERVICE_ZONE, UNLIMITED, PlanFile, read_plan_file
from models.plan_terms import Clock, Escalation, IpChange, Macd, PlanError, Promise, ServiceHours
from models.rules.business_calendar import BusinessCalendar

__all__ = ["Clock", "PlanError", "Promise", "SupportPlan", "parse_plan", "shipped_plans"]

_ENGLISH = "en"
_NOTHING = Promise()
_A_BUSINESS_DAY = Clock(business_days=1)
_TWO_HOURS = Clock(elapsed=timedelta(hours=2))


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPlan:
    """One plan, in the version that decisions name.

    `reopen_days` is None where a closed case can be reopened for ever; `no_response_after`
    is None where silence closes nothing. `urgent_by` names the ways for what cannot wait.
    """

    name: str
    version: str
    title: str = ""
    zone: ZoneInfo
    calendar: BusinessCalendar
    acknowledgement_responds: bool
    assigns: bool
    promises: Mapping[Priority, Promise]
    urgent_by: tuple[str, ...] = ("phone",)
    statuses: tuple[CaseStatus, ...] = tuple(CaseStatus)
    status_names: Mapping[str, Mapping[CaseStatus, str]] = field(default_factory=dict)
    reopen_days: int | None = 7
    no_response_reopens: bool = False
    no_response_after: Clock | None = None
    no_response_lead: Clock = _A_BUSINESS_DAY
    remind_before: Clock = _TWO_HOURS
    hours: ServiceHours = field(default_factory=ServiceHours)
    escalation: Escalation = field(default_factory=Escalation)
    macd: Macd | None = None
    ip_change: IpChange | None = None

    def promise(self, priority: Priority) -> Promise:
        """What is promised for a priority: nothing, where the plan does not name it."""
        return self.promises.get(priority, _NOTHING)

    def first_response_due(self, priority: Priority, received_at: datetime) -> datetime | None:
        """When an agent's first visible act is due; None where the acknowledgement itself fulfils it."""
        return self._due(self.promise(priority).first_response, received_at)

    def acknowledgement_fulfils(self, priority: Priority) -> bool:
        """Whether the acknowledgement of a case opened by mail is its first response (2013's P4)."""
        return self.acknowledgement_responds and priority is Priority.P4

    def update_due(self, priority: Priority, since: datetime) -> datetime | None:
        """When the next scheduled update is due, counted from the last one."""
        return self._due(self.promise(priority).scheduled_update, since)

    def resolution_due(self, priority: Priority, since: datetime) -> datetime | None:
        """When the work should be done; a target, not a promise of success."""
        return self._due(self.promise(priority).resolution, since)

    def may_reopen(self, status: CaseStatus, closed_at: datetime, received_at: datetime) -> bool:
        """Whether what the customer sent then re-opens a case that ended so (plans 4).

        Days are dates in the plan's zone: with 7, closed on the 1st is reopened through the end of the 8th.
        """
        if status is CaseStatus.CLOSED_NO_RESPONSE and not self.no_response_reopens:
            return False
        if status not in {CaseStatus.CLOSED, CaseStatus.CLOSED_NO_RESPONSE}:
            return False
        last = self.reopen_until(closed_at)
        return last is None or received_at.astimezone(self.zone).date() <= last

    def reopen_until(self, closed_at: datetime) -> date | None:
        """The last day, in the plan's zone, on which a case closed then can be reopened; None: any day."""
        if self.reopen_days is None:
            return None
        return closed_at.astimezone(self.zone).date() + timedelta(days=self.reopen_days)

    def status_name(self, status: CaseStatus, language: str) -> str:
        """What people call a status in a language ("de-AT" is as "de"); its English name where none is known."""
        for tag in (language, language.partition("-")[0], _ENGLISH):
            if name := self.status_names.get(tag, {}).get(status):
                return name
        return status.value

    def _due(self, clock: Clock | None, since: datetime) -> datetime | None:
        return None if clock is None else clock.due(since, self.calendar)


def parse_plan(name: str, text: str, *, service_zone: str = "UTC") -> SupportPlan:
    """A plan from its TOML text. Raises PlanError naming the plan and each key that is wrong.

    `service_zone` is the zone of a plan that has none of its own (zone = "service").
    """
    file = read_plan_file(name, text)
    zone = ZoneInfo(service_zone if file.zone == SERVICE_ZONE else file.zone)
    return SupportPlan(name=name, zone=zone, calendar=BusinessCalendar(zone, frozenset(file.holidays)), **_said(file))


def _said(file: PlanFile) -> dict[str, Any]:
    """The terms that a plan takes over as they are written."""
    taken = {key: getattr(file, key) for key in PlanFile.model_fields if key not in {"zone", "holidays", "priorities"}}
    return taken | {
        "promises": file.priorities,
        "reopen_days": None if file.reopen_days == UNLIMITED else file.reopen_days,
    }


def shipped_plans(*, service_zone: str = "UTC") -> dict[str, SupportPlan]:
    """The plans that come with casegate, by name."""
    folder = resources.files("models") / "plans"
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return {
        name: parse_plan(name, entry.read_text("utf-8"), service_zone=service_zone)
        for entry in files
        for name in (entry.name.removesuffix(".toml"),)
    }

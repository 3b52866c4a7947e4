"""A desk as small as the plans allow: what becomes of a case, and what mail that makes (plans 2-6).

Written from the plans alone, with nothing of the product in it, to be compared with the
real desk step by step. Where the plans are silent it says "ours:".
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

AGENT = "dana@example.net"
ENDED = ("Duplicate", "Closed, No Response", "Closed")
A_MONDAY = datetime(2026, 1, 5)  # noqa: DTZ001 - by the wall clock of any zone
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATE = 10 * MINUTE  # ours: what comes later than this says that it is late
PUNCTUAL = MINUTE  # ours: an update within this does not move the cadence
Figure = timedelta | int | None
"""An elapsed time, a number of business days, or nothing promised."""


class Refused(Exception):
    """An agent's act that cannot be."""


@dataclass(frozen=True)
class Plan:
    """What differs between plans."""

    zone: ZoneInfo
    statuses: frozenset[str]
    updates: dict[str, Figure]
    responses: dict[str, Figure]
    target: dict[str, Figure]
    warns_after: Figure
    closes_after: Figure
    reopen_days: int | None
    no_response_reopens: bool

    def due(self, figure: Figure, start: datetime | None) -> datetime | None:
        """The moment a figure ends: elapsed, or the same local time some business days later."""
        if figure is None or start is None:
            return None
        if isinstance(figure, timedelta):
            return start + figure
        local = start.astimezone(self.zone)
        day, at = local.date(), local.time()
        if day.weekday() > 4:
            at = time()
        for _ in range(figure + (day.weekday() > 4)):
            day += DAY * {4: 3, 5: 2}.get(day.weekday(), 1)
        return datetime.combine(day, at, self.zone).astimezone(start.tzinfo)

    def rested(self, figure: Figure, start: datetime, since: datetime, now: datetime) -> datetime:
        """What a figure counts from once the time since then is taken out: of business days by the wall clock."""
        if now <= max(start, since):
            return start
        if figure is None or isinstance(figure, timedelta):
            return start + (now - max(start, since))
        worked = {at: self._worked(at) for at in (start, since, now)}
        weeks, rest = divmod(worked[now] - max(worked[since] - worked[start], timedelta()), 5 * DAY)
        local = A_MONDAY + 7 * weeks * DAY + rest
        return max(start, min(now, local.replace(tzinfo=self.zone).astimezone(start.tzinfo)))

    def _worked(self, at: datetime) -> timedelta:
        """How much of business days lies between some Monday and a moment."""
        weeks, rest = divmod(at.astimezone(self.zone).replace(tzinfo=None) - A_MONDAY, 7 * DAY)
        return 5 * weeks * DAY + min(rest, 5 * DAY)


COMMON = {"New", "In Progress", "On Hold", "Customer Re-opened", "Closed, No Response", "Closed"}
PLANS = {
    "calltower-2021": Plan(
        zone=ZoneInfo("America/Denver"),
        statuses=frozenset(COMMON | {"Duplicate", "Shipping", "Resolved, Follow-up Required"}),
        updates={"P1": HOUR, "P2": 2 * HOUR, "P3": 1, "P4": 2},
        responses={"P1": 15 * MINUTE, "P2": 30 * MINUTE, "P3": 4 * HOUR, "P4": 1},
        target={},
        warns_after=2,
        closes_after=1,
        reopen_days=7,
        no_response_reopens=False,
    ),
    "calltower-2013": Plan(
        zone=ZoneInfo("America/Los_Angeles"),
        statuses=frozenset(COMMON | {"Escalated", "Waiting for Details", "Researching"}),
        updates={"P1": 30 * MINUTE, "P2": HOUR, "P3": DAY},
        responses={"P3": HOUR},
        target={"P4": 2},
        warns_after=None,
        closes_after=None,
        reopen_days=None,
        no_response_reopens=True,
    ),
}


@dataclass
class ModelCase:
    """One case, and what its clocks count from."""

    number: int
    organisation: str
    plan: Plan
    began: datetime
    correspondents: dict[str, None]
    priority: str = "P4"
    status: str = "New"
    follow_up_of: int | None = None
    duplicate_of: int | None = None
    waiting_since: datetime | None = None
    warned_at: datetime | None = None
    etr: datetime | None = None
    closed_at: datetime | None = None
    responded: bool = False
    participants: set[str] = field(default_factory=set)
    said: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begin(self.began)

    @property
    def is_open(self) -> bool:
        return self.status not in ENDED

    def begin(self, now: datetime) -> None:
        """All clocks count from now."""
        self.respond_from = self.update_from = self.resolve_from = now
        self.told: set[tuple[str, datetime]] = set()
        self.missed = False

    def answered(self, now: datetime) -> None:
        """Nothing waits any more; of paused clocks as much is left as was when the wait began."""
        since = self.waiting_since
        if since is not None:
            target = self.plan.due(self.plan.target.get(self.priority), self.resolve_from)
            self.update_from = self.plan.rested(self.plan.updates.get(self.priority), self.update_from, since, now)
            if target is None or target > since:
                self.resolve_from = self.plan.rested(self.plan.target.get(self.priority), self.resolve_from, since, now)
        self.waiting_since = self.warned_at = None

    def seen(self, now: datetime) -> None:
        """The customer saw what an agent did."""
        self.responded, self.update_from = True, now

    def end(self, status: str, now: datetime) -> None:
        self.status, self.closed_at = status, now
        self.waiting_since = self.warned_at = self.etr = None

    def due(self) -> dict[str, datetime]:
        """What is owed for it, by kind."""
        plan, waits = self.plan, self.waiting_since is not None
        response = None if self.responded else plan.due(plan.responses.get(self.priority), self.respond_from)
        target = None if waits or self.missed else plan.due(plan.target.get(self.priority), self.resolve_from)
        rests = waits or self.etr is not None
        warns = None if self.status == "On Hold" else plan.due(plan.warns_after, self.waiting_since)
        owed = {
            "first_response_reminder": response and response - min(2 * HOUR, (response - self.respond_from) / 4),
            "resolution_reminder": target and target - min(2 * HOUR, (target - self.resolve_from) / 4),
            "resolution_missed": target,
            "scheduled_update": None if rests else plan.due(plan.updates.get(self.priority), self.update_from),
            "etr_passed": self.etr,
            "no_response_warning": None if self.warned_at else warns,
            "no_response_close": plan.due(plan.closes_after, self.warned_at) if warns else None,
        }
        return {kind: at for kind, at in owed.items() if at and self.is_open and (kind, at) not in self.told}


class ModelDesk:
    """All cases, and every mail about them: how often each came to whom, and whether it said that it was late."""

    def __init__(self) -> None:
        self.cases: list[ModelCase] = []
        self.mails: Counter[tuple[int, str, str, bool]] = Counter()

    def mail(self, case: ModelCase, kind: str, *to: str, late: bool = False) -> None:
        self.mails.update((case.number, kind, one, late) for one in to or case.correspondents)

    # --- what customers do -----------------------------------------------------------------------

    def opens(self, organisation: str, plan: str, by: str, now: datetime, *, after: int | None = None) -> ModelCase:
        case = ModelCase(len(self.cases) + 1, organisation, PLANS[plan], now, {by: None}, follow_up_of=after)
        self.cases.append(case)
        self.mail(case, "case_opened" if after is None else "follow_up_opened", by)
        self.mail(case, "agent_new_case", AGENT)
        return case

    def main(self, case: ModelCase) -> ModelCase:
        return case if case.duplicate_of is None else self.main(self.cases[case.duplicate_of - 1])

    def replies(self, case: ModelCase, plan: str, by: str, now: datetime, *, confirms: bool = False) -> ModelCase:
        """An MPOC's mail that belongs to a case: the table of plans 4, from its top. The case it went to."""
        main = self.main(case)
        continues = [one for one in self.cases if one.follow_up_of == main.number and one.is_open]
        if main.is_open:
            self._added(main, by, now, confirms=confirms)
            if main is not case:
                self.mail(main, "added_to_main_case", by)
        elif self.may_reopen(main, now):
            main.status, main.closed_at, main.responded = "Customer Re-opened", None, False
            main.begin(now)
            self._wrote(main, by)
            self.mail(main, "case_reopened")
        elif continues:
            main = continues[-1]
            self._added(main, by, now)
        else:
            main = self.opens(main.organisation, plan, by, now, after=main.number)
            main.said.append(("mail", by))
        return main

    def may_reopen(self, case: ModelCase, now: datetime) -> bool:
        if case.status == "Closed, No Response" and not case.plan.no_response_reopens:
            return False
        if case.closed_at is None or case.status == "Duplicate":
            return False
        days = case.plan.reopen_days
        ended, today = (moment.astimezone(case.plan.zone).date() for moment in (case.closed_at, now))
        return days is None or today <= ended + days * DAY

    def _wrote(self, case: ModelCase, by: str) -> None:
        case.correspondents[by] = None
        case.said.append(("mail", by))
        self.mail(case, "agent_customer_replied", AGENT)

    def _added(self, case: ModelCase, by: str, now: datetime, *, confirms: bool = False) -> None:
        self._wrote(case, by)
        case.answered(now)
        if case.status == "Resolved, Follow-up Required" and confirms:
            case.end("Closed", now)
            self.mail(case, "case_closed")
        elif case.status in {"Waiting for Details", "Resolved, Follow-up Required"}:
            case.status = "In Progress"

    def comments(self, case: ModelCase, by: str) -> None:
        case.said.append(("comment", by))
        self.mail(case, "agent_customer_replied", AGENT)

    # --- what agents do ----------------------------------------------------------------------------

    def says(self, case: ModelCase, now: datetime, *, asks: bool = False, by_phone: bool = False) -> None:
        """Ours: on a closed case an agent may say something, not ask; on a duplicate neither."""
        require(case.is_open or not (asks or case.status == "Duplicate"))
        if case.status in {"New", "Customer Re-opened"}:
            case.status = "In Progress"
        if asks:
            case.answered(now)
            case.waiting_since = now
            case.status = "Waiting for Details" if "Waiting for Details" in case.plan.statuses else case.status
        case.seen(now)
        case.said.append(("call" if by_phone else "reply", AGENT))
        if not by_phone:
            self.mail(case, "agent_reply")

    def sets(self, case: ModelCase, status: str, now: datetime, *, until: datetime | None = None) -> None:
        """Ours: a hold's time replaces an estimate, also by none."""
        require(case.is_open and status in case.plan.statuses)
        case.answered(now)
        case.seen(now)
        case.status = status
        case.etr = until if status == "On Hold" else case.etr
        case.waiting_since = now if status == "Waiting for Details" else None
        self.mail(case, "status_changed")

    def prioritises(self, case: ModelCase, priority: str, now: datetime) -> None:
        require(case.is_open)
        if priority != case.priority:
            case.priority = priority
            case.begin(now)

    def estimates(self, case: ModelCase, etr: datetime | None, now: datetime) -> None:
        require(case.is_open and (etr or case.etr) is not None)
        if etr is None:  # ours: taken back without a word, and the cadence starts anew
            case.etr, case.update_from = None, now
            return
        self.mail(case, "etr_set" if case.etr is None else "etr_changed")
        case.seen(now)
        case.etr = etr

    def resolves(self, case: ModelCase, now: datetime) -> None:
        """Ours: a plan that asks for no confirmation closes at once."""
        resolved = "Resolved, Follow-up Required"
        require(case.is_open)
        case.answered(now)
        case.seen(now)
        if resolved in case.plan.statuses:
            case.status, case.etr, case.waiting_since = resolved, None, now
            self.mail(case, "case_resolved")
        else:
            self.closes(case, now)

    def closes(self, case: ModelCase, now: datetime) -> None:
        require(case.is_open)
        case.end("Closed", now)
        self.mail(case, "case_closed")

    def marks(self, case: ModelCase, main: ModelCase, now: datetime) -> None:
        require(case.is_open and "Duplicate" in case.plan.statuses and main is not case)
        require(main.organisation == case.organisation and main.status != "Duplicate")
        case.end("Duplicate", now)
        case.duplicate_of = main.number
        self.mail(case, "status_changed")

    def reopens(self, case: ModelCase, now: datetime) -> None:
        """Ours: what was no duplicate, or not solved after all, goes on In Progress."""
        goes_on = case.status in {"Duplicate", "Resolved, Follow-up Required"}
        require(goes_on or self.may_reopen(case, now))
        case.status = "In Progress" if goes_on else "Customer Re-opened"
        case.responded, case.duplicate_of, case.closed_at = False, None, None
        case.waiting_since = case.warned_at = case.etr = None
        case.begin(now)
        self.mail(case, "case_reopened")

    # --- what time does ------------------------------------------------------------------------------

    def tick(self, now: datetime) -> None:
        """Everything due is done, once for each case and kind."""
        for case in self.cases:
            while owed := sorted((at, kind) for kind, at in case.due().items() if at <= now):
                self._keep(case, *owed[0], now)

    def _keep(self, case: ModelCase, at: datetime, kind: str, now: datetime) -> None:
        late = now > at + LATE and kind in {"scheduled_update", "etr_passed"}
        if kind in {"first_response_reminder", "resolution_reminder"}:
            self.mail(case, "agent_reminder", AGENT)
        else:
            self.mail(case, "closed_no_response" if kind == "no_response_close" else kind, late=late)
        case.told.add((kind, at))
        if kind == "scheduled_update":
            case.update_from = at if now - at <= PUNCTUAL else now
        elif kind == "etr_passed":
            case.etr, case.update_from = None, now
        elif kind == "resolution_missed":
            case.missed, case.update_from = True, now
        elif kind == "no_response_warning":
            case.warned_at = now
        elif kind == "no_response_close":
            case.end("Closed" if case.status == "Resolved, Follow-up Required" else "Closed, No Response", now)


def require(possible: bool) -> None:
    if not possible:
        raise Refused

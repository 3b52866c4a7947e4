"""The real desk does what a small model of it does, whatever happens in whatever order (plans 2-6).

Hypothesis makes up histories: mail from everybody who may write and many who may not, agents'
acts, time that passes in minutes or weeks, over weekends and changes of the clock, days of
down time. After every step the desk, with its own doors, worker, scheduler and database, is
compared with `model_of_the_desk`: every case, everything owed, every mail to everybody.
"""

import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from intake.parsing import Parser
from models import acts
from models.authentication import Authentication
from models.case import CaseEvent, CaseStatus, Priority, case_number
from models.obligation import ObligationState
from models.organisation import Mode, Role
from models.rules.lifecycle import next_status
from models.store import tables
from models.store.database import Database
from models.store.upgrade import upgrade
from tests.builders import NETWORK_OF_RELAYS, NOW, SUPPORT, a_policy, plans
from tests.properties.model_of_the_desk import AGENT, ModelCase, ModelDesk, Refused
from tests.world import AUTHSERV_ID, World, strictly, text_of

ACME, INITECH = "Acme", "Initech"
PLAN: Final = {ACME: "calltower-2021", INITECH: "calltower-2013"}
ALICE, BOB, IVAN, RITA = "alice@acme.example", "bob@acme.example", "ivan@initech.example", "rita@reseller.example"
MPOCS: Final = {ALICE: {ACME}, BOB: {ACME}, IVAN: {INITECH}, RITA: {ACME, INITECH}}
"""Rita is a reseller: MPOC of both."""
CAROL, FRED = "carol@acme.example", "fred@acme.example"
"""Who gets the bills, and who was an MPOC once."""
ERIN, MALLORY, PAT = "erin@acme.example", "mallory@stranger.example", "pat@partner.example"
"""An end user, a stranger, and somebody whom an MPOC may put in copy."""
STAFF: Final = {AGENT, "agents@example.net", "ops@example.org"}
EVIDENCE: Final = ("signed address", "our Message-ID", "their Message-ID", "subject")
STARTS: Final = (NOW, datetime(2027, 3, 12, 17, 10, tzinfo=UTC), datetime(2027, 11, 5, 22, 50, tzinfo=UTC))
"""A Monday, and two Fridays before the clocks of the United States change."""
MOST_CASES: Final = 5
ENDED = tuple(status.value for status in (CaseStatus.CLOSED, CaseStatus.CLOSED_NO_RESPONSE, CaseStatus.DUPLICATE))
SETTABLE: Final = (
    CaseStatus.IN_PROGRESS,
    CaseStatus.ESCALATED,
    CaseStatus.RESEARCHING,
    CaseStatus.SHIPPING,
    CaseStatus.WAITING_FOR_DETAILS,
)

a_case = st.integers(0, MOST_CASES - 1)
an_mpoc = st.sampled_from(list(MPOCS))
some_time = st.one_of(
    st.integers(1, 300).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(1, 200).map(lambda hours: timedelta(hours=hours)),
)
"""As far ahead as an agent promises something."""


class TheDesk(RuleBasedStateMachine):
    """One history of one desk."""

    histories = states = 0

    def __init__(self, parser: Parser, pristine: Path) -> None:
        super().__init__()
        TheDesk.histories += 1
        self.directory = Path(tempfile.mkdtemp(prefix="cg-", dir=pristine.parent.parent))
        shutil.copy(pristine, self.directory / "casegate.db")
        self.world = World(self.directory, parser, policy=the_policy())
        self.model = ModelDesk()
        self.subjects = 0

    def teardown(self) -> None:
        try:
            if self.subjects:
                self._all_is_delivered_once()
        finally:
            self.world.close()
            shutil.rmtree(self.directory)

    def _all_is_delivered_once(self) -> None:
        self.world.deliver()
        owed = Counter(recipient for _, recipient, _ in self.world.notices())
        assert owed == Counter(posted.recipient for posted in self.world.relay.taken)
        assert [] == self.world.offenders()

    @property
    def now(self) -> datetime:
        return self.world.now

    def case(self, nth: int) -> ModelCase:
        return self.model.cases[nth % len(self.model.cases)]

    has_cases = precondition(lambda self: self.model.cases)

    @initialize(start=st.sampled_from(STARTS), who=st.sampled_from([ALICE, IVAN]))
    def begins(self, start: datetime, who: str) -> None:
        self.world.now = start
        self.new_mail(who, urgent=False, copy=False)

    # --- mail of those who may write -----------------------------------------------------------

    @precondition(lambda self: len(self.model.cases) < MOST_CASES)
    @rule(who=st.sampled_from([ALICE, BOB, IVAN]), urgent=st.booleans(), copy=st.booleans())
    def new_mail(self, who: str, urgent: bool, copy: bool) -> None:
        """However urgent it says it is, it opens a P4 case."""
        subject = self._subject("URGENT! Priority P1" if urgent else "No dial tone")
        self._write(who, subject=subject, headers={"X-Priority": "1"} if urgent else {}, copy=copy)
        self._opened(who, copy=copy)

    def _opened(self, who: str, *, copy: bool) -> None:
        (organisation,) = MPOCS[who]
        case = self.model.opens(organisation, PLAN[organisation], who, self.now)
        case.said.append(("mail", who))
        case.participants |= {PAT} if copy else set()

    @rule()
    def reseller_says_not_for_whom(self) -> None:
        """Held: nobody knows whose case it would be."""
        self._write(RITA, subject=self._subject("A new phone"))

    @has_cases
    @rule(nth=a_case, who=an_mpoc, evidence=st.sampled_from(EVIDENCE), copy=st.booleans())
    def mpoc_replies(self, nth: int, who: str, evidence: str, copy: bool) -> None:
        """By whatever leads to the case; of another organisation's case it is as if nothing led there."""
        case = self.case(nth)
        if case.organisation not in MPOCS[who] and (who == RITA or len(self.model.cases) >= MOST_CASES):
            return
        self._write(who, **self._leading_to(case, who, evidence), copy=copy)
        if case.organisation not in MPOCS[who]:
            self._opened(who, copy=copy)
            return
        went_to = self.model.replies(case, PLAN[case.organisation], who, self.now)
        went_to.participants |= {PAT} if copy else set()

    @has_cases
    @rule(nth=a_case, who=st.sampled_from([ALICE, BOB]), confirms=st.booleans())
    def mpoc_takes_a_link(self, nth: int, who: str, confirms: bool) -> None:
        """The links of "resolved, please confirm", as long ago as it may be."""
        case = self.case(nth)
        mail = self._last_mail(case, who, kind="case_resolved")
        if mail is None:
            return
        start = "support+k" if confirms else "support+n"
        words = (word.strip("<>.,") for word in text_of(mail).split())
        link = next(word for word in words if word.startswith(start))
        self._write(who, to=link, subject=f"Re: {mail['Subject']}")
        confirms = confirms and case.status == CaseStatus.RESOLVED_FOLLOW_UP.value
        self.model.replies(case, PLAN[case.organisation], who, self.now, confirms=confirms)

    # --- mail of those who may not -------------------------------------------------------------------

    @has_cases
    @rule(nth=a_case, who=st.sampled_from([ALICE, IVAN]), evidence=st.sampled_from(EVIDENCE))
    def machine_answers(self, nth: int, who: str, evidence: str) -> None:
        """Out of office: no reply, whatever it answers."""
        leading = self._leading_to(self.case(nth), who, evidence)
        headers = {**leading.pop("headers", {}), "Auto-Submitted": "auto-replied"}
        self._write(who, **leading, headers=headers)

    @has_cases
    @rule(
        nth=a_case,
        who=st.sampled_from([ALICE, CAROL, FRED, ERIN, MALLORY]),
        evidence=st.sampled_from(EVIDENCE),
        proved=st.booleans(),
    )
    def nobody_who_may_writes(self, nth: int, who: str, evidence: str, proved: bool) -> None:
        """In an MPOC's name without proof, or with proof by who is no MPOC: held, with whatever led to the case."""
        proved = proved and who not in MPOCS
        self._write(who, **self._leading_to(self.case(nth), who, evidence), proved=proved)

    @has_cases
    @rule(nth=a_case, proved=st.booleans())
    def participant_writes(self, nth: int, proved: bool) -> None:
        """A comment on that one case, where it is open; else Pat is a stranger."""
        case = self.case(nth)
        self._write(PAT, **self._leading_to(case, PAT, "subject"), proved=proved)
        if proved and case.is_open and PAT in case.participants:
            self.model.comments(case, PAT)

    # --- what agents do ----------------------------------------------------------------------------------

    @has_cases
    @rule(nth=a_case, asks=st.booleans())
    def agent_replies(self, nth: int, asks: bool) -> None:
        case = self.case(nth)
        self._act(case, acts.Reply(text="We are on it.", asks=asks), lambda: self.model.says(case, self.now, asks=asks))

    @has_cases
    @rule(nth=a_case)
    def agent_calls(self, nth: int) -> None:
        case = self.case(nth)
        self._act(
            case, acts.Note(text="Told Alice.", call=True), lambda: self.model.says(case, self.now, by_phone=True)
        )

    @has_cases
    @rule(nth=a_case)
    def agent_notes(self, nth: int) -> None:
        """Nobody outside sees it, so it keeps no promise."""
        case = self.case(nth)
        self._act(case, acts.Note(text="Check the gateway."), lambda: case.said.append(("note", AGENT)))

    @has_cases
    @rule(nth=a_case, status=st.sampled_from(SETTABLE))
    def agent_sets_status(self, nth: int, status: CaseStatus) -> None:
        case = self.case(nth)
        self._act(case, acts.SetStatus(status=status), lambda: self.model.sets(case, status.value, self.now))

    @has_cases
    @rule(nth=a_case, priority=st.sampled_from([Priority.P1, Priority.P2, Priority.P3, Priority.P4]))
    def agent_sets_priority(self, nth: int, priority: Priority) -> None:
        case = self.case(nth)
        act = acts.SetPriority(priority=priority)
        self._act(case, act, lambda: self.model.prioritises(case, priority.value, self.now))

    @has_cases
    @rule(nth=a_case, ahead=st.none() | some_time)
    def agent_holds(self, nth: int, ahead: timedelta | None) -> None:
        case, until = self.case(nth), None if ahead is None else self.now + ahead
        self._act(case, acts.PutOnHold(until=until), lambda: self.model.sets(case, "On Hold", self.now, until=until))

    @has_cases
    @rule(nth=a_case, ahead=st.none() | some_time)
    def agent_estimates(self, nth: int, ahead: timedelta | None) -> None:
        case, etr = self.case(nth), None if ahead is None else self.now + ahead
        self._act(case, acts.SetEtr(etr=etr), lambda: self.model.estimates(case, etr, self.now))

    @has_cases
    @rule(nth=a_case)
    def agent_resolves(self, nth: int) -> None:
        case = self.case(nth)
        self._act(case, acts.Resolve(), lambda: self.model.resolves(case, self.now))

    @has_cases
    @rule(nth=a_case)
    def agent_closes(self, nth: int) -> None:
        case = self.case(nth)
        self._act(case, acts.Close(), lambda: self.model.closes(case, self.now))

    @has_cases
    @rule(nth=a_case)
    def agent_reopens(self, nth: int) -> None:
        case = self.case(nth)
        self._act(case, acts.Reopen(), lambda: self.model.reopens(case, self.now))

    @precondition(lambda self: len(self.model.cases) > 1)
    @rule(nth=a_case, other=a_case)
    def agent_marks_a_duplicate(self, nth: int, other: int) -> None:
        case, main = self.case(nth), self.case(other)
        act = acts.MarkDuplicate(main=self.world.as_law_sees_it(main.number))
        self._act(case, act, lambda: self.model.marks(case, main, self.now))

    def _act(self, case: ModelCase, act: acts.Act, in_model: Callable[[], None]) -> None:
        """Both do it, or both refuse."""
        try:
            self.world.act(case.number, act)
        except acts.Refusal:
            with pytest.raises(Refused):
                in_model()
            return
        self.world.settle()
        in_model()

    # --- time ------------------------------------------------------------------------------------------------

    @rule(minutes=st.integers(1, 240))
    def minutes_pass(self, minutes: int) -> None:
        self._passes(timedelta(minutes=minutes))

    @rule(hours=st.integers(4, 96))
    def days_pass(self, hours: int) -> None:
        """With nobody at work, or nothing: the scheduler looks once, at the end."""
        self._passes(timedelta(hours=hours))

    @rule(days=st.integers(5, 20))
    def weeks_pass(self, days: int) -> None:
        self._passes(timedelta(days=days))

    @rule(most=st.integers(1, 6), early=st.booleans())
    def promises_fall_due(self, most: int, early: bool) -> None:
        """The scheduler at work: it looks a second before each due time, where nothing is done, and at it."""
        for _ in range(most):
            due = [at for case in self.model.cases for at in case.due().values()]
            if not due:
                return
            if early:
                self._passes(min(due) - self.now - timedelta(seconds=1))
                self.holds()
            self._passes(min(due) - self.now)
            self.holds()

    @has_cases
    @rule(nth=a_case, hours=st.integers(1, 100), who=an_mpoc, evidence=st.sampled_from(EVIDENCE))
    def agent_asks_and_mpoc_answers(self, nth: int, hours: int, who: str, evidence: str) -> None:
        """What most cases are made of."""
        self.agent_replies(nth, asks=True)
        self._passes(timedelta(hours=hours))
        self.mpoc_replies(nth, who, evidence, copy=False)

    @has_cases
    @rule(nth=a_case, seconds=st.integers(-1, 1), who=st.sampled_from([ALICE, IVAN]))
    def mpoc_replies_at_the_end_of_the_last_day(self, nth: int, seconds: int, who: str) -> None:
        """A second before a closed case can be re-opened no more, at that moment, and after it."""
        case = self.case(nth)
        if case.closed_at is None or case.plan.reopen_days is None:
            return
        last = case.closed_at.astimezone(case.plan.zone).date() + timedelta(days=case.plan.reopen_days + 1)
        midnight = datetime.combine(last, time_of_day(), case.plan.zone).astimezone(UTC)
        self._passes(midnight - self.now + timedelta(seconds=seconds))
        self.mpoc_replies(nth, who, "subject", copy=False)

    def _passes(self, duration: timedelta) -> None:
        self.world.now += max(duration, timedelta())
        while self.world.scheduler.step():
            pass
        self.world.settle()
        self.model.tick(self.now)

    # --- what must hold after every step -----------------------------------------------------------------------

    @invariant()
    def holds(self) -> None:
        TheDesk.states += 1
        self._is_as_the_model_says()
        self._every_transition_is_in_the_table()
        self._mail_goes_to_nobody_outside()
        assert [] == self.world.offenders()
        assert [] == self.world.parked()

    def _is_as_the_model_says(self) -> None:
        assert [_of_model(case) for case in self.model.cases] == self._cases()
        assert self._owed_by_model() == self._owed()
        assert self.model.mails == self._mails()
        assert {case.number: case.said for case in self.model.cases} == self._said()

    def _every_transition_is_in_the_table(self) -> None:
        transition = tables.transition
        for case in self.model.cases:
            chosen = sa.select(transition).where(transition.c.case_id == case.number).order_by(transition.c.id)
            rows = self._rows(chosen)
            assert (None, "opened", "New") == (rows[0].from_status, rows[0].event, rows[0].to_status)
            plan = plans()[PLAN[case.organisation]]
            for earlier, row in pairwise(rows):
                assert earlier.to_status == row.from_status
                reached = next_status(CaseStatus(row.from_status), CaseEvent(row.event), plan)
                assert reached.value == row.to_status

    def _mail_goes_to_nobody_outside(self) -> None:
        """But the kind word to a proved writer that he may not write, once a day."""
        chosen = sa.select(tables.outbox.c.kind, tables.outbox.c.recipient, tables.outbox.c.cause)
        known = {*MPOCS, *STAFF}
        outside = [row for row in self._rows(chosen) if row.recipient not in known]
        assert {"not_authorised", "go_through_mpoc"} >= {row.kind for row in outside}
        assert {CAROL, FRED, ERIN, MALLORY, PAT} >= {row.recipient for row in outside}
        assert len({(row.recipient, row.cause) for row in outside}) == len(outside)

    # --- the desk as it is ----------------------------------------------------------------------------------------

    def _rows(self, chosen: sa.Select[Any]) -> list[sa.Row[Any]]:
        with self.world.database.read() as connection:
            return list(connection.execute(chosen))

    def _cases(self) -> list[dict[str, object]]:
        columns = [tables.cases.c[name] for name in ("id", *_COMPARED)]
        return [dict(row._mapping) for row in self._rows(sa.select(*columns).order_by(tables.cases.c.id))]

    def _owed(self) -> Counter[tuple[int, str, datetime]]:
        owed = tables.obligation
        chosen = sa.select(owed).where(owed.c.state == ObligationState.OWED.value)
        return Counter((row.case_id, row.kind, row.due_at) for row in self._rows(chosen))

    def _owed_by_model(self) -> Counter[tuple[int, str, datetime]]:
        return Counter((case.number, kind, at) for case in self.model.cases for kind, at in case.due().items())

    def _mails(self) -> Counter[tuple[int, str, str, bool]]:
        """All that was sent about cases; of alarms to agents the model knows nothing."""
        chosen = sa.select(tables.outbox).where(
            tables.outbox.c.case_id.is_not(None), tables.outbox.c.kind != "agent_security"
        )
        return Counter(
            (row.case_id, row.kind, row.recipient, bool(json.loads(row.notice)["context"].get("late")))
            for row in self._rows(chosen)
        )

    def _said(self) -> dict[int, list[tuple[str, str]]]:
        said = tables.correspondence
        found: dict[int, list[tuple[str, str]]] = {case.number: [] for case in self.model.cases}
        for row in self._rows(sa.select(said).order_by(said.c.id)):
            found[row.case_id].append((row.kind, row.author_address))
        return found

    # --- writing ------------------------------------------------------------------------------------------------------

    def _subject(self, words: str) -> str:
        self.subjects += 1
        return f"{words} {self.subjects}"

    def _write(
        self,
        who: str,
        *,
        to: str = SUPPORT,
        subject: str,
        headers: dict[str, str] | None = None,
        copy: bool = False,
        proved: bool = True,
    ) -> None:
        """Mail through the door of our own relay, which says whether it is proved; the worker settles it."""
        domain = who.rpartition("@")[2]
        verdict = "pass" if proved else "fail"
        results = f"dkim={verdict} header.d={domain}; dmarc={verdict} header.from={domain}"
        copied = {"Cc": PAT} if copy else {}
        self.subjects += 1
        self.world.send(from_=who, to=to, subject=subject, headers={**(headers or {}), **copied}, results=results)
        self.world.settle()

    def _leading_to(self, case: ModelCase, who: str, evidence: str) -> dict[str, Any]:
        """What of a mail shows that it belongs to a case; the tag in the subject where there is nothing else."""
        tagged = {"subject": f"Re: [#{case_number(case.number)}] No dial tone"}
        mail = self._last_mail(case, who)
        if evidence == "signed address" and mail is not None:
            return {"to": str(mail["Reply-To"]), "subject": self._subject("Re: something")}
        if evidence == "our Message-ID":
            chosen = sa.select(tables.outbox.c.message_id).where(tables.outbox.c.case_id == case.number)
            named = self._rows(chosen)[-1].message_id
            return {"headers": {"In-Reply-To": named}, "subject": self._subject("Re: something")}
        if evidence == "their Message-ID":
            said = tables.correspondence
            chosen = sa.select(said.c.message_id).where(said.c.case_id == case.number, said.c.message_id.is_not(None))
            named = self._rows(chosen)[-1].message_id
            return {"headers": {"References": f"<{named}>"}, "subject": self._subject("Re: something")}
        return tagged

    def _last_mail(self, case: ModelCase, who: str, kind: str | None = None) -> EmailMessage | None:
        """What somebody last got about a case."""
        outbox = tables.outbox
        chosen = (
            sa.select(tables.frozen.c.raw)
            .join(outbox, outbox.c.id == tables.frozen.c.outbox_id)
            .where(outbox.c.case_id == case.number, outbox.c.recipient == who, (outbox.c.kind == kind) | (kind is None))
            .order_by(outbox.c.id.desc())
            .limit(1)
        )
        rows = self._rows(chosen)
        return strictly(rows[0].raw) if rows else None


_COMPARED: Final = (
    "status",
    "priority",
    "waiting_since",
    "warned_at",
    "etr",
    "closed_at",
    "follow_up_of",
    "duplicate_of",
)


def _of_model(case: ModelCase) -> dict[str, object]:
    return {"id": case.number, **{name: getattr(case, name) for name in _COMPARED}}


def the_policy() -> Any:
    """A desk that asks for proof, and believes its own relay."""
    return a_policy(mode=Mode.ALIGNED, authentication=Authentication(authserv_id=AUTHSERV_ID, relays=NETWORK_OF_RELAYS))


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    parser = Parser()
    yield parser
    parser.close()


@pytest.fixture(scope="module")
def pristine(parser: Parser) -> Iterator[Path]:
    """A database in which everybody is known and nothing has happened, to be copied."""
    memory = Path("/dev/shm")
    directory = Path(tempfile.mkdtemp(prefix="cg-", dir=memory if memory.is_dir() else None))
    path = directory / "pristine" / "casegate.db"
    path.parent.mkdir()
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    world = World(path.parent, parser, policy=the_policy())
    world.add_department("support", address="agents@example.net")
    world.add_agent("dana")
    for organisation, domain in ((ACME, "acme.example"), (INITECH, "initech.example")):
        world.add_organisation(organisation, domains=[domain], plan=PLAN[organisation])
    for who, organisations in MPOCS.items():
        for organisation in sorted(organisations):
            world.add_contact(organisation, who, name=who.partition("@")[0].capitalize())
    world.add_contact(ACME, CAROL, name="Carol", roles=[Role.BILLING])
    world.add_contact(ACME, FRED, name="Fred", active=False)
    world.close()
    yield path
    with suppress(OSError):
        shutil.rmtree(directory)


QUICK: Final = settings(
    max_examples=6, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@pytest.mark.timeout(600)
def test_the_desk_does_what_its_model_does(parser: Parser, pristine: Path) -> None:
    """A few histories; `make soak` makes up many."""
    run_state_machine_as_test(lambda: TheDesk(parser, pristine), settings=QUICK)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_desk_does_what_its_model_does_for_long(parser: Parser, pristine: Path) -> None:
    """As many histories as fit into SOAK_MINUTES, or a quarter of an hour."""
    until = time.monotonic() + 60 * float(os.environ.get("SOAK_MINUTES", "15"))
    TheDesk.histories = TheDesk.states = 0
    while time.monotonic() < until:
        run_state_machine_as_test(
            lambda: TheDesk(parser, pristine), settings=settings(QUICK, max_examples=10, stateful_step_count=60)
        )
    print(f"\n| histories | {TheDesk.histories} |\n| states compared | {TheDesk.states} |")

"""Word of a case to those it concerns: one method for each notice about a case that is there.

A case's correspondents are whoever opened it and every MPOC who wrote on it; one mail each,
in their language and zone, with the reply address signed for them (plans 6).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.acts import Actor, Reply
from models.case import Case
from models.dossier import Dossier
from models.notice import (
    AgentAssigned,
    AgentReminder,
    AgentReply,
    CaseClosed,
    CaseReopened,
    CaseResolved,
    ClosedNoResponse,
    Context,
    EtrChanged,
    EtrPassed,
    EtrSet,
    NoResponseWarning,
    Notice,
    ResolutionMissed,
    ScheduledUpdate,
    StatusChanged,
)
from models.organisation import Department, KnownAgent, KnownContact
from models.plan import SupportPlan
from models.policy import Policy
from models.rules.clocks import closes_at, next_update, respond_by
from models.rules.mailing import Staff, case_address, correspondents, staff_of, to_contact, to_staff, today_of
from models.tokens import Purpose


@dataclass(frozen=True, slots=True)
class LastNote:
    """What an agent last wrote for the customer, and when."""

    text: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Word of one case, hanging on one cause. `writer` wrote just now and is a correspondent from now on."""

    dossier: Dossier
    policy: Policy
    cause: str
    now: datetime
    writer: KnownContact | None = None
    answers: str | None = None

    @property
    def plan(self) -> SupportPlan:
        return self.policy.plan(self.dossier.case.plan)

    # --- to the customer ---------------------------------------------------------------

    def reply(self, act: Reply, after: Case, by: Actor) -> tuple[Notice, ...]:
        return self._to_correspondents(
            lambda to: AgentReply(
                **self._case_mail(to, after),
                agent_name=by.name,
                text=act.text,
                asks=act.asks,
                items=act.items,
                files=act.files,
            )
        )

    def reopened(self, after: Case, received_at: datetime) -> tuple[Notice, ...]:
        return self._to_correspondents(
            lambda to: CaseReopened(
                **self._case_mail(to, after),
                priority=after.priority,
                status=self.plan.status_name(after.status, to.language),
                received_at=received_at,
                respond_by=respond_by(after, self.plan),
                update_by=next_update(after, self.plan),
            )
        )

    def status_changed(self, after: Case, note: str) -> tuple[Notice, ...]:
        before = self.dossier.case
        return self._to_correspondents(
            lambda to: StatusChanged(
                **self._case_mail(to, after),
                status=self.plan.status_name(after.status, to.language),
                previous_status=self.plan.status_name(before.status, to.language),
                note=note,
                next_update_by=after.etr or next_update(after, self.plan),
                waits_for_you=after.waiting_since is not None,
                closes_by=closes_at(after, self.plan),
            )
        )

    def etr(self, etr: datetime, *, previous: datetime | None) -> tuple[Notice, ...]:
        case = self.dossier.case
        if previous is None:
            return self._to_correspondents(lambda to: EtrSet(**self._case_mail(to, case), etr=etr))
        return self._to_correspondents(lambda to: EtrChanged(**self._case_mail(to, case), etr=etr, previous=previous))

    def etr_passed(self, after: Case, etr: datetime, *, late: bool) -> tuple[Notice, ...]:
        return self._to_correspondents(
            lambda to: EtrPassed(
                **self._case_mail(to, after), etr=etr, next_update_by=next_update(after, self.plan), late=late
            )
        )

    def scheduled_update(self, after: Case, note: LastNote, due_at: datetime, *, late: bool) -> tuple[Notice, ...]:
        return self._to_correspondents(
            lambda to: ScheduledUpdate(
                **self._case_mail(to, after),
                status=self.plan.status_name(after.status, to.language),
                priority=after.priority,
                last_note=note.text,
                last_note_at=note.at,
                next_update_by=next_update(after, self.plan),
                due_at=due_at,
                late=late,
            )
        )

    def resolved(self, after: Case, summary: str) -> tuple[Notice, ...]:
        return self._to_correspondents(
            lambda to: CaseResolved(
                **self._case_mail(to, after),
                summary=summary,
                confirm_address=self._address(Purpose.CONFIRM, to),
                not_solved_address=self._address(Purpose.NOT_SOLVED, to),
                closes_by=closes_at(after, self.plan),
            )
        )

    def closed(self, after: Case, summary: str, *, confirmed: bool) -> tuple[Notice, ...]:
        until = self.plan.reopen_until(self.now)
        return self._to_correspondents(
            lambda to: CaseClosed(
                **self._case_mail(to, after),
                summary=summary,
                reopen_until=until,
                reopen_unlimited=until is None,
                confirmed=confirmed,
            )
        )

    def no_response_warning(self, after: Case, waiting_since: datetime, closing: datetime) -> tuple[Notice, ...]:
        return self._to_correspondents(
            lambda to: NoResponseWarning(**self._case_mail(to, after), waiting_since=waiting_since, closes_at=closing)
        )

    def closed_no_response(self, after: Case) -> tuple[Notice, ...]:
        reopens = self.plan.may_reopen(after.status, self.now, self.now)
        return self._to_correspondents(
            lambda to: ClosedNoResponse(
                **self._case_mail(to, after),
                reopens=reopens,
                reopen_until=self.plan.reopen_until(self.now) if reopens else None,
            )
        )

    def resolution_missed(self, after: Case, target: datetime) -> tuple[Notice, ...]:
        return self._to_correspondents(lambda to: ResolutionMissed(**self._case_mail(to, after), target=target))

    # --- to agents -----------------------------------------------------------------------

    def assigned(self, agent: KnownAgent, after: Case, by: Actor) -> tuple[Notice, ...]:
        """Word to the agent who got the case, unless it was the agent's own act."""
        if by.agent is not None and by.agent.agent_id == agent.agent_id:
            return ()
        return (self._assigned(agent, after, by),)

    def handed_to(self, department: Department, after: Case, by: Actor) -> tuple[Notice, ...]:
        return (self._assigned(department, after, by),)

    def _assigned(self, to: Staff, after: Case, by: Actor) -> Notice:
        context = AgentAssigned(
            **self._agent_mail(to, after),
            by=by.name,
            status=after.status.value,
            priority=after.priority,
            respond_by=respond_by(after, self.plan),
        )
        return self.to_staff(context, to)

    def reminder(self, what: str, due_at: datetime) -> tuple[Notice, ...]:
        """To the case's agent: what was promised is about to be missed."""
        to = staff_of(self.dossier)
        context = AgentReminder(
            **self._agent_mail(to, self.dossier.case),
            what="resolution" if what == "resolution" else "first_response",
            due_at=due_at,
        )
        return (self.to_staff(context, to),)

    def to_staff(self, context: Context, to: Staff) -> Notice:
        """A notice of this case to one of ours; an agent's answer to it goes to the customer."""
        return to_staff(
            self.policy,
            context,
            cause=self.cause,
            to=to,
            case_id=self.dossier.case.case_id,
            department=self.dossier.department.key,
            thread=self.dossier.thread,
            now=self.now,
        )

    # --- parts ---------------------------------------------------------------------------

    def _to_correspondents(self, context: Callable[[KnownContact], Context]) -> tuple[Notice, ...]:
        return tuple(
            to_contact(
                self.policy,
                context(to),
                cause=self.cause,
                contact=to,
                department=self.dossier.department.key,
                case_id=self.dossier.case.case_id,
                answers=self.answers if to is self.writer else None,
                thread=self.dossier.thread,
                now=self.now,
            )
            for to in self._correspondents()
        )

    def _correspondents(self) -> tuple[KnownContact, ...]:
        """One for each address; the writer of the moment stands for the contact the directory knows."""
        known = correspondents(self.dossier, today_of(self.policy, self.dossier.case.plan, self.now))
        everybody = known if self.writer is None else (*known, self.writer)
        return tuple({contact.address: contact for contact in everybody}.values())

    def _address(self, purpose: Purpose, to: KnownContact) -> str:
        return case_address(self.policy, self.dossier.department.key, purpose, self.dossier.case.case_id, to.address)

    def _case_mail(self, to: KnownContact, case: Case) -> dict[str, Any]:
        return {
            "desk": self.policy.desk,
            "case_number": case.number,
            "subject": case.subject,
            "organisation": self.dossier.organisation,
            "contact_name": to.name,
            "zone": to.zone,
        }

    def _agent_mail(self, to: Staff, case: Case) -> dict[str, Any]:
        return {
            "desk": self.policy.desk,
            "case_number": case.number,
            "subject": case.subject,
            "organisation": self.dossier.organisation,
            "contact_name": to.name,
            "zone": self.plan.zone.key,
        }

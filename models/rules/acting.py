"""What an agent's act does to a case, who hears of it, and what cannot be (plans 2, 3, 4, contract 2).

One act, one function. Every act that the customer sees counts as an update and as the first
response: the clocks go on from it. Refusal says what is in the way, in one line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from models.acts import (
    Act,
    Actor,
    Assign,
    Close,
    Link,
    MarkDuplicate,
    Note,
    PutOnHold,
    Refusal,
    Reopen,
    Reply,
    Resolve,
    SetDepartment,
    SetEtr,
    SetPriority,
    SetStatus,
    SetVendor,
)
from models.case import Case, CaseEvent, CaseStatus, Priority
from models.dossier import Dossier
from models.obligation import ObligationKind
from models.plan import SupportPlan
from models.policy import Policy
from models.rules.clocks import begun_anew, reprioritised, resumed
from models.rules.effects import VISIBLE_ACT, CaseChange, Consequences, Deed, Entry, EntryKind, changed
from models.rules.lifecycle import IllegalTransition, next_status
from models.rules.telling import Telling

_EVENT_OF: Final[Mapping[CaseStatus, CaseEvent]] = {
    CaseStatus.IN_PROGRESS: CaseEvent.SET_IN_PROGRESS,
    CaseStatus.ESCALATED: CaseEvent.SET_ESCALATED,
    CaseStatus.ON_HOLD: CaseEvent.SET_ON_HOLD,
    CaseStatus.RESEARCHING: CaseEvent.SET_RESEARCHING,
    CaseStatus.SHIPPING: CaseEvent.SET_SHIPPING,
    CaseStatus.WAITING_FOR_DETAILS: CaseEvent.AGENT_ASKED,
}
"""How an agent sets a status; others are reached by an act of their own."""

_INSTEAD: Final[Mapping[CaseStatus, str]] = {
    CaseStatus.RESOLVED_FOLLOW_UP: "resolve",
    CaseStatus.CLOSED: "close",
    CaseStatus.CLOSED_NO_RESPONSE: "close",
    CaseStatus.DUPLICATE: "duplicate",
    CaseStatus.CUSTOMER_REOPENED: "reopen",
    CaseStatus.NEW: "assign",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Somebody acts on a case at a moment. `cause` names the act, once for ever; all effects hang on it."""

    dossier: Dossier
    by: Actor
    policy: Policy
    now: datetime
    cause: str

    @property
    def case(self) -> Case:
        return self.dossier.case

    @property
    def plan(self) -> SupportPlan:
        return self.policy.plan(self.case.plan)

    @property
    def telling(self) -> Telling:
        return Telling(dossier=self.dossier, policy=self.policy, cause=self.cause, now=self.now)

    def status_after(self, event: CaseEvent) -> CaseStatus:
        """Where an event leads. Raises Refusal."""
        try:
            return next_status(self.case.status, event, self.plan)
        except IllegalTransition as error:
            raise Refusal(f"{self.case.number}: {error}") from error

    def seen(self, **changes: Any) -> Case:
        """The case after an act that the customer sees."""
        responded = self.case.responded_at or self.now
        return replace(self.case, **{"responded_at": responded, "update_from": self.now, **changes})

    def set_to(self, status: CaseStatus, **changes: Any) -> Case:
        """The case in a status that an agent chose: the customer sees it, and what it waited before is over."""
        return replace(resumed(self.seen(), self.plan, self.now), status=status, update_from=self.now, **changes)

    def waiting(self, after: Case) -> Case:
        """It waits for the customer from now; what it waited before is no time of ours either."""
        return replace(resumed(after, self.plan, self.now), waiting_since=self.now, warned_at=None)

    def change(self, after: Case, event: CaseEvent | None, because: str, *, visible: bool = False) -> CaseChange:
        kept = VISIBLE_ACT if visible else frozenset[ObligationKind]()
        return changed(self.case, after, event, self.plan, because=f"{self.by.name} {because}", kept=kept)

    def entry(self, kind: EntryKind, text: str) -> tuple[Entry, ...]:
        """What was said with the act; nothing where it was done without a word."""
        if not text.strip():
            return ()
        return (
            Entry(
                case_id=self.case.case_id,
                kind=kind,
                at=self.now,
                author_name=self.by.name,
                author_address="" if self.by.agent is None else self.by.agent.address,
                text=text,
                agent_id=None if self.by.agent is None else self.by.agent.agent_id,
            ),
        )


def perform(act: Act, acting: Acting) -> Consequences:
    """All effects of one act. Raises Refusal."""
    function: Callable[[Any, Acting], Consequences] = _ACTS[type(act)]
    effects = function(act, acting)
    deed = Deed(
        case_id=acting.case.case_id,
        by=acting.by.login,
        agent_id=None if acting.by.agent is None else acting.by.agent.agent_id,
        kind=act.act,
        said=effects.changes[-1].because,
    )
    return replace(effects, deeds=(deed,))


def _reply(act: Reply, acting: Acting) -> Consequences:
    if not act.text.strip():
        raise Refusal(f"{acting.case.number}: a reply needs words")
    event = CaseEvent.AGENT_ASKED if act.asks else CaseEvent.AGENT_REPLIED
    if act.asks and not acting.case.is_open:
        raise Refusal(f"{acting.case.number} is {acting.case.status.value}: re-open it before you ask")
    after = acting.seen(status=acting.status_after(event))
    if act.asks:
        after = acting.waiting(after)
    return Consequences(
        changes=(acting.change(after, event, "wrote to the customer", visible=True),),
        entries=acting.entry(EntryKind.REPLY, act.text),
        notices=acting.telling.reply(act, after, acting.by),
    )


def _note(act: Note, acting: Acting) -> Consequences:
    if not act.text.strip():
        raise Refusal(f"{acting.case.number}: a note needs words")
    if not act.call:
        return Consequences(
            changes=(acting.change(acting.case, None, "made a note"),), entries=acting.entry(EntryKind.NOTE, act.text)
        )
    after = acting.seen(status=acting.status_after(CaseEvent.AGENT_REPLIED))
    return Consequences(
        changes=(acting.change(after, CaseEvent.AGENT_REPLIED, "told the customer by telephone", visible=True),),
        entries=acting.entry(EntryKind.CALL, act.text),
    )


def _assign(act: Assign, acting: Acting) -> Consequences:
    _require_open(acting, "assign")
    after = replace(acting.case, agent_id=None if act.agent is None else act.agent.agent_id)
    told = () if act.agent is None else acting.telling.assigned(act.agent, after, acting.by)
    name = "nobody" if act.agent is None else act.agent.name
    return Consequences(changes=(acting.change(after, None, f"gave it to {name}"),), notices=told)


def _priority(act: SetPriority, acting: Acting) -> Consequences:
    _require_open(acting, "set the priority of")
    if act.priority is Priority.P1G:
        raise Refusal(f"{acting.case.number}: P1G is the priority of a master case, which several organisations share")
    after = reprioritised(acting.case, act.priority, acting.now)
    return Consequences(changes=(acting.change(after, None, f"made it {act.priority}"),))


def _status(act: SetStatus, acting: Acting) -> Consequences:
    event = _EVENT_OF.get(act.status)
    if event is None:
        instead = _INSTEAD[act.status]
        raise Refusal(f"{acting.case.number}: {act.status.value} is not set but reached by 'case {instead}'")
    if act.status is CaseStatus.ON_HOLD:
        return _hold(PutOnHold(text=act.text), acting)
    status = acting.status_after(event)
    if act.status is not status:
        raise Refusal(f"{acting.case.number}: the plan {acting.plan.name} has no status {act.status.value!r}")
    waiting_since = acting.now if status is CaseStatus.WAITING_FOR_DETAILS else None
    after = acting.set_to(status, waiting_since=waiting_since)
    return Consequences(
        changes=(acting.change(after, event, f"set it {status.value}", visible=True),),
        entries=acting.entry(EntryKind.REPLY, act.text),
        notices=acting.telling.status_changed(after, act.text),
    )


def _department(act: SetDepartment, acting: Acting) -> Consequences:
    _require_open(acting, "hand on")
    after = replace(acting.case, department_id=act.department.department_id, agent_id=None)
    return Consequences(
        changes=(acting.change(after, None, f"handed it to {act.department.name}"),),
        notices=acting.telling.handed_to(act.department, after, acting.by),
    )


def _vendor(act: SetVendor, acting: Acting) -> Consequences:
    words = f"gave it to the vendor {act.vendor}" if act.vendor else "took it back from the vendor"
    return Consequences(changes=(acting.change(replace(acting.case, vendor=act.vendor), None, words),))


def _hold(act: PutOnHold, acting: Acting) -> Consequences:
    _require_future(acting, act.until)
    status = acting.status_after(CaseEvent.SET_ON_HOLD)
    after = acting.set_to(status, etr=act.until)
    return Consequences(
        changes=(acting.change(after, CaseEvent.SET_ON_HOLD, "put it on hold", visible=True),),
        entries=acting.entry(EntryKind.REPLY, act.text),
        notices=acting.telling.status_changed(after, act.text),
    )


def _etr(act: SetEtr, acting: Acting) -> Consequences:
    _require_open(acting, "estimate")
    _require_future(acting, act.etr)
    if act.etr is None and acting.case.etr is None:
        raise Refusal(f"{acting.case.number} has no estimated time to take back")
    if act.etr is None:
        after = replace(acting.case, etr=None, update_from=acting.now)
        return Consequences(changes=(acting.change(after, None, "took the estimated time back"),))
    after = acting.seen(etr=act.etr)
    return Consequences(
        changes=(
            acting.change(after, None, f"estimated its resolution at {act.etr:%Y-%m-%d %H:%M} UTC", visible=True),
        ),
        notices=acting.telling.etr(act.etr, previous=acting.case.etr),
    )


def _resolve(act: Resolve, acting: Acting) -> Consequences:
    status = acting.status_after(CaseEvent.RESOLVED)
    if status is CaseStatus.CLOSED:  # the plan asks for no confirmation
        return _close(Close(summary=act.summary), acting)
    after = acting.waiting(acting.seen(status=status, etr=None))
    return Consequences(
        changes=(acting.change(after, CaseEvent.RESOLVED, "resolved it", visible=True),),
        entries=acting.entry(EntryKind.REPLY, act.summary),
        notices=acting.telling.resolved(after, act.summary),
    )


def _close(act: Close, acting: Acting) -> Consequences:
    status = acting.status_after(CaseEvent.CLOSED)
    after = acting.seen(status=status, etr=None, waiting_since=None, warned_at=None, closed_at=acting.now)
    return Consequences(
        changes=(acting.change(after, CaseEvent.CLOSED, "closed it", visible=True),),
        entries=acting.entry(EntryKind.REPLY, act.summary),
        notices=acting.telling.closed(after, act.summary, confirmed=False),
    )


def _reopen(act: Reopen, acting: Acting) -> Consequences:
    case, plan = acting.case, acting.plan
    status = acting.status_after(CaseEvent.REOPENED)
    closed_at = None if case.status is CaseStatus.DUPLICATE else case.closed_at
    if closed_at is not None and not plan.may_reopen(case.status, closed_at, acting.now):
        raise Refusal(
            f"{case.number} is {case.status.value}, and {plan.name} does not re-open it any more: "
            "open a new case and link the two"
        )
    after = begun_anew(case, status, acting.now)
    return Consequences(
        changes=(acting.change(after, CaseEvent.REOPENED, "re-opened it"),),
        entries=acting.entry(EntryKind.NOTE, act.because),
        notices=acting.telling.reopened(after, acting.now),
    )


def _link(act: Link, acting: Acting) -> Consequences:
    _require_related(acting, act.other, "linked with")
    return Consequences(
        changes=(acting.change(acting.case, None, f"linked it with {act.other.number}"),),
        links=((acting.case.case_id, act.other.case_id),),
    )


def _duplicate(act: MarkDuplicate, acting: Acting) -> Consequences:
    _require_related(acting, act.main, "the duplicate of")
    if act.main.status is CaseStatus.DUPLICATE:
        raise Refusal(f"{act.main.number} is itself a duplicate: name its main case")
    status = acting.status_after(CaseEvent.MARKED_DUPLICATE)
    after = acting.seen(
        status=status,
        duplicate_of=act.main.case_id,
        etr=None,
        waiting_since=None,
        warned_at=None,
        closed_at=acting.now,
    )
    return Consequences(
        changes=(
            acting.change(after, CaseEvent.MARKED_DUPLICATE, f"made it a duplicate of {act.main.number}", visible=True),
        ),
        notices=acting.telling.status_changed(after, act.main.number),
    )


def _require_open(acting: Acting, verb: str) -> None:
    if not acting.case.is_open:
        raise Refusal(f"{acting.case.number} is {acting.case.status.value}: re-open it before you {verb} it")


def _require_future(acting: Acting, moment: datetime | None) -> None:
    if moment is not None and moment <= acting.now:
        raise Refusal(f"{acting.case.number}: {moment:%Y-%m-%d %H:%M} UTC is not in the future")


def _require_related(acting: Acting, other: Case, what: str) -> None:
    if other.case_id == acting.case.case_id:
        raise Refusal(f"{acting.case.number} cannot be {what} itself")
    if other.organisation_id != acting.case.organisation_id:
        raise Refusal(
            f"{acting.case.number} and {other.number} are of different organisations: only a master case links those"
        )


_ACTS: Final[Mapping[type, Callable[[Any, Acting], Consequences]]] = {
    Reply: _reply,
    Note: _note,
    Assign: _assign,
    SetPriority: _priority,
    SetStatus: _status,
    SetDepartment: _department,
    SetVendor: _vendor,
    PutOnHold: _hold,
    SetEtr: _etr,
    Resolve: _resolve,
    Close: _close,
    Reopen: _reopen,
    Link: _link,
    MarkDuplicate: _duplicate,
}

"""What carrying out something owed leads to: the case afterwards, and word to whom it is owed (plans 2, 4, 6).

The law is asked again at the moment itself. What is owed no longer, because the case has
changed in between, is waived; what is owed is done once, under a cause that names case, kind
and due time, so that no retry, kill or clock can make two mails of it.
"""

from datetime import datetime, timedelta

from models.case import Case, CaseEvent
from models.dossier import Dossier
from models.limits import LATE_SECONDS
from models.notice import Notice
from models.obligation import Obligation, ObligationKind
from models.policy import Policy
from models.rules.clocks import closes_at, due, kept, resolve_by, respond_by
from models.rules.effects import Consequences, changed
from models.rules.telling import LastNote, Telling


def cause_of(case_id: int, obligation: Obligation) -> str:
    """What the effects of a promise hang on: once for ever."""
    return f"obligation:{case_id}:{obligation.kind.value}:{obligation.due_at.isoformat()}"


def is_late(obligation: Obligation, now: datetime) -> bool:
    """Whether what is done now is done so long after its time that the mail says so."""
    return now > obligation.due_at + timedelta(seconds=LATE_SECONDS)


def carry_out(
    obligation: Obligation, dossier: Dossier, last_note: LastNote, policy: Policy, now: datetime
) -> Consequences:
    """All effects of one thing owed at its time, or of its being owed no longer."""
    before = dossier.case
    plan = policy.plan(before.plan)
    if obligation not in due(before, plan):
        gone = changed(before, before, None, plan, because="it is owed no longer")
        return Consequences(changes=(gone,))
    after = kept(before, obligation, plan, now)
    event = CaseEvent.NO_RESPONSE if obligation.kind is ObligationKind.NO_RESPONSE_CLOSE else None
    telling = Telling(dossier=dossier, policy=policy, cause=cause_of(before.case_id, obligation), now=now)
    notices = _word_of(obligation, telling, after, last_note)
    heard = "it was due" if notices else "it was due, and nobody is left to tell"
    return Consequences(
        changes=(changed(before, after, event, plan, because=heard, carried_out=obligation),), notices=notices
    )


def _word_of(obligation: Obligation, telling: Telling, after: Case, last_note: LastNote) -> tuple[Notice, ...]:
    before, plan, due_at = telling.dossier.case, telling.plan, obligation.due_at
    late = is_late(obligation, telling.now)
    match obligation.kind:
        case ObligationKind.SCHEDULED_UPDATE:
            return telling.scheduled_update(after, last_note, due_at, late=late)
        case ObligationKind.ETR_PASSED:
            return telling.etr_passed(after, due_at, late=late)
        case ObligationKind.NO_RESPONSE_WARNING:
            return telling.no_response_warning(after, before.waiting_since or due_at, closes_at(after, plan) or due_at)
        case ObligationKind.NO_RESPONSE_CLOSE:
            return telling.closed_no_response(after)
        case ObligationKind.FIRST_RESPONSE_REMINDER:
            return telling.reminder("first_response", respond_by(before, plan) or due_at)
        case ObligationKind.RESOLUTION_REMINDER:
            return telling.reminder("resolution", resolve_by(before, plan) or due_at)
        case ObligationKind.RESOLUTION_MISSED:
            return telling.resolution_missed(after, due_at)

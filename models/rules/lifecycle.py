"""The life of a case: everything that changes a status stands in one table (plans 3 and 4).

How to read it. A case begins New. Its row says what each event makes of it; a pair that is
not in the table is not possible, and the refusal says what is. The table is written for a
plan that knows every status. A plan that lacks one has its event answered as SUBSTITUTES
says, or not at all:

- waiting for the customer is a fact of the case (`waiting_since`), not only a status: where
  a plan has no Waiting for Details, a question is as an answer (New becomes In Progress, the
  rest stays) and the case waits all the same;
- where a plan has no Resolved, Follow-up Required, work that is done closes the case, which
  the customer can reopen;
- any other status that a plan does not know cannot be reached under it. A case that stands
  in such a status (its plan was changed) goes on by the same table.

What we decided where the plans are silent: an agent's answer does not end the wait for
details (the customer still owes them); a held case is closed by nobody's silence, for the
agent holds it; writing on a closed case does not reopen it, and is not possible on a
duplicate, whose main case is the place; reopening by an agent is under the customer's name
(Customer Re-opened), but a wrong mark of a duplicate goes back to In Progress. Whether the
time to reopen has passed is the plan's question (`SupportPlan.may_reopen`), not asked here.
"""

from collections.abc import Mapping
from itertools import product
from typing import Final

from models.case import ENDED_STATUSES, CaseEvent, CaseStatus
from models.plan import SupportPlan

_S = CaseStatus
_E = CaseEvent

_OPEN: Final = tuple(status for status in CaseStatus if status not in ENDED_STATUSES)
_UNTOUCHED: Final = (_S.NEW, _S.CUSTOMER_REOPENED)
"""Nobody works on it yet: what an agent says on it shows that somebody does."""

_CHOICES: Final[Mapping[CaseEvent, CaseStatus]] = {
    _E.SET_IN_PROGRESS: _S.IN_PROGRESS,
    _E.SET_ESCALATED: _S.ESCALATED,
    _E.SET_ON_HOLD: _S.ON_HOLD,
    _E.SET_RESEARCHING: _S.RESEARCHING,
    _E.SET_SHIPPING: _S.SHIPPING,
    _E.AGENT_ASKED: _S.WAITING_FOR_DETAILS,
    _E.RESOLVED: _S.RESOLVED_FOLLOW_UP,
    _E.CLOSED: _S.CLOSED,
    _E.MARKED_DUPLICATE: _S.DUPLICATE,
}
"""What an agent may make of any open case."""

TABLE: Final[Mapping[tuple[CaseStatus, CaseEvent], CaseStatus]] = {
    # From any open status. The rows below this block refine it.
    **{(status, event): chosen for status, (event, chosen) in product(_OPEN, _CHOICES.items())},
    **{(status, _E.CUSTOMER_REPLIED): status for status in _OPEN},
    **{(status, _E.AGENT_REPLIED): status for status in _OPEN},
    **{(status, _E.NO_RESPONSE): _S.CLOSED_NO_RESPONSE for status in _OPEN if status is not _S.ON_HOLD},
    # An agent's word on a case that nobody had picked up.
    **{(status, _E.AGENT_REPLIED): _S.IN_PROGRESS for status in _UNTOUCHED},
    # The customer's answer to what we asked for.
    (_S.WAITING_FOR_DETAILS, _E.CUSTOMER_REPLIED): _S.IN_PROGRESS,
    # Work is done; the customer has the word.
    (_S.RESOLVED_FOLLOW_UP, _E.CUSTOMER_CONFIRMED): _S.CLOSED,
    (_S.RESOLVED_FOLLOW_UP, _E.CUSTOMER_NOT_SOLVED): _S.IN_PROGRESS,
    (_S.RESOLVED_FOLLOW_UP, _E.CUSTOMER_REPLIED): _S.IN_PROGRESS,
    (_S.RESOLVED_FOLLOW_UP, _E.REOPENED): _S.IN_PROGRESS,
    (_S.RESOLVED_FOLLOW_UP, _E.NO_RESPONSE): _S.CLOSED,
    # It had ended.
    (_S.CLOSED, _E.CUSTOMER_REOPENED): _S.CUSTOMER_REOPENED,
    (_S.CLOSED, _E.REOPENED): _S.CUSTOMER_REOPENED,
    (_S.CLOSED, _E.AGENT_REPLIED): _S.CLOSED,
    (_S.CLOSED_NO_RESPONSE, _E.CUSTOMER_REOPENED): _S.CUSTOMER_REOPENED,
    (_S.CLOSED_NO_RESPONSE, _E.REOPENED): _S.CUSTOMER_REOPENED,
    (_S.CLOSED_NO_RESPONSE, _E.AGENT_REPLIED): _S.CLOSED_NO_RESPONSE,
    (_S.DUPLICATE, _E.REOPENED): _S.IN_PROGRESS,
}

SUBSTITUTES: Final[Mapping[CaseEvent, CaseEvent]] = {
    _E.AGENT_ASKED: _E.AGENT_REPLIED,
    _E.RESOLVED: _E.CLOSED,
}
"""What an event counts as under a plan that does not know the status it would lead to."""


class IllegalTransition(ValueError):
    """This cannot happen to a case that stands there; the message says what can."""


def next_status(status: CaseStatus, event: CaseEvent, plan: SupportPlan | None = None) -> CaseStatus:
    """Where an event leads under a plan; without one, under a plan that knows every status.

    Raises IllegalTransition.
    """
    reached = _reached(status, event, plan)
    if reached is None:
        raise IllegalTransition(_refusal(status, event, plan))
    return reached


def possible_events(status: CaseStatus, plan: SupportPlan | None = None) -> tuple[CaseEvent, ...]:
    """What can happen to a case that stands there, in the order of CaseEvent."""
    return tuple(event for event in CaseEvent if _reached(status, event, plan) is not None)


def _reached(status: CaseStatus, event: CaseEvent, plan: SupportPlan | None) -> CaseStatus | None:
    reached = TABLE.get((status, event))
    if reached is None or reached is status or plan is None or reached in plan.statuses:
        return reached
    instead = SUBSTITUTES.get(event)
    return None if instead is None else _reached(status, instead, plan)


def _refusal(status: CaseStatus, event: CaseEvent, plan: SupportPlan | None) -> str:
    wanted = TABLE.get((status, event))
    why = f"a case in status {status.value!r} cannot be {event.value!r}"
    if wanted is not None and plan is not None:
        why = f"the plan {plan.name} has no status {wanted.value!r}"
    possible = ", ".join(repr(one.value) for one in possible_events(status, plan))
    return f"{why}; possible are {possible}" if possible else f"{why}; nothing is possible any more"

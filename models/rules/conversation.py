"""What a mail does that belongs to a case: rules of plans 4, asked once the author is known and believed.

The table of plans 4 is read from the top: a link of a resolved case, an open case, a closed
one within its window, a closed one after it. A mail counts by when it was received here.
"""

from collections.abc import Iterable

from models.case import CaseEvent, CaseStatus
from models.decision import AddToCase, Answer, Finding, FollowUp, OpenCase, ReopenCase, Settled, passed
from models.dossier import Dossier
from models.rules.case_file import CaseFile, Thread
from models.tokens import Purpose

_LINKS = {
    Purpose.CONFIRM: (CaseEvent.CUSTOMER_CONFIRMED, "confirms that it is solved"),
    Purpose.NOT_SOLVED: (CaseEvent.CUSTOMER_NOT_SOLVED, "says that it is not solved"),
}


def belongs_to_no_case(file: CaseFile) -> Answer:
    """Another organisation's number, or one that does not exist, is as if it were not there (C-1, C-2)."""
    own = None if file.thread is None else file.thread.dossier.case.case_id
    elsewhere = _named(pointer.evidence for pointer in file.facts.pointers if not _is_own(file, pointer.case_id))
    findings = []
    if elsewhere:
        findings.append(Finding(kind="security", what=f"{elsewhere} leads to no case of the writer's"))
    others = {pointer.case_id for pointer in file.facts.pointers if _is_own(file, pointer.case_id)} - {own}
    if others:  # C-6: the strongest wins, and it is recorded
        findings.append(Finding(kind="mark", what="it names several cases; the strongest sign was followed"))
    if file.thread is None:
        return passed("it belongs to no case of the writer's", *findings)
    found = file.thread
    return passed(f"{found.pointer.evidence.value} leads to {found.dossier.case.number}", *findings)


def answers_whether_solved(file: CaseFile) -> Answer:
    """A signed link of Resolved, Follow-up Required closes the case, or says that it is not solved (plans 4)."""
    thread = file.thread
    if thread is None or thread.pointer.purpose not in _LINKS:
        return passed("it came to no link of a resolved case")
    if thread.dossier.case.status is not CaseStatus.RESOLVED_FOLLOW_UP:
        return passed(f"{thread.dossier.case.number} is not waiting for a confirmation: it is a reply like any other")
    said = {one.purpose for one in file.facts.pointers if one.case_id == thread.pointer.case_id} & _LINKS.keys()
    if len(said) > 1:
        return passed("it came to both links of the case: it is a reply like any other")
    event, words = _LINKS[thread.pointer.purpose]
    return Settled(
        AddToCase(case_id=thread.dossier.case.case_id, event=event, contact_id=file.contact.contact_id),
        f"the customer {words}",
    )


def replies_to_open_case(file: CaseFile) -> Answer:
    """A reply to an open case is added; one to a duplicate goes to the open main case (plans 4)."""
    if file.thread is None:
        return passed("it replies to no case")
    dossier, duplicate = _main(file, file.thread)
    case = dossier.case
    if not case.is_open:
        return passed(f"{case.number} is {case.status.value}")
    via = "" if duplicate is None else f", the main case of {duplicate}"
    return Settled(
        AddToCase(
            case_id=case.case_id,
            event=CaseEvent.CUSTOMER_REPLIED,
            contact_id=file.contact.contact_id,
            duplicate=duplicate,
        ),
        f"it belongs to {case.number}{via}, which is {case.status.value}",
    )


def reopens_case(file: CaseFile) -> Answer:
    """Any real reply within the plan's days re-opens a closed case, a bare "thanks" too (plans 4)."""
    if file.thread is None:
        return passed("it replies to no case")
    case = _main(file, file.thread)[0].case
    plan = file.policy.plan(case.plan)
    assert case.closed_at is not None, "a case that is not open was closed at a time"
    if not plan.may_reopen(case.status, case.closed_at, file.received_at):
        return passed(f"{case.number} is {case.status.value}, and {plan.name} does not re-open it any more")
    return Settled(
        ReopenCase(case_id=case.case_id, contact_id=file.contact.contact_id),
        f"{case.number} was closed, and {plan.name} lets it be re-opened",
    )


def joins_open_follow_up(file: CaseFile) -> Answer:
    """Where a follow-up of the closed case is open, the mail is added to that one; no second is made (plans 4)."""
    if file.thread is None:
        return passed("it replies to no case")
    dossier = _main(file, file.thread)[0]
    follow_up = file.facts.dossier(dossier.open_follow_up)
    if follow_up is None:
        return passed(f"no case that continues {dossier.case.number} is open")
    return Settled(
        AddToCase(case_id=follow_up.case.case_id, event=CaseEvent.CUSTOMER_REPLIED, contact_id=file.contact.contact_id),
        f"{follow_up.case.number} continues {dossier.case.number} and is open",
    )


def follows_up_closed_case(file: CaseFile) -> Answer:
    """After the window, or after Closed, No Response, a new case continues the old one (plans 4)."""
    if file.thread is None:
        return passed("it replies to no case")
    case = _main(file, file.thread)[0].case
    assert case.closed_at is not None, "a case that is not open was closed at a time"
    aged = case.status is CaseStatus.CLOSED_NO_RESPONSE
    return Settled(
        OpenCase(
            contact_id=file.contact.contact_id,
            organisation_id=file.contact.organisation_id,
            acknowledge=not file.message.automatic,
            follow_up=FollowUp(
                case_id=case.case_id, why="no_response" if aged else "window_passed", closed_at=case.closed_at
            ),
        ),
        f"{case.number} stays {case.status.value}; a new case continues it",
    )


def _main(file: CaseFile, thread: Thread) -> tuple[Dossier, str | None]:
    """The case that counts: of a duplicate its main case, with the duplicate's number.

    A main case may have become a duplicate itself. There is no circle: only what is no
    duplicate can be named as the main case.
    """
    dossier = thread.dossier
    while (main := file.facts.dossier(dossier.case.duplicate_of)) is not None:
        dossier = main
    return dossier, None if dossier is thread.dossier else thread.dossier.case.number


def _is_own(file: CaseFile, case_id: int) -> bool:
    dossier = file.facts.dossier(case_id)
    return dossier is not None and file.writes_for(dossier)


def _named(evidence: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(evidence))

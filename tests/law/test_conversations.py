"""What a mail does that belongs to a case, row by row (plans 4): which rule settles it, and how.

Situations differ from Alice's first mail, which points to her open case 5, by what is named.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from models.case import ENDED_STATUSES, CaseEvent, CaseStatus
from models.decision import AddToCase, FollowUp, OpenCase, ReopenCase
from models.dossier import Dossier, Evidence
from models.message import AutomaticKind as Kind
from models.organisation import Mode, Role
from models.rules import conversation, decide
from models.tokens import Purpose
from tests.builders import NOW, a_contact, a_dossier, pointing
from tests.law.test_decide import (
    AUTOMATIC,
    CASE,
    ELSEWHERE,
    HELD,
    HELD_OF_ACME,
    MACHINE,
    ONLY_NOTE,
    UNANSWERED,
    UNPROVED,
    Row,
    by,
)

BILLING: Final = a_contact(roles=Role.BILLING)
BILLING_ELSEWHERE: Final = a_contact(contact_id=2, organisation_id=2, organisation="Initech", roles=Role.BILLING)
ADDED: Final = AddToCase(case_id=5, event=CaseEvent.CUSTOMER_REPLIED, contact_id=1)
COMMENT: Final = AddToCase(case_id=5, event=None)
REOPENED: Final = ReopenCase(case_id=5, contact_id=1)
LONG_AGO: Final = NOW - timedelta(days=8)
FOLLOWS: Final = OpenCase(
    contact_id=1, organisation_id=1, follow_up=FollowUp(case_id=5, why="window_passed", closed_at=LONG_AGO)
)
PARTICIPANT: Final = {"author": "bob@acme.example"}


def about(*more: Dossier, **given: Any) -> dict[str, Any]:
    """Facts of a message that points to case 5; `given` are the pointer's, the facts' or else the case's."""
    pointer = {key: given.pop(key) for key in ("evidence", "purpose") if key in given}
    facts = {key: given.pop(key) for key in ("contacts", "mode") if key in given}
    return {"pointers": (pointing(**pointer),), "dossiers": (a_dossier(**given), *more), **facts}


def closed(*more: Dossier, **given: Any) -> dict[str, Any]:
    """Facts of a message that points to case 5, which has ended."""
    return about(*more, **{"status": CaseStatus.CLOSED, "closed_at": NOW, **given})


def taking_part(**given: Any) -> dict[str, Any]:
    """Facts of a message of somebody who was put in copy."""
    return about(**{"participants": ("bob@acme.example",), "contacts": (), **given})


ROWS: Final = (
    # --- threads
    *(
        Row(f"an MPOC's answer, by {evidence.value}", "replies_to_open_case", ADDED, facts=about(evidence=evidence))
        for evidence in Evidence
    ),
    *(
        Row(f"an MPOC's answer to one {status.value}", "replies_to_open_case", ADDED, facts=about(status=status))
        for status in CaseStatus
        if status not in ENDED_STATUSES
    ),
    Row("a number that does not exist", "mpoc_opens_case", CASE, facts={"pointers": (pointing(),)}),
    Row("another organisation's number", "mpoc_opens_case", CASE, facts=about(organisation_id=2)),
    Row(
        "an MPOC of two, in a thread",
        "replies_to_open_case",
        replace(ADDED, contact_id=2),
        facts=about(organisation_id=2, contacts=(a_contact(), ELSEWHERE)),
    ),
    Row(
        "an MPOC of one organisation in the thread of another whose billing contact it is",
        "mpoc_opens_case",
        CASE,
        facts=about(organisation_id=2, contacts=(a_contact(), BILLING_ELSEWHERE)),
    ),
    Row("a billing contact in a thread", "not_an_mpoc", HELD_OF_ACME, facts=about(contacts=(BILLING,))),
    Row("an unproved MPOC in a thread", "author_unproved", UNPROVED, facts=about(mode=Mode.ALIGNED)),
    Row("an answer marked as a machine's", "automatic_mail", HELD_OF_ACME, message=by(Kind.GENERATED), facts=about()),
    Row(
        "an answer to the signed address, marked as a machine's",
        "machine_answers_for_mpoc",
        replace(ADDED, event=None),
        message=by(Kind.GENERATED),
        facts=about(evidence=Evidence.SIGNED_ADDRESS),
    ),
    Row(
        "an answer to the signed address of a closed case, marked as a machine's",
        "automatic_mail",
        HELD_OF_ACME,
        message=by(Kind.GENERATED),
        facts=about(evidence=Evidence.SIGNED_ADDRESS, status=CaseStatus.CLOSED, closed_at=NOW),
    ),
    Row("an out of office in a thread", "automatic_answer", AUTOMATIC, message=by(Kind.REPLIED), facts=about()),
    Row(
        "a system contact about an open case",
        "system_contact",
        replace(ADDED, event=None),
        facts=about(contacts=(MACHINE,)),
    ),
    Row(
        "a system contact about a closed case",
        "system_contact",
        UNANSWERED,
        facts=about(contacts=(MACHINE,), status=CaseStatus.CLOSED, closed_at=NOW),
    ),
    # --- participants
    Row("a participant", "participant_comments", COMMENT, message=PARTICIPANT, facts=taking_part()),
    Row(
        "a participant who is an MPOC elsewhere",
        "participant_comments",
        COMMENT,
        message=PARTICIPANT,
        facts=taking_part(contacts=(ELSEWHERE,)),
    ),
    Row(
        "a participant who is an MPOC of the case's organisation",
        "replies_to_open_case",
        ADDED,
        message=PARTICIPANT,
        facts=taking_part(contacts=(a_contact(),)),
    ),
    Row(
        "a participant under aligned",
        "participant_comments",
        HELD_OF_ACME,
        message=PARTICIPANT,
        facts=taking_part(mode=Mode.ALIGNED),
    ),
    Row(
        "a participant of a closed case",
        "unknown_author",
        HELD,
        message=PARTICIPANT,
        facts=taking_part(status=CaseStatus.CLOSED, closed_at=NOW),
    ),
    Row("a participant of another case", "unknown_author", HELD, facts=about(contacts=())),
    # --- the links of a resolved case
    Row(
        "solved",
        "answers_whether_solved",
        replace(ADDED, event=CaseEvent.CUSTOMER_CONFIRMED),
        facts=about(purpose=Purpose.CONFIRM, status=CaseStatus.RESOLVED_FOLLOW_UP),
    ),
    Row(
        "not solved",
        "answers_whether_solved",
        replace(ADDED, event=CaseEvent.CUSTOMER_NOT_SOLVED),
        facts=about(purpose=Purpose.NOT_SOLVED, status=CaseStatus.RESOLVED_FOLLOW_UP),
    ),
    Row(
        "words on a resolved case",
        "replies_to_open_case",
        ADDED,
        facts=about(status=CaseStatus.RESOLVED_FOLLOW_UP),
    ),
    Row("solved, before it is resolved", "replies_to_open_case", ADDED, facts=about(purpose=Purpose.CONFIRM)),
    Row(
        "solved, after it was closed",
        "reopens_case",
        REOPENED,
        facts=about(purpose=Purpose.CONFIRM, status=CaseStatus.CLOSED, closed_at=NOW),
    ),
    # --- what has ended
    Row("closed today", "reopens_case", REOPENED, facts=closed()),
    Row("closed seven days ago", "reopens_case", REOPENED, facts=closed(closed_at=NOW - timedelta(days=7))),
    Row("closed eight days ago", "follows_up_closed_case", FOLLOWS, facts=closed(closed_at=LONG_AGO)),
    Row(
        "closed eight days ago, where the plan has no limit",
        "reopens_case",
        REOPENED,
        facts=closed(closed_at=LONG_AGO, plan="calltower-2013"),
    ),
    Row(
        "closed for want of an answer",
        "follows_up_closed_case",
        OpenCase(contact_id=1, organisation_id=1, follow_up=FollowUp(case_id=5, why="no_response", closed_at=NOW)),
        facts=closed(status=CaseStatus.CLOSED_NO_RESPONSE),
    ),
    Row(
        "closed for want of an answer, where the plan re-opens",
        "reopens_case",
        REOPENED,
        facts=closed(status=CaseStatus.CLOSED_NO_RESPONSE, plan="calltower-2013"),
    ),
    Row(
        "closed long ago, and continued",
        "joins_open_follow_up",
        replace(ADDED, case_id=6),
        facts=closed(a_dossier(6, follow_up_of=5), closed_at=LONG_AGO, open_follow_up=6),
    ),
    Row("closed today, and continued", "reopens_case", REOPENED, facts=closed(a_dossier(6), open_follow_up=6)),
    Row(
        "the duplicate of an open case",
        "replies_to_open_case",
        replace(ADDED, case_id=6, duplicate="CG-000005"),
        facts=closed(a_dossier(6), status=CaseStatus.DUPLICATE, duplicate_of=6),
    ),
    Row(
        "the duplicate of a duplicate",
        "replies_to_open_case",
        replace(ADDED, case_id=7, duplicate="CG-000005"),
        facts=closed(
            a_dossier(6, status=CaseStatus.DUPLICATE, duplicate_of=7, closed_at=NOW),
            a_dossier(7),
            status=CaseStatus.DUPLICATE,
            duplicate_of=6,
        ),
    ),
    Row(
        "the duplicate of one closed today",
        "reopens_case",
        ReopenCase(case_id=6, contact_id=1),
        facts=closed(
            a_dossier(6, status=CaseStatus.CLOSED, closed_at=NOW), status=CaseStatus.DUPLICATE, duplicate_of=6
        ),
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=[row.situation for row in ROWS])
def test_a_situation_is_settled_by_its_rule(row: Row) -> None:
    """The rule, the fate, and the trail that leads there."""
    decision = row.decide()

    assert (row.rule, row.fate) == (decision.rule, decision.fate)
    assert row.rule == decision.trail[-1].rule
    assert [] == [step.rule for step in decision.trail if not step.because.strip() or "\n" in step.because]


def test_every_rule_about_cases_settles_some_situation() -> None:
    """No rule of the conversation is without a row here, but for those that only note."""
    rules = {rule.__name__ for rule in decide.RULES if rule.__module__ == conversation.__name__}

    assert rules - ONLY_NOTE <= {row.rule for row in ROWS}

"""What holds for every message and every answer of the store, whatever they are (Hypothesis).

`decide` is total and deterministic; exactly one rule settles, the last of the trail. Nobody
gets in by a name on an envelope. No notice goes to a machine, a null sender, or anybody who
is not in our tables.

A case file is Alice's first mail to support, with any number of deviations from it: so most
of the law is reached, and a failure shrinks to the deviations that matter.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any, Final

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from models.case import CaseStatus
from models.decision import AddToCase, Decision, Disregard, Duplicate, Hold, OpenCase, ReopenCase
from models.dossier import Evidence
from models.limits import NOTICE_TEXT_CHARACTERS
from models.message import Attachment, AutomaticKind
from models.notice import NoticeKind
from models.organisation import KnownContact, Mode, Role
from models.rules.case_file import CaseFile
from models.rules.consequences import Consequences, consequences
from models.rules.decide import RULES, decide
from models.rules.facts import Release
from models.tokens import Purpose, loop_token
from tests.builders import (
    ADMIN,
    ALICE,
    KEYS,
    NOW,
    a_case_file,
    a_contact,
    a_department,
    a_dossier,
    a_message,
    an_agent,
    an_envelope,
    an_originator,
    automatic,
    known,
    on_duty,
    pointing,
)
from tests.law.test_decide import IN_SCENARIOS, ONLY_NOTE

SETTINGS = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
OTHER: Final = a_contact(contact_id=2, organisation_id=2, organisation="Initech")

Deviation = tuple[str, dict[str, Any]]


def _each(part: str, field: str, *values: object) -> list[Deviation]:
    return [(part, {field: value}) for value in values]


CONTINUED: Final = (a_dossier(6, follow_up_of=5),)
CONTACTS: Final = (
    (),
    (OTHER,),
    (a_contact(), OTHER),
    (a_contact(active=False),),
    (a_contact(active=False), OTHER),
    (a_contact(valid_from=date(2026, 11, 24)),),
    (a_contact(valid_until=date(2026, 11, 22)),),
    (a_contact(mode=Mode.ALIGNED),),
    (a_contact(mode=Mode.ADDRESS),),
    (a_contact(mode=Mode.ADDRESS), OTHER),
    (a_contact(roles=Role.BILLING), OTHER),
    (a_contact(roles=frozenset({Role.SYSTEM, Role.PRIMARY_MPOC})),),
    (a_contact(roles=Role.SYSTEM), replace(OTHER, roles=frozenset({Role.SYSTEM}))),
    (a_contact(plan="vanished", zone="nowhere", language="xx"),),
    (a_contact(plan="calltower-2013"),),
    (a_contact(roles=frozenset()),),
    *((a_contact(roles=role),) for role in Role),
)
LONG_AGO: Final = NOW - timedelta(days=9)
POINTING: Final[list[Deviation]] = [
    ("facts", {"pointers": (pointing(purpose=purpose, evidence=evidence),), "dossiers": (dossier, *CONTINUED)})
    for purpose, evidence, dossier in (
        (Purpose.REPLY, Evidence.SIGNED_ADDRESS, a_dossier()),
        (Purpose.REPLY, Evidence.SUBJECT_TAG, a_dossier(participants=("bob@acme.example",))),
        (Purpose.REPLY, Evidence.SUBJECT_TAG, a_dossier(organisation_id=2)),
        (Purpose.REPLY, Evidence.SUBJECT_TAG, a_dossier(organisation_id=2, participants=(ALICE,))),
        (Purpose.CONFIRM, Evidence.SIGNED_ADDRESS, a_dossier(status=CaseStatus.RESOLVED_FOLLOW_UP)),
        (Purpose.REPLY, Evidence.OUR_MESSAGE_ID, a_dossier(status=CaseStatus.CLOSED, closed_at=NOW)),
        (Purpose.REPLY, Evidence.OUR_MESSAGE_ID, a_dossier(status=CaseStatus.CLOSED, closed_at=LONG_AGO)),
        (
            Purpose.REPLY,
            Evidence.KNOWN_MESSAGE_ID,
            a_dossier(status=CaseStatus.CLOSED, closed_at=LONG_AGO, open_follow_up=6),
        ),
        (
            Purpose.REPLY,
            Evidence.KNOWN_MESSAGE_ID,
            a_dossier(status=CaseStatus.DUPLICATE, closed_at=NOW, duplicate_of=6),
        ),
    )
]
DEVIATIONS: Final = [
    *_each("message", "originator", *(an_originator(a) for a in (None, "bob@acme.example", "support@example.net"))),
    *_each("message", "content_key", "b" * 64),
    *_each("message", "message_id", None, "2@client.example"),
    *_each("message", "subject", "", "\0\r\nBcc: x", "x" * 998, "[#CG-000001] URGENT"),
    *_each("message", "text", "", "x" * (NOTICE_TEXT_CHARACTERS + 1), "canary-7f3a"),
    *_each("message", "text_cut", True),
    *_each(
        "message", "attachments", (Attachment(path="1.2", name="a", content_type="b/c", size=10**9, sha256="0" * 64),)
    ),
    *_each("message", "automatic", *(automatic(kind) for kind in AutomaticKind)),
    *_each("message", "received_fields", 0, 50, 51),
    *_each("message", "loop_tokens", ("a.b",), (loop_token(KEYS, "<x@mx.example.net>"),), ("", ".", "é.ü")),
    *_each("message", "marks", ("odd",)),
    *_each("message", "safe_mode", True),
    *_each("envelope", "reverse_path", "", "mallory@evil.example"),
    *_each(
        "envelope",
        "forward_paths",
        ("billing+x@example.net",),
        ("postmaster@example.net",),
        ("postmaster", "support@example.net"),
        ("gone@example.net",),
        ("SUPPORT@example.net", "support@example.net"),
    ),
    *_each("facts", "decided_before", 3, 7),
    *_each("facts", "own_notice", 9),
    *_each("facts", "contacts", *CONTACTS),
    *_each("facts", "agent", an_agent()),
    *_each("facts", "domain_organisations", ((1, "Acme"),), ((1, "Acme"), (2, "Initech"))),
    *_each("facts", "department", None, a_department(), a_department(on_duty(1, open_cases=3), on_duty(2))),
    *_each("facts", "mode", Mode.ALIGNED),
    *_each("facts", "release", Release(admitted_by="admin", at=NOW), Release(admitted_by="bob", at=NOW, contact_id=1)),
    *_each("facts", "pointers", (pointing(),), (pointing(evidence=Evidence.SIGNED_ADDRESS),)),
    *_each("facts", "cases_within_the_hour", 1_000),
    *_each("facts", "alike_within_the_hour", 20),
    *POINTING,
    *_each("file", "received_at", datetime(2026, 3, 8, 9, 30, tzinfo=UTC), datetime(2027, 11, 7, 8, 30, tzinfo=UTC)),
]


def a_file(deviations: Sequence[Deviation]) -> CaseFile:
    """Alice's first mail with these deviations; of two of one field the later one counts."""
    changes: dict[str, dict[str, Any]] = {"message": {}, "envelope": {}, "facts": {}, "file": {}}
    for part, change in deviations:
        changes[part].update(change)
    return a_case_file(
        message=a_message(**changes["message"]),
        envelope=replace(an_envelope(), **changes["envelope"]),
        facts=known(**changes["facts"]),
        **changes["file"],
    )


files = st.lists(st.sampled_from(DEVIATIONS), max_size=7).map(a_file)
near_files = st.lists(st.sampled_from(DEVIATIONS), max_size=3).map(a_file)
"""Most of these open a case."""
null_files = files.map(lambda file: replace(file, envelope=replace(file.envelope, reverse_path="")))
machine_files = st.builds(
    lambda file, kind: replace(file, message=replace(file.message, automatic=automatic(kind))),
    files,
    st.sampled_from(AutomaticKind),
)


def follow(file: CaseFile) -> tuple[Decision, Consequences]:
    """A decision and what it leads to, two hours after receipt."""
    decision = decide(file)
    case_id = 42 if isinstance(decision.fate, OpenCase) else None
    return decision, consequences(file, decision, case_id, file.received_at + timedelta(hours=2))


def opener(file: CaseFile, decision: Decision) -> KnownContact:
    """The contact for whom a case is opened; discards every other example."""
    fate = decision.fate
    assume(isinstance(fate, OpenCase))
    assert isinstance(fate, OpenCase)
    return next(contact for contact in file.facts.contacts if contact.contact_id == fate.contact_id)


ALARMS: Final = frozenset({NoticeKind.AGENT_SECURITY, NoticeKind.ADMIN_BREAKER})
"""What is said beside what becomes of a message."""
ONLY_ANSWERS: Final = frozenset(
    {NoticeKind.CASE_OPENED, NoticeKind.FOLLOW_UP_OPENED, NoticeKind.CASE_REOPENED, NoticeKind.CASE_CLOSED}
    | {NoticeKind.ADDED_TO_MAIN_CASE}
)
"""What is said to customers because of a mail."""


@SETTINGS
@given(files)
def test_decide_is_total_and_exactly_one_rule_settles(file: CaseFile) -> None:
    """The last step of the trail settles, all before it pass, in the order of the table."""
    decision = decide(file)

    assert [rule.__name__ for rule in RULES][: len(decision.trail)] == [step.rule for step in decision.trail]
    assert (decision.trail[-1].rule, decision.trail[-1].answer) == (decision.rule, "settled")
    assert {step.answer for step in decision.trail[:-1]} <= {"passed"}


@SETTINGS
@given(files)
def test_decide_is_deterministic(file: CaseFile) -> None:
    """The same whenever it is asked the same, with all that follows."""
    assert follow(file) == follow(file)


@SETTINGS
@given(files)
def test_consequences_are_total(file: CaseFile) -> None:
    """A case, a hold and nothing at all exclude one another, and each has what it needs."""
    decision, effects = follow(file)

    assert isinstance(decision.fate, OpenCase | AddToCase | ReopenCase) == (effects.case is not None)
    assert isinstance(decision.fate, Hold) == (effects.holding is not None)
    assert bool(effects.notices) == (not isinstance(decision.fate, Disregard | Duplicate))


@SETTINGS
@given(near_files)
def test_nobody_unproved_and_not_admitted_opens_a_case(file: CaseFile) -> None:
    """Under mode `aligned` nothing opens but by an admin's word; the organisation's own mode wins."""
    decision = decide(file)
    contact = opener(file, decision)

    assert file.facts.release is not None or (contact.mode or file.facts.mode) is Mode.ADDRESS


@SETTINGS
@given(near_files)
@example(
    a_file(
        [
            ("facts", {"agent": an_agent()}),
            ("facts", {"release": Release(admitted_by="bob", at=NOW, contact_id=1)}),
        ]
    )
)
def test_a_case_is_opened_for_a_current_entitled_contact_with_that_address_alone(file: CaseFile) -> None:
    """Who opens is in the tables, active, within dates, with a role that allows it, and no agent unless released so."""
    decision = decide(file)
    contact = opener(file, decision)

    day = file.received_at.astimezone(file.policy.plan(contact.plan).zone).date()
    assert contact.is_current(day)
    assert contact.is_mpoc or Role.SYSTEM in contact.roles
    assert file.author is not None
    released_as = None if file.facts.release is None else file.facts.release.contact_id
    assert file.facts.agent is None or released_as == contact.contact_id


@SETTINGS
@given(near_files)
def test_every_case_opens_at_p4_and_new(file: CaseFile) -> None:
    """Whatever a mail says."""
    decision, effects = follow(file)
    opener(file, decision)

    assert effects.case is not None
    assert ("P4", "New") == (effects.case.priority, effects.case.status)


@SETTINGS
@given(null_files)
def test_d8_a_null_reverse_path_never_yields_a_notice(file: CaseFile) -> None:
    """Neither to the author nor to anybody, but for a loop by count, which is decided after it."""
    _, effects = follow(file)

    assert () == effects.notices


@SETTINGS
@given(machine_files)
def test_d2_automatic_mail_never_yields_a_notice_to_a_customer(file: CaseFile) -> None:
    """What a machine wrote is not answered."""
    _, effects = follow(file)

    assert [] == [notice for notice in effects.notices if notice.context.kind in ONLY_ANSWERS]


@SETTINGS
@given(files)
def test_i9_no_notice_goes_to_an_address_that_is_not_in_the_tables(file: CaseFile) -> None:
    """Contacts, agents on duty, the department, the admin: nobody else, whatever the header says."""
    _, effects = follow(file)
    department = file.facts.department
    staff = {ADMIN} if department is None else {ADMIN, department.address, *(a.address for a in department.on_duty)}
    customers = {contact.address for contact in file.facts.contacts}

    staff |= {dossier.department.address for dossier in file.facts.dossiers}
    customers |= {writer.address for dossier in file.facts.dossiers for writer in dossier.writers}

    assert {n.recipient for n in effects.notices if n.context.kind not in ONLY_ANSWERS} <= staff
    assert {n.recipient for n in effects.notices if n.context.kind in ONLY_ANSWERS} <= customers


@SETTINGS
@given(files)
def test_i10_only_what_joins_or_opens_a_case_is_answered(file: CaseFile) -> None:
    """Held, disregarded, duplicate, for the postmaster: the writer hears nothing."""
    decision, effects = follow(file)
    assume(not isinstance(decision.fate, OpenCase | AddToCase | ReopenCase))

    assert [] == [notice for notice in effects.notices if notice.context.kind in ONLY_ANSWERS]


@SETTINGS
@given(files)
def test_holding_is_told_exactly_once(file: CaseFile) -> None:
    """To the department, or to the admin where there is none."""
    decision, effects = follow(file)
    assume(isinstance(decision.fate, Hold))

    wanted = ADMIN if file.facts.department is None else file.facts.department.address
    told = [(n.context.kind, n.recipient) for n in effects.notices if n.context.kind not in ALARMS]
    assert [(NoticeKind.AGENT_HELD, wanted)] == told


@SETTINGS
@given(files)
def test_notices_of_one_message_have_names_of_their_own(file: CaseFile) -> None:
    """Message-IDs differ, and are given by cause, kind and recipient alone."""
    _, effects = follow(file)

    keys = {(notice.cause, notice.context.kind, notice.recipient) for notice in effects.notices}
    assert len(keys) == len({notice.message_id for notice in effects.notices}) == len(effects.notices)


@SETTINGS
@given(files)
def test_d12_nothing_in_a_notice_to_a_customer_comes_from_the_text(file: CaseFile) -> None:
    """The acknowledgement counts the characters and holds none of them."""
    _, effects = follow(replace(file, message=replace(file.message, text="canary-7f3a")))

    acknowledgements = [notice for notice in effects.notices if notice.context.kind is NoticeKind.CASE_OPENED]
    assert "canary-7f3a" not in repr(acknowledgements)


@SETTINGS
@given(files, st.integers(0, 3 * NOTICE_TEXT_CHARACTERS))
def test_what_agents_are_told_is_bounded(file: CaseFile, length: int) -> None:
    """At most so many characters of the customer's text, and it is said when it was cut."""
    _, effects = follow(replace(file, message=replace(file.message, text="x" * length)))

    told = [notice.context for notice in effects.notices if notice.context.kind is NoticeKind.AGENT_NEW_CASE]
    assert all(len(context.text) <= NOTICE_TEXT_CHARACTERS for context in told)
    assert all(context.text_cut for context in told if length > NOTICE_TEXT_CHARACTERS)


ASK_THE_RELAY = {"proof_not_answered_yet", "answers_approval_request", "too_many_cases", "opens_case_unanswered"}
"""Rules of the admission and of caps, which tests/law/test_decide.py reaches."""


def test_every_pair_of_deviations_is_decided_and_every_rule_is_reached() -> None:
    """Some five thousand files, each followed to its effects; no rule of the table is idle among them."""
    rules = {follow(a_file(pair))[0].rule for pair in combinations(DEVIATIONS, 2)}

    assert {rule.__name__ for rule in RULES} - rules <= ONLY_NOTE | IN_SCENARIOS | ASK_THE_RELAY


def test_now_is_only_an_argument() -> None:
    """The same file at another moment differs in nothing but moments."""
    file = a_case_file()
    early, late = (consequences(file, decide(file), 42, NOW + timedelta(hours=hours)) for hours in (0, 500))

    assert early.case is not None
    assert late.case is not None
    assert early.case == replace(late.case, opened_at=early.case.opened_at)
    assert [n.message_id for n in early.notices] == [n.message_id for n in late.notices]

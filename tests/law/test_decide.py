"""The rule table, row by row: a situation, the rule that settles it, and the fate.

Situations differ from Alice's first mail to support under mode `address` by what is named.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from models.authentication import Authentication
from models.decision import (
    AnswerRequest,
    Decision,
    DeliveryReport,
    Disregard,
    Duplicate,
    Fate,
    Finding,
    Hold,
    OpenCase,
    ToPostmaster,
    Wait,
)
from models.intake_address import IntakeAddress, IntakeAddresses
from models.limits import RECEIVED_FIELDS
from models.message import AuthenticationResults, Bounce, DeliveryAction, Hop, Method, ReportedRecipient
from models.message import AutomaticKind as Kind
from models.notice import NoticeKind
from models.organisation import KnownContact, Mode, Role
from models.rules.decide import RULES, decide
from models.rules.facts import HeldMail, Release, SentNotice
from models.tokens import Keys, Purpose, loop_token, signed_extension
from tests.builders import (
    ALICE,
    KEYS,
    NOW,
    a_case_file,
    a_contact,
    a_department,
    a_message,
    a_policy,
    an_agent,
    an_envelope,
    automatic,
    known,
)


@dataclass(frozen=True)
class Row:
    """One situation: what differs, which rule must settle it and how."""

    situation: str
    rule: str
    fate: Fate
    message: dict[str, Any] = field(default_factory=dict)
    envelope: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    received_at: datetime | None = None

    def decide(self) -> Decision:
        given: dict[str, Any] = {} if self.received_at is None else {"received_at": self.received_at}
        return decide(
            a_case_file(
                message=a_message(**self.message),
                envelope=an_envelope(**self.envelope),
                facts=known(**self.facts),
                policy=a_policy(**self.policy),
                **given,
            )
        )


def by(*kinds: Kind) -> dict[str, Any]:
    """A message that shows a machine in these ways."""
    return {"automatic": sum((automatic(kind) for kind in kinds), ())}


def who(*contacts: KnownContact, **others: Any) -> dict[str, Any]:
    """The contacts with the author's address, and what else the store answers."""
    return {"contacts": contacts, **others}


def to(*paths: str, **others: Any) -> dict[str, Any]:
    return {"to": paths, **others}


NULL: Final = {"reverse_path": ""}
LOOP: Final = Disregard(as_what="own loop")
DSN: Final = Disregard(as_what="delivery status notification")
AUTOMATIC: Final = Disregard(as_what="automatic mail")
BY_ENVELOPE: Final = Disregard(as_what="automatic mail", by_envelope=True)
HELD: Final = Hold()
HELD_OF_ACME: Final = Hold(organisation_id=1)
HELD_ON_ITS_WAY: Final = Hold()
UNPROVED: Final = Hold(organisation_id=1)
"""Held for the way it came: the same content may come again by a better one."""
CASE: Final = OpenCase(contact_id=1, organisation_id=1)
UNANSWERED: Final = OpenCase(contact_id=1, organisation_id=1, acknowledge=False)

FAILED: Final = DeliveryReport(
    outbox_id=9, action=DeliveryAction.FAILED, address=ALICE, status="5.1.1", diagnostic="no such user"
)
REPORT: Final = {
    **by(Kind.DSN),
    "bounce": Bounce(
        form="rfc3464",
        recipients=tuple(
            ReportedRecipient(address=ALICE, original="", action=action, status=status, diagnostic=said)
            for action, status, said in (
                (DeliveryAction.DELAYED, "4.4.1", "later"),
                (DeliveryAction.FAILED, "5.1.1", "no such user"),
            )
        ),
    ),
}
TO_OURS: Final = to(
    f"support+{signed_extension(KEYS, Purpose.BOUNCE, 9, ALICE)}@example.net", reverse_path="x@y.example"
)
SENT: Final = {
    "reported": (SentNotice(outbox_id=9, kind=NoticeKind.CASE_OPENED, recipient=ALICE, created_at=NOW, case_id=None),)
}
OURS: Final = loop_token(KEYS, "<x.case-opened@mx.example.net>")
OLD: Final = Keys(b"a newer key than the one before", KEYS.current)
MACHINE: Final = a_contact(roles=Role.SYSTEM)
BOTH: Final = a_contact(roles=frozenset({Role.SYSTEM, Role.PRIMARY_MPOC}))
ELSEWHERE: Final = a_contact(contact_id=2, organisation_id=2, organisation="Initech")
FORMER: Final = a_contact(active=False)
STRANGER: Final = who()
RELEASED: Final = Release(admitted_by="dana", at=NOW)

DANA: Final = {"agent": an_agent(), "contacts": ()}
USER: Final = {"contacts": (), "domain_organisations": ((1, "Acme"),)}
USER_OF_TWO: Final = {"contacts": (), "domain_organisations": ((1, "Acme"), (2, "Initech"))}
TOLD: Final = Hold(organisation_id=1, answer="go_through_mpoc")
SOON: Final = Wait(again_at=NOW + timedelta(minutes=5))
APPROVED: Final = AnswerRequest(about=3, answer="approve", contact_id=1)
LATE: Final = Disregard(as_what="late answer to an approval request")


def says(word: str) -> dict[str, Any]:
    """What our own relay wrote into the message that it handed on."""
    method, _, result = word.partition("=")
    found = Method(method=method, result=result, properties=(("header.d", "acme.example"),))
    field = AuthenticationResults(authserv_id="mx.example.net", received_above=0, methods=(found,))
    return {
        "message": {"authentication_results": (field,), "hops": (Hop(by="mx.example.net", peer="203.0.113.9"),)},
        "envelope": {"relay": "127.0.0.1"},
        "policy": {"authentication": Authentication(authserv_id="mx.example.net")},
    }


SAYS: Final = {word: says(word) for word in ("dkim=pass", "dkim=fail", "dkim=temperror")}


def approving(
    verdict: str, *, said: str = "dkim=pass", waits: bool = True, marked: bool = False, **facts: Any
) -> dict[str, Any]:
    """Alice's answer to a request about message 3."""
    given = SAYS[said]
    to = f"support+{signed_extension(KEYS, Purpose(verdict), 3, ALICE)}@example.net"
    asked = HeldMail(inbox_id=3, organisation_id=1, author="eve@acme.example", waits=waits)
    return {
        "message": {**given["message"], **(by(Kind.GENERATED) if marked else {})},
        "envelope": {**given["envelope"], "to": to},
        "policy": given["policy"],
        "facts": {"asked_about": asked, **facts},
    }


ROWS: Final = (
    # --- the same content
    Row(
        "the content was decided as another row",
        "same_content_decided_before",
        Duplicate(of=3),
        facts={"decided_before": 3},
    ),
    Row("the content is this row's own", "mpoc_opens_case", CASE, facts={"decided_before": 7}),
    Row(
        "a copy of a bounce",
        "same_content_decided_before",
        Duplicate(of=3),
        message=by(Kind.DSN),
        facts={"decided_before": 3},
    ),
    Row(
        "a copy under a null reverse path",
        "same_content_decided_before",
        Duplicate(of=3),
        envelope=NULL,
        facts={"decided_before": 3},
    ),
    # --- our own
    Row("our Message-ID", "own_notice_came_back", LOOP, facts={"own_notice": 9}),
    Row("our Message-ID from a stranger", "own_notice_came_back", LOOP, facts={"own_notice": 9, "contacts": ()}),
    Row("our loop token", "own_notice_came_back", LOOP, message={"loop_tokens": (OURS,)}),
    Row("our loop token behind a forged one", "own_notice_came_back", LOOP, message={"loop_tokens": ("a.b", OURS)}),
    Row(
        "our previous key's token", "own_notice_came_back", LOOP, message={"loop_tokens": (OURS,)}, policy={"keys": OLD}
    ),
    Row(
        "another desk's token",
        "mpoc_opens_case",
        CASE,
        message={"loop_tokens": (OURS,)},
        policy={"keys": Keys(b"another desk")},
    ),
    Row("a forged token", "mpoc_opens_case", CASE, message={"loop_tokens": ("a.b",)}),
    Row("our token on a bounce", "own_notice_came_back", LOOP, message={"loop_tokens": (OURS,), **by(Kind.DSN)}),
    Row(
        "our loop under a null reverse path",
        "own_notice_came_back",
        LOOP,
        message={"loop_tokens": (OURS,)},
        envelope=NULL,
    ),
    # --- reports and answers
    Row("a bounce", "delivery_status_notification", DSN, message=by(Kind.DSN)),
    Row("a bounce under a null reverse path", "delivery_status_notification", DSN, message=by(Kind.DSN), envelope=NULL),
    Row("a bounce of ours", "delivery_status_notification", FAILED, message=REPORT, envelope=TO_OURS, facts=SENT),
    Row("a bounce of ours to another address", "delivery_status_notification", DSN, message=REPORT, facts=SENT),
    Row("a bounce of nothing we sent", "delivery_status_notification", DSN, message=REPORT, envelope=TO_OURS),
    Row("words of an MPOC to a reverse path", "automatic_mail", HELD_OF_ACME, envelope=TO_OURS, facts=SENT),
    Row("a bounce that is bulk too", "delivery_status_notification", DSN, message=by(Kind.BULK, Kind.DSN)),
    Row("a bounce from nobody", "delivery_status_notification", DSN, message={"author": None, **by(Kind.DSN)}),
    Row("a null reverse path", "null_reverse_path", BY_ENVELOPE, envelope=NULL),
    Row(
        "a null reverse path to postmaster",
        "null_reverse_path",
        BY_ENVELOPE,
        envelope={"reverse_path": "", "to": "postmaster@example.net"},
    ),
    Row("a null reverse path from a stranger", "null_reverse_path", BY_ENVELOPE, envelope=NULL, facts=STRANGER),
    Row("an out of office", "automatic_answer", AUTOMATIC, message=by(Kind.REPLIED)),
    Row("a sieve notification", "automatic_answer", AUTOMATIC, message=by(Kind.NOTIFIED)),
    Row("a receipt", "automatic_answer", AUTOMATIC, message=by(Kind.MDN)),
    Row("a feedback report", "automatic_answer", AUTOMATIC, message=by(Kind.FEEDBACK)),
    Row("an out of office by a list", "automatic_answer", AUTOMATIC, message=by(Kind.LIST, Kind.REPLIED)),
    Row(
        "a system contact's out of office", "automatic_answer", AUTOMATIC, message=by(Kind.REPLIED), facts=who(MACHINE)
    ),
    # --- loops by count
    Row("a hop too many", "too_many_hops", HELD_ON_ITS_WAY, message={"received_fields": RECEIVED_FIELDS + 1}),
    Row("the last hop that is allowed", "mpoc_opens_case", CASE, message={"received_fields": RECEIVED_FIELDS}),
    Row("no Received field at all", "mpoc_opens_case", CASE, message={"received_fields": 0}),
    # --- to whom
    Row("to postmaster", "for_the_postmaster", ToPostmaster(), envelope=to("postmaster@example.net")),
    Row("to the bare postmaster", "for_the_postmaster", ToPostmaster(), envelope=to("postmaster")),
    Row(
        "to postmaster, from nobody",
        "for_the_postmaster",
        ToPostmaster(),
        message={"author": None},
        envelope=to("postmaster@example.net"),
    ),
    Row(
        "to postmaster, bulk",
        "for_the_postmaster",
        ToPostmaster(),
        message=by(Kind.BULK),
        envelope=to("postmaster@example.net"),
    ),
    Row(
        "to postmaster and a desk",
        "mpoc_opens_case",
        CASE,
        envelope=to("postmaster@example.net", "support@example.net"),
    ),
    Row(
        "to an address that was ours",
        "not_addressed_to_us",
        HELD_ON_ITS_WAY,
        envelope=to("old@example.net"),
        facts={"department": None},
    ),
    Row("to a department that is gone", "not_addressed_to_us", HELD_ON_ITS_WAY, facts={"department": None}),
    Row("to an extension", "mpoc_opens_case", CASE, envelope=to("support+x@example.net")),
    Row(
        "to an address that was ours and one that is",
        "mpoc_opens_case",
        CASE,
        envelope=to("old@example.net", "support@example.net"),
    ),
    # --- from whom
    Row("from nobody beyond doubt", "no_strict_author", HELD, message={"author": None}, facts=STRANGER),
    Row(
        "from nobody, by a machine",
        "no_strict_author",
        HELD,
        message={"author": None, **by(Kind.GENERATED)},
        facts=STRANGER,
    ),
    Row("from our own address", "claims_to_be_us", HELD, message={"author": "support@example.net"}, facts=STRANGER),
    Row(
        "from our own address, extended",
        "claims_to_be_us",
        HELD,
        message={"author": "support+x@example.net"},
        facts=STRANGER,
    ),
    Row("from our postmaster", "claims_to_be_us", HELD, message={"author": "postmaster@example.net"}, facts=STRANGER),
    Row(
        "from our own address, listed as a contact", "claims_to_be_us", HELD, message={"author": "support@example.net"}
    ),
    Row("from another address of our domain", "mpoc_opens_case", CASE, message={"author": "sales@example.net"}),
    Row("from an agent", "agent_unproved", HELD_ON_ITS_WAY, facts={"agent": an_agent(), "contacts": ()}),
    Row("from an agent who is an MPOC", "agent_unproved", HELD_ON_ITS_WAY, facts={"agent": an_agent()}),
    # --- machines
    Row("a system contact's marked mail", "system_contact", UNANSWERED, message=by(Kind.GENERATED), facts=who(MACHINE)),
    Row("a system contact's unmarked mail", "system_contact", UNANSWERED, facts=who(MACHINE)),
    Row("a system contact's list mail", "system_contact", UNANSWERED, message=by(Kind.LIST), facts=who(MACHINE)),
    Row(
        "an MPOC and system contact's marked mail",
        "system_contact",
        UNANSWERED,
        message=by(Kind.GENERATED),
        facts=who(BOTH),
    ),
    Row("an MPOC and system contact's unmarked mail", "mpoc_opens_case", CASE, facts=who(BOTH)),
    Row(
        "a system contact under aligned",
        "system_contact",
        UNPROVED,
        facts={"contacts": (MACHINE,), "mode": Mode.ALIGNED},
    ),
    Row(
        "a system contact admitted",
        "system_contact",
        UNANSWERED,
        facts={"contacts": (MACHINE,), "mode": Mode.ALIGNED, "release": RELEASED},
    ),
    Row(
        "a system contact of two, marked",
        "automatic_mail",
        HELD,
        message=by(Kind.GENERATED),
        facts=who(MACHINE, a_contact(contact_id=2, organisation_id=2, roles=Role.SYSTEM)),
    ),
    Row("a former system contact", "not_an_mpoc", HELD_OF_ACME, facts=who(a_contact(roles=Role.SYSTEM, active=False))),
    Row("a machine at an MPOC's", "automatic_mail", HELD_OF_ACME, message=by(Kind.GENERATED)),
    Row("an MPOC's list mail", "automatic_mail", HELD_OF_ACME, message=by(Kind.LIST)),
    Row("an MPOC's bulk mail", "automatic_mail", HELD_OF_ACME, message=by(Kind.BULK)),
    Row("a newsletter", "automatic_mail", HELD, message=by(Kind.BULK), facts=STRANGER),
    Row(
        "a newsletter of a customer's domain",
        "automatic_mail",
        HELD_OF_ACME,
        message=by(Kind.BULK),
        facts={"contacts": (), "domain_organisations": ((1, "Acme"),)},
    ),
    # --- strangers and colleagues
    Row("a stranger", "unknown_author", HELD, facts=STRANGER),
    Row(
        "a colleague of an MPOC",
        "end_user",
        HELD_OF_ACME,
        facts={"contacts": (), "domain_organisations": ((1, "Acme"),)},
    ),
    Row(
        "a colleague in a shared domain",
        "end_user",
        HELD,
        facts={"contacts": (), "domain_organisations": ((1, "Acme"), (2, "Initech"))},
    ),
    Row("a stranger under aligned", "unknown_author", HELD, facts={"contacts": (), "mode": Mode.ALIGNED}),
    # --- contacts who may not
    *(
        Row(f"a contact who is {role}", "not_an_mpoc", HELD_OF_ACME, facts=who(a_contact(roles=role)))
        for role in (Role.MAIN_CASE, Role.MAINTENANCE, Role.BILLING, Role.ESCALATION, Role.PERSON_OF_RECORD)
    ),
    Row("a contact without a role", "not_an_mpoc", HELD_OF_ACME, facts=who(a_contact(roles=frozenset()))),
    Row("a former MPOC", "not_an_mpoc", HELD_OF_ACME, facts=who(FORMER)),
    Row("a future MPOC", "not_an_mpoc", HELD_OF_ACME, facts=who(a_contact(valid_from=date(2026, 11, 24)))),
    Row("an expired MPOC", "not_an_mpoc", HELD_OF_ACME, facts=who(a_contact(valid_until=date(2026, 11, 22)))),
    Row(
        "a former MPOC of two",
        "not_an_mpoc",
        HELD,
        facts=who(FORMER, a_contact(contact_id=2, organisation_id=2, active=False)),
    ),
    # --- for whom
    Row("an MPOC of two", "organisation_ambiguous", HELD, facts=who(a_contact(), ELSEWHERE)),
    Row(
        "an MPOC of two, admitted",
        "organisation_ambiguous",
        HELD,
        facts={"contacts": (a_contact(), ELSEWHERE), "release": RELEASED},
    ),
    Row(
        "an MPOC of one, former of another",
        "mpoc_opens_case",
        CASE,
        facts=who(a_contact(), a_contact(contact_id=2, organisation_id=2, active=False)),
    ),
    Row(
        "an MPOC of one, billing contact of another",
        "mpoc_opens_case",
        CASE,
        facts=who(a_contact(contact_id=2, organisation_id=2, roles=Role.BILLING), a_contact()),
    ),
    # --- proof
    Row("unproved under aligned", "author_unproved", UNPROVED, facts={"mode": Mode.ALIGNED}),
    Row("an organisation that asks for proof", "author_unproved", UNPROVED, facts=who(a_contact(mode=Mode.ALIGNED))),
    Row(
        "an organisation that believes",
        "mpoc_opens_case",
        CASE,
        facts={"contacts": (a_contact(mode=Mode.ADDRESS),), "mode": Mode.ALIGNED},
    ),
    Row("unproved and admitted", "mpoc_opens_case", CASE, facts={"mode": Mode.ALIGNED, "release": RELEASED}),
    # --- the word of our own relay
    Row("proved", "mpoc_opens_case", CASE, **SAYS["dkim=pass"], facts={"mode": Mode.ALIGNED}),
    Row("refuted", "author_unproved", UNPROVED, **SAYS["dkim=fail"], facts={"mode": Mode.ALIGNED}),
    Row("DNS did not answer", "proof_not_answered_yet", SOON, **SAYS["dkim=temperror"], facts={"mode": Mode.ALIGNED}),
    Row("DNS did not answer, believed anyhow", "mpoc_opens_case", CASE, **SAYS["dkim=temperror"]),
    Row("DNS did not answer, released", "mpoc_opens_case", CASE, **SAYS["dkim=temperror"], facts={"release": RELEASED}),
    Row("DNS did not answer about an agent", "proof_not_answered_yet", SOON, **SAYS["dkim=temperror"], facts=DANA),
    Row("DNS did not answer about a stranger", "unknown_author", HELD, **SAYS["dkim=temperror"], facts=STRANGER),
    Row("a proved stranger", "unknown_author", Hold(answer="not_authorised"), **SAYS["dkim=pass"], facts=STRANGER),
    Row("a proved end user", "end_user", TOLD, **SAYS["dkim=pass"], facts=USER),
    Row("a proved former MPOC", "not_an_mpoc", TOLD, **SAYS["dkim=pass"], facts=who(FORMER)),
    Row("a proved end user of two", "end_user", HELD, **SAYS["dkim=pass"], facts=USER_OF_TWO),
    # --- approvals
    Row("an approval", "answers_approval_request", APPROVED, **approving("approve")),
    Row("a refusal", "answers_approval_request", replace(APPROVED, answer="refuse"), **approving("refuse")),
    Row("a remark", "answers_approval_request", replace(APPROVED, answer="remark"), **approving("remark")),
    Row("a late approval", "answers_approval_request", LATE, **approving("approve", waits=False)),
    Row("an approval of nobody's", "answers_approval_request", HELD_OF_ACME, **approving("approve", contacts=())),
    Row("an approval unproved", "answers_approval_request", HELD_OF_ACME, **approving("approve", said="dkim=fail")),
    Row(
        "an approval released",
        "answers_approval_request",
        HELD_OF_ACME,
        **approving("approve", said="dkim=fail", release=RELEASED),
    ),
    Row("an approval by a machine", "automatic_mail", HELD_OF_ACME, **approving("approve", marked=True)),
    # --- caps
    Row("too many cases", "too_many_cases", HELD_OF_ACME, facts={"cases_within_the_hour": 1_000}),
    Row("the last case of the hour", "mpoc_opens_case", CASE, facts={"cases_within_the_hour": 999}),
    Row("a robot", "opens_case_unanswered", UNANSWERED, facts={"alike_within_the_hour": 20}),
    # --- MPOCs
    Row("an MPOC's first mail", "mpoc_opens_case", CASE),
    *(
        Row(f"an MPOC who is {role}", "mpoc_opens_case", CASE, facts=who(a_contact(roles=role)))
        for role in (Role.PRIMARY_MPOC, Role.SECONDARY_MPOC, Role.TECHNICAL)
    ),
    Row(
        "an MPOC read in safe mode",
        "mpoc_opens_case",
        CASE,
        message={"safe_mode": True, "marks": ("it was read in safe mode",)},
    ),
    Row("an MPOC without words", "mpoc_opens_case", CASE, message={"subject": "", "text": "", "message_id": None}),
    Row("an MPOC on the last day", "mpoc_opens_case", CASE, facts=who(a_contact(valid_until=date(2026, 11, 23)))),
    Row(
        "an MPOC after midnight UTC, before midnight in the plan's zone",
        "mpoc_opens_case",
        CASE,
        facts=who(a_contact(valid_until=date(2026, 11, 23))),
        received_at=datetime(2026, 11, 24, 6, 59, tzinfo=UTC),
    ),
    Row(
        "an MPOC whose plan is gone: the default plan's zone",
        "mpoc_opens_case",
        CASE,
        facts=who(a_contact(plan="vanished", valid_until=date(2026, 11, 23))),
        received_at=datetime(2026, 11, 24, 6, 59, tzinfo=UTC),
    ),
    Row(
        "an MPOC to a desk with a plus of its own",
        "mpoc_opens_case",
        CASE,
        envelope=to("a+b@example.net"),
        policy={"addresses": IntakeAddresses([IntakeAddress("a+b@example.net", "support")])},
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=[row.situation for row in ROWS])
def test_the_rule_settles_the_situation(row: Row) -> None:
    """Each situation is settled by the rule that is named for it, with the fate that is named for it."""
    decision = row.decide()

    assert (row.rule, row.fate) == (decision.rule, decision.fate)


@pytest.mark.parametrize("row", ROWS, ids=[row.situation for row in ROWS])
def test_the_settling_rule_is_the_last_of_the_trail(row: Row) -> None:
    """The rules before it have passed, in the order of the table."""
    trail = row.decide().trail

    names = [rule.__name__ for rule in RULES]
    assert names[: len(trail)] == [step.rule for step in trail]
    assert ["passed"] * (len(trail) - 1) + ["settled"] == [step.answer for step in trail]


ONLY_NOTE: Final = {"forged_results", "belongs_to_no_case", "pass_code_in_mail"}
IN_SCENARIOS: Final = {
    "agent_acts",
    "agent_opens_case",
    "machine_answers_for_mpoc",
    "participant_comments",
    "answers_whether_solved",
    "replies_to_open_case",
    "reopens_case",
    "joins_open_follow_up",
    "follows_up_closed_case",
}
"""Rules about cases that are there: tests/scenarios has real ones."""


@pytest.mark.parametrize("rule", RULES, ids=[rule.__name__ for rule in RULES])
def test_every_rule_settles_some_situation(rule: Any) -> None:
    """No rule is without a row here, but for those that only ever note something."""
    assert rule.__name__ in {row.rule for row in ROWS} | ONLY_NOTE | IN_SCENARIOS


@pytest.mark.parametrize("row", ROWS, ids=[row.situation for row in ROWS])
def test_every_step_gives_its_reason(row: Row) -> None:
    """In words, on one line."""
    assert [] == [step.rule for step in row.decide().trail if not step.because.strip() or "\n" in step.because]


def test_c16_a_forged_loop_header_is_a_security_event() -> None:
    """Noticed on the way, settling nothing."""
    decision = decide(a_case_file(message=a_message(loop_tokens=("a.b",))))

    assert Finding(kind="security", what="forged loop header") in decision.findings


def test_mode_address_marks_what_it_lets_in() -> None:
    """A case that was opened on a name alone says so."""
    decision = decide(a_case_file())

    assert ["unproved: the address is known and believed (mode address)"] == [
        finding.what for finding in decision.findings if finding.kind == "mark"
    ]


def test_an_admission_names_who_admitted() -> None:
    """The reason of a released message's standing is a person."""
    decision = decide(a_case_file(facts=known(mode=Mode.ALIGNED, release=RELEASED)))

    assert ["admitted by dana"] == [finding.what for finding in decision.findings]


def test_a_department_of_another_key_does_not_matter_to_the_rules() -> None:
    """Rules ask whether there is one; which one is the address's."""
    decision = decide(a_case_file(facts=known(department=a_department(key="billing"))))

    assert "mpoc_opens_case" == decision.rule

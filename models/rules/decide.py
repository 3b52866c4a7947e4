"""The law for a message that came in: an ordered table of named rules, read from the top.

Each rule looks at the message, its envelope and the facts and either passes, with its
reason, or settles the fate, with its reason. Exactly one rule settles, and it is the last
of the trail; the table ends in a rule that always does. A rule's name is its name in code,
log, trail and manual (docs/rules.md).

The order is the argument: first what must never have an effect twice or answer itself
(duplicates, loops, machines), then who wrote, then what the writer may do. Urgency is asked
by no rule: whatever a mail says, it opens at P4 (plans 2).
"""

from collections.abc import Callable
from typing import Final

from models.decision import (
    AddToCase,
    AgentActs,
    Answer,
    Decision,
    Disregard,
    Duplicate,
    Finding,
    Hold,
    OpenCase,
    Passed,
    Settled,
    Step,
    ToPostmaster,
)
from models.dossier import Evidence
from models.limits import RECEIVED_FIELDS
from models.mail import NULL_REVERSE_PATH
from models.message import AutomaticKind
from models.organisation import Role
from models.rules.case_file import CaseFile
from models.rules.conversation import (
    answers_whether_solved,
    belongs_to_no_case,
    follows_up_closed_case,
    joins_open_follow_up,
    reopens_case,
    replies_to_open_case,
)
from models.rules.sender import trust, trust_by_mode
from models.tokens import is_loop_token

RULES_VERSION: Final = "2"

Rule = Callable[[CaseFile], Answer]

_DAEMONS: Final = frozenset({"mailer-daemon", "postmaster"})
_ANSWERS: Final = frozenset({AutomaticKind.REPLIED, AutomaticKind.NOTIFIED, AutomaticKind.MDN, AutomaticKind.FEEDBACK})


def same_content_decided_before(file: CaseFile) -> Answer:
    """One content is decided once, by whatever way it came again (design 3, threats F-12).

    A content that was only held is decided anew; when it would be held again, it is the duplicate.
    """
    first = file.facts.decided_before
    if first is None or first == file.inbox_id:
        return Passed("this content is new")
    return Settled(Duplicate(of=first), f"the same content was decided as inbox {first}")


def own_notice_came_back(file: CaseFile) -> Answer:
    """Our own mail, sent back by a redirect or an alias, is a loop and nothing else (D-5)."""
    if file.facts.own_notice is not None:
        return Settled(Disregard(as_what="own loop"), f"its Message-ID is that of our notice {file.facts.own_notice}")
    if any(is_loop_token(file.policy.keys, token) for token in file.message.loop_tokens):
        return Settled(Disregard(as_what="own loop"), "it bears our own loop token")
    if file.message.loop_tokens:
        return Passed(
            "a loop header is there, but not one of ours", (Finding(kind="security", what="forged loop header"),)
        )
    return Passed("it is none of our own notices")


def delivery_status_notification(file: CaseFile) -> Answer:
    """A report on the fate of a mail is kept and changes no case (RFC 3464, D-14, D-15)."""
    for evidence in file.message.automatic:
        if evidence.kind is AutomaticKind.DSN:
            return Settled(Disregard(as_what="delivery status notification"), evidence.evidence)
    return Passed("it is no delivery status notification")


def null_reverse_path(file: CaseFile) -> Answer:
    """Who sends with the null reverse path wants no answer (RFC 5321 4.5.5, D-8)."""
    reverse_path = file.envelope.reverse_path
    if reverse_path == NULL_REVERSE_PATH:
        return Settled(Disregard(as_what="automatic mail", by_envelope=True), "its reverse path is null")
    if reverse_path.partition("@")[0].lower() in _DAEMONS:  # D-9: what some systems write for a null one
        return Settled(Disregard(as_what="automatic mail", by_envelope=True), "its reverse path is a mail daemon's")
    return Passed("its reverse path is not null")


def automatic_answer(file: CaseFile) -> Answer:
    """An automatic answer is no reply and opens nothing: out of office, receipts, reports (RFC 3834, D-2)."""
    for evidence in file.message.automatic:
        if evidence.kind in _ANSWERS:
            return Settled(Disregard(as_what="automatic mail"), evidence.evidence)
    return Passed("it is no automatic answer")


def too_many_hops(file: CaseFile) -> Answer:
    """A message that has been handed on this often is in a loop (RFC 5321 6.3, A-22)."""
    hops = file.message.received_fields
    if hops > RECEIVED_FIELDS:
        return Settled(Hold(), f"it has {hops} Received fields, more than {RECEIVED_FIELDS}: it loops")
    return Passed(f"it has {hops} Received fields")


def for_the_postmaster(file: CaseFile) -> Answer:
    """Mail to postmaster is for the admin, whoever wrote it (RFC 5321 4.5.1)."""
    if file.addressed is not None and file.addressed.is_postmaster:
        return Settled(ToPostmaster(), "it is addressed to the postmaster")
    return Passed("it is not addressed to the postmaster")


def not_addressed_to_us(file: CaseFile) -> Answer:
    """An intake address that was taken out of the configuration after the message was accepted."""
    if file.addressed is None:
        return Settled(Hold(), "no recipient of it is an intake address any more")
    if file.facts.department is None:
        return Settled(Hold(), "the intake address names a department that does not exist")
    return Passed(f"it is for the department {file.facts.department.key}")


def no_strict_author(file: CaseFile) -> Answer:
    """Identity is one From field with one plain address, or there is none (B-2 to B-8)."""
    if file.author is None:
        return Settled(Hold(), f"it names no author beyond doubt: {file.message.originator.refused_because}")
    return Passed("its From names one author")


def claims_to_be_us(file: CaseFile) -> Answer:
    """Mail in the name of one of our own addresses is a loop or forged (D-9, D-19)."""
    if file.author is not None and file.policy.addresses.owns(file.author):
        return Settled(Hold(), "it claims to come from one of our own intake addresses")
    return Passed("it does not claim to come from us")


def agent_unproved(file: CaseFile) -> Answer:
    """An agent's mail needs a proved address, whatever the mode (contract 3)."""
    if file.facts.agent is not None:
        return Settled(
            Hold(),
            "it claims to come from an agent, and nothing proves it",
        )
    return Passed("its author is no agent")


def agent_acts(file: CaseFile) -> Answer:
    """An agent answers a mail of the case, at the address signed for that agent: words, notes, commands (plans 5)."""
    agent = file.facts.agent
    if agent is None or file.message.automatic:
        return Passed("no agent wrote it")
    if file.agent_thread is None:
        return Passed("it did not come to a signed address of the agent's")
    case = file.agent_thread.dossier.case
    return Settled(
        AgentActs(case_id=case.case_id, agent_id=agent.agent_id), f"{agent.name} answers a mail about {case.number}"
    )


def agent_opens_case(file: CaseFile) -> Answer:
    """An agent's mail with no case opens one on behalf of the MPOC it names first (plans 5)."""
    agent = file.facts.agent
    if agent is None or file.message.automatic:
        return Passed("no agent wrote it")
    named = [one for one in file.facts.on_behalf_of if one.is_mpoc and one.active]
    if len(named) == 1:
        contact = named[0]
        return Settled(
            OpenCase(contact_id=contact.contact_id, organisation_id=contact.organisation_id, by_agent=agent.agent_id),
            f"{agent.name} writes on behalf of {contact.name} of {contact.organisation}",
        )
    if len(named) > 1:
        return Settled(Hold(), "it names an MPOC of several organisations: release it with --as CONTACT")
    return Settled(Hold(), "an agent's mail belongs to no case: answer a mail of one, or begin with '#for ADDRESS'")


def system_contact(file: CaseFile) -> Answer:
    """A machine that may open cases: its mail opens one, marked or not, and gets no answer (plans 5)."""
    machines = [contact for contact in file.current_contacts if Role.SYSTEM in contact.roles]
    if len(machines) != 1 or (machines[0].is_mpoc and not file.message.automatic):
        return Passed("its author is no system contact")
    machine = machines[0]
    if not (belief := trust(machine, file.facts)).admitted:
        return Settled(Hold(organisation_id=machine.organisation_id), belief.because)
    if file.thread is not None and file.thread.dossier.case.is_open:
        case = file.thread.dossier.case
        return Settled(
            AddToCase(case_id=case.case_id, event=None, contact_id=machine.contact_id),
            f"it comes from a system contact of {machine.organisation}, about {case.number}",
        )
    return Settled(
        OpenCase(contact_id=machine.contact_id, organisation_id=machine.organisation_id, acknowledge=False),
        f"it comes from a system contact of {machine.organisation}",
    )


def machine_answers_for_mpoc(file: CaseFile) -> Answer:
    """Some desks mark what people wrote as automatic: with our signed address it is kept on the case (D-3).

    It changes nothing there and gets no answer; what answers itself was disregarded before.
    """
    thread = file.thread
    if not file.message.automatic or thread is None or thread.pointer.evidence is not Evidence.SIGNED_ADDRESS:
        return Passed("it is no marked mail to a signed address")
    if len(file.mpocs) == 0 or not trust(file.contact, file.facts).admitted or not thread.dossier.case.is_open:
        return Passed("its author is no MPOC who is believed, or its case is not open")
    return Settled(
        AddToCase(case_id=thread.dossier.case.case_id, event=None, contact_id=file.contact.contact_id),
        f"it came to the signed address of {thread.dossier.case.number}, marked as a machine's",
    )


def automatic_mail(file: CaseFile) -> Answer:
    """What a machine wrote opens nothing; a person looks (D-3, D-10)."""
    if not file.message.automatic:
        return Passed("nothing shows that a machine wrote it")
    evidence = file.message.automatic[0].evidence
    return Settled(Hold(organisation_id=file.organisation_id), f"a machine wrote it: {evidence}")


def participant_comments(file: CaseFile) -> Answer:
    """Whom an MPOC put in copy may comment on that one case, and no more (plans 1 and 5)."""
    if file.mpocs or file.author is None:
        return Passed("its author is an MPOC")
    for pointer in file.facts.pointers:
        dossier = file.facts.dossier(pointer.case_id)
        if dossier is None or file.author not in dossier.participants:
            continue
        belief = trust_by_mode(dossier.mode, file.facts)
        if not belief.admitted:
            return Settled(Hold(organisation_id=dossier.case.organisation_id), belief.because)
        if not dossier.case.is_open:
            return Passed(f"its author is a participant of {dossier.case.number}, which is closed")
        return Settled(
            AddToCase(case_id=dossier.case.case_id, event=None),
            f"its author is a participant of {dossier.case.number}",
        )
    return Passed("its author is no participant of the case")


def unknown_author(file: CaseFile) -> Answer:
    """A stranger gets in nowhere; a colleague of an MPOC is an end user, not an MPOC (plans 5, B-30)."""
    if file.facts.contacts:
        return Passed("its author is a contact")
    if file.facts.domain_organisations:
        names = ", ".join(name for _, name in file.facts.domain_organisations)
        return Settled(Hold(organisation_id=file.organisation_id), f"its author is an end user of {names}, no MPOC")
    return Settled(Hold(), "its author is unknown")


def not_an_mpoc(file: CaseFile) -> Answer:
    """Former, inactive and other contacts are as end users are (plans 5, B-29)."""
    names = ", ".join(sorted({contact.organisation for contact in file.facts.contacts}))
    if not file.current_contacts:
        return Settled(Hold(organisation_id=file.organisation_id), f"its author is a former contact of {names}")
    if not file.mpocs:
        return Settled(Hold(organisation_id=file.organisation_id), f"its author is a contact of {names}, but no MPOC")
    return Passed("its author is an MPOC")


def organisation_ambiguous(file: CaseFile) -> Answer:
    """An MPOC of several organisations: an agent says for which (plans 5, B-28)."""
    if len(file.mpocs) > 1 and file.thread is None:
        names = ", ".join(sorted(contact.organisation for contact in file.mpocs))
        return Settled(Hold(), f"its author is an MPOC of several organisations: {names}")
    if len(file.mpocs) > 1:
        return Passed(f"its author is an MPOC of several organisations; its case is {file.contact.organisation}'s")
    return Passed(f"its author is an MPOC of {file.contact.organisation} alone")


def author_unproved(file: CaseFile) -> Answer:
    """A name on a message is not enough where the mode asks for proof (plans 5, B-1)."""
    contact = file.contact
    belief = trust(contact, file.facts)
    if not belief.admitted:
        return Settled(Hold(organisation_id=contact.organisation_id), belief.because)
    return Passed(belief.because, (Finding(kind="mark", what=belief.because),))


def too_many_cases(file: CaseFile) -> Answer:
    """Nobody opens cases without end: beyond the desk's cap a person looks (D-1, D-4, D-12)."""
    opened, most = file.facts.cases_within_the_hour, file.policy.cases_per_hour
    if opened >= most:
        return Settled(
            Hold(organisation_id=file.contact.organisation_id),
            f"its author opened {opened} cases within the hour; the breaker opens at {most}",
        )
    return Passed(f"its author opened {opened} cases within the hour")


def mpoc_opens_case(file: CaseFile) -> Answer:
    """An MPOC's mail with no thread opens a P4 case (plans 2 and 5).

    One subject again and again within the hour is what a robot writes that answers our
    answers: its cases open, and are acknowledged no more (D-4).
    """
    contact = file.contact
    robot = file.facts.alike_within_the_hour >= file.policy.alike_per_hour
    because = f"{contact.organisation} lets this MPOC open cases"
    if robot:
        because += f"; {file.facts.alike_within_the_hour} with this subject within the hour: not acknowledged"
    return Settled(
        OpenCase(contact_id=contact.contact_id, organisation_id=contact.organisation_id, acknowledge=not robot),
        because,
    )


RULES: Final[tuple[Rule, ...]] = (
    same_content_decided_before,
    own_notice_came_back,
    delivery_status_notification,
    null_reverse_path,
    automatic_answer,
    too_many_hops,
    for_the_postmaster,
    not_addressed_to_us,
    no_strict_author,
    claims_to_be_us,
    agent_unproved,
    agent_acts,
    agent_opens_case,
    system_contact,
    machine_answers_for_mpoc,
    automatic_mail,
    participant_comments,
    unknown_author,
    not_an_mpoc,
    organisation_ambiguous,
    author_unproved,
    belongs_to_no_case,
    answers_whether_solved,
    replies_to_open_case,
    reopens_case,
    joins_open_follow_up,
    follows_up_closed_case,
    too_many_cases,
    mpoc_opens_case,
)


def decide(file: CaseFile) -> Decision:
    """The fate of a message: pure, total, and the same whenever it is asked the same."""
    trail: list[Step] = []
    findings: list[Finding] = []
    for rule in RULES:
        answer = rule(file)
        if isinstance(answer, Settled) and isinstance(answer.fate, Hold) and file.held_already is not None:
            trail.append(Step(rule=rule.__name__, answer="passed", because=f"it would hold it: {answer.because}"))
            answer = Settled(Duplicate(of=file.held_already), f"the same content is held as inbox {file.held_already}")
            rule = same_content_decided_before  # noqa: PLW2901 - the rule it is, asked once more at the end
        if isinstance(answer, Settled):
            trail.append(Step(rule=rule.__name__, answer="settled", because=answer.because))
            return Decision(
                fate=answer.fate,
                rule=rule.__name__,
                because=answer.because,
                trail=tuple(trail),
                findings=tuple(findings),
            )
        trail.append(Step(rule=rule.__name__, answer="passed", because=answer.because))
        findings.extend(answer.findings)
    raise AssertionError("the last rule always settles")

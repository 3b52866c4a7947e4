"""What holding a message, or passing it to the admin, leads to: word of it, and never silently (plans 6).

Agents hear of everything that is held. A writer whose own address is proved hears that an
MPOC has to write, or that we do not know him, once a day; every other writer hears nothing,
for a forged name would get our answer. The MPOCs are asked about what their end users write.
"""

import zlib
from datetime import datetime

from models.decision import Decision, Hold
from models.limits import APPROVAL_REQUESTS_A_DAY, HELD_NOTICES_AN_HOUR
from models.notice import AdminPostmaster, AgentHeld, Notice
from models.rules.asking import author_told, mpocs_asked, organisation_of
from models.rules.case_file import CaseFile
from models.rules.effects import Consequences, Holding
from models.rules.mailing import received_items, shown_text, to_admin, to_staff
from models.rules.opening import NO_SUBJECT
from models.rules.shell import WHY, command


def held(file: CaseFile, decision: Decision, fate: Hold, now: datetime) -> Consequences:
    """Holding is never silent to agents; a proved writer is answered, and the MPOCs are asked."""
    until = now + file.policy.held_for
    asked: list[Notice] = []
    if fate.answer == "go_through_mpoc" and file.facts.asked_today < APPROVAL_REQUESTS_A_DAY:
        asked = mpocs_asked(file, until, now)
    holding = Holding(
        until=until, release=_release(file), proposal=_proposal(file, decision), asked=file.author if asked else None
    )
    return Consequences(
        holding=holding,
        notices=(
            _agents_told(file, decision, fate, holding, now),
            *author_told(file, fate, now, asks_mpocs=bool(asked)),
            *asked,
        ),
        findings=decision.findings,
    )


def _agents_told(file: CaseFile, decision: Decision, fate: Hold, holding: Holding, now: datetime) -> Notice:
    """One author is told of once an hour and rule.

    And so that a flood under made-up names does not become a flood of notices, the names
    share HELD_NOTICES_AN_HOUR places. All of it is listed by `casegate held list`, which the
    notice says.
    """
    policy, department = file.policy, file.facts.department
    author = file.author or file.message.originator.display_address
    context = AgentHeld(
        desk=policy.desk,
        inbox_id=file.inbox_id,
        rule=decision.rule,
        because=decision.because,
        author=author,
        organisation=organisation_of(file, fate),
        subject=file.message.subject or NO_SUBJECT,
        department="" if department is None else department.name,
        received_at=file.received_at,
        expires_at=holding.until,
        zone=policy.zone,
        release=holding.release,
        proposal=holding.proposal,
    )
    place = zlib.crc32(author.encode()) % HELD_NOTICES_AN_HOUR
    cause = f"held:{decision.rule}:{place}:{now:%Y-%m-%dT%H}"
    if department is None:
        return to_admin(policy, context, cause=cause, now=now)
    return to_staff(policy, context, cause=cause, to=department, now=now)


def _release(file: CaseFile) -> str:
    """The command that lets it in once: where the writer may not write, in the name of one who may."""
    words = ["held", "release", str(file.inbox_id)]
    name = file.proposed if len(file.mpocs) > 1 and file.thread is None else None
    if file.facts.agent is not None or (name is None and not file.mpocs):
        name = next(iter(file.facts.mpocs), None)
        if name is None:
            return f"{command(*words)} --as MPOC {WHY}"
    if name is not None:
        words += ["--as", name.address, "--org", name.organisation]
    return f"{command(*words)} {WHY}"


def _proposal(file: CaseFile, decision: Decision) -> str:
    """The exception that would admit such mail from now on, where the path it came by is known."""
    if decision.rule not in {"author_unproved", "agent_unproved", "system_contact"} or file.author is None:
        return ""
    if file.proof.spf_domain:
        path = f"spf:{file.proof.spf_domain}"
    elif file.proof.peer:
        path = f"ip:{file.proof.peer}"
    else:
        return ""
    if file.facts.agent is not None:
        return f"{command('agent', 'trust', file.author, '--path', path)} {WHY}"
    contact = file.contact if file.mpocs else file.current_contacts[0]
    return f"{command('org', 'trust', contact.organisation, file.author, '--path', path)} {WHY}"


def to_postmaster(file: CaseFile, decision: Decision, now: datetime) -> Consequences:
    """The admin gets mail to the postmaster (RFC 5321 4.5.1), the same content once."""
    text, cut = shown_text(file.message.text, cut=file.message.text_cut)
    context = AdminPostmaster(
        desk=file.policy.desk,
        inbox_id=file.inbox_id,
        author=file.author or file.message.originator.display_address,
        subject=file.message.subject or NO_SUBJECT,
        received_at=file.received_at,
        text=text,
        text_cut=cut,
        items=received_items(file.message),
    )
    told = to_admin(file.policy, context, cause=f"postmaster:{file.message.content_key}", now=now)
    return Consequences(notices=(told,), findings=decision.findings)

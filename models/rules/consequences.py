"""What follows from a decision: rows to write and notices to owe, as values.

Pure: the ids of new cases were given out before, the clock is an argument. Who gets mail
comes from tables alone, never from a header (threats C-14, B-13); nobody is mailed because
of a message that was disregarded, and a stranger is never mailed at all.
"""

import zlib
from dataclasses import dataclass, replace
from datetime import datetime

from models.case import CaseStatus, Priority, case_number
from models.decision import Decision, Finding, Hold, OpenCase, ToPostmaster
from models.limits import HELD_NOTICES_AN_HOUR, NOTICE_TEXT_CHARACTERS
from models.message import Message
from models.notice import (
    AdminPostmaster,
    AgentHeld,
    AgentNewCase,
    CaseOpened,
    Context,
    Notice,
    ReceivedItem,
)
from models.organisation import Department, KnownContact, OnDuty
from models.plan import SupportPlan
from models.policy import Policy
from models.rules.case_file import CaseFile
from models.rules.sender import trust
from models.tokens import message_id, reply_extension

NO_SUBJECT = "(no subject)"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case to be: every column that the law decides."""

    case_id: int
    organisation_id: int
    contact: KnownContact
    department_id: int
    agent_id: int | None
    subject: str
    priority: Priority
    status: CaseStatus
    standing: str
    plan: SupportPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """All effects of one decision; they appear together with it or not at all."""

    case: NewCase | None = None
    held_until: datetime | None = None
    notices: tuple[Notice, ...] = ()
    findings: tuple[Finding, ...] = ()


def consequences(file: CaseFile, decision: Decision, case_id: int | None, now: datetime) -> Consequences:
    """What one decision leads to. `case_id` is there exactly when a case is opened."""
    match decision.fate:
        case OpenCase() as fate:
            assert case_id is not None, "a case that is opened has its id"
            return _open(file, decision, fate, case_id, now)
        case Hold():
            until = now + file.policy.held_for
            return Consequences(held_until=until, notices=_held(file, decision, until, now), findings=decision.findings)
        case ToPostmaster():
            return Consequences(notices=_to_postmaster(file, now), findings=decision.findings)
    return Consequences(findings=decision.findings)


def least_loaded(department: Department, plan: SupportPlan) -> OnDuty | None:
    """Who gets a case opened by mail: the least loaded agent on duty, where the plan assigns at all."""
    if not plan.assigns:
        return None
    return min(department.on_duty, key=lambda agent: (agent.open_cases, agent.agent_id), default=None)


def loads_now(department: Department | None, given: dict[int, int]) -> Department | None:
    """A department with its agents' loads as they are after the cases given earlier in the same transaction."""
    if department is None or not given:
        return department
    on_duty = tuple(
        replace(agent, open_cases=agent.open_cases + given.get(agent.agent_id, 0)) for agent in department.on_duty
    )
    return replace(department, on_duty=on_duty)


def _open(file: CaseFile, decision: Decision, fate: OpenCase, case_id: int, now: datetime) -> Consequences:
    contact = next(known for known in file.facts.contacts if known.contact_id == fate.contact_id)
    department = file.facts.department
    assert department is not None, "a message without a department never opens a case"
    plan = file.policy.plan(contact.plan)
    agent = least_loaded(department, plan)
    case = NewCase(
        case_id=case_id,
        organisation_id=fate.organisation_id,
        contact=contact,
        department_id=department.department_id,
        agent_id=None if agent is None else agent.agent_id,
        subject=file.message.subject or NO_SUBJECT,
        priority=Priority.P4,
        status=CaseStatus.NEW,
        standing=trust(contact, file.facts).standing.value,
        plan=plan,
    )
    notices = [_new_case(file, case, department, agent, now)]
    if fate.acknowledge:
        notices.insert(0, _acknowledgement(file, case, now))
    return Consequences(case=case, notices=tuple(notices), findings=decision.findings)


def _acknowledgement(file: CaseFile, case: NewCase, now: datetime) -> Notice:
    message, policy = file.message, file.policy
    context = CaseOpened(
        desk=policy.desk,
        case_number=case_number(case.case_id),
        subject=case.subject,
        priority=case.priority,
        organisation=case.contact.organisation,
        contact_name=case.contact.name,
        opened_at=now,
        received_at=file.received_at,
        respond_by=case.plan.first_response_due(case.priority, file.received_at),
        update_by=case.plan.update_due(case.priority, file.received_at),
        zone=case.contact.zone,
        text_characters=len(message.text),
        items=_items(message),
        marks=message.marks,
    )
    return _notice(
        policy,
        context,
        cause=_cause(file),
        recipient=case.contact.address,
        recipient_name=case.contact.name,
        language=case.contact.language,
        reply_to=_reply_address(file, case),
        answers=message.message_id,
        now=now,
    )


def _new_case(file: CaseFile, case: NewCase, department: Department, agent: OnDuty | None, now: datetime) -> Notice:
    message, policy = file.message, file.policy
    text, cut = _shown(message)
    standing = trust(case.contact, file.facts)
    context = AgentNewCase(
        desk=policy.desk,
        case_number=case_number(case.case_id),
        subject=case.subject,
        priority=case.priority,
        organisation=case.contact.organisation,
        contact_name=case.contact.name,
        contact_address=case.contact.address,
        standing=standing.standing,
        standing_because=standing.because,
        department=department.name,
        received_at=file.received_at,
        respond_by=case.plan.first_response_due(case.priority, file.received_at),
        zone=case.plan.zone.key,
        text=text,
        text_cut=cut,
        items=_items(message),
        marks=message.marks,
    )
    return _to_staff(policy, context, cause=_cause(file), to=agent or department, now=now)


def _held(file: CaseFile, decision: Decision, until: datetime, now: datetime) -> tuple[Notice, ...]:
    """Holding is never silent to agents.

    One author is told of once an hour and rule; and so that a flood under made-up names does
    not become a flood of notices, the names share HELD_NOTICES_AN_HOUR places. All of it is
    listed by `casegate held list`, which the notice says.
    """
    policy, department, author = file.policy, file.facts.department, file.author
    fate = decision.fate
    assert isinstance(fate, Hold), "only a hold is told as one"
    known = {contact.organisation_id: contact.organisation for contact in file.facts.contacts} | dict(
        file.facts.domain_organisations
    )
    context = AgentHeld(
        desk=policy.desk,
        inbox_id=file.inbox_id,
        rule=decision.rule,
        because=decision.because,
        author=author or file.message.originator.display_address,
        organisation=known.get(fate.organisation_id, "") if fate.organisation_id is not None else "",
        subject=file.message.subject or NO_SUBJECT,
        department="" if department is None else department.name,
        received_at=file.received_at,
        expires_at=until,
        zone=policy.zone,
    )
    place = zlib.crc32((author or file.message.originator.display_address).encode()) % HELD_NOTICES_AN_HOUR
    cause = f"held:{decision.rule}:{place}:{now:%Y-%m-%dT%H}"
    if department is None:
        return (_to_admin(policy, context, cause=cause, now=now),)
    return (_to_staff(policy, context, cause=cause, to=department, now=now),)


def _to_postmaster(file: CaseFile, now: datetime) -> tuple[Notice, ...]:
    """The admin gets mail to the postmaster (RFC 5321 4.5.1), the same content once."""
    text, cut = _shown(file.message)
    context = AdminPostmaster(
        desk=file.policy.desk,
        inbox_id=file.inbox_id,
        author=file.author or file.message.originator.display_address,
        subject=file.message.subject or NO_SUBJECT,
        received_at=file.received_at,
        text=text,
        text_cut=cut,
        items=_items(file.message),
    )
    return (_to_admin(file.policy, context, cause=f"postmaster:{file.message.content_key}", now=now),)


def _to_staff(policy: Policy, context: Context, *, cause: str, to: OnDuty | Department, now: datetime) -> Notice:
    return _notice(
        policy, context, cause=cause, recipient=to.address, recipient_name=to.name, language=policy.language, now=now
    )


def _to_admin(policy: Policy, context: Context, *, cause: str, now: datetime) -> Notice:
    return _notice(
        policy, context, cause=cause, recipient=policy.admin, recipient_name="", language=policy.language, now=now
    )


def _notice(
    policy: Policy,
    context: Context,
    *,
    cause: str,
    recipient: str,
    recipient_name: str,
    language: str,
    now: datetime,
    reply_to: str | None = None,
    answers: str | None = None,
) -> Notice:
    """One notice with the Message-ID that its cause, kind and recipient give it (contract 4)."""
    return Notice(
        cause=cause,
        recipient=recipient,
        recipient_name=recipient_name,
        language=language,
        message_id=f"<{message_id(policy.keys, policy.hostname, cause, context.kind.value, recipient)}>",
        reply_to=reply_to or policy.desk.address,
        in_reply_to=None if answers is None else f"<{answers}>",
        references=() if answers is None else (f"<{answers}>",),
        created_at=now,
        context=context,
    )


def parked_notice(policy: Policy, context: Context, *, cause: str, now: datetime) -> Notice:
    """To the admin: something of ours failed. The cause is by the hour: one mail, the rest is listed (plans 6)."""
    return _to_admin(policy, context, cause=cause, now=now)


def _cause(file: CaseFile) -> str:
    """What the effects of a message hang on: its inbox row and its content."""
    return f"inbox:{file.inbox_id}:{file.message.content_key}"


def _reply_address(file: CaseFile, case: NewCase) -> str:
    """The signed address an answer to this case by this very person comes back to."""
    intake = file.addressed.intake if file.addressed is not None else None
    assert intake is not None, "a case comes from an intake address"
    local_part, _, domain = intake.address.rpartition("@")
    return f"{local_part}+{reply_extension(file.policy.keys, case.case_id, case.contact.address)}@{domain}"


def _items(message: Message) -> tuple[ReceivedItem, ...]:
    return tuple(
        ReceivedItem(
            name=part.name, content_type=part.content_type, size=part.size, dropped_because=part.dropped_because
        )
        for part in message.attachments
    )


def _shown(message: Message) -> tuple[str, bool]:
    """The text for a notice to our own people, and whether it was cut."""
    return message.text[:NOTICE_TEXT_CHARACTERS], message.text_cut or len(message.text) > NOTICE_TEXT_CHARACTERS

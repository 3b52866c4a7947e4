"""A case that an agent opens: for a contact who called, or by mail on a contact's behalf (plans 5)."""

from dataclasses import dataclass
from datetime import datetime

from models.acts import Actor
from models.case import Case, CaseEvent, CaseStatus, Priority
from models.notice import AgentAssigned, CaseOpened, Notice
from models.organisation import Department, KnownContact, OnDuty
from models.policy import Policy
from models.rules.clocks import next_update, respond_by
from models.rules.effects import Consequences, Deed, Entry, EntryKind, changed
from models.rules.mailing import to_contact, to_staff
from models.rules.opening import NO_SUBJECT, least_loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRequest:
    """What an agent opens a case with. Only an agent may say another priority than P4 (plans 2)."""

    contact: KnownContact
    subject: str
    text: str
    priority: Priority
    department: str


def opened_by_agent(
    request: CaseRequest,
    department: Department,
    *,
    by: Actor,
    policy: Policy,
    case_id: int,
    cause: str,
    now: datetime,
) -> Consequences:
    """A new case, acknowledged to the contact; the least loaded agent on duty has it, and is told."""
    contact, plan = request.contact, policy.plan(request.contact.plan)
    agent = least_loaded(department, plan)
    case = Case(
        case_id=case_id,
        organisation_id=contact.organisation_id,
        contact_id=contact.contact_id,
        department_id=department.department_id,
        agent_id=None if agent is None else agent.agent_id,
        subject=request.subject or NO_SUBJECT,
        priority=request.priority,
        status=CaseStatus.NEW,
        standing="unproved",
        plan=plan.name,
        opened_at=now,
        respond_from=now,
        update_from=now,
        resolve_from=now,
    )
    because = f"{by.name} opened it for {contact.name}"
    deed = Deed(case_id=case_id, by=by.login, agent_id=_id_of(by), kind="open", said=because)
    notices = [_acknowledged(request, case, department, policy=policy, cause=cause, now=now)]
    if agent is not None and agent.agent_id != _id_of(by):
        told = _assigned(case, contact, agent, by=by, policy=policy)
        notices.append(
            to_staff(policy, told, cause=cause, to=agent, case_id=case_id, department=department.key, now=now)
        )
    return Consequences(
        changes=(changed(None, case, CaseEvent.OPENED, plan, because=because),),
        entries=(_said(request, case_id, by, now),),
        deeds=(deed,),
        notices=tuple(notices),
    )


def _id_of(by: Actor) -> int | None:
    return None if by.agent is None else by.agent.agent_id


def _said(request: CaseRequest, case_id: int, by: Actor, now: datetime) -> Entry:
    return Entry(
        case_id=case_id,
        kind=EntryKind.CALL,
        at=now,
        author_name=by.name,
        author_address="" if by.agent is None else by.agent.address,
        text=request.text,
        contact_id=request.contact.contact_id,
        agent_id=_id_of(by),
    )


def _assigned(case: Case, contact: KnownContact, agent: OnDuty, *, by: Actor, policy: Policy) -> AgentAssigned:
    plan = policy.plan(contact.plan)
    return AgentAssigned(
        desk=policy.desk,
        case_number=case.number,
        subject=case.subject,
        organisation=contact.organisation,
        contact_name=agent.name,
        zone=plan.zone.key,
        by=by.name,
        status=case.status.value,
        priority=case.priority,
        respond_by=respond_by(case, plan),
    )


def _acknowledged(
    request: CaseRequest, case: Case, department: Department, *, policy: Policy, cause: str, now: datetime
) -> Notice:
    contact, plan = request.contact, policy.plan(request.contact.plan)
    context = CaseOpened(
        desk=policy.desk,
        case_number=case.number,
        subject=case.subject,
        organisation=contact.organisation,
        contact_name=contact.name,
        zone=contact.zone,
        priority=case.priority,
        opened_at=now,
        received_at=now,
        respond_by=respond_by(case, plan),
        update_by=next_update(case, plan),
        text_characters=len(request.text),
        items=(),
    )
    return to_contact(
        policy,
        context,
        cause=cause,
        contact=contact,
        department=department.key,
        case_id=case.case_id,
        now=now,
    )

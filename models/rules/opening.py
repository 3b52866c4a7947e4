"""What opening a case leads to: the case, what was said in it, the acknowledgement, word to an agent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from models.case import Case, CaseEvent, CaseStatus, Priority, case_number
from models.decision import Decision, FollowUp, OpenCase
from models.notice import AgentNewCase, CaseOpened, FollowUpOpened, Notice
from models.organisation import Department, KnownContact, OnDuty
from models.plan import SupportPlan
from models.rules.case_file import CaseFile
from models.rules.effects import Consequences, Entry, EntryKind, Participation, changed
from models.rules.mailing import received_items, shown_text, to_contact, to_staff
from models.rules.sender import Trust

NO_SUBJECT = "(no subject)"


def opened(file: CaseFile, decision: Decision, fate: OpenCase, case_id: int, now: datetime) -> Consequences:
    """A new P4 case: what an MPOC's or a machine's mail with no thread, or with a thread that has ended, makes."""
    known = (*file.facts.contacts, *file.facts.on_behalf_of)
    contact = next(one for one in known if one.contact_id == fate.contact_id)
    department = file.department
    plan = file.policy.plan(contact.plan)
    agent = _assigned(file, fate.follow_up, department, plan)
    case = Case(
        case_id=case_id,
        organisation_id=fate.organisation_id,
        contact_id=contact.contact_id,
        department_id=department.department_id,
        agent_id=None if agent is None else agent.agent_id,
        subject=_subject(file, fate.follow_up),
        priority=Priority.P4,
        status=CaseStatus.NEW,
        standing=_belief(file, fate, contact).standing.value,
        plan=plan.name,
        opened_at=now,
        respond_from=file.clocks_from,
        update_from=file.clocks_from,
        resolve_from=file.clocks_from,
        follow_up_of=None if fate.follow_up is None else fate.follow_up.case_id,
    )
    notices = [_told(file, case, contact, agent, now, belief=_belief(file, fate, contact))]
    if fate.acknowledge:
        notices.insert(0, _acknowledged(file, case, fate.follow_up, contact, now))
    return Consequences(
        changes=(changed(None, case, CaseEvent.OPENED, plan, because=decision.because),),
        entries=(said(file, case_id, contact),),
        participations=(*_in_first_copy(file, case_id, contact), *released_writer(file, case_id, contact)),
        notices=tuple(notices),
        findings=decision.findings,
    )


def in_copy(file: CaseFile, case_id: int) -> tuple[Participation, ...]:
    """Whom an authenticated MPOC put in copy: they may comment, no more, and get no mail (plans 1, C-14)."""
    return tuple(
        Participation(case_id=case_id, address=address, because=f"in Cc of {file.author}, message {file.inbox_id}")
        for address in dict.fromkeys(mailbox.address for mailbox in file.message.cc)
        if address and not file.policy.addresses.owns(address) and address != file.author
    )


def released_writer(file: CaseFile, case_id: int, contact: KnownContact | None) -> tuple[Participation, ...]:
    """Who wrote what was released in a contact's name may comment on the case (plans 5)."""
    release, author = file.facts.release, file.author
    if release is None or release.contact_id is None or author is None or contact is None or author == contact.address:
        return ()
    because = f"wrote message {file.inbox_id}, released by {release.admitted_by}"
    return (Participation(case_id=case_id, address=author, because=because),)


def _in_first_copy(file: CaseFile, case_id: int, contact: KnownContact) -> tuple[Participation, ...]:
    """Whom an MPOC put in copy of the mail that opens the case: no machine's copies, nor those of who was let in."""
    return in_copy(file, case_id) if contact.is_mpoc and file.author == contact.address else ()


def _belief(file: CaseFile, fate: OpenCase, contact: KnownContact) -> Trust:
    """How far the writer is believed: as the contact, or as the agent who writes on the contact's behalf."""
    return file.trust_in(contact) if fate.by_agent is None else file.trust_for(None, None)


def _subject(file: CaseFile, follow_up: FollowUp | None) -> str:
    """A follow-up goes by the name of the case it continues, for an answer's own subject may say anything."""
    earlier = None if follow_up is None else file.facts.dossier(follow_up.case_id)
    return (file.message.subject if earlier is None else earlier.case.subject) or NO_SUBJECT


def least_loaded(department: Department, plan: SupportPlan) -> OnDuty | None:
    """Who gets a case opened by mail: the least loaded agent on duty, where the plan assigns at all."""
    if not plan.assigns:
        return None
    return min(department.on_duty, key=lambda agent: (agent.open_cases, agent.agent_id), default=None)


def with_one_more(department: Department, agent_id: int) -> Department:
    """A department as it is once a case was given to one of its agents."""
    on_duty = tuple(
        replace(agent, open_cases=agent.open_cases + 1) if agent.agent_id == agent_id else agent
        for agent in department.on_duty
    )
    return replace(department, on_duty=on_duty)


def said(file: CaseFile, case_id: int, contact: KnownContact | None, kind: EntryKind = EntryKind.MAIL) -> Entry:
    """What a message says in a case, under the address the directory knows."""
    message = file.message
    return Entry(
        case_id=case_id,
        kind=kind,
        at=file.received_at,
        author_name=message.originator.display_name or ("" if contact is None else contact.name),
        author_address=file.author or "",
        text=message.text,
        new_text=None if message.new_text == message.text else message.new_text,
        contact_id=None if contact is None else contact.contact_id,
        message_id=message.message_id,
        attachments=message.attachments,
    )


def _assigned(file: CaseFile, follow_up: FollowUp | None, department: Department, plan: SupportPlan) -> OnDuty | None:
    """A follow-up goes to who had the case it continues, where that agent is on duty."""
    if follow_up is not None and plan.assigns and (earlier := file.facts.dossier(follow_up.case_id)) is not None:
        for agent in department.on_duty:
            if agent.agent_id == earlier.case.agent_id:
                return agent
    return least_loaded(department, plan)


def _acknowledged(
    file: CaseFile, case: Case, follow_up: FollowUp | None, contact: KnownContact, now: datetime
) -> Notice:
    message, policy, department = file.message, file.policy, file.department
    plan = policy.plan(contact.plan)
    said_of_it: dict[str, Any] = {
        "desk": policy.desk,
        "case_number": case.number,
        "subject": case.subject,
        "priority": case.priority,
        "organisation": contact.organisation,
        "contact_name": contact.name,
        "opened_at": now,
        "received_at": file.received_at,
        "respond_by": plan.first_response_due(case.priority, file.clocks_from),
        "update_by": plan.update_due(case.priority, file.clocks_from),
        "zone": contact.zone,
        "text_characters": len(message.text),
        "items": received_items(message),
        "marks": message.marks,
    }
    context: CaseOpened | FollowUpOpened = CaseOpened(**said_of_it)
    if follow_up is not None:
        context = FollowUpOpened(
            **said_of_it,
            original_number=case_number(follow_up.case_id),
            why=follow_up.why,
            closed_at=follow_up.closed_at,
        )
    return to_contact(
        policy,
        context,
        cause=cause_of(file),
        contact=contact,
        department=department.key,
        case_id=case.case_id,
        answers=message.message_id,
        now=now,
    )


def _told(
    file: CaseFile, case: Case, contact: KnownContact, agent: OnDuty | None, now: datetime, *, belief: Trust
) -> Notice:
    message, policy, department = file.message, file.policy, file.department
    plan = policy.plan(contact.plan)
    text, cut = shown_text(message.text, cut=message.text_cut)
    context = AgentNewCase(
        desk=policy.desk,
        case_number=case.number,
        subject=case.subject,
        priority=case.priority,
        organisation=contact.organisation,
        contact_name=contact.name,
        contact_address=contact.address,
        standing=belief.standing,
        standing_because=belief.because,
        department=department.name,
        received_at=file.received_at,
        respond_by=plan.first_response_due(case.priority, file.clocks_from),
        zone=plan.zone.key,
        text=text,
        text_cut=cut,
        items=received_items(message),
        marks=(*_continues(case), *message.marks),
    )
    return to_staff(
        policy,
        context,
        cause=cause_of(file),
        to=agent or department,
        case_id=case.case_id,
        department=department.key,
        now=now,
    )


def _continues(case: Case) -> Sequence[str]:
    return () if case.follow_up_of is None else (f"it continues {case_number(case.follow_up_of)}, which is closed",)


def cause_of(file: CaseFile) -> str:
    """What the effects of a message hang on: its inbox row and its content."""
    return f"inbox:{file.inbox_id}:{file.message.content_key}"

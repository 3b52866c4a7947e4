"""What a mail that belongs to a case leads to: it is added, or re-opens the case (plans 4)."""

from dataclasses import replace
from datetime import datetime

from models.case import Case, CaseEvent, CaseStatus
from models.decision import AddToCase, Decision, ReopenCase
from models.dossier import Dossier
from models.notice import AddedToMainCase, AgentCustomerReplied, Notice, WhatReplyDid
from models.organisation import KnownContact
from models.rules.case_file import CaseFile
from models.rules.clocks import begun_anew, respond_by, resumed
from models.rules.effects import Consequences, EntryKind, changed
from models.rules.lifecycle import next_status
from models.rules.mailing import received_items, shown_text, staff_of, to_contact
from models.rules.opening import cause_of, in_copy, released_writer, said
from models.rules.telling import Telling

_ACTS = {
    CaseEvent.CUSTOMER_REPLIED: WhatReplyDid.ADDED,
    CaseEvent.CUSTOMER_CONFIRMED: WhatReplyDid.CONFIRMED,
    CaseEvent.CUSTOMER_NOT_SOLVED: WhatReplyDid.NOT_SOLVED,
    None: WhatReplyDid.COMMENT,
}


def added(file: CaseFile, decision: Decision, fate: AddToCase, now: datetime) -> Consequences:
    """The mail is added; a customer's answer ends the waiting, a comment changes nothing.

    The agent is told at once. The customer gets no mail, but for a confirmed case its closing,
    and for one that is the duplicate of another the number of that; and none where a machine
    wrote, which may answer our answers (D-2). Nobody hears of what a robot writes on and on (D-4).
    """
    dossier = _dossier(file, fate.case_id)
    before, plan = dossier.case, file.policy.plan(dossier.case.plan)
    after = before if fate.event is None else _after(before, fate.event, file, now)
    contact = _contact(file, fate.contact_id)
    kind = EntryKind.MAIL if fate.event is not None else EntryKind.COMMENT
    on_hold = after.status is CaseStatus.ON_HOLD and fate.event is CaseEvent.CUSTOMER_REPLIED
    act = WhatReplyDid.ON_HOLD if on_hold else _ACTS[fate.event]
    telling = _telling(file, dossier, contact, now)
    notices = []
    if not file.writes_like_a_robot:
        notices.append(_agent_told(file, telling, after, act))
        if fate.duplicate is not None and contact is not None and not file.message.automatic:
            notices.append(_sent_to_main(file, dossier, fate, contact, now))
    if fate.event is CaseEvent.CUSTOMER_CONFIRMED and not file.message.automatic:
        notices.extend(telling.closed(after, "", confirmed=True))
    return Consequences(
        changes=(changed(before, after, fate.event, plan, because=decision.because),),
        entries=(said(file, fate.case_id, contact, kind),),
        participations=()
        if contact is None
        else (*in_copy(file, fate.case_id), *released_writer(file, fate.case_id, contact)),
        notices=tuple(notices),
        findings=decision.findings,
    )


def reopened(file: CaseFile, decision: Decision, fate: ReopenCase, now: datetime) -> Consequences:
    """The same number again; its clocks start anew, at the priority the agent gave it (plans 2 and 4).

    Where a machine wrote, which a person released in a contact's name, the agent alone is told (D-2).
    """
    dossier = _dossier(file, fate.case_id)
    before, plan = dossier.case, file.policy.plan(dossier.case.plan)
    after = begun_anew(before, next_status(before.status, CaseEvent.CUSTOMER_REOPENED, plan), file.clocks_from)
    contact = _contact(file, fate.contact_id)
    telling = _telling(file, dossier, contact, now)
    told = () if file.message.automatic else telling.reopened(after, file.clocks_from)
    return Consequences(
        changes=(changed(before, after, CaseEvent.CUSTOMER_REOPENED, plan, because=decision.because),),
        entries=(said(file, fate.case_id, contact),),
        participations=in_copy(file, fate.case_id),
        notices=(_agent_told(file, telling, after, WhatReplyDid.REOPENED), *told),
        findings=decision.findings,
    )


def _after(before: Case, event: CaseEvent, file: CaseFile, now: datetime) -> Case:
    plan = file.policy.plan(before.plan)
    status = next_status(before.status, event, plan)
    after = replace(resumed(before, plan, now), status=status)
    return after if after.is_open else replace(after, closed_at=now)


def _agent_told(file: CaseFile, telling: Telling, after: Case, act: WhatReplyDid) -> Notice:
    message, dossier, plan = file.message, telling.dossier, telling.plan
    text, cut = shown_text(message.new_text)
    context = AgentCustomerReplied(
        desk=file.policy.desk,
        case_number=after.number,
        subject=after.subject,
        organisation=dossier.organisation,
        contact_name=staff_of(dossier).name,
        zone=plan.zone.key,
        what=act,
        status=after.status.value,
        priority=after.priority,
        writer_name=message.originator.display_name,
        writer_address=file.author or "",
        standing=file.trust.standing,
        standing_because=file.trust.because,
        received_at=file.received_at,
        text=text,
        text_cut=cut or message.text_cut,
        full_text_differs=message.new_text != message.text,
        items=received_items(message),
        respond_by=respond_by(after, plan),
        marks=message.marks,
    )
    return telling.to_staff(context, staff_of(dossier))


def _sent_to_main(file: CaseFile, dossier: Dossier, fate: AddToCase, contact: KnownContact, now: datetime) -> Notice:
    context = AddedToMainCase(
        desk=file.policy.desk,
        case_number=dossier.case.number,
        subject=dossier.case.subject,
        organisation=dossier.organisation,
        contact_name=contact.name,
        zone=contact.zone,
        duplicate_number=fate.duplicate or "",
    )
    return to_contact(
        file.policy,
        context,
        cause=cause_of(file),
        contact=contact,
        department=dossier.department.key,
        case_id=dossier.case.case_id,
        answers=file.message.message_id,
        now=now,
    )


def _telling(file: CaseFile, dossier: Dossier, writer: KnownContact | None, now: datetime) -> Telling:
    return Telling(
        dossier=dossier,
        policy=file.policy,
        cause=cause_of(file),
        now=now,
        writer=writer,
        answers=file.message.message_id,
    )


def _dossier(file: CaseFile, case_id: int) -> Dossier:
    dossier = file.facts.dossier(case_id)
    assert dossier is not None, "a case that a rule chose was gathered"
    return dossier


def _contact(file: CaseFile, contact_id: int | None) -> KnownContact | None:
    return next((known for known in file.facts.contacts if known.contact_id == contact_id), None)

"""What a report on the fate of one of our notices leads to: it is recorded, and our own people hear of a failure.

Nobody outside is ever mailed because of a report, no case changes, and no contact is touched:
an address that fails today may be right tomorrow, and a report may be forged by whoever got
the notice (threats D-14, D-15).
"""

from datetime import datetime

from models.decision import Decision, DeliveryReport, Finding
from models.message import DeliveryAction
from models.notice import AgentBounce, Notice
from models.rules.case_file import CaseFile
from models.rules.effects import Consequences
from models.rules.facts import SentNotice
from models.rules.failures import notice_in_vain
from models.rules.mailing import staff_of, to_staff


def reported(file: CaseFile, decision: Decision, fate: DeliveryReport, now: datetime) -> Consequences:
    """An event, a row of the notice's own, and word of a failure: to the case's agent, or else to the admin.

    The admin hears where no customer was meant, or no case is there; one mail an hour.
    """
    sent = file.reported_notice
    assert sent is not None, "a report counts for the notice it came for"
    what = f"notice {sent.outbox_id} ({sent.kind.value}) to {sent.recipient}: {fate.words}"
    findings = (*decision.findings, Finding(kind="delivery", what=what))
    if fate.action is not DeliveryAction.FAILED:
        return Consequences(findings=findings)
    told = _agent_told(file, sent, fate, now) or _admin_told(file, sent, fate, now)
    return Consequences(findings=findings, notices=(told,))


def _agent_told(file: CaseFile, sent: SentNotice, fate: DeliveryReport, now: datetime) -> Notice | None:
    """Once for each notice, however many reports come about it."""
    dossier = file.facts.dossier(sent.case_id)
    if dossier is None or sent.kind.is_for_our_own:
        return None
    to = staff_of(dossier)
    context = AgentBounce(
        desk=file.policy.desk,
        case_number=dossier.case.number,
        subject=dossier.case.subject,
        organisation=dossier.organisation,
        contact_name=to.name,
        zone=file.policy.plan(dossier.case.plan).zone.key,
        what=sent.kind.value,
        recipient=sent.recipient,
        sent_at=sent.created_at,
        status=fate.status,
        diagnostic=fate.diagnostic,
        command=f"casegate outbox show {sent.outbox_id}",
    )
    return to_staff(
        file.policy,
        context,
        cause=f"bounce:{sent.outbox_id}",
        to=to,
        case_id=dossier.case.case_id,
        department=dossier.department.key,
        thread=dossier.thread,
        now=now,
    )


def _admin_told(file: CaseFile, sent: SentNotice, fate: DeliveryReport, now: datetime) -> Notice:
    because = f"{sent.recipient}: {fate.words}"
    return notice_in_vain(file.policy, sent.outbox_id, station="delivery", because=because, now=now)

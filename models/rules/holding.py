"""What holding a message, or passing it to the admin, leads to: word of it, and never silently (plans 6)."""

import zlib
from datetime import datetime

from models.decision import Decision, Hold
from models.limits import HELD_NOTICES_AN_HOUR
from models.notice import AdminPostmaster, AgentHeld
from models.rules.case_file import CaseFile
from models.rules.effects import Consequences
from models.rules.mailing import received_items, shown_text, to_admin, to_staff
from models.rules.opening import NO_SUBJECT


def held(file: CaseFile, decision: Decision, fate: Hold, now: datetime) -> Consequences:
    """Holding is never silent to agents.

    One author is told of once an hour and rule; and so that a flood under made-up names does
    not become a flood of notices, the names share HELD_NOTICES_AN_HOUR places. All of it is
    listed by `casegate held list`, which the notice says.
    """
    policy, department = file.policy, file.facts.department
    until = now + policy.held_for
    author = file.author or file.message.originator.display_address
    known = {contact.organisation_id: contact.organisation for contact in file.facts.contacts} | dict(
        file.facts.domain_organisations
    )
    context = AgentHeld(
        desk=policy.desk,
        inbox_id=file.inbox_id,
        rule=decision.rule,
        because=decision.because,
        author=author,
        organisation=known.get(fate.organisation_id, "") if fate.organisation_id is not None else "",
        subject=file.message.subject or NO_SUBJECT,
        department="" if department is None else department.name,
        received_at=file.received_at,
        expires_at=until,
        zone=policy.zone,
    )
    place = zlib.crc32(author.encode()) % HELD_NOTICES_AN_HOUR
    cause = f"held:{decision.rule}:{place}:{now:%Y-%m-%dT%H}"
    told = (
        to_admin(policy, context, cause=cause, now=now)
        if department is None
        else to_staff(policy, context, cause=cause, to=department, now=now)
    )
    return Consequences(held_until=until, notices=(told,), findings=decision.findings)


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

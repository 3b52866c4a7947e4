"""Mail to writers who may not write, and to the MPOCs who may let them (plans 5).

The one place where mail goes to an address from a header: a writer's own, and only where it
is proved, so that it is the writer's and nobody else's.
"""

from datetime import datetime
from typing import Final

from models.decision import Hold
from models.notice import ApprovalRequest, GoThroughMpoc, NotAuthorised, Notice
from models.organisation import KnownContact
from models.rules.case_file import CaseFile
from models.rules.mailing import case_address, notice, received_items, shown_text
from models.rules.opening import NO_SUBJECT, cause_of
from models.tokens import Purpose

_ROBOTS: Final = frozenset({"mailerdaemon", "postmaster", "noreply", "donotreply", "bounce", "bounces"})


def author_told(file: CaseFile, fate: Hold, now: datetime, *, asks_mpocs: bool) -> tuple[Notice, ...]:
    """Kindly, once a day and address, and only where the address is proved and no machine wrote."""
    author = file.author
    if not fate.answer or author is None or not file.trust.proved or file.message.automatic or _is_robot(author):
        return ()
    known = next(iter(file.facts.contacts), None)
    near = known or next(iter(file.facts.mpocs), None)
    subject = file.message.subject or NO_SUBJECT
    zone = file.policy.zone if near is None else near.zone
    context: GoThroughMpoc | NotAuthorised
    if fate.answer == "go_through_mpoc":
        context = GoThroughMpoc(
            desk=file.policy.desk,
            subject=subject,
            organisation=organisation_of(file, fate),
            contact_name="" if known is None else known.name,
            zone=zone,
            received_at=file.received_at,
            asks_mpocs=asks_mpocs,
        )
    else:
        context = NotAuthorised(desk=file.policy.desk, subject=subject, zone=zone, received_at=file.received_at)
    return (
        notice(
            file.policy,
            context,
            cause=f"told:{now:%Y-%m-%d}",
            recipient=author,
            recipient_name=file.message.originator.display_name,
            language=file.policy.language if near is None else near.language,
            answers=file.message.message_id,
            now=now,
        ),
    )


def mpocs_asked(file: CaseFile, until: datetime, now: datetime) -> list[Notice]:
    """The request to every active MPOC of the writer's organisation; each has addresses of their own."""
    return [_request(file, mpoc, until, now) for mpoc in file.facts.mpocs if mpoc.is_mpoc and file.is_current(mpoc)]


def _request(file: CaseFile, mpoc: KnownContact, until: datetime, now: datetime) -> Notice:
    policy, message = file.policy, file.message
    text, cut = shown_text(message.text, cut=message.text_cut)

    def signed(purpose: Purpose) -> str:
        return case_address(policy, file.department.key, purpose, file.inbox_id, mpoc.address)

    context = ApprovalRequest(
        desk=policy.desk,
        organisation=mpoc.organisation,
        contact_name=mpoc.name,
        zone=mpoc.zone,
        author=file.author or "",
        author_name=message.originator.display_name,
        original_subject=message.subject or NO_SUBJECT,
        received_at=file.received_at,
        text=text,
        text_cut=cut,
        items=received_items(message),
        approve_address=signed(Purpose.APPROVE),
        refuse_address=signed(Purpose.REFUSE),
        expires_at=until,
    )
    return notice(
        policy,
        context,
        cause=cause_of(file),
        recipient=mpoc.address,
        recipient_name=mpoc.name,
        language=mpoc.language,
        reply_to=signed(Purpose.REMARK),
        now=now,
    )


def _is_robot(author: str) -> bool:
    """Whether an address says by its name that nobody reads it (D-9)."""
    name = author.partition("@")[0].partition("+")[0].replace("-", "").replace("_", "").replace(".", "")
    return name in _ROBOTS


def organisation_of(file: CaseFile, fate: Hold) -> str:
    """The name of the organisation it is held for; "" where the writer is of none."""
    known = {contact.organisation_id: contact.organisation for contact in file.facts.contacts} | dict(
        file.facts.domain_organisations
    )
    return known.get(fate.organisation_id, "") if fate.organisation_id is not None else ""

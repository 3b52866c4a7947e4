"""Who gets which notice, under which Message-ID and reply address.

Who gets mail comes from tables alone, never from a header (threats C-14, B-13). Every
notice has the Message-ID that its cause, kind and recipient give it, so that one effect is
one mail however often it is retried; and the signed reply address of its case and its
recipient, so that an answer leads back, and only that person's.
"""

from collections.abc import Iterable
from datetime import date, datetime

from models.address import LOCAL_PART_OCTETS
from models.dossier import Dossier
from models.limits import NOTICE_TEXT_CHARACTERS
from models.mail import NULL_REVERSE_PATH
from models.message import Attachment, Message
from models.notice import Context, Notice, NoticeKind, ReceivedItem
from models.organisation import Department, KnownAgent, KnownContact, OnDuty
from models.policy import Policy
from models.tokens import Purpose, message_id, signed_extension

_WITH_NULL_REVERSE_PATH = frozenset(
    {
        NoticeKind.GO_THROUGH_MPOC,
        NoticeKind.NOT_AUTHORISED,
        NoticeKind.AGENT_BOUNCE,
        NoticeKind.ADMIN_PARKED,
        NoticeKind.ADMIN_POSTMASTER,
        NoticeKind.ADMIN_BREAKER,
        NoticeKind.ADMIN_DAILY,
        NoticeKind.ADMIN_MAIL_LEFT,
    }
)
"""What nobody wants to hear the fate of: answers to strangers (RFC 3834 3.3), and word of failures itself."""

Staff = KnownAgent | OnDuty | Department


def correspondents(dossier: Dossier, today: date) -> tuple[KnownContact, ...]:
    """Whoever opened the case and every MPOC who wrote on it, as far as they still may (plans 6)."""
    return tuple(writer for writer in dossier.writers if writer.is_current(today) and writer.is_mpoc)


def today_of(policy: Policy, plan: str, now: datetime) -> date:
    """The day it is in a plan's zone."""
    return now.astimezone(policy.plan(plan).zone).date()


def case_address(policy: Policy, department: str, purpose: Purpose, number: int, recipient: str) -> str:
    """The signed address that mail from this very person comes back to."""
    local_part, _, domain = policy.addresses.of_department(department).rpartition("@")
    return f"{local_part}+{signed_extension(policy.keys, purpose, number, recipient)}@{domain}"


def to_contact(
    policy: Policy,
    context: Context,
    *,
    cause: str,
    contact: KnownContact,
    department: str,
    case_id: int,
    now: datetime,
    answers: str | None = None,
    thread: Iterable[str] = (),
) -> Notice:
    """A notice about a case to one contact. `answers` and `thread` are Message-IDs without brackets."""
    return notice(
        policy,
        context,
        cause=cause,
        recipient=contact.address,
        recipient_name=contact.name,
        language=contact.language,
        reply_to=case_address(policy, department, Purpose.REPLY, case_id, contact.address),
        answers=answers,
        thread=thread,
        now=now,
    )


def to_staff(
    policy: Policy,
    context: Context,
    *,
    cause: str,
    to: Staff,
    now: datetime,
    case_id: int | None = None,
    department: str = "",
    thread: Iterable[str] = (),
) -> Notice:
    """A notice to an agent or a department; with a case, an agent's answer to it goes to the customer."""
    reply_to = None if case_id is None else case_address(policy, department, Purpose.REPLY, case_id, to.address)
    return notice(
        policy,
        context,
        cause=cause,
        recipient=to.address,
        recipient_name=to.name,
        language=policy.language,
        reply_to=reply_to,
        thread=thread,
        now=now,
    )


def to_admin(policy: Policy, context: Context, *, cause: str, now: datetime) -> Notice:
    """A notice to whoever runs the service."""
    return notice(
        policy, context, cause=cause, recipient=policy.admin, recipient_name="", language=policy.language, now=now
    )


def staff_of(dossier: Dossier) -> Staff:
    """Who hears of a case inside: its agent, else its department."""
    return dossier.agent or dossier.department


def reverse_path(policy: Policy, kind: NoticeKind, outbox_id: int, recipient: str) -> str:
    """Where a report on the fate of one notice comes back to: an address signed for it alone, or null (G-8, D-14).

    Its domain is that of our From, for SPF to be aligned. Where it would be longer than a
    local part may be (RFC 5321 4.5.3.1.1), nobody reports.
    """
    if kind in _WITH_NULL_REVERSE_PATH:
        return NULL_REVERSE_PATH
    ours = policy.desk.address
    if policy.addresses.recognise(ours) is None:
        ours = policy.addresses.entries[0].address
    local_part, _, domain = ours.rpartition("@")
    signed = f"{local_part}+{signed_extension(policy.keys, Purpose.BOUNCE, outbox_id, recipient)}"
    return f"{signed}@{domain}" if len(signed.encode()) <= LOCAL_PART_OCTETS else NULL_REVERSE_PATH


def notice(
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
    thread: Iterable[str] = (),
) -> Notice:
    """One notice with the Message-ID that its cause, kind and recipient give it (contract 4)."""
    earlier = tuple(dict.fromkeys([*thread, *([answers] if answers else [])]))
    parent = answers or (earlier[-1] if earlier else None)
    return Notice(
        cause=cause,
        recipient=recipient,
        recipient_name=recipient_name,
        language=language,
        message_id=f"<{message_id(policy.keys, policy.hostname, cause, context.kind.value, recipient)}>",
        reply_to=reply_to or policy.desk.address,
        in_reply_to=None if parent is None else f"<{parent}>",
        references=tuple(f"<{one}>" for one in earlier),
        created_at=now,
        context=context,
    )


def received_items(message: Message) -> tuple[ReceivedItem, ...]:
    """What came with a message, by name and size."""
    return tuple(map(received_item, message.attachments))


def received_item(part: Attachment) -> ReceivedItem:
    """What one attachment is, by name and size."""
    return ReceivedItem(
        name=part.name, content_type=part.content_type, size=part.size, dropped_because=part.dropped_because
    )


def shown_text(text: str, *, cut: bool = False) -> tuple[str, bool]:
    """A text for a notice to our own people, and whether it was cut."""
    return text[:NOTICE_TEXT_CHARACTERS], cut or len(text) > NOTICE_TEXT_CHARACTERS

"""One notice of each kind with data that could be real: for previews, and for the tests of every template.

Names are those that RFC 2606 reserves; the time is a fixed Monday.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from models.notice import (
    AddedToMainCase,
    AdminBreaker,
    AdminDaily,
    AdminMailLeft,
    AdminParked,
    AdminPostmaster,
    AgentAssigned,
    AgentBounce,
    AgentCommands,
    AgentCustomerReplied,
    AgentHeld,
    AgentNewCase,
    AgentReminder,
    AgentReply,
    AgentSecurity,
    ApprovalRequest,
    CaseClosed,
    CaseOpened,
    CaseReopened,
    CaseResolved,
    ClosedNoResponse,
    Context,
    Desk,
    EtrChanged,
    EtrPassed,
    EtrSet,
    FollowUpOpened,
    GoThroughMpoc,
    NoResponseWarning,
    NotAuthorised,
    Notice,
    NoticeKind,
    PassCodeSeen,
    ReceivedItem,
    ResolutionMissed,
    ScheduledUpdate,
    StatusChanged,
    Waiting,
    WhatReplyDid,
)
from models.rules.sender import Standing
from responders.compose import Identity

NOW: Final = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
DESK: Final = Desk(name="Example Support", address="support@example.net", phone="+1 555 010 0199")
IDENTITY: Final = Identity(hostname="mx.example.net", loop_token=lambda _message_id: "k2vq7e.w4mz3n")
SIGNED: Final = "support+c3f-abcdefghijklmnopqrstuvwxyz@example.net"
ITEMS: Final = (
    ReceivedItem(name="floor plan.pdf", content_type="application/pdf", size=1_234_567),
    ReceivedItem(
        name="setup.exe",
        content_type="application/octet-stream",
        size=4_000_000,
        dropped_because="programs are not kept",
    ),
)
NOTE: Final = "The carrier has replaced the card and tests the circuit now.\nWe have asked for a spare on site."

_CASE: Final[dict[str, Any]] = {
    "desk": DESK,
    "case_number": "CG-000123",
    "subject": "Phones are down in Graz",
    "organisation": "Example Corp",
    "contact_name": "Alice Anders",
    "zone": "America/Denver",
}
_AGENT_CASE: Final = {**_CASE, "contact_name": "Dana Reyes"}
_OPENING: Final[dict[str, Any]] = {
    **_CASE,
    "priority": "P4",
    "opened_at": NOW,
    "received_at": NOW,
    "respond_by": NOW + timedelta(days=1),
    "update_by": NOW + timedelta(days=2),
    "text_characters": 1234,
    "items": ITEMS,
}

CASE_OPENED: Final = CaseOpened(**_OPENING)
FOLLOW_UP_OPENED: Final = FollowUpOpened(
    **_OPENING, original_number="CG-000098", why="window_passed", closed_at=NOW - timedelta(days=12)
)
CASE_REOPENED: Final = CaseReopened(
    **_CASE,
    priority="P3",
    status="Customer Re-opened",
    received_at=NOW,
    respond_by=NOW + timedelta(hours=4),
    update_by=NOW + timedelta(days=1),
)
ADDED_TO_MAIN_CASE: Final = AddedToMainCase(**_CASE, duplicate_number="CG-000124")
SCHEDULED_UPDATE: Final = ScheduledUpdate(
    **_CASE,
    status="In Progress",
    priority="P2",
    last_note=NOTE,
    last_note_at=NOW - timedelta(hours=2),
    next_update_by=NOW + timedelta(hours=2),
    due_at=NOW,
    late=False,
)
ETR_SET: Final = EtrSet(**_CASE, etr=NOW + timedelta(days=1, hours=6))
ETR_CHANGED: Final = EtrChanged(**_CASE, etr=NOW + timedelta(days=2), previous=NOW + timedelta(days=1))
ETR_PASSED: Final = EtrPassed(
    **_CASE, etr=NOW - timedelta(minutes=5), next_update_by=NOW + timedelta(days=1), late=False
)
STATUS_CHANGED: Final = StatusChanged(
    **_CASE,
    status="Waiting for Details",
    previous_status="In Progress",
    note="Which of the phones still work? Please send us their numbers.",
    next_update_by=None,
    waits_for_you=True,
    closes_by=NOW + timedelta(days=3),
)
CASE_RESOLVED: Final = CaseResolved(
    **_CASE,
    summary="The carrier replaced a card. We called three of your numbers, and all of them rang.",
    confirm_address=SIGNED.replace("c3f", "y3f"),
    not_solved_address=SIGNED.replace("c3f", "n3f"),
    closes_by=NOW + timedelta(days=3),
)
CASE_CLOSED: Final = CaseClosed(
    **_CASE,
    summary="The carrier replaced a card, and you confirmed that all phones work.",
    reopen_until=date(2026, 11, 30),
    reopen_unlimited=False,
    confirmed=True,
)
NO_RESPONSE_WARNING: Final = NoResponseWarning(
    **_CASE, waiting_since=NOW - timedelta(days=4), closes_at=NOW + timedelta(days=1)
)
CLOSED_NO_RESPONSE: Final = ClosedNoResponse(**_CASE, reopens=False, reopen_until=None)
RESOLUTION_MISSED: Final = ResolutionMissed(**_CASE, target=NOW - timedelta(hours=1))
AGENT_REPLY: Final = AgentReply(
    **_CASE,
    agent_name="Dana Reyes",
    text="Hello Alice,\n\nthe carrier has replaced the card. Could you try to call from the front desk?\n\nBest, Dana",
    asks=True,
)

GO_THROUGH_MPOC: Final = GoThroughMpoc(
    desk=DESK,
    subject="My phone is dead",
    organisation="Example Corp",
    contact_name="Erin Ebner",
    zone="America/Denver",
    received_at=NOW,
)
NOT_AUTHORISED: Final = NotAuthorised(
    desk=DESK, subject="A question on your service", zone="America/Denver", received_at=NOW
)
APPROVAL_REQUEST: Final = ApprovalRequest(
    desk=DESK,
    organisation="Example Corp",
    contact_name="Alice Anders",
    zone="America/Denver",
    author="erin@mpoc.example",
    author_name="Erin Ebner",
    original_subject="My phone is dead",
    received_at=NOW,
    text="Hello,\n\nsince this morning my phone shows nothing at all.\n\nErin",
    items=ITEMS[:1],
    approve_address=SIGNED.replace("c3f", "a3f"),
    refuse_address=SIGNED.replace("c3f", "r3f"),
    expires_at=NOW + timedelta(days=30),
)
PASS_CODE_SEEN: Final = PassCodeSeen(**_CASE, received_at=NOW)

AGENT_NEW_CASE: Final = AgentNewCase(
    **_CASE,
    priority="P4",
    contact_address="alice@mpoc.example",
    standing=Standing.UNPROVED,
    standing_because="unproved: the mail carries no proof for mpoc.example",
    department="support",
    received_at=NOW,
    respond_by=NOW + timedelta(days=1),
    text="Hello,\n\nour phones are down since this morning.\nViele Grüße, Alice",
    text_cut=False,
    items=ITEMS,
    marks=("Read in safe mode: more than 500 parts.",),
)
AGENT_CUSTOMER_REPLIED: Final = AgentCustomerReplied(
    **_AGENT_CASE,
    what=WhatReplyDid.ON_HOLD,
    status="On Hold",
    priority="P3",
    writer_name="Alice Anders",
    writer_address="alice@mpoc.example",
    standing=Standing.ALIGNED,
    standing_because="aligned: mpoc.example signed it",
    received_at=NOW,
    respond_by=NOW + timedelta(hours=4),
    text="The front desk works again, all others do not.",
    full_text_differs=True,
    items=ITEMS[:1],
)
AGENT_ASSIGNED: Final = AgentAssigned(
    **_AGENT_CASE, by="Robin Okafor", status="New", priority="P4", respond_by=NOW + timedelta(days=1)
)
AGENT_REMINDER: Final = AgentReminder(
    **_AGENT_CASE, what="first_response", due_at=NOW + timedelta(hours=1), status="New", priority="P4"
)
AGENT_COMMANDS: Final = AgentCommands(
    **_AGENT_CASE,
    done=("#priority P2",),
    refused=(("#status Solved", "there is no status Solved; write In Progress, On Hold, Researching or Shipping"),),
)
AGENT_HELD: Final = AgentHeld(
    desk=DESK,
    inbox_id=42,
    rule="sender_is_unproved",
    because="alice@mpoc.example is an MPOC, but nothing proves that she wrote it",
    author="alice@mpoc.example",
    organisation="Example Corp",
    subject="Phones are down in Graz",
    department="support",
    received_at=NOW,
    expires_at=NOW + timedelta(days=30),
    zone="America/Denver",
    release="casegate held release 42 --because 'she called'",
    proposal="casegate org trust example-corp alice@mpoc.example --path spf:mpoc.example --because '...'",
)
AGENT_SECURITY: Final = AgentSecurity(
    desk=DESK,
    what="A message named a case of another organisation",
    who="mallory@elsewhere.example",
    inbox_id=42,
    command="casegate explain 42",
    zone="America/Denver",
    at=NOW,
)

AGENT_BOUNCE: Final = AgentBounce(
    desk=DESK,
    case_number="CG-000123",
    subject="No dial tone in building 4",
    organisation="Example Corp",
    contact_name="Dana Reyes",
    zone="America/Denver",
    what="case_opened",
    recipient="alice@mpoc.example",
    sent_at=NOW,
    status="5.1.1",
    diagnostic="smtp; 550 5.1.1 <alice@mpoc.example>: no such user",
    command="casegate outbox show 42",
)
ADMIN_PARKED: Final = AdminParked(
    desk=DESK,
    what="message 42",
    look="casegate parked show 42",
    retry="casegate parked retry 42",
    station="settle",
    because="IntegrityError: UNIQUE constraint failed\n  in record()",
    parked_at=NOW,
)
ADMIN_POSTMASTER: Final = AdminPostmaster(
    desk=DESK,
    inbox_id=42,
    author="bob@elsewhere.example",
    subject="Your mail server",
    received_at=NOW,
    text="Hello,\n\nyour server greets me twice.",
    text_cut=False,
    items=(),
)
ADMIN_BREAKER: Final = AdminBreaker(
    desk=DESK,
    contact="robot@mpoc.example",
    organisation="Example Corp",
    count=21,
    limit=20,
    since=NOW - timedelta(minutes=50),
)
ADMIN_DAILY: Final = AdminDaily(
    desk=DESK,
    at=NOW,
    held_count=12,
    held=(
        Waiting(
            what="message 42 of alice@mpoc.example: not proved",
            since=NOW - timedelta(days=28),
            until=NOW + timedelta(days=2),
            command="casegate held show 42",
        ),
        Waiting(
            what="message 77 of bob@elsewhere.example: unknown",
            since=NOW - timedelta(days=3),
            until=NOW + timedelta(days=27),
            command="casegate held show 77",
        ),
    ),
    parked_count=1,
    parked=(Waiting(what="message 80, settle", since=NOW - timedelta(hours=9), command="casegate parked show 80"),),
    in_vain_count=0,
    in_vain=(),
    late_count=1,
    late=(
        Waiting(
            what="CG-000101, scheduled update", since=NOW - timedelta(hours=1), command="casegate case show CG-000101"
        ),
    ),
)
ADMIN_MAIL_LEFT: Final = AdminMailLeft(
    desk=DESK,
    mailbox="support@example.net at imap.example.net:993, folder INBOX",
    count=22,
    messages=(
        "UID 7: it has 31457280 octets, more than 26214400 (smtp.max_message_bytes)",
        "UID 9: it could not be fetched: the server gives no octet of it",
    ),
    left_at=NOW,
)

EXAMPLES: Final[tuple[Context, ...]] = (
    CASE_OPENED,
    CASE_REOPENED,
    FOLLOW_UP_OPENED,
    ADDED_TO_MAIN_CASE,
    SCHEDULED_UPDATE,
    ETR_SET,
    ETR_CHANGED,
    ETR_PASSED,
    STATUS_CHANGED,
    CASE_RESOLVED,
    CASE_CLOSED,
    NO_RESPONSE_WARNING,
    CLOSED_NO_RESPONSE,
    RESOLUTION_MISSED,
    AGENT_REPLY,
    GO_THROUGH_MPOC,
    NOT_AUTHORISED,
    APPROVAL_REQUEST,
    PASS_CODE_SEEN,
    AGENT_NEW_CASE,
    AGENT_CUSTOMER_REPLIED,
    AGENT_ASSIGNED,
    AGENT_REMINDER,
    AGENT_COMMANDS,
    AGENT_HELD,
    AGENT_SECURITY,
    AGENT_BOUNCE,
    ADMIN_PARKED,
    ADMIN_POSTMASTER,
    ADMIN_BREAKER,
    ADMIN_DAILY,
    ADMIN_MAIL_LEFT,
)
"""One context of each kind, in the order of NoticeKind."""


def example(kind: NoticeKind, language: str = "en") -> Notice:
    """The example notice of this kind, in a language."""
    return notice_with(next(context for context in EXAMPLES if context.kind is kind), language)


def notice_with(context: Context, language: str = "en") -> Notice:
    """A notice with this context, to somebody it could go to."""
    ours = context.kind.is_for_our_own
    recipient, recipient_name = ("dana@example.net", "Dana Reyes") if ours else ("alice@mpoc.example", "Alice Anders")
    return Notice(
        cause="inbox:7f3a",
        recipient=recipient,
        recipient_name=recipient_name,
        language=language,
        message_id=f"<k7q2x4.{context.kind.value.replace('_', '-')}@{IDENTITY.hostname}>",
        reply_to=SIGNED,
        in_reply_to="<2@mpoc.example>",
        references=("<1@mpoc.example>", "<2@mpoc.example>"),
        created_at=NOW,
        context=context,
    )

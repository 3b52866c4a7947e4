"""Notices with sane values: RFC 2606 names, a fixed Monday, one of each kind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from models.notice import (
    AdminParked,
    AdminPostmaster,
    AgentHeld,
    AgentNewCase,
    CaseOpened,
    Context,
    Desk,
    Notice,
    ReceivedItem,
)
from responders.compose import Composed, Identity, compose

NOW: Final = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
DESK: Final = Desk(name="Example Support", address="support@example.net", phone="+1 555 010 0199")
IDENTITY: Final = Identity(hostname="mx.example.net", loop_token=lambda _message_id: "k2vq7e.w4mz3n")
ITEMS: Final = (
    ReceivedItem(name="floor plan.pdf", content_type="application/pdf", size=1_234_567),
    ReceivedItem(
        name="setup.exe",
        content_type="application/octet-stream",
        size=4_000_000,
        dropped_because="programs are not kept",
    ),
)

CASE_OPENED: Final = CaseOpened(
    desk=DESK,
    case_number="CG-000123",
    subject="Phones are down in Graz",
    priority="P4",
    organisation="Example Corp",
    contact_name="Alice Anders",
    opened_at=NOW,
    received_at=NOW,
    respond_by=NOW + timedelta(days=1),
    update_by=NOW + timedelta(days=2),
    zone="America/Denver",
    text_characters=1234,
    items=ITEMS,
)
AGENT_NEW_CASE: Final = AgentNewCase(
    desk=DESK,
    case_number="CG-000123",
    subject="Phones are down in Graz",
    priority="P4",
    organisation="Example Corp",
    contact_name="Alice Anders",
    contact_address="alice@mpoc.example",
    standing="unproved: the mail carries no proof for mpoc.example",
    department="support",
    received_at=NOW,
    respond_by=NOW + timedelta(days=1),
    zone="America/Denver",
    text="Hello,\n\nour phones are down since this morning.\nViele Grüße, Alice",
    text_cut=False,
    items=ITEMS,
    marks=("Read in safe mode: more than 500 parts.",),
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
CONTEXTS: Final[tuple[Context, ...]] = (CASE_OPENED, AGENT_NEW_CASE, AGENT_HELD, ADMIN_PARKED, ADMIN_POSTMASTER)


def a_notice(context: Context = CASE_OPENED, **changes: Any) -> Notice:
    """A notice with this context; `changes` go to the notice's own fields."""
    notice = Notice(
        cause="inbox:7f3a",
        recipient="alice@mpoc.example",
        recipient_name="Alice Anders",
        language="en",
        message_id="<k7q2x4.case-opened@mx.example.net>",
        reply_to="support+c3f-abcdefghijklmnopqrstuvwxyz@example.net",
        in_reply_to="<2@mpoc.example>",
        references=("<1@mpoc.example>", "<2@mpoc.example>"),
        created_at=NOW,
        context=context,
    )
    return replace(notice, **changes)


def composed(context: Context = CASE_OPENED, **changes: Any) -> Composed:
    """The message for `a_notice`."""
    return compose(a_notice(context, **changes), identity=IDENTITY)


def opened(**changes: Any) -> CaseOpened:
    """The acknowledgement's context with some fields changed."""
    return replace(CASE_OPENED, **changes)

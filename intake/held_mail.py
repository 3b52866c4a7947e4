"""What an admin does to held mail, as one transaction each: let in, reject, drop.

The acts themselves are the store's (`models.store.held`), the words to the writer the law's
(`models.rules.asking`); here they come together.
"""

from datetime import datetime

import sqlalchemy as sa

from models.decision import Hold
from models.policy import Policy
from models.rules.asking import author_told
from models.rules.case_file import CaseFile
from models.rules.questions import questions
from models.store import outbox
from models.store.gather import gather
from models.store.held import end_held
from models.store.inbox import load
from models.store.outbox import Intent


def reject(
    connection: sa.Connection, inbox_id: int, policy: Policy, now: datetime, *, by: str, because: str
) -> str | None:
    """Refuse a held message and tell a proved writer kindly; who was told ("" nobody), None when it is not held."""
    file = _file(connection, inbox_id, policy, now)
    if file is None or not end_held(connection, inbox_id, "reject", now, by=by, because=because):
        return None
    told = author_told(file, _as_rejected(file), now, asks_mpocs=False)
    outbox.intend(connection, [Intent(notice, inbox_id) for notice in told])
    return next((notice.recipient for notice in told), "")


def _as_rejected(file: CaseFile) -> Hold:
    """What a writer hears whose mail is rejected: go through an MPOC, or that we do not know him; an MPOC nothing."""
    organisation_id = file.organisation_id
    if file.mpocs or file.facts.agent is not None:
        return Hold()
    if organisation_id is None:
        return Hold(answer="not_authorised")
    return Hold(organisation_id=organisation_id, answer="go_through_mpoc")


def _file(connection: sa.Connection, inbox_id: int, policy: Policy, now: datetime) -> CaseFile | None:
    """The message with what is known of it now; None where there is none, or it was never read."""
    found = load(connection, [inbox_id])
    if not found or found[0].message is None:
        return None
    one = found[0]
    assert one.message is not None
    envelope = one.accepted.envelope
    facts = gather(connection, [questions(inbox_id, one.message, envelope, policy)], policy.mode, now)[0]
    return CaseFile(
        inbox_id=inbox_id,
        message=one.message,
        envelope=envelope,
        received_at=one.accepted.received_at,
        now=now,
        facts=facts,
        policy=policy,
    )

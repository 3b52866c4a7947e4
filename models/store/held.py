"""What becomes of held messages: let in, answered by MPOCs, rejected, dropped, expired, asked anew.

Whatever is done, it is done to a message that is held at that moment, once, and is an event
with who and why. A message that is let in goes back to be settled with its own envelope and
moment of receipt; one that ends otherwise is settled by that, with a decision of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import sqlalchemy as sa

from models.limits import TRUST_AGAIN_DAYS
from models.rules.decide import RULES_VERSION
from models.rules.facts import FACTS_VERSION
from models.store.claims import FREE
from models.store.columns import AT_ONCE
from models.store.tables import (
    approval,
    approval_answer,
    decision,
    event,
    examination,
    held,
    inbox,
    release,
    settlement,
)

End = Literal["reject", "drop", "refuse", "expire"]
_PAST: Final[dict[End, str]] = {
    "reject": "rejected",
    "drop": "dropped",
    "refuse": "refused",
    "expire": "expired",
}


@dataclass(frozen=True, slots=True)
class Expired:
    """A held message that nobody looked at in time."""

    inbox_id: int
    author: str | None
    subject: str


def admit(
    connection: sa.Connection,
    inbox_id: int,
    now: datetime,
    *,
    by: str,
    because: str,
    contact_id: int | None = None,
    case_id: int | None = None,
) -> bool:
    """Let a held message in, in a contact's name or onto a case where that is said; False when it is not held."""
    if not _back_to_settling(connection, inbox_id):
        return False
    connection.execute(
        sa.insert(release).values(
            inbox_id=inbox_id, at=now, admitted_by=by, because=because, contact_id=contact_id, case_id=case_id
        )
    )
    _note(connection, "held.release", inbox_id, now, f"released by {by}: {because}")
    return True


def was_admitted(connection: sa.Connection, inbox_id: int) -> bool:
    """Whether a message was let in before, so that asking for it once more changes nothing."""
    return connection.scalar(sa.select(release.c.id).where(release.c.inbox_id == inbox_id).limit(1)) is not None


def ask_anew(connection: sa.Connection, address: str, now: datetime, *, because: str) -> list[int]:
    """Have the held messages of an address decided anew that came in the last days; their inbox ids."""
    lately = (
        sa.select(held.c.inbox_id)
        .where(
            sa.exists().where(
                inbox.c.id == held.c.inbox_id,
                inbox.c.state == "held",
                inbox.c.received_at > now - timedelta(days=TRUST_AGAIN_DAYS),
            ),
            sa.exists().where(examination.c.inbox_id == held.c.inbox_id, examination.c.author == address),
        )
        .order_by(held.c.inbox_id)
    )
    found = list(connection.scalars(lately))
    for inbox_id in found:
        _back_to_settling(connection, inbox_id)
        _note(connection, "held.again", inbox_id, now, f"decided anew: {because}")
    return found


def end_held(connection: sa.Connection, inbox_id: int, end: End, now: datetime, *, by: str, because: str) -> bool:
    """Settle a held message by an act and no rule; False when it is not held."""
    taken = connection.execute(
        sa.update(inbox).where(inbox.c.id == inbox_id, inbox.c.state == "held").values(state="settled", **FREE)
    )
    if taken.rowcount == 0:
        return False
    words = f"{_PAST[end]} by {by}: {because}"
    connection.execute(
        sa.insert(decision).values(
            inbox_id=inbox_id,
            decided_at=now,
            fate=end,
            rule=f"held_{end}",
            because=words,
            trail="[]",
            facts="{}",
            facts_version=FACTS_VERSION,
            rules_version=RULES_VERSION,
            plan=None,
        )
    )
    connection.execute(sa.insert(settlement).values(inbox_id=inbox_id, settled_at=now, fate=end))
    connection.execute(sa.delete(held).where(held.c.inbox_id == inbox_id))
    _note(connection, f"held.{end}", inbox_id, now, words)
    return True


def is_any_over(connection: sa.Connection, now: datetime) -> bool:
    """Whether any held message has been held as long as the policy says."""
    over = sa.select(held.c.inbox_id).where(held.c.expires_at <= now).limit(1)
    return connection.scalar(over) is not None


def expire(connection: sa.Connection, now: datetime, *, most: int = 200) -> list[Expired]:
    """Settle what has been held as long as the policy says, the oldest first; each is an event, none goes silently."""
    over = (
        sa.select(held.c.inbox_id, held.c.expires_at, examination.c.author, examination.c.subject)
        .join(inbox, sa.and_(inbox.c.id == held.c.inbox_id, inbox.c.state == "held"))
        .join(examination, examination.c.inbox_id == held.c.inbox_id)
        .where(held.c.expires_at <= now)
        .order_by(held.c.expires_at, held.c.inbox_id)
        .limit(most)
    )
    return [
        Expired(row.inbox_id, row.author, row.subject)
        for row in connection.execute(over).all()
        if end_held(
            connection,
            row.inbox_id,
            "expire",
            now,
            by="the policy",
            because=f"nobody decided about it until {row.expires_at:%Y-%m-%d %H:%M} UTC",
        )
    ]


def record_request(connection: sa.Connection, rows: Sequence[tuple[int, int, str]], now: datetime) -> None:
    """Remember about which held messages MPOCs are asked (inbox id, organisation, author); each is asked about once."""
    for inbox_id, organisation_id, author in rows:
        known = connection.scalar(sa.select(approval.c.inbox_id).where(approval.c.inbox_id == inbox_id))
        if known is None:
            connection.execute(
                sa.insert(approval).values(
                    inbox_id=inbox_id, organisation_id=organisation_id, author=author, asked_at=now
                )
            )


def record_answer(
    connection: sa.Connection,
    about: int,
    from_inbox_id: int,
    now: datetime,
    *,
    answer: str,
    contact_id: int,
    answered_by: str,
    text: str,
) -> bool:
    """Keep an MPOC's answer and do what it says; False when the message is decided meanwhile, and nothing is done."""
    done = True
    if answer == "approve":
        because = f"approved in message {from_inbox_id}"
        done = admit(connection, about, now, by=answered_by, because=because, contact_id=contact_id)
    elif answer == "refuse":
        because = f"refused in message {from_inbox_id}"
        done = end_held(connection, about, "refuse", now, by=answered_by, because=because)
    else:
        _note(connection, "held.remark", about, now, f"{answered_by} remarked in message {from_inbox_id}")
    if done:
        connection.execute(
            sa.insert(approval_answer).values(
                inbox_id=about,
                from_inbox_id=from_inbox_id,
                contact_id=contact_id,
                at=now,
                answer=answer,
                text=text,
            )
        )
    return done


def _back_to_settling(connection: sa.Connection, inbox_id: int) -> bool:
    """A held message is to be settled again, as it came; False when it is not held."""
    freed = {"state": "examined", "not_before": AT_ONCE, "strikes": 0, "interruptions": 0, **FREE}
    back = sa.update(inbox).where(inbox.c.id == inbox_id, inbox.c.state == "held").values(freed)
    if connection.execute(back).rowcount == 0:
        return False
    connection.execute(sa.delete(held).where(held.c.inbox_id == inbox_id))
    return True


def _note(connection: sa.Connection, kind: str, inbox_id: int, now: datetime, detail: str) -> None:
    connection.execute(sa.insert(event).values(at=now, kind=kind, inbox_id=inbox_id, case_id=None, detail=detail))

"""What an admin does to what was set aside: try again, drop, cancel. Each act is an event with its reason."""

from datetime import datetime

import sqlalchemy as sa

from models.store.claims import FREE
from models.store.tables import event, examination, inbox, outbox, parked


def retry_parked(connection: sa.Connection, inbox_id: int, now: datetime, *, who: str) -> bool:
    """Put a parked message back to be worked on, with its strikes forgotten; False when it is not parked."""
    back = (
        sa.update(inbox)
        .where(inbox.c.id == inbox_id, inbox.c.state == "parked")
        .values(state="accepted", strikes=0, interruptions=0, not_before=now, **FREE)
    )
    if connection.execute(back).rowcount == 0:
        return False
    if connection.scalar(sa.select(examination.c.inbox_id).where(examination.c.inbox_id == inbox_id)) is not None:
        connection.execute(sa.update(inbox).where(inbox.c.id == inbox_id).values(state="examined"))
    connection.execute(sa.delete(parked).where(parked.c.inbox_id == inbox_id))
    _note(connection, now, "parked.retry", f"put back by {who}", inbox_id=inbox_id)
    return True


def retry_notice(connection: sa.Connection, outbox_id: int, now: datetime, *, who: str) -> str | None:
    """Offer a notice that ended in vain once more, or word a parked one anew; what it was, None when it cannot."""
    was: str | None = connection.scalar(sa.select(outbox.c.state).where(outbox.c.id == outbox_id))
    to = {"parked": "intended", "refused": "ready", "unknown": "ready", "expired": "ready", "ready": "ready"}.get(
        was or ""
    )
    if was is None or to is None:
        return None
    free = sa.and_(outbox.c.id == outbox_id, outbox.c.state == was, outbox.c.claim_token.is_(None))
    moved = connection.execute(
        sa.update(outbox).where(free).values(state=to, not_before=now, retried_at=now, state_because="")
    )
    if moved.rowcount == 0:
        return None
    _note(connection, now, "outbox.retry", f"offered again by {who}; it was {was}", outbox_id=outbox_id)
    return was


def cancel_notice(connection: sa.Connection, outbox_id: int, now: datetime, *, who: str, because: str) -> bool:
    """Take a notice back that is not sent yet; False when it is too late or is being offered."""
    waiting = sa.and_(
        outbox.c.id == outbox_id, outbox.c.state.in_(("intended", "ready", "parked")), outbox.c.claim_token.is_(None)
    )
    taken = connection.execute(sa.update(outbox).where(waiting).values(state="cancelled", state_because=because))
    if taken.rowcount:
        _note(connection, now, "outbox.cancel", f"cancelled by {who}: {because}", outbox_id=outbox_id)
    return bool(taken.rowcount)


def note_raw_read(connection: sa.Connection, inbox_id: int, now: datetime, *, who: str) -> None:
    """Record that somebody read a message's source (contract: message raw)."""
    _note(connection, now, "message.raw", f"read by {who}", inbox_id=inbox_id)


def _note(
    connection: sa.Connection,
    now: datetime,
    kind: str,
    detail: str,
    *,
    inbox_id: int | None = None,
    outbox_id: int | None = None,
) -> None:
    if outbox_id is not None:
        row = connection.execute(sa.select(outbox.c.inbox_id, outbox.c.case_id).where(outbox.c.id == outbox_id)).one()
        connection.execute(
            sa.insert(event).values(
                at=now, kind=kind, inbox_id=row.inbox_id, case_id=row.case_id, detail=f"notice {outbox_id}: {detail}"
            )
        )
        return
    connection.execute(sa.insert(event).values(at=now, kind=kind, inbox_id=inbox_id, case_id=None, detail=detail))

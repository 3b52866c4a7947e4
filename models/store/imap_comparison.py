"""What the inbox knows of a message on a server, for `casegate imap reconcile`."""

import sqlalchemy as sa

from models.store.imap_ledger import Folder, imap_message
from models.store.tables import examination, inbox


def is_known(connection: sa.Connection, message_id: str, size: int) -> bool:
    """Whether a message of this Message-ID and size is in the inbox, by whatever route."""
    same = sa.select(inbox.c.id).join(examination, examination.c.inbox_id == inbox.c.id)
    return connection.scalar(same.where(examination.c.message_id == message_id, inbox.c.size == size)) is not None


def has_content(connection: sa.Connection, content_key: str) -> bool:
    """Whether a message of this content was understood."""
    same = sa.select(examination.c.inbox_id).where(examination.c.content_key == content_key).limit(1)
    return connection.scalar(same) is not None


def unread(connection: sa.Connection, size: int) -> list[int]:
    """Messages of this size that nobody has read yet, so that only their octets can be compared."""
    without = sa.select(inbox.c.id).outerjoin(examination, examination.c.inbox_id == inbox.c.id)
    return list(connection.scalars(without.where(examination.c.inbox_id.is_(None), inbox.c.size == size)))


def moved(connection: sa.Connection, mailbox: Folder, to: str) -> set[tuple[str | None, int]]:
    """Message-ID and size of all that was moved from this mailbox to a folder, and was read since."""
    rows = connection.execute(
        sa.select(examination.c.message_id, inbox.c.size)
        .join(inbox, inbox.c.id == examination.c.inbox_id)
        .join(imap_message, imap_message.c.inbox_id == inbox.c.id)
        .where(
            imap_message.c.mailbox_id == mailbox.mailbox_id,
            imap_message.c.state == "moved",
            imap_message.c.moved_to == to,
        )
    )
    return {(row.message_id, row.size) for row in rows}

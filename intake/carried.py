"""The files that a notice carries, taken out of the message they came with."""

import hashlib
from collections.abc import Mapping

from models.notice import AgentReply, CarriedFile, Notice
from models.store import inbox
from models.store.database import Database
from parser.attachments import octets_by_path
from responders.body import File


class FileDamaged(ValueError):
    """What a notice should carry is not in its message as it was when that came; the notice is parked."""


def carried_by(notice: Notice, database: Database) -> list[File]:
    """The files of an answer, octet for octet as the agent sent them. Raises FileDamaged (threats X-46)."""
    if not isinstance(notice.context, AgentReply) or not notice.context.files:
        return []
    wanted = notice.context.files
    with database.read() as connection:
        raws = inbox.raws(connection, sorted({one.inbox_id for one in wanted}))
    octets = {inbox_id: octets_by_path(raw) for inbox_id, raw in raws.items()}
    return [File(one.name, one.content_type, _intact(one, octets[one.inbox_id])) for one in wanted]


def _intact(file: CarriedFile, octets: Mapping[str, bytes]) -> bytes:
    found = octets.get(file.path, b"")
    if hashlib.sha256(found).hexdigest() != file.sha256:
        raise FileDamaged(f"{file.name!r} is not in message {file.inbox_id} as it was when that came")
    return found

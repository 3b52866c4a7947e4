"""What came with an agent's answer: which files our mail to the customer carries, and which it only names.

An attached message is named alone, and so is what stood in it: agents get mail from us that
nobody else may read (I-13), and this could be one, in whatever form their program saves mail. A
signature is neither, for it is not of what we send.
"""

from typing import Final

from models.limits import CARRIED_BYTES, CARRIED_FILES
from models.message import Attachment, Message
from models.notice import CarriedFile, ReceivedItem
from models.rules.mailing import received_item

_SIGNATURES: Final = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
_MESSAGES: Final = ("message/", "multipart/", "text/rfc822", "application/ms-tnef", "application/vnd.ms-tnef")
_SAVED_MESSAGES: Final = (".eml", ".msg")


def carried(inbox_id: int, message: Message) -> tuple[tuple[CarriedFile, ...], tuple[ReceivedItem, ...]]:
    """The files that are sent on, and the others, which are named; in order, as far as the limits let them."""
    files: list[CarriedFile] = []
    named: list[ReceivedItem] = []
    room = CARRIED_BYTES
    for part in message.attachments:
        if part.content_type in _SIGNATURES:
            continue
        if _may_be_sent_on(part) and part.size <= room and len(files) < CARRIED_FILES:
            room -= part.size
            files.append(_file(inbox_id, part))
        else:
            named.append(received_item(part))
    return tuple(files), tuple(named)


def _may_be_sent_on(part: Attachment) -> bool:
    is_message = part.content_type.startswith(_MESSAGES) or part.name.lower().endswith(_SAVED_MESSAGES)
    return not (part.dropped_because or part.is_of_message or is_message)


def _file(inbox_id: int, part: Attachment) -> CarriedFile:
    return CarriedFile(
        inbox_id=inbox_id,
        path=part.path,
        name=part.name,
        content_type=part.content_type,
        size=part.size,
        sha256=part.sha256,
    )

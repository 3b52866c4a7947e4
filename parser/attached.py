"""A message that came as an attachment: enough of it to know what it is, never more than a glance costs."""

from typing import Final

from models.limits import ATTACHED_TEXT_CHARACTERS, SUBJECT_CHARACTERS
from models.message import AttachedMessage
from parser import header_fields, identification, structure, text
from parser.dates import moment
from parser.header_fields import HeaderTooLarge
from parser.mailbox import ADDRESS_CHARACTERS
from parser.structure import TooComplex
from parser.words import shown

_BODY_OCTETS: Final = 65_536
WHOLE: Final = frozenset({"message/rfc822", "message/global", "message/news"})
"""The kinds that are messages; the other kinds below `message/` are reports and pieces."""


def view(octets: bytes) -> AttachedMessage:
    """What an attached message says of itself, and the beginning of its text. Total, and never goes deeper."""
    try:
        fields, body = header_fields.split(octets.lstrip(b"\r\n"))
    except HeaderTooLarge:
        fields, body = header_fields.essential(octets)
    try:
        said = text.read(structure.read(fields, body[:_BODY_OCTETS])).text
    except TooComplex:
        said = ""
    date = fields.first("date")
    return AttachedMessage(
        author=shown(fields.first("from") or b"", ADDRESS_CHARACTERS),
        subject=shown(fields.first("subject") or b"", SUBJECT_CHARACTERS),
        date=None if date is None else moment(date.decode("ascii", "replace")),
        message_id=identification.message_id(fields),
        text=said[:ATTACHED_TEXT_CHARACTERS],
    )

"""Whom a message says it is to (RFC 5322 3.6.3): for people, and for rules that ask who is in Cc.

A list is cut where the lists of real programs are cut: at commas and semicolons (Outlook)
outside quotes, comments and angle brackets; the name of a group and its end are dropped. Each
piece is then one plain mailbox by the same grammar as the author's, or has no address.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Final

from models.limits import RECIPIENTS_READ
from models.message import Mailbox
from parser.header_fields import HeaderFields
from parser.mailbox import ADDRESS_CHARACTERS, NoMailbox, strict
from parser.words import shown

_PIECE: Final = re.compile(
    rb'"(?:[^"\\]++|\\.|\\\Z)*(?:"|\Z)|<[^<>]*+>?|(?P<open>\()|(?P<close>\))|(?P<cut>[,;])|(?P<group>:)|\\.|[^"()<>,;:\\]+|.',
    re.DOTALL,
)


def read(fields: HeaderFields, name: str, charset: str | None = None) -> tuple[Mailbox, ...]:
    """The mailboxes of all fields of a name, in order, as many as the limit allows."""
    pieces = (piece for value in fields.all(name) for piece in _pieces(value))
    return tuple(_mailbox(piece, charset) for piece in itertools.islice(pieces, RECIPIENTS_READ))


def _pieces(value: bytes) -> Iterator[bytes]:
    if b"," not in value and b";" not in value and b":" not in value:
        yield from [value] if value.strip() else []
        return
    start, depth = 0, 0
    for found in _PIECE.finditer(value):
        depth += (found["open"] is not None) - (found["close"] is not None and depth > 0)
        if depth == 0 and (found["cut"] or found["group"]):
            piece = value[start : found.start()].strip()
            if piece and found["cut"]:
                yield piece
            start = found.end()
    if last := value[start:].strip():
        yield last


def _mailbox(piece: bytes, charset: str | None) -> Mailbox:
    try:
        address, name = strict(piece, charset)
    except NoMailbox:
        return Mailbox(name=shown(piece, ADDRESS_CHARACTERS, charset), address="")
    return Mailbox(name=name, address=address)

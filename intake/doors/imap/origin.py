"""The envelope of a message that was fetched: what can be known of a mail transaction that ended elsewhere.

The forward path is the mailbox's intake address. Where the admin names the field in which
that mailbox's own server writes the recipient (`recipient_field`), the topmost one counts,
if it is an address of ours: so `support+token@` is not lost. No other server writes above
it, and a sender who forges one below chooses nothing.

The reverse path is what the topmost Return-Path says (RFC 5321 4.4): a hint that a null
one wants no answer. It names nobody: identity is the author alone. Without the field it is
unknown, which is not null, or all mail of such a server would pass for automatic.
"""

from typing import Final

from models.intake_address import IntakeAddresses
from models.limits import HEADER_BLOCK_BYTES
from models.mail import NULL_REVERSE_PATH, Envelope, Route, is_wire_safe
from parser.header_fields import HeaderFields, HeaderTooLarge, split

UNKNOWN_REVERSE_PATH: Final = "unknown@imap.invalid"
"""Says in a trail that no server told; `invalid` is nobody's domain (RFC 2606)."""
HEAD_BYTES: Final = HEADER_BLOCK_BYTES + 4
"""How much of a message `envelope_of` wants to see."""
_LONGEST_PATH: Final = 254


def envelope_of(
    head: bytes, *, address: str, recipient_field: str, addresses: IntakeAddresses, bare_line_ends: bool
) -> Envelope:
    """The envelope of a message, from its first HEAD_BYTES."""
    try:
        fields, _ = split(head)
    except HeaderTooLarge:
        fields = HeaderFields(())
    return Envelope(
        route=Route.IMAP,
        reverse_path=_reverse_path(fields),
        forward_paths=(_recipient(fields, recipient_field, addresses) or address,),
        bare_line_ends=bare_line_ends,
    )


def _reverse_path(fields: HeaderFields) -> str:
    value = _path(fields.first("return-path"))
    if value is None or (value != NULL_REVERSE_PATH and not _is_address(value)):
        return UNKNOWN_REVERSE_PATH
    return value


def _recipient(fields: HeaderFields, name: str, addresses: IntakeAddresses) -> str | None:
    value = _path(fields.first(name)) if name else None
    if value is None or not _is_address(value) or addresses.recognise(value) is None:
        return None
    return value


def _path(value: bytes | None) -> str | None:
    """The text of a path, without its brackets; None where there is none that could be read."""
    if value is None:
        return None
    try:
        text = value.decode("utf-8").strip(" \t")
    except UnicodeDecodeError:
        return None
    if text.startswith("<") and text.endswith(">"):
        return text[1:-1].strip(" \t")
    return text or None


def _is_address(path: str) -> bool:
    local_part, at, domain = path.rpartition("@")
    return bool(at and local_part and domain) and len(path) <= _LONGEST_PATH and is_wire_safe(path) and " " not in path

"""What stands in an opaque S/MIME signature (RFC 8551 3.5.2, RFC 5652 5): read, never verified.

The content needs no key to be read. It lies in DER or BER, also of indefinite length and cut
into pieces, as Outlook writes it. Only the way to the content is walked; whatever does not lie
there as the standard says makes it unreadable, and the part stays a file.
"""

from typing import Final

from models.limits import SIGNED_DATA_PIECES

KINDS: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})

_SEQUENCE: Final = 0x30
_OID: Final = 0x06
_INTEGER: Final = 0x02
_SET: Final = 0x31
_EXPLICIT: Final = 0xA0
_OCTETS: Final = 0x04
_OCTETS_IN_PIECES: Final = 0x24
_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
_DATA: Final = bytes.fromhex("2a864886f70d010701")
_INDEFINITE: Final = -1
_LONGEST_LENGTH: Final = 4
_DEEPEST: Final = 8


class _Unreadable(ValueError):
    """It is no signed data, or none as the standard says."""


def content(octets: bytes) -> bytes | None:
    """The signed content; None where there is none to be read. Never raises."""
    try:
        at = _inside(octets, 0, _SEQUENCE)
        at = _behind(octets, at, _OID, _SIGNED_DATA)
        at = _inside(octets, _inside(octets, at, _EXPLICIT), _SEQUENCE)
        at = _behind(octets, _behind(octets, at, _INTEGER), _SET)
        at = _behind(octets, _inside(octets, at, _SEQUENCE), _OID, _DATA)
        return _string(octets, _inside(octets, at, _EXPLICIT))
    except _Unreadable:
        return None


def _head(octets: bytes, at: int) -> tuple[int, int, int]:
    """Tag, length (or that it is indefinite), and where the content begins."""
    if at + 2 > len(octets):
        raise _Unreadable
    tag, length = octets[at], octets[at + 1]
    if length < 0x80:
        return tag, length, at + 2
    if length == 0x80:
        return tag, _INDEFINITE, at + 2
    size = length & 0x7F
    if size > _LONGEST_LENGTH or at + 2 + size > len(octets):
        raise _Unreadable
    return tag, int.from_bytes(octets[at + 2 : at + 2 + size], "big"), at + 2 + size


def _inside(octets: bytes, at: int, wanted: int) -> int:
    tag, _, start = _head(octets, at)
    if tag != wanted:
        raise _Unreadable
    return start


def _behind(octets: bytes, at: int, wanted: int, value: bytes | None = None) -> int:
    """Where a value of a definite length ends; it must be the value asked for."""
    tag, length, start = _head(octets, at)
    if tag == _SET and length == _INDEFINITE:
        return _end_of_indefinite(octets, start)
    if tag != wanted or length == _INDEFINITE or (value is not None and octets[start : start + length] != value):
        raise _Unreadable
    return start + length


def _end_of_indefinite(octets: bytes, at: int, depth: int = 0) -> int:
    """Behind the two zeros that end a value of indefinite length: the algorithms before the content are few."""
    for _ in range(100):
        if octets[at : at + 2] == b"\0\0":
            return at + 2
        _, length, start = _head(octets, at)
        if length == _INDEFINITE:
            if depth == _DEEPEST:
                raise _Unreadable
            at = _end_of_indefinite(octets, start, depth + 1)
        else:
            at = start + length
    raise _Unreadable


def _string(octets: bytes, at: int) -> bytes:
    """An octet string, in one piece or in many; what is cut off at its end is kept as far as it goes."""
    tag, length, start = _head(octets, at)
    if tag == _OCTETS and length != _INDEFINITE:
        return octets[start : start + length]
    if tag != _OCTETS_IN_PIECES:
        raise _Unreadable
    end = len(octets) if length == _INDEFINITE else start + length
    pieces: list[bytes] = []
    at = start
    while at < end and octets[at : at + 2] != b"\0\0":
        if len(pieces) == SIGNED_DATA_PIECES:
            raise _Unreadable
        tag, length, start = _head(octets, at)
        if tag != _OCTETS or length == _INDEFINITE:
            raise _Unreadable
        pieces.append(octets[start : start + length])
        at = start + length
    return b"".join(pieces)

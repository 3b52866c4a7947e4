"""Keyed names that only we can have given: Message-IDs, reply addresses, loop tokens.

All are HMAC-SHA-256 cut to 130 bits, in lower-case base32 (26 letters), so that they
survive systems that fold case and fit a local part of 64 octets. Keys are arguments; after
a change of key the previous one is still accepted (`Keys.previous`, 90 days, threats X-49).
A token names a thing, never a person: whoever shows it must still be entitled to it (C-5).
"""

import hmac
import re
from dataclasses import dataclass
from typing import Final

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = [one + other for one in _LETTERS for other in _LETTERS]
"""Base32 (RFC 4648 6), ten bits at a time: the library's encoder costs ten times the hash."""
_REPLY: Final = re.compile(r"c([0-9a-z]{1,13})-([a-z2-7]{26})\Z", re.ASCII)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The key that signs, and the one that signed before it."""

    current: bytes
    previous: bytes | None = None

    @property
    def accepted(self) -> tuple[bytes, ...]:
        return (self.current,) if self.previous is None else (self.current, self.previous)


def _mac(key: bytes, *parts: str) -> str:
    """A keyed hash of a sequence of texts; the lengths keep ("a", "bc") apart from ("ab", "c")."""
    material = b"".join(len(octets := part.encode()).to_bytes(4, "big") + octets for part in parts)
    number = int.from_bytes(hmac.digest(key, material, "sha256")[:17]) >> 6
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def _matches(keys: Keys, token: str, *parts: str) -> bool:
    return any(hmac.compare_digest(token.encode(), _mac(key, *parts).encode()) for key in keys.accepted)


def message_id(keys: Keys, hostname: str, cause: str, kind: str, recipient: str) -> str:
    """The Message-ID of a notice, without brackets: one cause, kind and recipient always give the same."""
    return f"{_mac(keys.current, 'message-id', cause, kind, recipient)}.{kind.replace('_', '-')}@{hostname}"


def loop_token(keys: Keys, message_id: str) -> str:
    """The value of our own loop header: proves that a message is one of our family's notices.

    It proves itself, without the Message-ID, which some systems replace on the way.
    """
    name = _mac(b"", "name", message_id)
    return f"{name}.{_mac(keys.current, 'loop', name)}"


def is_loop_token(keys: Keys, value: str) -> bool:
    """Whether a loop header value is ours (threats D-5 to D-7, C-16)."""
    name, _, token = value.strip().partition(".")
    return bool(name) and _matches(keys, token, "loop", name)


def reply_extension(keys: Keys, case_id: int, recipient: str) -> str:
    """What stands behind the `+` of the reply address given to that very person for that case."""
    return f"c{_base36(case_id)}-{_mac(keys.current, 'reply', str(case_id), recipient)}"


def case_of_reply_extension(keys: Keys, extension: str, author: str) -> int | None:
    """The case a reply address names, if it is the one this author was given; else None."""
    match = _REPLY.match(extension)
    if match is None:
        return None
    case_id = int(match[1], 36)
    return case_id if _matches(keys, match[2], "reply", str(case_id), author) else None


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"

"""Keyed names that only we can have given: Message-IDs, reply addresses, loop tokens.

All are HMAC-SHA-256 cut to 130 bits, in lower-case base32 (26 letters), so that they
survive systems that fold case and fit a local part of 64 octets. Keys are arguments; after
a change of key the previous one is still accepted (`Keys.previous`, 90 days, threats X-49).
A token names a thing, never a person: whoever shows it must still be entitled to it (C-5).
"""

import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = [one + other for one in _LETTERS for other in _LETTERS]
"""Base32 (RFC 4648 6), ten bits at a time: the library's encoder costs ten times the hash."""
_SIGNED: Final = re.compile(r"([a-z])([0-9a-z]{1,13})-([a-z2-7]{26})\Z", re.ASCII)
_HIGHEST: Final = 2**63 - 1
"""No database has an id beyond; one that is asked for it fails."""
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

EXTENSION_OCTETS: Final = 36
"""The longest extension we give out before two million million cases: letter, number, hyphen, token."""


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
    encoded = [part.encode() for part in parts]
    material = b"".join([len(octets).to_bytes(4, "big") + octets for octets in encoded])
    number = int.from_bytes(hmac.digest(key, material, "sha256")[:17]) >> 6
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def _matches(keys: Keys, token: str, *parts: str) -> bool:
    return any(hmac.compare_digest(token.encode(), _mac(key, *parts).encode()) for key in keys.accepted)


def message_id(keys: Keys, hostname: str, cause: str, kind: str, recipient: str) -> str:
    """The Message-ID of a notice, without brackets: one cause, kind and recipient always give the same."""
    return f"{_mac(keys.current, 'message-id', cause, kind, recipient)}.{kind.replace('_', '-')}@{hostname}"


def loop_token(keys: Keys, message_id: str) -> str:
    """The value of our own loop header: proves that a message is one of our family's notices.

    It proves itself, without the Message-ID, which some systems replace on the way: its name
    is what the Message-ID began with, a keyed hash already.
    """
    name = message_id.lstrip("<").partition(".")[0]
    return f"{name}.{_mac(keys.current, 'loop', name)}"


def is_loop_token(keys: Keys, value: str) -> bool:
    """Whether a loop header value is ours (threats D-5 to D-7, C-16)."""
    name, _, token = value.strip().partition(".")
    return bool(name) and _matches(keys, token, "loop", name)


class Purpose(StrEnum):
    """What mail to a signed address does; it names a case, a held message, or (BOUNCE) one of our own notices."""

    REPLY = "reply"
    CONFIRM = "confirm"
    NOT_SOLVED = "not solved"
    APPROVE = "approve"
    REFUSE = "refuse"
    REMARK = "remark"
    BOUNCE = "bounce"


_LETTERS_OF: Final = {
    Purpose.REPLY: "c",
    Purpose.CONFIRM: "k",
    Purpose.NOT_SOLVED: "n",
    Purpose.APPROVE: "a",
    Purpose.REFUSE: "r",
    Purpose.REMARK: "m",
    Purpose.BOUNCE: "b",
}
_PURPOSES: Final = {letter: purpose for purpose, letter in _LETTERS_OF.items()}


@dataclass(frozen=True, slots=True)
class SignedFor:
    """What a signed address was given out for: the purpose, and what it names."""

    purpose: Purpose
    number: int


def signed_extension(keys: Keys, purpose: Purpose, number: int, recipient: str) -> str:
    """What stands behind the `+` of an address given to that very person for that purpose."""
    return f"{_LETTERS_OF[purpose]}{_base36(number)}-{_mac(keys.current, purpose.value, str(number), recipient)}"


def read_signed_extension(keys: Keys, extension: str, author: str) -> SignedFor | None:
    """What a signed address was given to this author for; None where it was given to nobody or to another."""
    match = _SIGNED.match(extension)
    purpose = _PURPOSES.get(match[1]) if match else None
    if match is None or purpose is None:
        return None
    number = int(match[2], 36)
    return SignedFor(purpose, number) if _matches(keys, match[3], purpose.value, str(number), author) else None


def claimed_by_extension(extension: str) -> SignedFor | None:
    """What a well-formed extension says it was given out for, whoever to: nothing is proved by it."""
    match = _SIGNED.match(extension)
    purpose = _PURPOSES.get(match[1]) if match else None
    if match is None or purpose is None or (number := int(match[2], 36)) > _HIGHEST:
        return None
    return SignedFor(purpose, number)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"

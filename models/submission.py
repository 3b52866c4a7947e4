"""What became of offering one notice to the relay once (RFC 5321 4.2, RFC 3463)."""

from dataclasses import dataclass
from enum import StrEnum


class SubmissionOutcome(StrEnum):
    """The relay's word, or the lack of it."""

    SUBMITTED = "submitted"
    """The relay answered the final dot with 2xx: it has taken responsibility."""
    DEFERRED = "deferred"
    """Not now: a 4xx, or the connection ended before the final dot."""
    REFUSED = "refused"
    """Never: a 5xx for this recipient or this message."""
    UNAVAILABLE = "unavailable"
    """Nothing about this message: no relay was reached, or it refuses us (5xx up to MAIL); all wait."""
    UNKNOWN = "unknown"
    """Nothing was heard after the final dot: it may have been taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionResult:
    """Outcome of one attempt; `reply` is what the relay said or what went wrong, printable, at most 500 characters."""

    outcome: SubmissionOutcome
    reply: str

"""How a session with the relay can end, and what each ending means for the notice.

Replies are read by their first digit (RFC 5321 4.2.1), with one distinction of ours: a 5xx
before the recipient is named says nothing about the message (threats X-26), so all wait.
A reply that is none defers, even after the final dot: the relay has been heard, so that it
is not UNKNOWN, and a copy too many is better than a notice lost (threats X-31).
"""

from enum import StrEnum
from typing import Final

from models.limits import REPLY_CHARACTERS
from models.submission import SubmissionOutcome, SubmissionResult


class Stage(StrEnum):
    """Where a session stands; the word is part of the reply that is stored."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"
    DOT = "final dot"


REFUSES_US: Final = frozenset({Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.MAIL})
"""Where a 5xx says nothing about the message or its recipient (threats X-26)."""


class Failed(Exception):
    """The session or the transaction ended at `stage` with `outcome`."""

    def __init__(self, stage: Stage, outcome: SubmissionOutcome, reply: str, *, lost: bool = False) -> None:
        super().__init__(stage, outcome, reply)
        self.stage = stage
        self.outcome = SubmissionOutcome.UNAVAILABLE if stage is Stage.CONNECT else outcome  # the relay is down
        self.reply = reply
        self.lost = lost

    @property
    def result(self) -> SubmissionResult:
        return SubmissionResult(outcome=self.outcome, reply=printable(f"{self.stage}: {self.reply}"))


def printable(text: str) -> str:
    """What a relay said as one line of visible characters, at most REPLY_CHARACTERS (threats X-31)."""
    line = " ".join(text[: 2 * REPLY_CHARACTERS].split())
    if not line.isprintable():
        line = "".join([c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in line])
    return line[:REPLY_CHARACTERS]


def refusal(stage: Stage, code: int, text: str) -> Failed:
    """What a reply that is not the wanted one means, by its first digit (RFC 5321 4.2.1)."""
    if code // 100 == 4:
        return Failed(stage, SubmissionOutcome.DEFERRED, f"{code} {text}", lost=code == 421)
    if code // 100 == 5:
        outcome = SubmissionOutcome.UNAVAILABLE if stage in REFUSES_US else SubmissionOutcome.REFUSED
        return Failed(stage, outcome, f"{code} {text}")
    return Failed(stage, SubmissionOutcome.DEFERRED, f"malformed reply: {code} {text}", lost=True)

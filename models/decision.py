"""A decision is a value and carries its reasons: which rules were asked, and what each said.

`decide` yields exactly one `Decision` for a message. Its trail is stored with it and is
what `explain` prints: nothing is re-run, nothing is guessed afterwards.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A new P4 case for this contact's organisation; `acknowledge` is false for a machine."""

    fate: Literal["open_case"] = "open_case"
    contact_id: int
    organisation_id: int
    acknowledge: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """The same content was decided before, under that inbox id."""

    fate: Literal["duplicate"] = "duplicate"
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disregard:
    """Kept, with no effect on any case: our own loop, an automatic answer, a DSN.

    `by_envelope`: the envelope alone decided so; the same content may come again in another one.
    """

    fate: Literal["disregard"] = "disregard"
    as_what: str
    by_envelope: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPostmaster:
    """For the admin (RFC 5321 4.5.1): told, no case. The envelope alone decides so."""

    fate: Literal["postmaster"] = "postmaster"
    by_envelope: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A person should look. `organisation_id` is set where the writer is of a known organisation.

    A hold is no last word on a content: when the same comes again it is decided anew, because
    it may come by a better way, or the writer be known meanwhile (threats C-9).
    """

    fate: Literal["hold"] = "hold"
    organisation_id: int | None = None


Fate = OpenCase | Duplicate | Disregard | ToPostmaster | Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something noticed on the way that settles nothing: a mark on the case or a security event."""

    kind: Literal["mark", "security"]
    what: str


@dataclass(frozen=True, slots=True)
class Passed:
    """The rule does not settle the message."""

    because: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """The rule settles the message."""

    fate: Fate
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the trail."""

    rule: str
    answer: Literal["passed", "settled"]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The fate of one message, the rule that settled it, and the whole trail (the settling rule is last)."""

    fate: Fate
    rule: str
    because: str
    trail: tuple[Step, ...]
    findings: tuple[Finding, ...] = ()

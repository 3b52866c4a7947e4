"""What agents do to cases, by command or by mail: each act as a value, its names already resolved (contract 2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from models.case import Case, CaseStatus, Priority
from models.notice import CarriedFile, ReceivedItem
from models.organisation import Department, KnownAgent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Words to the customer, with files or only their names. `asks`: we wait for the answer."""

    act: Literal["reply"] = "reply"
    text: str
    asks: bool = False
    items: tuple[ReceivedItem, ...] = ()
    files: tuple[CarriedFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Words among agents. With `call`: what was said to the customer on the phone, which keeps a promise."""

    act: Literal["note"] = "note"
    text: str
    call: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """The case is this agent's from now on; None: nobody's."""

    act: Literal["assign"] = "assign"
    agent: KnownAgent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPriority:
    """Only an agent sets P1, P2, P3, and only to a master case belongs P1G (plans 2)."""

    act: Literal["priority"] = "priority"
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus:
    """Another status, with words to the customer, or none."""

    act: Literal["status"] = "status"
    status: CaseStatus
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDepartment:
    """Another department works on it; whoever had it has it no more."""

    act: Literal["department"] = "department"
    department: Department


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVendor:
    """Whose times apply (plans 2, "with vendor"); "" for nobody's."""

    act: Literal["vendor"] = "vendor"
    vendor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOnHold:
    """On Hold; until a time it counts as an ETR, without one updates go on (plans 2)."""

    act: Literal["hold"] = "hold"
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetEtr:
    """The estimated time of resolution, told to the customer instead of updates; None takes it back."""

    act: Literal["etr"] = "etr"
    etr: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Work is done; the customer is asked to confirm."""

    act: Literal["resolve"] = "resolve"
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """All work is done and tested."""

    act: Literal["close"] = "close"
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """The customer asked for it by phone or chat, under the same rule as by mail (plans 4)."""

    act: Literal["reopen"] = "reopen"
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The case has to do with another one of the same organisation."""

    act: Literal["link"] = "link"
    other: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkDuplicate:
    """Another case, of the same organisation, is the main one; what is written to this one goes there."""

    act: Literal["duplicate"] = "duplicate"
    main: Case


Act = (
    Reply
    | Note
    | Assign
    | SetPriority
    | SetStatus
    | SetDepartment
    | SetVendor
    | PutOnHold
    | SetEtr
    | Resolve
    | Close
    | Reopen
    | Link
    | MarkDuplicate
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a login, and the agent it belongs to where the directory knows one."""

    login: str
    agent: KnownAgent | None

    @property
    def name(self) -> str:
        return self.login if self.agent is None else self.agent.name


class Refusal(Exception):
    """An act that cannot be: what is in the way, and what could be done instead."""

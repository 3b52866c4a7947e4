"""What notices are made of: their kinds, the desk they come from, what they name."""

from dataclasses import dataclass
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about; also the name of its template folder."""

    CASE_OPENED = "case_opened"
    CASE_REOPENED = "case_reopened"
    FOLLOW_UP_OPENED = "follow_up_opened"
    ADDED_TO_MAIN_CASE = "added_to_main_case"
    SCHEDULED_UPDATE = "scheduled_update"
    ETR_SET = "etr_set"
    ETR_CHANGED = "etr_changed"
    ETR_PASSED = "etr_passed"
    STATUS_CHANGED = "status_changed"
    CASE_RESOLVED = "case_resolved"
    CASE_CLOSED = "case_closed"
    NO_RESPONSE_WARNING = "no_response_warning"
    CLOSED_NO_RESPONSE = "closed_no_response"
    RESOLUTION_MISSED = "resolution_missed"
    AGENT_REPLY = "agent_reply"

    GO_THROUGH_MPOC = "go_through_mpoc"
    NOT_AUTHORISED = "not_authorised"
    APPROVAL_REQUEST = "approval_request"
    PASS_CODE_SEEN = "pass_code_seen"  # noqa: S105 - a kind of notice, not a secret

    AGENT_NEW_CASE = "agent_new_case"
    AGENT_CUSTOMER_REPLIED = "agent_customer_replied"
    AGENT_ASSIGNED = "agent_assigned"
    AGENT_REMINDER = "agent_reminder"
    AGENT_COMMANDS = "agent_commands"
    AGENT_HELD = "agent_held"
    AGENT_SECURITY = "agent_security"
    AGENT_BOUNCE = "agent_bounce"

    ADMIN_PARKED = "admin_parked"
    ADMIN_POSTMASTER = "admin_postmaster"
    ADMIN_BREAKER = "admin_breaker"
    ADMIN_DAILY = "admin_daily"
    ADMIN_MAIL_LEFT = "admin_mail_left"

    @property
    def is_for_our_own(self) -> bool:
        """Whether it goes to agents, departments or the admin."""
        return self.value.startswith(("agent_", "admin_")) and self is not NoticeKind.AGENT_REPLY


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedItem:
    """One attachment as it arrived; `dropped_because` is "" when it was kept whole."""

    name: str
    content_type: str
    size: int
    dropped_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedFile:
    """A file that a notice carries, by where its octets lie: the part `path` of the stored message.

    `sha256` is of the octets: what is not that any more is not sent (threats X-46).
    """

    inbox_id: int
    path: str
    name: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The desk as the customer knows it: `[service]` of the configuration.

    `chat` says in words where the chat is, and when; "" where the desk has none.
    """

    name: str
    address: str
    phone: str
    chat: str = ""

"""One function per notice: its typed context as the strings its templates print."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from models.notice import (
    AddedToMainCase,
    AdminBreaker,
    AdminDaily,
    AdminMailLeft,
    AdminParked,
    AdminPostmaster,
    AgentAssigned,
    AgentBounce,
    AgentCommands,
    AgentCustomerReplied,
    AgentHeld,
    AgentNewCase,
    AgentReminder,
    AgentReply,
    AgentSecurity,
    ApprovalRequest,
    CaseClosed,
    CaseOpened,
    CaseReopened,
    CaseResolved,
    ClosedNoResponse,
    Context,
    EtrChanged,
    EtrPassed,
    EtrSet,
    FollowUpOpened,
    GoThroughMpoc,
    NoResponseWarning,
    NotAuthorised,
    Notice,
    NoticeKind,
    PassCodeSeen,
    ResolutionMissed,
    ScheduledUpdate,
    StatusChanged,
)
from models.reply_marker import REPLY_MARKER
from responders.notices import about_access, about_cases, to_admins, to_agents
from responders.notices.wording import (
    ITEMS,
    NAME_CHARACTERS,
    Reader,
    desk_of,
    reader_of,
    shown_subject,
    unlinked,
)
from responders.rendering import Variables, worded_in

STRINGS: Final[Mapping[type[Any], Callable[[Any, Reader], Variables]]] = MappingProxyType(
    {
        CaseOpened: about_cases.case_opened,
        CaseReopened: about_cases.case_reopened,
        FollowUpOpened: about_cases.follow_up_opened,
        AddedToMainCase: about_cases.added_to_main_case,
        ScheduledUpdate: about_cases.scheduled_update,
        EtrSet: about_cases.etr_set,
        EtrChanged: about_cases.etr_changed,
        EtrPassed: about_cases.etr_passed,
        StatusChanged: about_cases.status_changed,
        CaseResolved: about_cases.case_resolved,
        CaseClosed: about_cases.case_closed,
        NoResponseWarning: about_cases.no_response_warning,
        ClosedNoResponse: about_cases.closed_no_response,
        ResolutionMissed: about_cases.resolution_missed,
        AgentReply: about_cases.agent_reply,
        GoThroughMpoc: about_access.go_through_mpoc,
        NotAuthorised: about_access.not_authorised,
        ApprovalRequest: about_access.approval_request,
        PassCodeSeen: about_access.pass_code_seen,
        AgentNewCase: to_agents.agent_new_case,
        AgentCustomerReplied: to_agents.agent_customer_replied,
        AgentAssigned: to_agents.agent_assigned,
        AgentReminder: to_agents.agent_reminder,
        AgentCommands: to_agents.agent_commands,
        AgentHeld: to_agents.agent_held,
        AgentSecurity: to_agents.agent_security,
        AgentBounce: to_agents.agent_bounce,
        AdminParked: to_admins.admin_parked,
        AdminPostmaster: to_admins.admin_postmaster,
        AdminBreaker: to_admins.admin_breaker,
        AdminDaily: to_admins.admin_daily,
        AdminMailLeft: to_admins.admin_mail_left,
    }
)
"""The strings of each notice; a test proves that none is missing."""

NO_ANSWER: Final = frozenset(
    {
        NoticeKind.GO_THROUGH_MPOC,
        NoticeKind.NOT_AUTHORISED,
        NoticeKind.AGENT_HELD,
        NoticeKind.AGENT_SECURITY,
        NoticeKind.ADMIN_PARKED,
        NoticeKind.ADMIN_POSTMASTER,
        NoticeKind.ADMIN_BREAKER,
        NoticeKind.ADMIN_DAILY,
        NoticeKind.ADMIN_MAIL_LEFT,
    }
)
"""Kinds that invite no answer: one would reach no case. All others show the reply marker."""


def variables(notice: Notice, shown_items: int = ITEMS) -> Variables:
    """What the templates of this notice print. At most `shown_items` attachments are named."""
    context = notice.context
    folder = worded_in(context.kind, notice.language)
    reader = reader_of(folder, notice.language, getattr(context, "zone", "UTC"), shown_items)
    return {
        "lang": reader.language,
        "reply_marker": REPLY_MARKER[folder.partition("-")[0]] if invites_answer(context) else "",
        **desk_of(context.desk),
        **STRINGS[type(context)](context, reader),
    }


def invites_answer(context: Context) -> bool:
    """Whether an answer to this mail reaches a case, or a decision that waits."""
    if isinstance(context, PassCodeSeen) and not context.case_number:
        return False
    return context.kind not in NO_ANSWER


__all__ = ["ITEMS", "NAME_CHARACTERS", "invites_answer", "shown_subject", "unlinked", "variables"]

"""The strings of the notices to a case's correspondents. Automatic ones quote nothing of a body (D-12, D-13)."""

from datetime import timedelta

from models.limits import TEXT_CHARACTERS
from models.notice import (
    AddedToMainCase,
    AgentReply,
    CaseClosed,
    CaseMail,
    CaseOpened,
    CaseReopened,
    CaseResolved,
    ClosedNoResponse,
    EtrChanged,
    EtrPassed,
    EtrSet,
    FollowUpOpened,
    NoResponseWarning,
    Opening,
    ResolutionMissed,
    ScheduledUpdate,
    StatusChanged,
)
from responders.notices.wording import (
    Reader,
    flag,
    items_of,
    mailto,
    many_lines,
    marks_of,
    name,
    quoted,
    reason,
    subjects,
)
from responders.rendering import Variables

LATE = timedelta(hours=1)
"""A case opened later than this after its message came in shows both times (a hold lay between)."""


def case(context: CaseMail) -> Variables:
    """What every mail about a case names."""
    return {
        "case_number": name(context.case_number),
        **subjects(context.subject),
        "organisation": name(context.organisation),
        "contact_name": name(context.contact_name),
    }


def _opening(context: Opening, reader: Reader) -> Variables:
    late = context.opened_at - context.received_at >= LATE
    return {
        **case(context),
        "priority": name(context.priority),
        "received_at": reader.moment(context.received_at),
        "opened_at": reader.moment(context.opened_at) if late else "",
        "respond_by": reader.moment(context.respond_by),
        "update_by": reader.moment(context.update_by),
        "text_characters": reader.number(context.text_characters),
        **items_of(context.items, reader),
        **marks_of(context.marks, reader),
    }


def case_opened(context: CaseOpened, reader: Reader) -> Variables:
    """The acknowledgement."""
    return _opening(context, reader)


def follow_up_opened(context: FollowUpOpened, reader: Reader) -> Variables:
    """The acknowledgement of a new case for an old one."""
    return {
        **_opening(context, reader),
        "original_number": name(context.original_number),
        "why": context.why,
        "closed_at": reader.moment(context.closed_at),
    }


def case_reopened(context: CaseReopened, reader: Reader) -> Variables:
    """The same case goes on."""
    return {
        **case(context),
        "priority": name(context.priority),
        "status": name(context.status),
        "received_at": reader.moment(context.received_at),
        "respond_by": reader.moment(context.respond_by),
        "update_by": reader.moment(context.update_by),
    }


def added_to_main_case(context: AddedToMainCase, _reader: Reader) -> Variables:
    """Which number the case goes by from now on."""
    return {**case(context), "duplicate_number": name(context.duplicate_number)}


def scheduled_update(context: ScheduledUpdate, reader: Reader) -> Variables:
    """Where the case stands. What is repeated is an agent's own words to the customer."""
    return {
        **case(context),
        "status": name(context.status),
        "priority": name(context.priority),
        **many_lines(context.last_note),
        "last_note_at": reader.moment(context.last_note_at),
        "next_update_by": reader.moment(context.next_update_by),
        "due_at": reader.moment(context.due_at),
        "late": flag(context.late),
    }


def etr_set(context: EtrSet, reader: Reader) -> Variables:
    """When it will be done, as far as we know."""
    return {**case(context), "etr": reader.moment(context.etr)}


def etr_changed(context: EtrChanged, reader: Reader) -> Variables:
    """The new time beside the old one."""
    return {
        **case(context),
        "etr": reader.moment(context.etr),
        "previous": reader.moment(context.previous),
        "sooner": flag(context.etr < context.previous),
    }


def etr_passed(context: EtrPassed, reader: Reader) -> Variables:
    """The time is over; what now."""
    return {
        **case(context),
        "etr": reader.moment(context.etr),
        "next_update_by": reader.moment(context.next_update_by),
        "late": flag(context.late),
    }


def status_changed(context: StatusChanged, reader: Reader) -> Variables:
    """From which status to which, and whose turn it is."""
    return {
        **case(context),
        "status": name(context.status),
        "previous_status": name(context.previous_status),
        **many_lines(context.note),
        "next_update_by": reader.moment(context.next_update_by),
        "waits_for_you": flag(context.waits_for_you),
        "closes_by": reader.moment(context.closes_by),
    }


def case_resolved(context: CaseResolved, reader: Reader) -> Variables:
    """What was done, and the two links."""
    return {
        **case(context),
        "case_quoted": quoted(name(context.case_number)),
        **many_lines(context.summary),
        "confirm_address": reason(context.confirm_address),
        "confirm_link": mailto(context.confirm_address),
        "not_solved_address": reason(context.not_solved_address),
        "not_solved_link": mailto(context.not_solved_address),
        "closes_by": reader.moment(context.closes_by),
    }


def case_closed(context: CaseClosed, reader: Reader) -> Variables:
    """What was done, and how to come back."""
    return {
        **case(context),
        **many_lines(context.summary),
        "reopen_until": reader.day(context.reopen_until),
        "reopen_unlimited": flag(context.reopen_unlimited),
        "confirmed": flag(context.confirmed),
    }


def no_response_warning(context: NoResponseWarning, reader: Reader) -> Variables:
    """Since when we wait and until when."""
    return {
        **case(context),
        "waiting_since": reader.moment(context.waiting_since),
        "closes_at": reader.moment(context.closes_at),
    }


def closed_no_response(context: ClosedNoResponse, reader: Reader) -> Variables:
    """How to come back."""
    return {**case(context), "reopens": flag(context.reopens), "reopen_until": reader.day(context.reopen_until)}


def resolution_missed(context: ResolutionMissed, reader: Reader) -> Variables:
    """What was promised."""
    return {**case(context), "target": reader.moment(context.target)}


def agent_reply(context: AgentReply, reader: Reader) -> Variables:
    """A person's words, whole: nobody's answer is cut."""
    return {
        **case(context),
        "agent_name": name(context.agent_name),
        **many_lines(context.text, cap=TEXT_CHARACTERS),
        "asks": flag(context.asks),
        **items_of(context.items, reader),
    }

"""The strings of the notices to agents: all that is needed to start, with an unproved sender said loudly."""

from models.notice import (
    AgentAssigned,
    AgentBounce,
    AgentCaseMail,
    AgentCommands,
    AgentCustomerReplied,
    AgentHeld,
    AgentNewCase,
    AgentReminder,
    AgentSecurity,
)
from models.rules.sender import Standing
from responders.notices.wording import (
    Reader,
    flag,
    items_of,
    lines_of,
    many_lines,
    marks_of,
    name,
    reason,
    rest_of,
    shown_subject,
)
from responders.rendering import Variables


def _case(context: AgentCaseMail) -> Variables:
    return {
        "case_number": name(context.case_number),
        "subject": shown_subject(context.subject),
        "organisation": name(context.organisation),
        "contact_name": name(context.contact_name),
    }


def _standing(standing: Standing, because: str) -> Variables:
    """What is known of the writer; an excepted one is let in by the organisation's own exception."""
    return {
        "standing": standing.value,
        "standing_because": reason(because),
        "unproved": flag(standing is Standing.UNPROVED),
    }


def agent_new_case(context: AgentNewCase, reader: Reader) -> Variables:
    """A new case, whole but for very long texts."""
    return {
        **_case(context),
        "priority": name(context.priority),
        "contact_address": reason(context.contact_address),
        **_standing(context.standing, context.standing_because),
        "department": name(context.department),
        "received_at": reader.moment(context.received_at),
        "respond_by": reader.moment(context.respond_by),
        **many_lines(context.text, cut=context.text_cut),
        **items_of(context.items, reader),
        **marks_of(context.marks, reader),
    }


def agent_customer_replied(context: AgentCustomerReplied, reader: Reader) -> Variables:
    """What a customer wrote to a case, and what that did."""
    return {
        **_case(context),
        "what": context.what.value,
        "status": name(context.status),
        "priority": name(context.priority),
        "writer_name": name(context.writer_name),
        "writer_address": reason(context.writer_address),
        **_standing(context.standing, context.standing_because),
        "received_at": reader.moment(context.received_at),
        "respond_by": reader.moment(context.respond_by),
        **many_lines(context.text, cut=context.text_cut),
        "full_text_differs": flag(context.full_text_differs),
        **items_of(context.items, reader),
        **marks_of(context.marks, reader),
    }


def agent_assigned(context: AgentAssigned, reader: Reader) -> Variables:
    """Whose case it is now."""
    return {
        **_case(context),
        "by": name(context.by),
        "status": name(context.status),
        "priority": name(context.priority),
        "respond_by": reader.moment(context.respond_by),
    }


def agent_reminder(context: AgentReminder, reader: Reader) -> Variables:
    """What is due and when."""
    return {
        **_case(context),
        "what": context.what,
        "due_at": reader.moment(context.due_at),
        "status": name(context.status),
        "priority": name(context.priority),
    }


def agent_commands(context: AgentCommands, reader: Reader) -> Variables:
    """What came of an agent's commands; of very many, the first."""
    refused = [{"line": reason(line), "why": reason(why)} for line, why in context.refused]
    shown = refused[: reader.shown_items]
    done = lines_of(context.done)
    return {
        **_case(context),
        "done": done,
        "done_not_shown": rest_of(len(context.done), len(done), reader),
        "refused": shown,
        "refused_not_shown": rest_of(len(refused), len(shown), reader),
    }


def agent_bounce(context: AgentBounce, reader: Reader) -> Variables:
    """What did not arrive, where, and what was said there."""
    return {
        **_case(context),
        "what": name(context.what),
        "recipient": reason(context.recipient),
        "sent_at": reader.moment(context.sent_at),
        "status": name(context.status),
        "diagnostic": reason(context.diagnostic),
        "command": reason(context.command),
    }


def agent_held(context: AgentHeld, reader: Reader) -> Variables:
    """To the department: why a message waits, and until when a person can decide."""
    return {
        "inbox_id": str(context.inbox_id),
        "rule": name(context.rule),
        "because": reason(context.because),
        "author": reason(context.author),
        "organisation": name(context.organisation),
        "subject": shown_subject(context.subject),
        "department": name(context.department),
        "received_at": reader.moment(context.received_at),
        "expires_at": reader.moment(context.expires_at),
        "release": reason(context.release),
        "proposal": reason(context.proposal),
    }


def agent_security(context: AgentSecurity, reader: Reader) -> Variables:
    """What somebody tried, in our words."""
    return {
        "what": reason(context.what),
        "who": reason(context.who),
        "inbox_id": str(context.inbox_id),
        "command": reason(context.command),
        "at": reader.moment(context.at),
    }

"""The strings of the notices on who may write to us, and on pass codes."""

from models.notice import ApprovalRequest, GoThroughMpoc, NotAuthorised, PassCodeSeen
from responders.notices.about_cases import case
from responders.notices.wording import (
    Reader,
    flag,
    items_of,
    mailto,
    many_lines,
    name,
    reason,
    subjects,
)
from responders.rendering import Variables

EXCERPT_CHARACTERS = 4_000
"""Most of a colleague's text shown to the MPOCs who are asked to approve it."""


def go_through_mpoc(context: GoThroughMpoc, reader: Reader) -> Variables:
    """To an end user: nothing of any case."""
    return {
        **subjects(context.subject),
        "organisation": name(context.organisation),
        "contact_name": name(context.contact_name),
        "received_at": reader.moment(context.received_at),
        "asks_mpocs": flag(context.asks_mpocs),
    }


def not_authorised(context: NotAuthorised, reader: Reader) -> Variables:
    """To somebody we do not know: nothing of any customer."""
    return {**subjects(context.subject), "received_at": reader.moment(context.received_at)}


def approval_request(context: ApprovalRequest, reader: Reader) -> Variables:
    """To an MPOC: who wrote what, and the two links."""
    return {
        **subjects(context.original_subject),
        "organisation": name(context.organisation),
        "contact_name": name(context.contact_name),
        "author": reason(context.author),
        "author_name": name(context.author_name),
        "received_at": reader.moment(context.received_at),
        **many_lines(context.text, cut=context.text_cut, cap=EXCERPT_CHARACTERS),
        **items_of(context.items, reader),
        "approve_address": reason(context.approve_address),
        "approve_link": mailto(context.approve_address),
        "refuse_address": reason(context.refuse_address),
        "refuse_link": mailto(context.refuse_address),
        "expires_at": reader.moment(context.expires_at),
    }


def pass_code_seen(context: PassCodeSeen, reader: Reader) -> Variables:
    """When it came; never the code."""
    return {**case(context), "received_at": reader.moment(context.received_at)}

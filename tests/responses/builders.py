"""Notices with sane values: RFC 2606 names, a fixed Monday, one of each kind (responders.examples)."""

from dataclasses import replace
from typing import Any

from models.notice import CaseOpened, Context, Notice, NoticeKind
from responders.compose import Composed, compose
from responders.examples import (
    ADMIN_PARKED,
    AGENT_HELD,
    AGENT_NEW_CASE,
    CASE_OPENED,
    DESK,
    EXAMPLES,
    IDENTITY,
    ITEMS,
    NOW,
    notice_with,
)

CONTEXTS = EXAMPLES
TO_OUR_PEOPLE = {
    kind for kind in NoticeKind if kind.value.startswith(("agent_", "admin_")) and kind is not NoticeKind.AGENT_REPLY
}
"""Kinds that no customer gets."""
LANGUAGES = ("en", "de")
"""Those that ship."""


def a_notice(context: Context = CASE_OPENED, **changes: Any) -> Notice:
    """A notice with this context to Alice; `changes` go to the notice's own fields."""
    to_alice = {"recipient": "alice@mpoc.example", "recipient_name": "Alice Anders"}
    return replace(notice_with(context), **{**to_alice, **changes})


def composed(context: Context = CASE_OPENED, **changes: Any) -> Composed:
    """The message for `a_notice`."""
    return compose(a_notice(context, **changes), identity=IDENTITY)


def opened(**changes: Any) -> CaseOpened:
    """The acknowledgement's context with some fields changed."""
    return replace(CASE_OPENED, **changes)


__all__ = [
    "ADMIN_PARKED",
    "AGENT_HELD",
    "AGENT_NEW_CASE",
    "CASE_OPENED",
    "CONTEXTS",
    "DESK",
    "IDENTITY",
    "ITEMS",
    "LANGUAGES",
    "NOW",
    "TO_OUR_PEOPLE",
    "a_notice",
    "composed",
    "opened",
]

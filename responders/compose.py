"""A notice becomes a message: rendered, written, read back, frozen.

`compose` is pure and total but for two ways to fail, both of which park the notice and
never its case: UnsafeNotice, when what was written does not read back as planned or an
address is none, and jinja2.TemplateError, when a template fails. The same notice gives
the same bytes (threats G-10): the boundary comes from the Message-ID, the date from the
notice.

The header (RFC 3834, contract 4):
- `Auto-Submitted: auto-replied` on what answers a message, `auto-generated` on the rest.
- `X-Auto-Response-Suppress` asks Exchange for silence; without NDR, for bounces we want.
- `Precedence: bulk` on what answers a writer's message: it goes to addresses we do not run,
  and responders older than RFC 3834 (vacation programs, other desks) look at nothing else
  (RFC 3834 3.1.8 allows it for this; threats D-1, G-9). Not on mail to our own agents and
  admins, nor on updates, where a low priority at the relay would cost more than it could save.
- None of these three on what an agent wrote: that is a person's mail, from that person, and
  must reach its reader like one (contract 4).
- `X-Casegate-Notice` names the notice and carries a keyed token of its Message-ID, so that
  our own mail is known when it comes back under any envelope.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from models.limits import REFERENCES
from models.notice import AgentReply, CaseClosed, Context, Notice, NoticeKind
from responders.address import addr_spec
from responders.body import File, alternative, boundary, mixed
from responders.header import UnsafeNotice, clean_header, field, mailbox_field, unstructured
from responders.notices import ITEMS, NAME_CHARACTERS, variables
from responders.rendering import Words, render, worded_in

ACKNOWLEDGEMENT_BYTES = 20_000
"""Largest acknowledgement (threats D-12): what anyone could make us send is bounded."""
_MIME_VERSION = field("MIME-Version", "1.0")
_REPLIED, _GENERATED = field("Auto-Submitted", "auto-replied"), field("Auto-Submitted", "auto-generated")
_BULK = field("Precedence", "bulk")
_SUPPRESS = field("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply")
"""[MS-OXCMAIL] 2.1.3.2.20: no delivery or read reports, no out of office, no automatic reply."""

LONGEST_MESSAGE_ID = 900
"""With its field name it must fit into one line of 998 octets (RFC 5322 2.1.1): it cannot be folded."""

ACKNOWLEDGEMENTS = frozenset({NoticeKind.CASE_OPENED, NoticeKind.FOLLOW_UP_OPENED})
"""Kinds that name what arrived, and name less of it where that would make them too large."""
ANSWERS = frozenset(
    {
        *ACKNOWLEDGEMENTS,
        NoticeKind.CASE_REOPENED,
        NoticeKind.ADDED_TO_MAIN_CASE,
        NoticeKind.GO_THROUGH_MPOC,
        NoticeKind.NOT_AUTHORISED,
        NoticeKind.PASS_CODE_SEEN,
    }
)
"""Kinds that answer the recipient's own message. The mail to an agent on commands does too, but to one of ours."""

_MESSAGE_ID = re.compile(r"<[!-;=?-~]+>")  # printable ASCII; looser than RFC 5322 3.6.4, for old ids thread too
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=\-]{1,200}")
_HOSTNAME = re.compile(r"[A-Za-z0-9.\-]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we are: the service's hostname, and a keyed hash that only we can make.

    `loop_token(message_id)` is given the Message-ID with its angle brackets and answers
    printable ASCII without spaces, stable for a key (models.tokens).
    """

    hostname: str
    loop_token: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready for the relay: its bytes for ever, and whether they need SMTPUTF8 (RFC 6531)."""

    raw: bytes
    smtputf8: bool


def compose(notice: Notice, *, identity: Identity, files: Sequence[File] = ()) -> Composed:
    """The message for this notice, with its files. Raises UnsafeNotice or jinja2.TemplateError: park the notice."""
    composed = _compose(notice, identity, ITEMS, files)
    if notice.context.kind in ACKNOWLEDGEMENTS:
        for fewer in (5, 0):
            if len(composed.raw) <= ACKNOWLEDGEMENT_BYTES:
                break
            composed = _compose(notice, identity, fewer, files)
    return composed


def _compose(notice: Notice, identity: Identity, shown_items: int, files: Sequence[File]) -> Composed:
    kind = notice.context.kind.value
    recipient, desk, reply_to = map(addr_spec, (notice.recipient, notice.context.desk.address, notice.reply_to))
    words = render(kind, worded_in(kind, notice.language), variables(notice, shown_items))
    subject = clean_header(words.subject)
    content_type, body = _body(notice.message_id, words, files)
    header = (
        _date(notice.created_at),
        mailbox_field("From", _sender_name(notice.context), desk.text),
        mailbox_field("To", clean_header(notice.recipient_name, NAME_CHARACTERS), recipient.text),
        field("Subject", unstructured(subject), subject),
        *_identification(notice),
        field("Reply-To", reply_to.text),
        *_automatic(notice, identity),
        _MIME_VERSION,
        field("Content-Type", content_type),
        "\r\n",
    )
    return Composed("".join(header).encode() + body, recipient.smtputf8 or desk.smtputf8 or reply_to.smtputf8)


def _body(message_id: str, words: Words, files: Sequence[File]) -> tuple[str, bytes]:
    """The Content-Type and the body: the words in both forms, and behind them the files."""
    inner = boundary(message_id)
    body = alternative(words.text, words.html, inner)
    content_type = f'multipart/alternative; boundary="{inner}"'
    if not files:
        return content_type, body
    outer = boundary(f"{message_id} and files")
    return f'multipart/mixed; boundary="{outer}"', mixed(body, content_type, files, outer)


@lru_cache(maxsize=64)
def _date(instant: datetime) -> str:
    """The field of the date (RFC 5322 3.6.1); the notices of a batch share theirs."""
    return field("Date", format_datetime(instant.astimezone(UTC)))


def _sender_name(context: Context) -> str:
    """Who writes: the desk, or a person of it ("Dana Reyes, Example Support")."""
    desk_name = clean_header(context.desk.name, NAME_CHARACTERS)
    if not isinstance(context, AgentReply):
        return desk_name
    names = (clean_header(context.agent_name, NAME_CHARACTERS), desk_name)
    return ", ".join(name for name in names if name)


def _identification(notice: Notice) -> list[str]:
    """Message-ID, In-Reply-To, References (RFC 5322 3.6.4).

    An id of the subject message that no header can carry is left out: the thread is lost, not the notice.
    """
    if not _is_message_id(notice.message_id):
        raise UnsafeNotice("our own Message-ID is not one")
    fields = [field("Message-ID", notice.message_id)]
    if notice.in_reply_to and _is_message_id(notice.in_reply_to):
        fields.append(field("In-Reply-To", notice.in_reply_to))
    references = [reference for reference in notice.references if _is_message_id(reference)]
    if len(references) > REFERENCES:
        references = [*references[:3], *references[3 - REFERENCES :]]
    if references:
        fields.append(field("References", " ".join(references)))
    return fields


def _is_message_id(text: str) -> bool:
    return len(text) <= LONGEST_MESSAGE_ID and _MESSAGE_ID.fullmatch(text) is not None


def _automatic(notice: Notice, identity: Identity) -> list[str]:
    """The fields that say: no person wrote this, and no machine should answer; and that it is ours."""
    kind = notice.context.kind
    token = identity.loop_token(notice.message_id)
    if not _TOKEN.fullmatch(token) or not _HOSTNAME.fullmatch(identity.hostname):
        raise UnsafeNotice("the identity's hostname or token cannot stand in a header")
    ours = field("X-Casegate-Notice", f"{kind.value}; by={identity.hostname}; token={token}")
    if kind is NoticeKind.AGENT_REPLY:
        return [ours]
    is_answer = answers_the_recipient(notice.context)
    is_response = is_answer or kind is NoticeKind.AGENT_COMMANDS
    return [_REPLIED if is_response else _GENERATED, _SUPPRESS, *([_BULK] if is_answer else ()), ours]


def answers_the_recipient(context: Context) -> bool:
    """Whether this answers a customer's message by itself (RFC 3834 1.1); a closing does where a mail confirmed it."""
    return context.kind in ANSWERS or (isinstance(context, CaseClosed) and context.confirmed)


__all__ = ["Composed", "Identity", "UnsafeNotice", "compose"]

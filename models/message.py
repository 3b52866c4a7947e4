"""What was understood of a message (RFC 5322), as values: parser makes them, the law reads them.

Nothing here can raise when it is read, and nothing is unbounded: a `Message` fits the
limits of models.limits whatever the raw bytes were.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AutomaticKind(StrEnum):
    """Why no person wrote a message (RFC 3834 and its neighbours)."""

    REPLIED = "auto-replied"
    GENERATED = "auto-generated"
    NOTIFIED = "auto-notified"
    LIST = "list"
    BULK = "bulk"
    DSN = "dsn"
    MDN = "mdn"
    FEEDBACK = "feedback-report"


@dataclass(frozen=True, slots=True)
class AutomaticEvidence:
    """One reason to take a message for automatic: the kind, and the words that show it."""

    kind: AutomaticKind
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Originator:
    """Who a message is from, read twice.

    `author` is the strict reading: the addr-spec of the single From field with a single
    mailbox, in the form addresses are compared by (models.address); None when the grammar
    for identity refuses, and then `refused_because` says why (threats B-2 to B-12).
    `display_name` and `display_address` are the lenient reading, for people only.
    """

    author: str | None
    refused_because: str
    display_name: str
    display_address: str
    reply_to: tuple[str, ...] = ()
    sender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One part that is no text of the writer: metadata only, the bytes stay in the raw message.

    `name` is safe to show and to use as a file name; `path` is the part's number in the
    structure ("2.1"); `sha256` is of the decoded bytes.
    """

    path: str
    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False
    dropped_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as understood, with what was odd about it in `marks`.

    `content_key` identifies the content whatever way it came (models.message is told by
    parser.content_key). `message_id` and `references` are canonical, without brackets.
    `loop_tokens` are the values of our own loop header found in it; they mean nothing
    before they are verified. `safe_mode` tells that only headers and printable text could
    be read. `date` is what the message claims; no rule reads it.
    """

    content_key: str
    message_id: str | None
    references: tuple[str, ...]
    originator: Originator
    subject: str
    date: datetime | None
    text: str
    text_cut: bool
    attachments: tuple[Attachment, ...]
    automatic: tuple[AutomaticEvidence, ...]
    received_fields: int
    loop_tokens: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    safe_mode: bool = False

"""What was understood of a message (RFC 5322), as values: parser makes them, the law reads them.

Nothing here can raise when it is read, and nothing is unbounded: a `Message` fits the
limits of models.limits whatever the raw bytes were.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from models.limits import TEXT_CHARACTERS


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
    CHALLENGE = "challenge"
    CALENDAR = "calendar answer"


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
class Mailbox:
    """One recipient a message names: the address in the form addresses are compared by, and the name.

    `address` is "" where it is not one address beyond doubt; `name` then is what stands there.
    """

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedMessage:
    """A message that came as an attachment, at a glance; nothing of it is proof of anything."""

    author: str
    subject: str
    date: datetime | None
    message_id: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One part that is no text of the writer: metadata only, the bytes stay in the raw message.

    `name` is safe to show and to use as a file name; `path` is the part's number in the
    structure ("2.1"; "1.uu1" of a file written into a text); `sha256` is of the decoded bytes.
    `content_id` is what a page of the same message calls it by; `message` is what an attached
    message says; `is_of_message` that it is one that Outlook packed, or stood in such a one.
    """

    path: str
    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False
    dropped_because: str = ""
    content_id: str = ""
    message: AttachedMessage | None = None
    is_of_message: bool = False


class Confidence(StrEnum):
    """How sure it is that the new text is all that was written now, and no more."""

    CERTAIN = "certain"
    LIKELY = "likely"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """Which of a message's text its writer wrote now; the rest is quoted, a signature, or a footer.

    `new` are spans of `Message.text`, as slices: sorted, disjoint, whole lines. `because` is
    the evidence in words, none of them the writer's. Marked is not deleted: the text stays
    whole, and where it is doubtful everything is new (threats E-18).
    """

    new: tuple[tuple[int, int], ...]
    confidence: Confidence
    because: str


NOT_LOOKED_FOR: Final = Quotation(
    new=((0, TEXT_CHARACTERS),), confidence=Confidence.DOUBTFUL, because="nobody looked for quotes in it"
)
"""Everything is new: of messages read in safe mode, or by a version that did not tell quotes apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of an Authentication-Results field (RFC 8601 2.2): its result, reason and properties.

    `properties` are pairs such as ("header.d", "acme.example"), names in lower case, in order.
    """

    method: str
    result: str
    reason: str = ""
    properties: tuple[tuple[str, str], ...] = ()

    def property(self, name: str) -> str | None:
        """The value of a property; None when it is absent, or given more than once (threats B-16)."""
        values = [value for known, value in self.properties if known == name]
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationResults:
    """One Authentication-Results field: what it claims, never what is believed.

    `authserv_id` is in lower case, "" where the field names none. `received_above` is the
    number of Received fields that stand above it: with 0 it was put there by the last host
    that handled the message, or above all traces by somebody before. A field that is against
    the grammar has no methods and says why in `unreadable_because`; its authserv-id is its
    first word, so that one who spoils our own relay's field cannot hide whose it was.
    """

    authserv_id: str
    received_above: int
    methods: tuple[Method, ...] = ()
    unreadable_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One Received field (RFC 5321 4.4), as written by a host that may be anybody's.

    `helo` is what the client called itself, `peer_name` what DNS called it, `peer` its IP
    address in the usual form; `by` the host that wrote the field; `recipient` the address it
    was for. "" stands for what the field does not say.
    """

    helo: str = ""
    peer_name: str = ""
    peer: str = ""
    by: str = ""
    protocol: str = ""
    identifier: str = ""
    recipient: str = ""
    received_at: datetime | None = None


class DeliveryAction(StrEnum):
    """What became of a mail at one recipient (RFC 3464 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRecipient:
    """One recipient of a mail, and what a report says became of it there.

    `address` is where the report says it went, in the form addresses are compared by where
    it is one; `original` is the address as the sender had written it, "" when it is not said.
    """

    address: str
    original: str
    action: DeliveryAction
    status: str
    diagnostic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A report on the fate of a mail: a DSN (RFC 3464), or what a program writes in its place.

    `form` is "rfc3464" or the program. What is returned of the mail itself is
    `original_message_id`, and `loop_tokens`: our own signed ids, which mean nothing before
    they are verified (threats D-14). Anybody can forge all of it.
    """

    form: str
    recipients: tuple[ReportedRecipient, ...]
    envelope_id: str = ""
    original_message_id: str | None = None
    loop_tokens: tuple[str, ...] = ()


class Protection(StrEnum):
    """What a message claims to be protected by; nothing is verified, and no identity comes from it (B-27)."""

    SIGNED_OPENPGP = "signed (OpenPGP)"
    SIGNED_SMIME = "signed (S/MIME)"
    ENCRYPTED_OPENPGP = "encrypted (OpenPGP)"
    ENCRYPTED_SMIME = "encrypted (S/MIME)"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """The first event of a text/calendar part (RFC 5546): times as they are written, with their zone."""

    method: str
    summary: str
    organiser: str
    starts: str
    ends: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as understood, with what was odd about it in `marks`.

    `content_key` identifies the content whatever way it came (models.message is told by
    parser.content_key). `message_id`, `references` (with In-Reply-To last) and `in_reply_to`
    are canonical, without brackets. `hops` are the Received fields from the top, the first 50
    of `received_fields`; `delivered_to` the addresses it was delivered to before it came here.
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
    in_reply_to: tuple[str, ...] = ()
    hops: tuple[Hop, ...] = ()
    authentication_results: tuple[AuthenticationResults, ...] = ()
    delivered_to: tuple[str, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    bounce: Bounce | None = None
    event: CalendarEvent | None = None
    protection: tuple[Protection, ...] = ()
    quotation: Quotation = NOT_LOOKED_FOR

    @property
    def new_text(self) -> str:
        """What the writer wrote now, without the blank lines around it; first lines are kept as they are."""
        text = "\n\n".join(self.text[start:end] for start, end in self.quotation.new)
        first = len(text) - len(text.lstrip())
        return text[text.rfind("\n", 0, first) + 1 :].rstrip()

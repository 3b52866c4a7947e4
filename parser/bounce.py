"""Reports on the fate of a mail: which recipients, what became of it there, and which mail it was.

Reports by RFC 3464 are read from their message/delivery-status part; the others by the forms of
parser.bounce_forms. Whether one is ours is told by what it returns of the mail: the
Message-ID and our signed id; both are checked elsewhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from models.address import AddressError, address_key
from models.limits import REPORT_BYTES, REPORTED_RECIPIENTS
from models.message import Bounce, DeliveryAction, ReportedRecipient
from parser import header_fields, identification
from parser.bounce_forms import COPY, DAEMON_FIELDS, DAEMON_PREFIXES, DAEMONS, FORMS, PEOPLE_TOO, SENT_TO, Form
from parser.header_fields import HeaderFields, HeaderTooLarge
from parser.loop_header import tokens_in, tokens_of
from parser.mailbox import ADDRESS_CHARACTERS
from parser.structure import Part, content_of
from parser.words import shown

RFC_3464: Final = "rfc3464"
_DIAGNOSTIC_CHARACTERS: Final = 500
_TEXT_CHARACTERS: Final = 65_536
_OPENING_CHARACTERS: Final = 8_192
_STATUS_KINDS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_KINDS: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)
_BLANK_LINE: Final = re.compile(rb"(?:\r\n|\r(?!\n)|\n)[ \t]*(?:\r\n|\r(?!\n)|\n)")
_STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_DRAWN: Final = " \t-=*_#+~"
_NAMES_THE_MAIL: Final = re.compile(r"(?:to|cc|subject|sent|date|from|message-id) ?:", re.IGNORECASE)
_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")
_MESSAGE_ID: Final = re.compile(r"^[ \t>]*Message-ID:\s*<([^<>\s]{1,900})>", re.IGNORECASE | re.MULTILINE)
_CODE_MEANS: Final = {"2": DeliveryAction.DELIVERED, "4": DeliveryAction.DELAYED, "5": DeliveryAction.FAILED}


@dataclass(frozen=True, slots=True)
class Report:
    """A report on the fate of a mail, if a message is one, and whether its form alone shows a machine."""

    bounce: Bounce | None = None
    is_beyond_doubt: bool = False


def read(tree: Part, fields: HeaderFields, author: str, said: str, *, is_report: bool) -> Report:
    """The report a message is. `is_report`: it declares itself a report by RFC 3464."""
    from_a_machine = is_from_a_machine(fields, author)
    if not is_report and not from_a_machine and local_part(author) not in PEOPLE_TOO:
        return Report()
    parts = list(_near(tree))
    in_words, opens_with_it = _by_its_words(parts, said[:_TEXT_CHARACTERS], fields, author)
    status = next((part for part in parts if part.kind in _STATUS_KINDS), None)
    if status is not None:
        found = _by_the_rfc(status, parts, said)
        if not found.recipients and in_words is not None:
            found = replace(found, recipients=in_words.recipients)
        return Report(found, is_beyond_doubt=True)
    if in_words is None and is_report:
        message_id, loop_tokens = _returned(parts, said)
        in_words = Bounce(form="", recipients=(), original_message_id=message_id, loop_tokens=loop_tokens)
    return Report(in_words, is_beyond_doubt=is_report or from_a_machine or opens_with_it)


def local_part(author: str) -> str:
    """The local part an author's address claims, whatever it is worth; "" of `Mail System <>`."""
    return "" if author.endswith("<>") else author.partition("@")[0].lower().strip('"')


def is_from_a_daemon(author: str) -> bool:
    """Whether it names itself a mail daemon, which no person does (threats D-9)."""
    return local_part(author) in DAEMONS or local_part(author).startswith(DAEMON_PREFIXES)


def is_from_a_machine(fields: HeaderFields, author: str) -> bool:
    """Whether no person can have written it: a postmaster may, and may quote a bounce."""
    returned_to = (fields.first("return-path") or b"").strip().decode("utf-8", "replace")
    return (
        is_from_a_daemon(author)
        or returned_to == "<>"
        or is_from_a_daemon(returned_to.strip("<>"))
        or any(fields.first(name) is not None for name in DAEMON_FIELDS)
    )


def _near(tree: Part) -> Iterator[Part]:
    """The leaves that are the message's own parts or in a multipart/report among them."""
    for part in tree.children or [tree]:
        if part.kind == "multipart/report":
            yield from part.children
        else:
            yield part


# --- RFC 3464 ---------------------------------------------------------------------------------------


def _by_the_rfc(status: Part, parts: list[Part], said: str) -> Bounce:
    recipients: list[ReportedRecipient] = []
    envelope_id = ""
    for block in _BLANK_LINE.split(content_of(status)[0][:REPORT_BYTES].strip())[: 2 * REPORTED_RECIPIENTS]:
        fields = _fields_of(block.strip())
        envelope_id = envelope_id or shown(fields.first("original-envelope-id") or b"", ADDRESS_CHARACTERS)
        if (recipient := _recipient(fields)) is not None and len(recipients) < REPORTED_RECIPIENTS:
            recipients.append(recipient)
    message_id, loop_tokens = _returned(parts, said)
    return Bounce(
        form=RFC_3464,
        recipients=tuple(recipients),
        envelope_id=envelope_id,
        original_message_id=message_id,
        loop_tokens=loop_tokens,
    )


def _recipient(fields: HeaderFields) -> ReportedRecipient | None:
    """One block of fields on one recipient (RFC 3464 2.3); None when it is on none."""
    final, original = fields.first("final-recipient"), fields.first("original-recipient")
    if final is None and original is None:
        return None
    status = _STATUS.search(_ascii(fields.first("status")))
    return ReportedRecipient(
        address=_typed_address(final if final is not None else original or b""),
        original=_typed_address(original or b""),
        action=_action(_ascii(fields.first("action")), status[1] if status else ""),
        status=status[1] if status else "",
        diagnostic=shown(fields.first("diagnostic-code") or b"", _DIAGNOSTIC_CHARACTERS),
    )


def _action(word: str, status: str) -> DeliveryAction:
    """The action, by its word (also with a comment behind it), else by the class of the status; else failed."""
    named = word.partition("(")[0].strip().lower()
    try:
        return DeliveryAction(named)
    except ValueError:
        return _CODE_MEANS.get(status[:1], DeliveryAction.FAILED)


def _typed_address(value: bytes) -> str:
    """`rfc822; alice@acme.example` as an address; also without its type, in brackets, or in xtext (RFC 3461 4)."""
    kind, semicolon, rest = value.partition(b";")
    text = (rest if semicolon else kind).decode("utf-8", "replace").strip().strip("<>")
    for form in (_XTEXT.sub(lambda found: chr(int(found[1], 16)), text), text):
        try:
            return address_key(form)
        except AddressError:
            continue
    return shown(text.encode("utf-8", "replace"), ADDRESS_CHARACTERS)


# --- what programs write instead --------------------------------------------------------------------


def _by_its_words(parts: list[Part], said: str, fields: HeaderFields, author: str) -> tuple[Bounce | None, bool]:
    """The report that a text is, by the form whose opening stands first in it; whether no person can have opened so."""
    found = [
        (match.start(), form, match) for form in FORMS if (match := form.opening.search(said, 0, _OPENING_CHARACTERS))
    ]
    if not found:
        return _by_the_header(parts, said, fields), False
    start, form, match = min(found, key=lambda one: one[0])
    copy = COPY.search(said, match.end())
    region = said[start : copy.start() if copy else len(said)]
    message_id, loop_tokens = _returned(parts, said)
    bounce = Bounce(
        form=form.program,
        recipients=tuple(_listed(form, region, author.rpartition("@")[2])) or _named_in_the_header(fields, form.action),
        original_message_id=message_id,
        loop_tokens=loop_tokens,
    )
    return bounce, not form.is_a_sentence and _says_nothing(said[:start])


def _says_nothing(before: str) -> bool:
    """Whether no person speaks in what stands above an opening: drawn lines, and what a report calls the mail by."""
    lines = [line.strip() for line in before.split("\n") if line.strip(_DRAWN)]
    return not lines or (lines[0].lower() == "your message" and all(map(_NAMES_THE_MAIL.match, lines[1:])))


def _listed(form: Form, region: str, domain: str) -> Iterator[ReportedRecipient]:
    """The recipients a text lists, each with the words that follow it; `domain` is that of local ones."""
    found = list(form.recipient.finditer(region))
    seen: set[str] = set()
    for number, one in enumerate(found):
        address = _address(one["address"], domain)
        if address in seen or len(seen) == REPORTED_RECIPIENTS or not address:
            continue
        seen.add(address)
        end = found[number + 1].start() if number + 1 < len(found) else len(region)
        words = " ".join(region[one.end() : end].split()).strip(" >:\"'")[:_DIAGNOSTIC_CHARACTERS]
        status = _STATUS.search(words)
        sent_to = SENT_TO.search(region, one.start(), end)
        yield ReportedRecipient(
            address=address,
            original=_address(sent_to["address"], domain) if sent_to else "",
            action=form.action,
            status=status[1] if status else "",
            diagnostic=words,
        )


def _address(written: str, domain: str) -> str:
    """An address in the form addresses are compared by; "" where it is none."""
    written = written.rstrip("." if "[" in written else ".]")
    try:
        return address_key(written if "@" in written else f"{written}@{domain}")
    except AddressError:
        return ""


def _by_the_header(parts: list[Part], said: str, fields: HeaderFields) -> Bounce | None:
    """The report in words nobody knows that Exim's field alone tells of."""
    if not (recipients := _named_in_the_header(fields, DeliveryAction.FAILED)):
        return None
    message_id, loop_tokens = _returned(parts, said)
    return Bounce(form="", recipients=recipients, original_message_id=message_id, loop_tokens=loop_tokens)


def _named_in_the_header(fields: HeaderFields, action: DeliveryAction) -> tuple[ReportedRecipient, ...]:
    """The recipients that Exim, and Google after it, name in a field of their own."""
    named = (fields.first("x-failed-recipients") or b"").decode("utf-8", "replace").split(",", REPORTED_RECIPIENTS)
    addresses = dict.fromkeys(_address(one.strip(), "") for one in named[:REPORTED_RECIPIENTS])
    return tuple(
        ReportedRecipient(address=address, original="", action=action, status="", diagnostic="")
        for address in addresses
        if address
    )


# --- which mail it was ------------------------------------------------------------------------------


def _returned(parts: list[Part], said: str) -> tuple[str | None, tuple[str, ...]]:
    """Message-ID and our own signed ids of the mail that is returned, as a part or within the text."""
    for part in parts:
        if part.kind in _RETURNED_KINDS:
            fields = _fields_of(content_of(part)[0].lstrip(b"\r\n"))
            if (message_id := identification.message_id(fields)) or fields.fields:
                return message_id, tokens_of(fields)
    quoted = _MESSAGE_ID.search(said)
    return (quoted[1] if quoted else None), tokens_in(said)


def _fields_of(octets: bytes) -> HeaderFields:
    try:
        return header_fields.split(octets[:REPORT_BYTES])[0]
    except HeaderTooLarge:
        return header_fields.essential(octets[:REPORT_BYTES])[0]


def _ascii(value: bytes | None) -> str:
    return (value or b"").decode("ascii", "replace")

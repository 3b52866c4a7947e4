"""Octets in, a `Message` out: total, bounded, and honest about doubt.

What goes over a limit, or breaks a library, is read in safe mode: the header fields by our
own linear reader, and the printable beginning of what follows. Safe mode is a mark on the
message, never a refusal: it is decided as usual.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from models.limits import SAFE_MODE_TEXT_BYTES, SUBJECT_CHARACTERS
from models.message import Message, Protection
from parser import (
    attachments,
    authentication_results,
    automatic,
    bounce,
    calendar_event,
    header_fields,
    identification,
    loop_header,
    originator,
    recipients,
    structure,
    text,
    trace,
)
from parser import protection as protections
from parser.charset import decode
from parser.content_key import content_key
from parser.dates import moment
from parser.header_fields import HeaderFields, HeaderTooLarge
from parser.quotation.reading import quotation
from parser.structure import Part, TooComplex
from parser.text_piece import BEHIND_MARK, says, text_behind
from parser.words import shown

_CHARSET: Final = re.compile(rb"charset[ \t]*=[ \t]*[\"']?([\w.:+-]{2,40})", re.IGNORECASE)
_LABEL_OCTETS: Final = 8_192
_UNPRINTABLE: Final = re.compile(r"[^\S\n]+|[\x00-\x09\x0b-\x1f\x7f]+")


def parse(raw: bytes, *, bare_line_ends: bool = False) -> Message:
    """What a message says. `bare_line_ends` is what the door saw, and becomes a mark."""
    key = content_key(raw)
    marks = ["it had bare CR or LF as line ends"] if bare_line_ends else []
    try:
        fields, body = header_fields.split(raw)
    except HeaderTooLarge as error:
        fields, body = header_fields.essential(raw)
        return _in_safe_mode(key, fields, body, [*marks, *fields.marks, str(error)])
    marks.extend(fields.marks)
    try:
        return _in_full(key, fields, body, marks)
    except TooComplex as error:
        return _in_safe_mode(key, fields, body, [*marks, str(error)])


def _in_full(key: str, fields: HeaderFields, body: bytes, marks: list[str]) -> Message:
    """Everything a message says, part by part. Raises TooComplex."""
    tree = structure.read(fields, body)
    reading = text.read(tree)
    found, behind = attachments.read(tree, reading.read, reading.files)
    said, marks_on_text = _text(tree, body, reading, behind, has_attachments=bool(found))
    said, cut = text.within_limit(said)
    report_type = structure.report_type(tree)
    header = _of_header(key, fields, tree.kind, report_type, _label_of_raw(fields, body))
    reports = tree.kind == "multipart/report" and report_type == automatic.DELIVERY_STATUS
    author = header.originator.display_address
    reported = bounce.read(tree, fields, author, said, is_report=reports)
    automatic_too = automatic.of_report(reported, author, header.automatic)
    event = calendar_event.read(tree)
    protection = protections.read(tree, said)
    marks += [*marks_on_text, *reading.marks, *tree.marks, *_notable(protection)]
    return replace(
        header,
        text=said,
        quotation=quotation(
            said,
            subject=header.subject,
            answers=bool(header.references),
            has_files=any(not part.inline for part in found),
        ),
        text_cut=reading.cut or cut,
        attachments=found,
        automatic=(*automatic_too, *automatic.of_event(event), *header.automatic),
        marks=_once(marks),
        bounce=reported.bounce,
        event=event,
        protection=protection,
    )


def _text(
    tree: Part, body: bytes, reading: text.Reading, behind: list[bytes], *, has_attachments: bool
) -> tuple[str, list[str]]:
    """The text, with what stood behind the parts; where nothing says anything, whatever can be read at all."""
    added = "\n\n".join(filter(says, map(text_behind, behind)))[:SAFE_MODE_TEXT_BYTES]
    if added:
        return f"{reading.text}\n\n{added}".strip("\n"), [BEHIND_MARK]
    if has_attachments or says(reading.text):
        return reading.text, []
    said = text.leftovers(tree) or ("" if text.is_empty(tree) else _printable(body))
    mark = "no part of it is readable; this is what stands beside or hidden in its parts"
    return (said, [mark]) if said else (reading.text, [])


def _notable(protection: tuple[Protection, ...]) -> Iterator[str]:
    """What a person should know of parts that nobody here can open."""
    for claim in protection:
        if claim in {Protection.ENCRYPTED_OPENPGP, Protection.ENCRYPTED_SMIME}:
            yield f"it is {claim.value}; nobody can read it here"


def parse_headers_only(raw: bytes) -> Message:
    """A message whose full reading killed the parser: read once more, in safe mode from the start."""
    try:
        fields, body = header_fields.split(raw)
    except HeaderTooLarge:
        fields, body = header_fields.essential(raw)
    return _in_safe_mode(content_key(raw), fields, body, ["reading it in full went over the limits of a parser"])


def _in_safe_mode(key: str, fields: HeaderFields, body: bytes, marks: list[str]) -> Message:
    content_type, report_type = _declared_type(fields)
    return replace(
        _of_header(key, fields, content_type, report_type, _label_of_raw(fields, body)),
        text=_printable(body),
        text_cut=len(body) > SAFE_MODE_TEXT_BYTES,
        attachments=(),
        marks=_once([*marks, "it was read in safe mode: headers and the beginning of its text only"]),
        safe_mode=True,
    )


def _printable(body: bytes) -> str:
    """The printable beginning of a body; "" when there is nothing a reader would see."""
    beginning = decode(body[:SAFE_MODE_TEXT_BYTES], None)[0].replace("\r\n", "\n").replace("\r", "\n")
    shown_text = _UNPRINTABLE.sub(" ", beginning)
    return shown_text if says(shown_text) else ""


def _label_of_raw(fields: HeaderFields, body: bytes) -> str | None:
    """The charset to read raw octets of the header by: what the text, or its first part, is labelled with."""
    if all(value.isascii() for _, value in fields.fields):
        return None
    found = _CHARSET.search(fields.first("content-type") or b"") or _CHARSET.search(body, 0, _LABEL_OCTETS)
    return found[1].decode("ascii", "replace") if found else None


def _of_header(key: str, fields: HeaderFields, content_type: str, report_type: str, charset: str | None) -> Message:
    """What the header alone says; the text is still to come."""
    return Message(
        content_key=key,
        message_id=identification.message_id(fields),
        references=identification.references(fields),
        originator=originator.read(fields, charset),
        subject=shown(fields.first("subject") or b"", SUBJECT_CHARACTERS, charset),
        date=_date(fields.first("date")),
        text="",
        text_cut=False,
        attachments=(),
        automatic=automatic.evidence(fields, content_type, report_type),
        received_fields=len(fields.all("received")),
        loop_tokens=loop_header.tokens_of(fields),
        in_reply_to=identification.in_reply_to(fields),
        hops=trace.hops(fields),
        authentication_results=authentication_results.read(fields),
        delivered_to=trace.delivered_to(fields),
        to=recipients.read(fields, "to", charset),
        cc=recipients.read(fields, "cc", charset),
    )


def _date(value: bytes | None) -> datetime | None:
    """The Date field as UTC, for people; None when there is none or it cannot be (threats E-24)."""
    return None if value is None else moment(value[:100].decode("ascii", "replace"))


def _declared_type(fields: HeaderFields) -> tuple[str, str]:
    """Content type and report type without a structured parser."""
    value = (fields.first("content-type") or b"").decode("ascii", "replace").lower()
    report = re.search(r"report-type[ \t]*=[ \t]*\"?([a-z\-]+)", value)
    return value.partition(";")[0].strip(), report[1] if report else ""


def _once(marks: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(marks))

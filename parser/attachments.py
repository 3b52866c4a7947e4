"""What came with a message besides its text: names that are safe to show, exact digests.

A name from a mail is never used as a path; the one kept here has no directory, no control
or direction characters, no reserved word, and is never empty (threats F-8, M16). An attached
message is one attachment, named by its subject, with a view of its own; its parts are not
listed as ours.
"""

import hashlib
import re
from typing import Final

from models.limits import ATTACHED_MESSAGES, PARTS
from models.message import Attachment
from parser import attached, header_fields, structure, text
from parser.file_types import ending_of, type_of
from parser.structure import Part, content_of, file_name, leaves
from parser.text_piece import File
from parser.words import shown

_NAME_CHARACTERS: Final = 120
_UNSAFE: Final = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.IGNORECASE)
_EXTENSIONS: Final = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/rfc822-headers": ".txt",
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "image/jpeg": ".jpg",
    "application/ms-tnef": ".dat",
}


def read(
    tree: Part, read_as_text: frozenset[str], files: tuple[File, ...]
) -> tuple[tuple[Attachment, ...], list[bytes]]:
    """Every leaf that was not read as text, in order, with unique names; and the text that stood behind any."""
    taken: set[str] = set()
    found: list[Attachment] = []
    behind: list[bytes] = []
    for part, path in leaves(tree):
        if path in read_as_text:
            continue
        octets, beyond = content_of(part)
        if not octets.strip() and not file_name(part):
            continue  # a part without name and content is punctuation of the sender's program
        if beyond:
            behind.append(beyond)
        found.append(_attachment(part, path, octets, len(found) + 1, taken))
    found += [_file(file, len(found) + number, taken) for number, file in enumerate(files[: PARTS - len(found)], 1)]
    return tuple(found), behind


def octets_by_path(raw: bytes) -> dict[str, bytes]:
    """The exact octets of what came with a message, by the paths that `parse` gives them.

    Raises HeaderTooLarge or TooComplex where the message was read in safe mode: it lists nothing then.
    """
    tree = structure.read(*header_fields.split(raw))
    reading = text.read(tree)
    found = {path: content_of(part)[0] for part, path in leaves(tree) if path not in reading.read}
    return found | {file.path: file.content for file in reading.files}


def _attachment(part: Part, path: str, octets: bytes, number: int, taken: set[str]) -> Attachment:
    content_id = part.field("content-id")
    view = attached.view(octets) if part.kind in attached.WHOLE and number <= ATTACHED_MESSAGES else None
    own_name = file_name(part) or (view.subject or "message" if view else "")
    return Attachment(
        path=path,
        name=_unique(_name(own_name, part.kind, number), taken),
        content_type=shown(part.kind.encode("utf-8", "replace"), _NAME_CHARACTERS),
        size=len(octets),
        sha256=hashlib.sha256(octets).hexdigest(),
        inline=part.disposition != "attachment" and bool(content_id),
        content_id=shown(content_id.strip(b"<> \t"), _NAME_CHARACTERS),
        message=view,
        is_of_message=part.is_of_message,
    )


def _file(file: File, number: int, taken: set[str]) -> Attachment:
    kind = type_of(file.name)
    return Attachment(
        path=file.path,
        name=_unique(_name(file.name, kind, number), taken),
        content_type=kind,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
    )


def _name(own_name: str, kind: str, number: int) -> str:
    """The name a part gives itself, made safe, with an extension; a number where it gives none."""
    name = safe_name(own_name or f"attachment-{number}", number)
    if "." not in name:
        name += _EXTENSIONS.get(kind) or ending_of(kind)
    return name


def safe_name(name: str, number: int) -> str:
    """A file name to show and to save under (F-8): basename only, plain characters, never empty or reserved."""
    base = re.split(r"[/\\]", name)[-1]
    clean = _UNSAFE.sub("_", shown(base.encode("utf-8", "replace"), 1_000)).strip(" .").lstrip("-")
    if len(clean) > _NAME_CHARACTERS:
        stem, dot, extension = clean.rpartition(".")
        keep = _NAME_CHARACTERS - len(extension) - 1
        clean = f"{stem[:keep]}.{extension}" if dot and len(extension) <= 10 else clean[:_NAME_CHARACTERS]
    return f"attachment-{number}" if not clean or _RESERVED.match(clean) else clean


def _unique(name: str, taken: set[str]) -> str:
    candidate, copy = name, 1
    while candidate.lower() in taken:
        copy += 1
        stem, dot, extension = name.rpartition(".")
        candidate = f"{stem} ({copy}).{extension}" if dot else f"{name} ({copy})"
    taken.add(candidate.lower())
    return candidate

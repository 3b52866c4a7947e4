"""What came with a message besides its text: names that are safe to show, exact digests.

A name from a mail is never used as a path; the one kept here has no directory, no control
or direction characters, no reserved word, and is never empty (threats F-8, M16). An attached
message is one attachment, named by its subject; its own parts are not listed as ours.
"""

import hashlib
import mimetypes
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.message import Message as Part
from typing import Final

from models.message import Attachment
from parser.structure import children_of, file_name, is_attached_message, numbered, octets_of
from parser.words import decoded, shown

_NAME_CHARACTERS: Final = 120
_UNSAFE: Final = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.IGNORECASE)
_EXTENSIONS: Final = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/rfc822-headers": ".txt",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "image/jpeg": ".jpg",
}


def read(tree: Part, read_as_text: frozenset[str]) -> tuple[Attachment, ...]:
    """Every leaf that was not read as text, in order, with unique names."""
    taken: set[str] = set()
    found: list[Attachment] = []
    for part, path in _leaves(tree, "1"):
        if path in read_as_text or _is_empty(part):
            continue
        octets = _octets(part)
        name = _unique(_name(part, len(found) + 1), taken)
        found.append(
            Attachment(
                path=path,
                name=name,
                content_type=shown(part.get_content_type().encode("utf-8", "replace"), _NAME_CHARACTERS),
                size=len(octets),
                sha256=hashlib.sha256(octets).hexdigest(),
                inline=part.get_content_disposition() != "attachment" and part.get("content-id") is not None,
            )
        )
    return tuple(found)


def _leaves(part: Part, path: str) -> Iterator[tuple[Part, str]]:
    if is_attached_message(part) or not part.is_multipart():
        yield part, path
        return
    for child, number in numbered(part, path):
        yield from _leaves(child, number)


def _is_empty(part: Part) -> bool:
    """A part without name and content is punctuation of the sender's program, not an attachment."""
    return not part.is_multipart() and not file_name(part) and not octets_of(part).strip()


def _octets(part: Part) -> bytes:
    if part.is_multipart():
        return b"\r\n".join(_as_octets(child) for child in children_of(part))
    return octets_of(part)


def _as_octets(message: Part) -> bytes:
    """An attached message as octets; where the standard library cannot write it again, its readable leaves."""
    try:
        return message.as_bytes(unixfrom=False)
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError, MessageError):
        return b"\r\n".join(octets_of(part) for part, _ in _leaves(message, "1") if not part.is_multipart())


def _name(part: Part, number: int) -> str:
    """The name a part gives itself, else one from the attached message's subject, else its number."""
    raw_name = file_name(part)
    if raw_name:
        name = decoded(raw_name.encode("utf-8", "surrogateescape"))
    elif part.get_content_type() == "message/rfc822" and (children := children_of(part)):
        name = decoded(str(children[0].get("subject") or "message").encode("utf-8", "surrogateescape"))
    else:
        name = f"attachment-{number}"
    name = safe_name(name, number)
    if "." not in name:
        kind = part.get_content_type()
        name += _EXTENSIONS.get(kind) or mimetypes.guess_extension(kind) or ""
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

"""Content types of files by their names, and the ending of a name for a content type.

They are the same on every machine: what is understood of a mail does not depend on the
/etc/mime.types of the host that reads it, nor does a test.
"""

import mimetypes
from typing import Final

ANYTHING: Final = "application/octet-stream"

_ODF: Final = "application/vnd.oasis.opendocument"
_OOXML: Final = "application/vnd.openxmlformats-officedocument"
_MORE: Final = (  # than every supported Python knows; IANA, Media Types
    ("text/markdown", ".md"),
    (f"{_OOXML}.wordprocessingml.document", ".docx"),
    (f"{_OOXML}.spreadsheetml.sheet", ".xlsx"),
    (f"{_OOXML}.presentationml.presentation", ".pptx"),
    (f"{_ODF}.text", ".odt"),
    (f"{_ODF}.spreadsheet", ".ods"),
    (f"{_ODF}.presentation", ".odp"),
    ("application/vnd.ms-outlook", ".msg"),
    ("application/vnd.visio", ".vsd"),
    ("application/gzip", ".gz"),
    ("application/x-7z-compressed", ".7z"),
    ("application/vnd.rar", ".rar"),
    ("application/rtf", ".rtf"),
    ("image/heic", ".heic"),
    ("image/webp", ".webp"),
    ("audio/amr", ".amr"),  # what telephones record
    ("audio/ogg", ".ogg"),
    ("video/3gpp", ".3gp"),
)


def _of_every_machine() -> mimetypes.MimeTypes:
    types = mimetypes.MimeTypes()
    for kind, ending in _MORE:
        types.add_type(kind, ending)
    return types


_TYPES: Final = _of_every_machine()


def type_of(name: str) -> str:
    """The content type of a file that tells none, by its name."""
    return _TYPES.guess_type(name)[0] or ANYTHING


def ending_of(kind: str) -> str:
    """How the name of a file of this type ends; "" where nobody knows."""
    return _TYPES.guess_extension(kind) or ""

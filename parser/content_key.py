"""One key for one content, by whatever way it came (design 3).

SHA-256 of the message without the fields that differ between two deliveries of the same
mail: Received, Return-Path, Delivered-To, X-Original-To, Authentication-Results and ARC.
Nothing else is left out, so different octets are never taken for a duplicate (I-5): the
header ends at the first line that is no field, and whatever looks like a field after it is
text.
"""

import hashlib
import re
from typing import Final

from models.limits import HEADER_BLOCK_BYTES

_REST_OF_FIELD: Final = rb"[ \t]*:[^\r\n]*(?:\r\n|\r|\n|\Z)(?:[ \t][^\r\n]*(?:\r\n|\r|\n|\Z))*"
_FIELDS: Final = re.compile(rb"(?:[!-9;-~]{1,997}" + _REST_OF_FIELD + rb")*")
_TRACE: Final = re.compile(
    rb"([\r\n])(?:(?:received|return-path|delivered-to|x-original-to|authentication-results"
    rb"|arc-seal|arc-message-signature|arc-authentication-results)" + _REST_OF_FIELD + rb")+",
    re.IGNORECASE,
)
"""Such fields, and the line end before them: with that only beginnings of lines are looked at."""


def content_key(raw: bytes) -> str:
    """The content key of a raw message, in hexadecimal."""
    fields = _FIELDS.match(raw, 0, HEADER_BLOCK_BYTES)
    end = fields.end() if fields else 0
    digest = hashlib.sha256(_TRACE.sub(rb"\1", b"\n" + raw[:end])[1:])
    digest.update(memoryview(raw)[end:])
    return digest.hexdigest()

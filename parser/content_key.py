"""One key for one content, by whatever way it came (design.md 3).

SHA-256 of the message without the fields that differ between two deliveries of the same
mail: Received, Return-Path, Delivered-To, X-Original-To, Authentication-Results and ARC.
Nothing else is left out, so different octets are never taken for a duplicate (I-5).
"""

import hashlib
import re
from typing import Final

from models.limits import HEADER_BLOCK_BYTES

_TRACE: Final = re.compile(
    rb"(?:^|(?<=\r))(?:received|return-path|delivered-to|x-original-to|authentication-results"
    rb"|arc-seal|arc-message-signature|arc-authentication-results)[ \t]*:"
    rb"[^\r\n]*(?:\r\n|\r|\n|\Z)(?:[ \t][^\r\n]*(?:\r\n|\r|\n|\Z))*",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER_END: Final = re.compile(rb"\r?\n\r?\n")


def content_key(raw: bytes) -> str:
    """The content key of a raw message, in hexadecimal."""
    end = _HEADER_END.search(raw, 0, HEADER_BLOCK_BYTES)
    header_end = min(len(raw), HEADER_BLOCK_BYTES) if end is None else raw.index(b"\n", end.start()) + 1
    digest = hashlib.sha256(_TRACE.sub(b"", raw[:header_end]))
    digest.update(memoryview(raw)[header_end:])
    return digest.hexdigest()

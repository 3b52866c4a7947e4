"""Our own loop header, wherever it comes back: in a message, in what a report returns, in a text."""

import re
from typing import Final

from parser.header_fields import HeaderFields

NAME: Final = "x-casegate-notice"
_TOKENS: Final = 3
_TOKEN: Final = re.compile(r"token=([a-z2-7.]{1,60})")
_IN_TEXT: Final = re.compile(r"^[ \t>]*X-Casegate-Notice:[^\n]*(?:\n[ \t>]+[^\n]*)?", re.IGNORECASE | re.MULTILINE)


def tokens_of(fields: HeaderFields) -> tuple[str, ...]:
    """The tokens in the fields of a header; they mean nothing before they are verified."""
    found = (_TOKEN.search(value.decode("ascii", "replace")) for value in fields.all(NAME)[:_TOKENS])
    return tuple(token[1] for token in found if token)


def tokens_in(said: str) -> tuple[str, ...]:
    """The tokens of a header that is quoted in a text."""
    if "casegate" not in said.lower():
        return ()
    found = [_TOKEN.search(line[0]) for line, _ in zip(_IN_TEXT.finditer(said), range(_TOKENS), strict=False)]
    return tuple(token[1] for token in found if token)

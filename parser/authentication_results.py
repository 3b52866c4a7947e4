"""Authentication-Results (RFC 8601), as read and where they stand; whom to believe is decided elsewhere.

Anybody can write such a field, so two things matter more than what it says: its authserv-id,
and how many Received fields stand above it (threats B-15). And what a relay writes into it
came from a stranger (B-16: `MAIL FROM:<"x; dkim=pass header.d=mpoc.example"@evil.example>`),
so it is split by a real tokenizer: a quoted string or comment never ends a method, and a
field with anything in it that the grammar does not have is unreadable as a whole.

Three kinds of fields outside the grammar are so common that they are read: without any
authserv-id (Microsoft), with words such as `action=none` among the properties (Microsoft),
and with a semicolon at the end (Yahoo).
"""

import re
from typing import Final

from models.limits import AUTHENTICATION_METHODS, AUTHENTICATION_RESULTS, TRACE_FIELD_BYTES
from models.message import AuthenticationResults, Method
from parser.header_fields import HeaderFields
from parser.lexer import Kind, Token, tokens, unescaped

_QUOTED: Final = r'"(?:[^"\\]++|\\.)*"'
_END: Final = r"(?=\s|\Z)"
_AUTHSERV_ID: Final = re.compile(rf'\s*(?P<id>[^\s"=<>@,]+|{_QUOTED})(?:\s+(?P<version>\d{{1,9}}))?\s*\Z')
_METHOD: Final = re.compile(rf"\s*(?P<method>[\w-]+)\s*(?:/\s*\d{{1,9}}\s*)?=\s*(?P<result>[\w-]+){_END}", re.ASCII)
_PROPERTY: Final = re.compile(
    rf'\s*(?P<type>[\w-]+)(?:\s*\.\s*(?P<property>[\w.-]+))?\s*=\s*(?P<value>{_QUOTED}(?:@[^\s"]*)?|[^\s"]*){_END}',
    re.ASCII,
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_FIRST_WORD: Final = re.compile(r'\s*"?([\w.-]{1,255})(?!\s*=)', re.ASCII)
_NO_RESULT: Final = "none"
_VERSION: Final = 1


class _Unreadable(ValueError):
    """What in a field is against the grammar."""


def read(fields: HeaderFields) -> tuple[AuthenticationResults, ...]:
    """Every Authentication-Results field from the top, each with its place among the Received fields."""
    found: list[AuthenticationResults] = []
    received_above = 0
    for name, value in fields.fields:
        if name == "received":
            received_above += 1
        elif name == "authentication-results" and len(found) < AUTHENTICATION_RESULTS:
            found.append(_field(value, received_above))
    return tuple(found)


def _field(value: bytes, received_above: int) -> AuthenticationResults:
    text = value[:TRACE_FIELD_BYTES].decode("utf-8", "replace")
    try:
        if len(value) > TRACE_FIELD_BYTES:
            raise _Unreadable(f"it is longer than {TRACE_FIELD_BYTES} octets")
        authserv_id, segments = _authserv_id(_segments(text))
        methods = _methods(segments)
    except _Unreadable as why:
        first = _FIRST_WORD.match(text)
        return AuthenticationResults(
            authserv_id=first[1].lower() if first else "", received_above=received_above, unreadable_because=str(why)
        )
    return AuthenticationResults(authserv_id=authserv_id, received_above=received_above, methods=methods)


def _segments(text: str) -> list[str]:
    """The text between semicolons, comments taken out: nothing in a quoted string or comment divides."""
    if _CONTROL.search(text):
        raise _Unreadable("a control character stands in it")
    segments = [""]
    for token in tokens(text):
        if token.kind is Kind.BROKEN:
            raise _Unreadable(_what_is_broken(token, text))
        if token.kind is Kind.SEMICOLON:
            segments.append("")
        else:
            between = token.start and text[token.start - 1].isspace()
            segments[-1] += " " if token.kind is Kind.COMMENT else " " * between + text[token.start : token.end]
    return segments


def _what_is_broken(token: Token, text: str) -> str:
    match text[token.start]:
        case "(":
            return "a comment in it is never closed"
        case '"':
            return "a quoted string in it is never closed"
        case _:
            return f"there is a {text[token.start]} where none may be"


def _authserv_id(segments: list[str]) -> tuple[str, list[str]]:
    """The authserv-id in lower case and the segments that follow it; "" where a method stands in its place."""
    first = _AUTHSERV_ID.match(segments[0])
    if first is None:
        if _METHOD.match(segments[0]):
            return "", segments
        raise _Unreadable("it names no authserv-id")
    authserv_id = _value(first["id"]).lower()
    if first["version"] is not None and int(first["version"]) != _VERSION:
        raise _Unreadable(f"its version is {first['version']}, not {_VERSION}")
    return authserv_id, segments[1:]


def _methods(segments: list[str]) -> tuple[Method, ...]:
    written = [segment for segment in segments if segment.strip()]
    if [segment.strip().lower() for segment in written] == [_NO_RESULT]:
        return ()
    if not written:
        raise _Unreadable("it names no method")
    if len(written) > AUTHENTICATION_METHODS:
        raise _Unreadable(f"it has more than {AUTHENTICATION_METHODS} methods")
    return tuple(_method(segment) for segment in written)


def _method(segment: str) -> Method:
    head = _METHOD.match(segment)
    if head is None:
        raise _Unreadable(f"no method and result: {segment.strip()[:60]}")
    reason = ""
    properties: list[tuple[str, str]] = []
    at = head.end()
    while segment[at:].strip():
        found = _PROPERTY.match(segment, at)
        if found is None:
            raise _Unreadable(f"no property and value: {segment[at:].strip()[:60]}")
        at = found.end()
        name, value = found["type"].lower(), _value(found["value"])
        if found["property"] is not None:
            properties.append((f"{name}.{found['property'].lower()}", value))
        elif name == "reason":
            reason = value
        else:
            properties.append((name, value))
    return Method(
        method=head["method"].lower(), result=head["result"].lower(), reason=reason, properties=tuple(properties)
    )


def _value(written: str) -> str:
    """A value without its quotes; a local part in quotes keeps them, for it is another address without."""
    if len(written) > 1 and written[0] == written[-1] == '"':
        return unescaped(written[1:-1])
    return written

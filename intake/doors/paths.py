"""The arguments of MAIL and RCPT (RFC 5321 4.1.1.2, 4.1.1.3, 4.1.2), read strictly where it matters.

What leaves here is text that any store and any later line of mail can hold: no control
character, no lone surrogate, 8-bit only under SMTPUTF8 (A-16); arguments come decoded with
`surrogateescape`, so that octets which are no UTF-8 are lone surrogates here. Read leniently are a space
after the colon and missing angle brackets, which printers and scripts send and which mean
nothing. A source route is cut from a reverse path, as RFC 5321 appendix C wants it, and
kept in a forward path, where it then is nobody's address (A-15).
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from models.mail import is_wire_safe

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PATH = re.compile(rf'<(?P<path>(?:{_QUOTED}|[^"<>\s\\])*)>(?P<rest>.*)', re.DOTALL)
_BARE_PATH = re.compile(rf"(?P<path>(?:{_QUOTED}|[^\"<>\s\\])+)(?P<rest>.*)", re.DOTALL)
_SOURCE_ROUTE = re.compile(r"@[^:\"]+:")
_MAILBOX = re.compile(rf'(?:{_QUOTED}|[^"@\s\\]+)@(?:\[[^\[\]\s@]+\]|[^\[\]\s@":<>,;\\]+)', re.DOTALL)
_PARAMETER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(?:=[^=\s\x00-\x1f\x7f]+)?")  # RFC 5321 4.1.2 esmtp-param
_SIZE = re.compile(r"[0-9]{1,20}")  # RFC 1870 section 3

_IGNORED_OF_MAIL = frozenset({"RET", "ENVID", "AUTH"})
"""Not offered, yet sent by some (RFC 3461, RFC 4954): taken, and without effect."""
_TAKEN_OF_MAIL = _IGNORED_OF_MAIL | {"SIZE", "BODY", "SMTPUTF8"}
_IGNORED_OF_RCPT = frozenset({"NOTIFY", "ORCPT"})
_KEPT = 256
"""Forward paths that are kept as they were read: nearly every mail comes to the same few addresses."""


class PathError(Exception):
    """An argument that is refused; its text is the reply."""


@dataclass(frozen=True, slots=True)
class Path:
    """A path without its brackets ("" is the null reverse path) and its parameters, names in upper case."""

    text: str
    parameters: dict[str, str] = field(default_factory=dict)


def reverse_path(argument: str, *, max_bytes: int) -> Path:
    """The argument of MAIL; raises PathError with the reply. `max_bytes`: RFC 1870 SIZE."""
    path = _split(argument, "FROM:", "501 5.1.7 Bad sender address", "501 5.5.4 Syntax: MAIL FROM:<address>")
    _check_mail_parameters(path.parameters, max_bytes)
    text = _without_source_route(path.text)
    if text and not _MAILBOX.fullmatch(text):
        raise PathError("501 5.1.7 Bad sender address syntax")
    if not text.isascii() and "SMTPUTF8" not in path.parameters:
        raise PathError("553 5.6.7 Sender address is not ASCII, and SMTPUTF8 was not asked for")  # RFC 6531 3.5
    return Path(text, path.parameters)


@lru_cache(maxsize=_KEPT)
def forward_path(argument: str, *, smtputf8: bool) -> Path:
    """The argument of RCPT; raises PathError with the reply. Whether it is ours is not asked here."""
    path = _split(argument, "TO:", "501 5.1.3 Bad recipient address", "501 5.5.4 Syntax: RCPT TO:<address>")
    if not path.text:
        raise PathError("501 5.1.3 Bad recipient address syntax")
    if not path.parameters.keys() <= _IGNORED_OF_RCPT:
        raise PathError("555 5.5.4 Unsupported parameter of RCPT")
    if not path.text.isascii() and not smtputf8:
        raise PathError("553 5.6.7 Recipient address is not ASCII, and SMTPUTF8 was not asked for")
    return path


def _split(argument: str, keyword: str, bad_address: str, syntax: str) -> Path:
    if argument[: len(keyword)].upper() != keyword:
        raise PathError(syntax)
    text = argument[len(keyword) :].strip(" ")
    if not (text.isascii() and text.isprintable()) and not is_wire_safe(text):
        raise PathError(bad_address)
    match = _PATH.fullmatch(text) or _BARE_PATH.fullmatch(text)
    if match is None:
        raise PathError(f"{bad_address} syntax")
    if match["rest"][:1] not in ("", " "):  # "<>x" of A-17
        raise PathError(f"{bad_address} syntax")
    return Path(match["path"], _parameters(match["rest"], syntax))


def _parameters(text: str, syntax: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for parameter in text.split():
        if not _PARAMETER.fullmatch(parameter):
            raise PathError(syntax)
        name, _, value = parameter.partition("=")
        if name.upper() in found:  # RFC 5321 4.1.1.11 leaves it open; twice is never meant
            raise PathError(syntax)
        found[name.upper()] = value
    return found


def _check_mail_parameters(parameters: dict[str, str], max_bytes: int) -> None:
    if not parameters.keys() <= _TAKEN_OF_MAIL:
        raise PathError("555 5.5.4 Unsupported parameter of MAIL")  # RFC 5321 4.1.1.11
    if "SIZE" in parameters:
        if not _SIZE.fullmatch(parameters["SIZE"]):
            raise PathError("501 5.5.4 Bad SIZE")
        if int(parameters["SIZE"]) > max_bytes:
            raise PathError("552 5.3.4 Message is larger than we take")  # RFC 1870 6.1, A-9
    if parameters.get("BODY", "7BIT").upper() not in {"7BIT", "8BITMIME"}:  # RFC 6152
        raise PathError("501 5.5.4 BODY is 7BIT or 8BITMIME")
    if parameters.get("SMTPUTF8"):
        raise PathError("501 5.5.4 SMTPUTF8 takes no value")  # RFC 6531 3.4


def _without_source_route(text: str) -> str:
    route = _SOURCE_ROUTE.match(text)
    return text[route.end() :] if route else text

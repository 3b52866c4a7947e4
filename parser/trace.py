"""Trace fields (RFC 5321 4.4): by whom a message was handed on, and where it was delivered before.

Every server writes Received in its own way, so what is read are the clauses `from`, `by`,
`with`, `id` and `for`, wherever they stand, and the comments of `from` in the dialects of
Postfix, Exim, sendmail, qmail, Exchange and the big providers. Nothing of it is proof: below
the first host of ours, strangers wrote it.
"""

import ipaddress
import itertools
import re
from typing import Final

from models.address import AddressError, address_key
from models.limits import DELIVERED_TO, RECEIVED_FIELDS, TRACE_FIELD_BYTES
from models.message import Hop
from parser.dates import moment
from parser.header_fields import HeaderFields
from parser.lexer import Kind, Token, tokens

_WORD_CHARACTERS: Final = 255
_TOKENS: Final = 500
_NAME: Final = r'[^\s\x00();"\\]++'
_INNER: Final = r"[^()\\]++"
_COMMENTS: Final = rf"(?:\s*\((?:{_INNER}|\((?:{_INNER}|\({_INNER}\))*\))*\))*"
# What most servers write, in the order of RFC 5321 4.4, read in one go; everything else takes the long way.
_USUAL: Final = re.compile(
    rf"\s*(?:from\s+(?P<from>{_NAME})(?P<seen>{_COMMENTS})\s+)?by\s+(?P<by>{_NAME}){_COMMENTS}"
    rf"(?:\s+with\s+(?P<with>{_NAME}(?:\s+(?!(?:id|for|via|by|from)\b){_NAME})*){_COMMENTS})?"
    rf"(?:\s+id\s+(?P<id>{_NAME})(?:\s+via\s+[\w ]++)?{_COMMENTS})?"
    rf"(?:\s+for\s+(?P<for>{_NAME}){_COMMENTS})?\s*;(?P<date>[^;()\"\\]*+(?:\([\w +-]*+\))?)\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_COMMENT: Final = re.compile(rf"\((?P<inside>(?:{_INNER}|\((?:{_INNER}|\({_INNER}\))*\))*)\)")
_CLAUSES: Final = frozenset({"from", "by", "via", "with", "id", "for"})
_ENDS: Final = frozenset({"from", "by"})
# The address a server saw, in brackets; what the client said of itself (helo=[...]) is none.
_LITERAL: Final = re.compile(r"(?<![=\w])\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})(?:%\w{1,20})?\]", re.IGNORECASE)
_OCTET: Final = r"(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])"
_USUAL_IP: Final = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}\Z", re.ASCII)
_BARE_ADDRESS: Final = re.compile(r"\s*(?:\S+@)?([0-9A-Fa-f:.]{2,45})\s*\Z")
_HELO: Final = re.compile(r"(?:\b(?:HELO|EHLO)\s+|\bhelo=)([^\s()]+)", re.IGNORECASE)
_SAYS_HELO: Final = re.compile(r"\s*(?:HELO|EHLO)\b", re.IGNORECASE)
_PEER_NAME: Final = re.compile(r"\s*(?:[^\s@]*@)?([\w.-]+?)\.?\s+\[")
_UNKNOWN: Final = "unknown"
# Written on delivery, by these programs; each names the address the message was delivered to.
_DELIVERED: Final = frozenset(
    {
        "delivered-to",  # Postfix, qmail, Courier, Gmail: their own loop check
        "x-original-to",  # Postfix
        "envelope-to",  # Exim
        "x-envelope-to",  # sendmail and fetchmail recipes
        "x-delivered-to",  # Fastmail
        "x-real-to",  # CommuniGate
        "x-gm-original-to",  # Google Workspace routing
        "x-rcpt-to",
    }
)


def hops(fields: HeaderFields) -> tuple[Hop, ...]:
    """The Received fields from the top: the last host that handled the message comes first."""
    return tuple(_hop(value) for value in fields.all("received")[:RECEIVED_FIELDS])


def delivered_to(fields: HeaderFields) -> tuple[str, ...]:
    """The addresses the message was delivered to before it came here, the latest first, each once."""
    values = [value for name, value in fields.fields if name in _DELIVERED][:DELIVERED_TO]
    return tuple(dict.fromkeys(key for value in values if (key := _address(value))))


def _address(value: bytes) -> str:
    try:
        return address_key(value.decode("utf-8", "replace").strip().strip("<>"))
    except AddressError:
        return ""


def _hop(value: bytes) -> Hop:
    text = value[:TRACE_FIELD_BYTES].decode("utf-8", "replace")
    clauses, comments, date = _at_once(text) or _step_by_step(text)
    helo, peer_name, peer = _client(clauses.get("from", ""), comments)
    return Hop(
        helo=helo,
        peer_name=peer_name,
        peer=peer,
        by=_first_word(clauses.get("by", "")),
        protocol=_line(clauses.get("with", "")),
        identifier=_first_word(clauses.get("id", "")),
        recipient=_first_word(clauses.get("for", "")).strip("<>"),
        received_at=moment(date) if date else None,
    )


_Read = tuple[dict[str, str], list[str], str]
"""The words of each clause, the comments on `from`, and the date."""


def _at_once(text: str) -> _Read | None:
    """A field of the usual form; None of any other."""
    usual = _USUAL.match(text)
    if usual is None:
        return None
    clauses = {name: usual[name] for name in ("from", "by", "with", "id", "for") if usual[name] is not None}
    if "with" in clauses:
        clauses["with"] = " ".join(clauses["with"].split())
    comments = [comment["inside"] for comment in _COMMENT.finditer(usual["seen"] or "")]
    return clauses, comments, usual["date"]


def _step_by_step(text: str) -> _Read:
    """A field of any form: whatever clauses there are, wherever they stand.

    A client's HELO stands in it, and some servers write it down as it came. So where `from`
    or `by` comes twice, or there are two dates, or something is never closed, neither client
    nor host is named: which of them the server wrote cannot be told (threats B-15).
    """
    clauses: dict[str, list[str]] = {}
    comments: list[str] = []
    current, date_at, is_twofold = "", 0, False
    for token in itertools.islice(tokens(text), _TOKENS):
        if token.kind is Kind.SEMICOLON:
            is_twofold = is_twofold or date_at > 0
            date_at = token.end
        elif token.kind is Kind.BROKEN:
            is_twofold = True
        elif date_at:
            continue
        elif token.kind is Kind.COMMENT:
            if current == "from":
                comments.append(token.text)
        elif token.kind is Kind.WORD and _begins_clause(token, clauses, current):
            current = token.text.lower()
            clauses[current] = []
        elif current:
            is_twofold = is_twofold or (token.text.lower() in _ENDS and bool(clauses[current]))
            clauses[current].append(token.text)
    if is_twofold:
        clauses.update({"from": [], "by": []})
        comments = []
    date = text[date_at:] if date_at else ""
    return {name: " ".join(words) for name, words in clauses.items()}, comments, date


def _begins_clause(token: Token, clauses: dict[str, list[str]], current: str) -> bool:
    """Whether a word is the name of a clause: each is there once, and none is the value of another."""
    name = token.text.lower()
    return name in _CLAUSES and name not in clauses and (not current or bool(clauses[current]))


def _client(said: str, comments: list[str]) -> tuple[str, str, str]:
    """HELO name, name in DNS and IP address of the client, in the dialects there are.

    The comment with the address is what the server itself wrote; where comments name two
    addresses, one of them came out of a HELO, and there is none.
    """
    helo, peer_name, literal = _first_word(said), "", _ip(_LITERAL.match(said))
    seen: dict[str, str] = {}
    for comment in comments:
        named = _HELO.search(comment)
        if named is not None:
            peer_name, helo = helo, named[1][:_WORD_CHARACTERS]
        address = (
            "" if _SAYS_HELO.match(comment) else _ip(_LITERAL.search(comment)) or _ip(_BARE_ADDRESS.match(comment))
        )
        if address:
            by_name = _PEER_NAME.match(comment)
            seen[address] = by_name[1][:_WORD_CHARACTERS] if by_name else peer_name
    if len(seen) > 1:
        return helo, "", ""
    for address, name in seen.items():
        literal, peer_name = address, name
    if peer_name.lower() == _UNKNOWN or peer_name.startswith("["):
        peer_name = ""
    return helo, peer_name.lower(), literal


def _ip(found: re.Match[str] | None) -> str:
    """An IP address in its usual form; "" where there is none."""
    if found is None:
        return ""
    if _USUAL_IP.match(found[1]):
        return found[1]
    try:
        return str(ipaddress.ip_address(found[1]))
    except ValueError:
        return ""


def _first_word(clause: str) -> str:
    return _line(clause.partition(" ")[0])


def _line(text: str) -> str:
    if text.isprintable():
        return text[:_WORD_CHARACTERS]
    return "".join(character for character in text[:_WORD_CHARACTERS] if character.isprintable())

"""Bodies: text made safe to show, transfer-encoded, joined as multipart/alternative (RFC 2045, 2046)."""

import binascii
import hashlib
import re
from collections.abc import Iterable
from email.message import MIMEPart
from email.policy import SMTP
from typing import NamedTuple

from responders.header import clean_header

_LINE_ENDS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_DROPPED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN = re.compile("[\t\n -~]*+")
LINE_OCTETS = 900
"""RFC 5322 2.1.1 allows 998; relays add what they like, so some room is left."""
BASE64_OCTETS = 57
"""Octets of one base64 line of 76 characters (RFC 2045 6.8)."""
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}")  # RFC 6838 4.2: what a registered media type is made of


class File(NamedTuple):
    """A file that a message carries."""

    name: str
    content_type: str
    octets: bytes


def clean_text(text: str) -> str:
    """`text` of many lines as it may stand in a body: LF line ends, tabs, no other control, no bidi override."""
    if _PLAIN.fullmatch(text):  # most are
        return text
    text = _LINE_ENDS.sub("\n", text)
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    return _DROPPED.sub("", text)


def boundary(message_id: str) -> str:
    """The boundary of the message with this id: stable, and no encoded body can hold "=_" (RFC 2045 6.7)."""
    return "=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32]


def alternative(text: str, html: str, separator: str) -> bytes:
    """The body of a multipart/alternative: plain first, best last (RFC 2046 5.1.4)."""
    mark = separator.encode()
    return b"".join(
        (b"--", mark, b"\r\n", _part("plain", text), b"--", mark, b"\r\n", _part("html", html), b"--", mark, b"--\r\n")
    )


def mixed(first: bytes, first_type: str, files: Iterable[File], separator: str) -> bytes:
    """The body of a multipart/mixed: a part whose body and Content-Type these are, then the files (RFC 2046 5.1.3)."""
    mark = separator.encode()
    parts = [f"Content-Type: {first_type}\r\n\r\n".encode() + first, *map(_attachment, files)]
    return b"".join([b"--" + mark + b"\r\n" + part + b"\r\n" for part in parts]) + b"--" + mark + b"--\r\n"


def _attachment(file: File) -> bytes:
    """One file as a part, named by RFC 2231. The library folds the name, however long it is (threats F-10)."""
    part = MIMEPart(policy=SMTP)
    maintype, _, subtype = file.content_type.partition("/")
    if not (_TOKEN.fullmatch(maintype) and _TOKEN.fullmatch(subtype)):
        maintype, subtype = "application", "octet-stream"
    part.set_content(file.octets, maintype, subtype, disposition="attachment", filename=clean_header(file.name))
    return part.as_bytes()


def _part(subtype: str, text: str) -> bytes:
    lines = text.rstrip("\n").split("\n")
    content = "\r\n".join(lines) + "\r\n"
    octets = content.encode()
    if content.isascii() and _is_sturdy(content, lines):
        charset, encoding = "us-ascii", "7bit"
    elif 6 * (len(octets) - len(content)) <= len(octets):
        charset, encoding = "utf-8", "quoted-printable"
        octets = binascii.b2a_qp(octets, istext=True)
    else:
        charset, encoding = "utf-8", "base64"
        octets = _base64(octets)
    head = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + octets + b"\r\n"  # a line end of its own: the one before a boundary belongs to it


def _is_sturdy(content: str, lines: list[str]) -> bool:
    """Whether ASCII text arrives as it is without any encoding; `lines` are its lines."""
    if max(map(len, lines)) >= LINE_OCTETS - 1:
        return False
    if list(map(str.rstrip, lines)) != lines:  # trailing white space does not survive every relay (RFC 2045 6.7 (3))
        return False
    if content.startswith("From ") or "\r\nFrom " in content:  # nor does this at the start of a line (mbox)
        return False
    return not ("_" in content and "--=_" in content)  # what our boundaries start with


def _base64(octets: bytes) -> bytes:
    lines = [
        binascii.b2a_base64(octets[start : start + BASE64_OCTETS], newline=False)
        for start in range(0, len(octets), BASE64_OCTETS)
    ]
    return b"\r\n".join(lines) + b"\r\n"

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
_PLAIN = bytes([0x09, 0x0A, *range(0x20, 0x7F)])
"""Octets of ASCII text that is safe as it is."""
_FRAIL = re.compile(rb"\n(?:From |(?<=[ \t]\r\n))")
"""What some relays spoil: a line that looks like mbox's, and white space before a line end (RFC 2045 6.7 (3)).
All begins with a line end, for which the pattern is looked up fast."""
LINE_OCTETS = 900
"""RFC 5322 2.1.1 allows 998; relays add what they like, so some room is left. Counted with its line end."""
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
    if text.isascii() and not text.encode().translate(None, _PLAIN):  # most are
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
    content = text.rstrip("\n") + "\n"
    octets = content.encode()
    beyond_ascii = len(octets) - len(content)
    octets = octets.replace(b"\n", b"\r\n")
    if not beyond_ascii and _is_sturdy(octets):
        charset, encoding = "us-ascii", "7bit"
    elif 6 * beyond_ascii <= len(octets):
        charset, encoding = "utf-8", "quoted-printable"
        octets = binascii.b2a_qp(octets, istext=True)
    else:
        charset, encoding = "utf-8", "base64"
        octets = _base64(octets)
    head = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + octets + b"\r\n"  # a line end of its own: the one before a boundary belongs to it


def _is_sturdy(octets: bytes) -> bool:
    """Whether ASCII text of whole lines arrives as it is without any encoding."""
    if octets.startswith(b"From ") or _FRAIL.search(octets) or not _lines_fit(octets):
        return False
    return not (b"_" in octets and b"--=_" in octets)  # what our boundaries start with


def _lines_fit(octets: bytes) -> bool:
    """Whether a line ends within each LINE_OCTETS; few places are looked at, and not every line."""
    start = 0
    while len(octets) - start > LINE_OCTETS:
        start = octets.rfind(b"\n", start, start + LINE_OCTETS) + 1
        if not start:
            return False
    return True


def _base64(octets: bytes) -> bytes:
    lines = [
        binascii.b2a_base64(octets[start : start + BASE64_OCTETS], newline=False)
        for start in range(0, len(octets), BASE64_OCTETS)
    ]
    return b"\r\n".join(lines) + b"\r\n"

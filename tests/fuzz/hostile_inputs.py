"""Mails that make readers of mail slow or make them fall, each with the outcome it must have.

They are those that the catalogue of threats names (E and F rows, measured facts M), and those
that libraries were measured with. Most are large, so each is made when it is wanted.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.parsing.outlook import (
    BINARY,
    INTERFACE,
    OBJECT,
    attribute,
    compressed,
    packed_file,
    prop,
    properties,
    winmail,
)
from tests.parsing.signatures import signed, signed_in_pieces

HEADER: Final = b"From: alice@acme.example\r\nSubject: bomb\r\n"
TEXT_IN: Final = b"text/plain\r\nContent-Transfer-Encoding: "
RICH: Final = b"{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}The \\b caf\\'e9\\b0\\par \\u8364?5}"
ENTITY: Final = b"Content-Type: text/plain; charset=utf-8\r\n\r\nThe phone is dead.\r\n"
TEXT: Final = b"\r\nThe phone is dead.\r\n"
REPLY: Final = HEADER.replace(b"bomb", b"Re: bomb") + b"In-Reply-To: <1@us.example>\r\n\r\n"


@dataclass(frozen=True)
class Hostile:
    """One input: the row that names it, what it is, how to make it, and whether it is read in safe mode."""

    row: str
    what: str
    make: Callable[[], bytes]
    is_safe_mode: bool = False

    @property
    def name(self) -> str:
        """What a test of it is called."""
        return f"{self.row} {self.what}"


def nested(depth: int) -> bytes:
    parts = [b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"]
    parts += [b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(depth)]
    return b"".join(parts)


def in_parts(body: bytes, content_type: bytes = b"multipart/mixed; boundary=cut") -> bytes:
    return HEADER + b"Content-Type: " + content_type + b"\r\n\r\n" + body


def html(page: bytes) -> bytes:
    return HEADER + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page


def file(name: bytes, content: bytes, kind: bytes = b"application/octet-stream") -> bytes:
    head = b"Content-Type: " + kind + b"\r\nContent-Disposition: attachment; filename=" + name
    return in_parts(b"--cut\r\n\r\nSee.\r\n--cut\r\n" + head + b"\r\n\r\n" + content + b"\r\n--cut--\r\n")


def packed(*attributes: bytes) -> bytes:
    return in_parts(
        base64.encodebytes(winmail(*attributes)), b"application/ms-tnef\r\nContent-Transfer-Encoding: base64"
    )


def rich(octets: bytes) -> bytes:
    return packed(attribute(0x9003, properties(prop(0x1009, BINARY, octets))))


def packed_plainly(*attributes: bytes) -> bytes:
    return in_parts(winmail(*attributes), b"application/ms-tnef")


def streams_in_streams(depth: int) -> bytes:
    stream = winmail()
    for _ in range(depth):
        stream = winmail(packed_file("m", b"", extra=[prop(0x3701, OBJECT, INTERFACE + stream)]))
    return packed(packed_file("m", b"", extra=[prop(0x3701, OBJECT, INTERFACE + stream)]))


STRUCTURE: Final = (
    Hostile("E-1", "multiparts in multiparts", lambda: HEADER + nested(100_000), is_safe_mode=True),
    Hostile("E-1", "800 multiparts in one another", lambda: HEADER + nested(800), is_safe_mode=True),
    Hostile("E-1", "messages in messages", lambda: HEADER + b"Content-Type: message/rfc822\r\n\r\n" * 100_000),
    Hostile("E-2", "parts", lambda: in_parts(b"--cut\r\n\r\nx\r\n" * 100_000), is_safe_mode=True),
    Hostile("E-2", "10,000 parts", lambda: in_parts(b"--cut\r\n\r\nx\r\n" * 10_000), is_safe_mode=True),
    Hostile("E-2", "empty parts", lambda: in_parts(b"--cut\r\n" * 500_000), is_safe_mode=True),
    Hostile("E-2", "boundaries that are none", lambda: in_parts(b"--cut " * 500_000), is_safe_mode=True),
    Hostile("E-14", "two content types", lambda: in_parts(TEXT, b"text/plain\r\nContent-Type: text/html"), True),
    Hostile(
        "E-14",
        "two boundaries",
        lambda: in_parts(b"--a\r\n\r\nx\r\n--b\r\n\r\ny", b"multipart/mixed; boundary=a; boundary=b"),
        is_safe_mode=True,
    ),
    Hostile("E-14", "a boundary that begins another", lambda: in_parts(b"--c\r\n\r\nx\r\n--cut\r\n\r\ny\r\n--cut--")),
    Hostile("3.2", "a multipart without a boundary", lambda: in_parts(TEXT, b"multipart/mixed")),
    Hostile("E-15", "nothing but a header", lambda: HEADER),
    Hostile("E-15", "nothing at all", lambda: b""),
    Hostile("E-16", "line ends before the header", lambda: b"\r" * 1_000_000 + HEADER),
    Hostile("E-16", "no header at all", lambda: b"The phone is dead.\r\n" * 10_000),
)

FIELDS: Final = (
    Hostile("E-3", "header lines", lambda: b"Junk: x\r\n" * 200_000 + HEADER + TEXT, is_safe_mode=True),
    Hostile("E-3", "10,000 header fields", lambda: b"Junk: x\r\n" * 10_000 + HEADER + TEXT, is_safe_mode=True),
    Hostile(
        "E-4", "one giant field", lambda: b"Subject: " + b"x" * 10_000_000 + b"\r\n" + HEADER + TEXT, is_safe_mode=True
    ),
    Hostile(
        "E-3",
        "boundaries in the header",
        lambda: HEADER + b"Content-Type: multipart/mixed; boundary=x\n" + b"--x\nC:1\n" * 30_000,
        is_safe_mode=True,
    ),
    Hostile("E-5", "encoded words elsewhere", lambda: HEADER + b"X: " + b"=?utf-8?q?a?= " * 15_000 + TEXT),
    Hostile("E-5", "encoded words", lambda: b"Subject: " + b"=?utf-8?q?a?= " * 4_000 + b"\r\n" + HEADER + TEXT),
    Hostile("E-5", "words without end", lambda: b"Subject: " + b"=?a?q?" * 10_000 + b"\r\n" + HEADER + TEXT),
    Hostile(
        "M15", "100,000 encoded words", lambda: b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\r\n" + HEADER, True
    ),
    Hostile("E-6", "addresses", lambda: b"To: " + b"a@b.example, " * 5_000 + b"\r\n" + HEADER + TEXT),
    Hostile("E-6", "50,000 addresses", lambda: b"To: " + b"a@b.example, " * 50_000 + b"\r\n" + HEADER + TEXT, True),
    Hostile("E-6", "quotes", lambda: b"To: " + b'"' * 60_000 + b"\r\n" + HEADER + TEXT),
    Hostile("E-6", "commas in From", lambda: b"From: " + b"," * 60_000 + b"\r\n" + TEXT),
    Hostile("E-7", "parameters", lambda: in_parts(TEXT, b"text/plain" + b"; a=b" * 12_000), is_safe_mode=True),
    Hostile("E-7", "a far section", lambda: in_parts(TEXT, b"text/plain; name*999999999=x; name*0=y")),
    Hostile("E-8", "comments in Cc", lambda: b"Cc: " + b"(" * 60_000 + b"\r\n" + HEADER + TEXT),
    Hostile("E-8", "comments in From", lambda: b"From: " + b"(" * 60_000 + b"\r\n" + TEXT),
    Hostile(
        "E-9", "odd ids", lambda: HEADER + b"Message-ID: <[>\r\nDate: +9999\r\nReferences: " + b"<" * 60_000 + TEXT
    ),
    Hostile("M14", "an id without end", lambda: HEADER + b"Message-ID: <\r\n" + TEXT),
    Hostile("M14", "an id with a bracket", lambda: HEADER + b"Message-ID: <a@[b>\r\n" + TEXT),
    Hostile(
        "M14", "a zone of twenty digits", lambda: HEADER + b"Date: Mon, 1 Jan 2026 +99999999999999999999\r\n" + TEXT
    ),
    Hostile("E-24", "the year 0", lambda: HEADER + b"Date: Mon, 1 Jan 0000 00:00:00 +0000\r\n" + TEXT),
    Hostile("M13", "an address as a name", lambda: b"From: alice@mpoc.example <evil@evil.example>\r\n" + TEXT),
    Hostile(
        "M12", "a line end in an encoded word", lambda: b"Subject: =?utf-8?q?hi=0D=0ABcc:_evil?=\r\n" + HEADER + TEXT
    ),
    Hostile("M6", "a second From behind a bare CR", lambda: b"Subject: x\rFrom: e@evil.example\r\n" + HEADER + TEXT),
    Hostile("5.2", "4,000 Received fields", lambda: b"Received: from a by b; x\r\n" * 4_000 + HEADER + TEXT, True),
    Hostile(
        "3.6",
        "nested comments in Authentication-Results",
        lambda: b"Authentication-Results: " + b"(" * 8_000 + b"\r\n" + HEADER,
    ),
    Hostile(
        "E-23", "NUL and lone surrogates", lambda: b"Subject: \0\xed\xb3\xbf\r\n" + HEADER + b"\r\n\0\xed\xa0\x80\xff"
    ),
)

TEXTS: Final = (
    *(
        Hostile(
            "E-10",
            f"charset {label.decode('ascii', 'replace')[:12]!r}",
            lambda label=label: in_parts(b"a\xff\0b", b"text/plain; charset=" + label),
        )  # type: ignore[misc]
        for label in (
            b"idna",
            b"undefined",
            b"hex",
            b'"utf-8\0"',
            b"a" * 10_000,
            b"utf-16",
            b"utf-7",
            b"rot13",
            b"zip",
            b"unicode_escape",
        )
    ),
    Hostile("E-10", "escapes", lambda: HEADER + b"\r\n" + b"\x1b$B" * 300_000),
    Hostile("E-11", "quoted-printable", lambda: in_parts(b"=3D" * 2_000_000, TEXT_IN + b"quoted-printable")),
    Hostile("E-11", "base64", lambda: in_parts(b"A" * 10_000_000, TEXT_IN + b"base64")),
    Hostile("E-11", "padding", lambda: in_parts(b"=\n" * 2_000_000, TEXT_IN + b"base64")),
    Hostile("E-11", "short lines of base64", lambda: in_parts(b"A\n" * 6_000_000, TEXT_IN + b"base64")),
    Hostile("E-11", "beginnings of uuencode", lambda: in_parts(b"begin 644 x\n" * 100_000, b"text/plain")),
    Hostile("E-11", "a page of yEnc", lambda: in_parts(b"=ybegin line=128 size=9 name=x\r\n" * 20_000, b"text/plain")),
    Hostile("5.2", "a file of 18 MB", lambda: file(b"a.bin", b"x" * 18_000_000)),
    Hostile("E-17", "combining marks", lambda: HEADER + b"\r\n" + ("a" + "\u0301" * 400_000).encode()),
    Hostile("E-17", "direction isolates", lambda: HEADER + b"\r\n" + "\u2066\u202e".encode() * 150_000),
    Hostile("E-17", "what NFC and NFKC blow up", lambda: HEADER + b"\r\n" + "\ufdfa".encode() * 300_000),
    Hostile("E-18", "on x at", lambda: REPLY + b"\r\n on x of y at z\r\n" * 40_000),
    Hostile("E-18", "On and 50,000 blanks", lambda: REPLY + b"On" + b" " * 50_000 + b"wrote:\r\n" * 3),
    Hostile("E-18", "10,000 lines On Monday", lambda: REPLY + b"On Monday\r\n" * 10_000),
    Hostile("E-18", "20,000 times a blank", lambda: REPLY + b"a " * 20_000),
    Hostile("E-18", "20,000 lines From:", lambda: REPLY + b"From:\r\n" * 20_000),
    Hostile(
        "E-18", "a log of 2 MB", lambda: REPLY + b"Nov 23 09:00:00 host daemon[7]: it went on: as before\r\n" * 36_000
    ),
    Hostile("E-18", "quote marks without end", lambda: REPLY + b">" * 1_000_000),
    Hostile("3.6", "a line of a million blanks", lambda: HEADER + b"\r\n" + b" " * 1_000_000 + b"x\r\n"),
    Hostile(
        "3.8",
        "a bounce of 1 MB",
        lambda: HEADER.replace(b"alice", b"mailer-daemon") + b"\r\n" + b"a@b.example failed: 550\r\n" * 40_000,
    ),
    Hostile("3.8", "a calendar of junk", lambda: in_parts(b"BEGIN:VEVENT\r\nDTSTART;" * 3_000, b"text/calendar")),
)

PAGES: Final = (
    Hostile("E-19", "elements in elements", lambda: html(b"<div>" * 100_000)),
    Hostile("E-19", "elements in elements, fewer than the limit", lambda: html(b"<div>" * 19_000)),
    Hostile("E-19", "50,000 divs with text", lambda: html(b"<div>x" * 50_000)),
    Hostile("E-19", "a row of openings", lambda: html(b"<a " * 20_000)),
    Hostile("E-19", "attributes", lambda: html(b"<a " + b"x " * 100_000 + b">")),
    Hostile("E-19", "brackets", lambda: html(b"<" * 1_000_000)),
    Hostile("E-19", "comments", lambda: html(b"<!--" * 100_000)),
    Hostile("E-19", "links", lambda: html(b"<a href=x>x</a>" * 9_000)),
    Hostile("E-19", "50,000 links", lambda: html(b"<a href=x>x</a>" * 50_000)),
    Hostile("E-19", "misnested", lambda: html(b"<b><i><u><font>" * 400 + b"</b></i></u></font>" * 400)),
    Hostile("E-19", "names with brackets", lambda: html(b"<p <!-- <style <a" * 1_000 + b">x")),
    Hostile("E-19", "one line of many pieces", lambda: html((b"x" * 45 + b"<b>y</b>") * 9_900)),
    Hostile("E-19", "cells of blanks", lambda: html(b"<table><tr>" + b"<td> " * 19_000)),
    Hostile("3.5", "tables 300 deep", lambda: html(b"<table><tr><td>" * 300 + b"deep")),
    Hostile(
        "F-1",
        "scripts and handlers",
        lambda: html(b"<svg onload=x()><img src=x onerror=y()><script>z()</script>ok" * 900),
    ),
    Hostile("F-2", "mixes of math and style", lambda: html(b"<math><mglyph><style><!--</style><img onerror=x>" * 900)),
    Hostile("F-8", "a name that climbs", lambda: file(b'"../../etc/passwd"', b"x")),
    Hostile("F-8", "a name of 60 kB", lambda: file(b'"' + b"a" * 60_000 + b'.pdf"', b"x")),
    Hostile("F-8", "a name with NUL and direction", lambda: file(b"a*=utf-8''%00%0D%0A%E2%80%AEfdp.exe", b"x")),
    Hostile("F-9", "a page called .pdf", lambda: file(b"a.pdf", b"<script>x()</script>", b"application/pdf")),
    Hostile(
        "E-12", "an archive of zeros", lambda: file(b"42.zip", b"PK\x03\x04" + bytes(1_000_000), b"application/zip")
    ),
)

STREAMS: Final = (
    Hostile("E-13", "a stream of attributes", lambda: packed(*[attribute(0x8004, b"")] * 200_000)),
    Hostile("E-13", "a stream of files", lambda: packed(*[packed_file("a", b"x")] * 5_000)),
    Hostile(
        "E-13",
        "properties without end",
        lambda: packed(attribute(0x9003, b"\xff\xff\xff\xff" + prop(0x1000, 0x1E, b"") * 300_000)),
    ),
    Hostile(
        "E-13",
        "values without end",
        lambda: packed(attribute(0x9003, properties(b"\x1e\x10\x00\x10\xff\xff\xff\xff" + bytes(4_000_000)))),
    ),
    Hostile("E-13", "streams in streams", lambda: streams_in_streams(60), is_safe_mode=True),
    Hostile("E-13", "rich text of groups", lambda: rich(compressed(b"{\\rtf1 " + b"{" * 400_000))),
    Hostile("E-13", "rich text that grows", lambda: rich(b"\0" * 8 + b"LZFu" + b"\xff\0\x0f" * 1_000_000)),
)

PACKED: Final = (
    Hostile("seed", "files in a stream", lambda: packed_plainly(packed_file("a.txt", b"x" * 300, title=b"A.TXT"))),
    Hostile("seed", "rich text", lambda: packed_plainly(attribute(0x9003, properties(prop(0x1009, BINARY, RICH))))),
    Hostile("seed", "an opaque signature", lambda: in_parts(signed(ENTITY), b"application/pkcs7-mime")),
    Hostile("seed", "one in pieces", lambda: in_parts(signed_in_pieces(ENTITY), b"application/pkcs7-mime")),
)
"""What is to be changed by chance: not encoded, so that a change is one of what is read."""

HOSTILE: Final = (*STRUCTURE, *FIELDS, *TEXTS, *PAGES, *STREAMS)

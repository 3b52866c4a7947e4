"""What makes readers of mail slow or makes them fall, one by one: each has its outcome, and none costs two seconds (E).

The outcome is always a message: read in full, cut, or in safe mode. `CPU` is half of what a
reader may take, so that a slower machine keeps the promise too.
"""

import time

import pytest

from models.message import Message
from parser.message import parse

CPU = 1.0
HEADER = b"From: alice@acme.example\r\nSubject: bomb\r\n"
TEXT_IN = b"text/plain\r\nContent-Transfer-Encoding: "
TEXT = b"\r\nThe phone is dead.\r\n"


def nested(depth: int) -> bytes:
    parts = [b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"]
    parts += [b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(depth)]
    return b"".join(parts)


def in_parts(body: bytes, content_type: bytes = b"multipart/mixed; boundary=cut") -> bytes:
    return HEADER + b"Content-Type: " + content_type + b"\r\n\r\n" + body


def html(page: bytes) -> bytes:
    return HEADER + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page


@pytest.mark.parametrize(
    ("raw", "is_safe_mode"),
    [
        pytest.param(HEADER + nested(100_000), True, id="E-1 multiparts in multiparts"),
        pytest.param(HEADER + b"Content-Type: message/rfc822\r\n\r\n" * 100_000, False, id="E-1 messages in messages"),
        pytest.param(in_parts(b"--cut\r\n\r\nx\r\n" * 100_000), True, id="E-2 parts"),
        pytest.param(in_parts(b"--cut\r\n" * 500_000), True, id="E-2 empty parts"),
        pytest.param(in_parts(b"--cut " * 500_000), True, id="E-2 boundaries that are none"),
        pytest.param(b"Junk: x\r\n" * 200_000 + HEADER + TEXT, True, id="E-3 header lines"),
        pytest.param(b"Subject: " + b"x" * 10_000_000 + b"\r\n" + HEADER + TEXT, True, id="E-4 one giant field"),
        pytest.param(HEADER + b"X: " + b"=?utf-8?q?a?= " * 15_000 + TEXT, False, id="E-5 encoded words elsewhere"),
        pytest.param(b"Subject: " + b"=?utf-8?q?a?= " * 4_000 + b"\r\n" + HEADER + TEXT, False, id="E-5 encoded words"),
        pytest.param(b"Subject: " + b"=?a?q?" * 10_000 + b"\r\n" + HEADER + TEXT, False, id="E-5 words without end"),
        pytest.param(b"To: " + b"a@b.example, " * 5_000 + b"\r\n" + HEADER + TEXT, False, id="E-6 addresses"),
        pytest.param(b"To: " + b'"' * 60_000 + b"\r\n" + HEADER + TEXT, False, id="E-6 quotes"),
        pytest.param(b"Cc: " + b"(" * 60_000 + b"\r\n" + HEADER + TEXT, False, id="E-8 comments in Cc"),
        pytest.param(b"From: " + b"(" * 60_000 + b"\r\n" + TEXT, False, id="E-8 comments in From"),
        pytest.param(b"From: " + b"," * 60_000 + b"\r\n" + TEXT, False, id="E-6 commas in From"),
        pytest.param(in_parts(TEXT, b"text/plain" + b"; a=b" * 12_000), True, id="E-7 parameters"),
        pytest.param(in_parts(TEXT, b"text/plain; name*999999999=x; name*0=y"), False, id="E-7 a far section"),
        pytest.param(
            HEADER + b"Message-ID: <[>\r\nDate: +9999\r\nReferences: " + b"<" * 60_000 + TEXT, False, id="E-9"
        ),
        pytest.param(in_parts(b"=3D" * 2_000_000, TEXT_IN + b"quoted-printable"), False, id="E-11 quoted-printable"),
        pytest.param(in_parts(b"A" * 10_000_000, TEXT_IN + b"base64"), False, id="E-11 base64"),
        pytest.param(in_parts(b"=\n" * 2_000_000, TEXT_IN + b"base64"), False, id="E-11 padding"),
        pytest.param(in_parts(b"A\n" * 6_000_000, TEXT_IN + b"base64"), False, id="E-11 short lines of base64"),
        pytest.param(in_parts(b"begin 644 x\n" * 100_000, b"text/plain"), False, id="E-11 beginnings of uuencode"),
        pytest.param(html(b"<div>" * 100_000), False, id="E-19 elements in elements"),
        pytest.param(html(b"<div>" * 19_000), False, id="E-19 elements in elements, fewer than the limit"),
        pytest.param(html(b"<a " + b"x " * 100_000 + b">"), False, id="E-19 attributes"),
        pytest.param(html(b"<" * 1_000_000), False, id="E-19 brackets"),
        pytest.param(html(b"<!--" * 100_000), False, id="E-19 comments"),
        pytest.param(html(b"<a href=x>x</a>" * 9_000), False, id="E-19 links"),
        pytest.param(html(b"<b><i><u><font>" * 400 + b"</b></i></u></font>" * 400), False, id="E-19 misnested"),
        pytest.param(HEADER + b"\r\n" + ("a" + "\u0301" * 400_000).encode(), False, id="E-17 combining marks"),
        pytest.param(HEADER + b"\r\n" + b"\x1b$B" * 300_000, False, id="E-10 escapes"),
        pytest.param(b"\r" * 1_000_000 + HEADER, False, id="E-16 line ends"),
    ],
)
def test_a_bomb_has_an_outcome_and_costs_little(raw: bytes, is_safe_mode: bool) -> None:
    """A message comes of it, in time."""
    before = time.process_time()

    message: Message = parse(raw)

    assert time.process_time() - before < CPU
    assert is_safe_mode == message.safe_mode

"""What reading a mail costs, beside other readers of mail, which find less in it: CPU of one process."""

import base64
import email
import email.policy
import random
import time
import timeit
from collections.abc import Callable
from typing import Final

import mailparser

from parser.message import parse

_HEADER: Final = (
    b"Received: from mail.acme.example (mail.acme.example [192.0.2.7])\r\n\tby relay.us.example (Postfix)"
    b" with ESMTPS id 4Abc\r\n\tfor <support@us.example>; Mon, 23 Nov 2026 08:00:02 +0000 (UTC)\r\n"
    b"Received: from [10.0.0.5] (unknown [198.51.100.4])\r\n\tby mail.acme.example (Postfix)"
    b" with ESMTPSA id 4Xyz; Mon, 23 Nov 2026 09:00:00 +0100 (CET)\r\n"
    b"From: Alice Anders <alice@acme.example>\r\nTo: support@us.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Date: Mon, 23 Nov 2026 09:00:00 +0100\r\nMessage-ID: <1@acme.example>\r\nMIME-Version: 1.0\r\n"
)
_LINE: Final = b"The phone on the third floor is dead since this morning, please help us.\r\n"
_TEXT: Final = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + _LINE * 40
_PAGE: Final = (
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>"
    + b"<p class=MsoNormal><span style='font-size:11pt'>The phone on the <b>third</b> floor is dead,"
    b" <a href='https://acme.example/x'>see</a>.</span></p>\r\n" * 200 + b"</body></html>"
)


def _parts(kind: bytes, *parts: bytes) -> bytes:
    cut = b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts)
    return _HEADER + b"Content-Type: " + kind + b"; boundary=cut\r\n\r\n" + cut + b"--cut--\r\n"


def _file() -> bytes:
    octets = random.Random(1).randbytes(300_000)
    head = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n"
    return head + b"Content-Disposition: attachment\r\n\r\n" + base64.encodebytes(octets).replace(b"\n", b"\r\n")


MAILS: Final = {
    "text, 3 kB": _HEADER + _TEXT,
    "text and HTML, 33 kB": _parts(b"multipart/alternative", _TEXT, _PAGE),
    "HTML alone, 30 kB": _HEADER + _PAGE,
    "text and a file, 414 kB": _parts(b"multipart/mixed", _TEXT, _file()),
}
READERS: Final[dict[str, Callable[[bytes], object]]] = {
    "casegate": parse,
    "compat32": email.message_from_bytes,
    "compat32, decoded": lambda raw: [part.get_payload(decode=True) for part in email.message_from_bytes(raw).walk()],
    "default policy": lambda raw: email.message_from_bytes(raw, policy=email.policy.default),
    "mail-parser": mailparser.parse_from_bytes,
}


def measure(seconds: float) -> list[str]:
    """A table: the best of several runs, in ms of CPU; `seconds` for each figure."""
    rows = [f"| reading, CPU ms | {' | '.join(READERS)} |", "| --- |" + " --- |" * len(READERS)]
    for name, raw in MAILS.items():
        figures = " | ".join(f"{_cost(reader, raw, seconds):.2f}" for reader in READERS.values())
        rows.append(f"| {name} | {figures} |")
    return rows


def _cost(reader: Callable[[bytes], object], raw: bytes, seconds: float) -> float:
    once = timeit.timeit(lambda: reader(raw), number=3, timer=time.process_time) / 3
    times = max(1, int(seconds / 5 / max(once, 1e-5)))
    return min(timeit.repeat(lambda: reader(raw), number=times, repeat=5, timer=time.process_time)) / times * 1000

"""What can befall a mail on its way, and what an attacker does to it: small changes, chosen by chance."""

import random
from collections.abc import Callable, Sequence
from typing import Final

SPLINTERS: Final = (
    b"",
    b"\r\n",
    b"\r",
    b"\n",
    b"\0",
    b"\xff",
    b"\r\n\r\n",
    b"\r\n ",
    b"--cut\r\n",
    b"--cut--",
    b"From: ",
    b"Content-Type: ",
    b"multipart/mixed; boundary=cut",
    b"multipart/report; report-type=delivery-status; boundary=cut",
    b"message/rfc822",
    b"message/delivery-status",
    b"text/html",
    b"text/calendar; method=REPLY",
    b"; charset=",
    b"; charset=iso-2022-jp",
    b"; charset=utf-7",
    b"; charset=utf-16",
    b"undefined",
    b"idna",
    b"utf-8\0",
    b"=?",
    b"?=",
    b"=?utf-8?q?",
    b"=?utf-8?b?",
    b"=0D=0A",
    b"=C3",
    b"<",
    b">",
    b"(",
    b")",
    b"[",
    b'"',
    b"\\",
    b"@",
    b",",
    b";",
    b":",
    b"=",
    b"*0*=",
    b"*=utf-8''%E2",
    b"<[>",
    b"+99999999999999999999",
    b"Mon, 99 Foo 99999 99:99:99",
    b"\xed\xa0\x80",
    b"\xe2\x80\xae",
    b"\xf4\x90\x80\x80",
    b"A" * 2000,
    b" " * 500,
    b"<a " * 200,
    b"<div>" * 200,
    b"<blockquote>" * 30,
    b"begin 644 x\r\n",
    b"\r\nend\r\n",
    b"\x1b$B",
    b"\x1b(B",
    b"+/v8-",
    b"~{",
    b"Received: ",
    b"Authentication-Results: ",
    b"base64",
    b"quoted-printable",
    b"Final-Recipient: rfc822; ",
    b"Hi. This is the qmail-send program at",
    b"BEGIN:VEVENT\r\n",
    b"From: a@b.example\r\n",
    b"On Mon, Bob wrote:\r\n> ",
    b"> " * 100,
    b"-----Original Message-----\r\n",
)


def _replace(chance: random.Random, mail: bytes, _others: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(mail) + 1)
    return mail[:at] + chance.choice(SPLINTERS) + mail[at + chance.randrange(40) :]


def _insert(chance: random.Random, mail: bytes, _others: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(mail) + 1)
    return mail[:at] + chance.choice(SPLINTERS) * chance.choice((1, 1, 1, 2, 50)) + mail[at:]


def _flip(chance: random.Random, mail: bytes, _others: Sequence[bytes]) -> bytes:
    octets = bytearray(mail)
    for _ in range(chance.randrange(1, 8)):
        if octets:
            octets[chance.randrange(len(octets))] = chance.randrange(256)
    return bytes(octets)


def _cut(chance: random.Random, mail: bytes, _others: Sequence[bytes]) -> bytes:
    return mail[: chance.randrange(len(mail) + 1)]


def _repeat(chance: random.Random, mail: bytes, _others: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(mail) + 1)
    piece = mail[at : at + chance.randrange(200)]
    return mail[:at] + piece * chance.choice((2, 3, 100)) + mail[at:]


def _splice(chance: random.Random, mail: bytes, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    return mail[: chance.randrange(len(mail) + 1)] + other[chance.randrange(len(other) + 1) :]


def _drop_line(chance: random.Random, mail: bytes, _others: Sequence[bytes]) -> bytes:
    lines = mail.split(b"\r\n")
    del lines[chance.randrange(len(lines))]
    return b"\r\n".join(lines)


def _swap_lines(chance: random.Random, mail: bytes, _others: Sequence[bytes]) -> bytes:
    lines = mail.split(b"\r\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\r\n".join(lines)


MUTATIONS: Final[tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...]] = (
    _replace,
    _insert,
    _flip,
    _cut,
    _repeat,
    _splice,
    _drop_line,
    _swap_lines,
)


def mutated(chance: random.Random, mails: Sequence[bytes]) -> bytes:
    """One of the mails, changed one to six times."""
    mail = chance.choice(mails)
    for _ in range(chance.randrange(1, 7)):
        mail = chance.choice(MUTATIONS)(chance, mail, mails)
    return mail

"""Mails that are all different, the same ones again for the same seed.

Each has a canary, a word that occurs in no other mail: in its subject, in its text and as
the left part of its Message-ID. So whatever becomes of a mail can be found by its canary.
"""

import base64
import quopri
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .population import Population

_TEXT: Final = (
    "the phone line is silent since this morning and nobody of our office in town can call out please look into it "
    "we have moved two desks and want their numbers to move with them thank you for your help in advance again as "
    "before the conference bridge drops after ten minutes with an error that says nothing about its cause"
)
_WORDS: Final = _TEXT.split()
_FOREIGN: Final = "Grüße aus Köln: die Leitung rauscht, übermäßig laut. Señor Núñez está aquí; ça va très bien."
_BASE64_COLUMNS: Final = 76


class Writer(StrEnum):
    """Who a mail comes from, and so what has to become of it."""

    MPOC = "MPOC"
    """One case, one acknowledgement."""
    STRANGER = "stranger"
    """Nobody we know: held, and never answered."""
    COLLEAGUE = "colleague of an MPOC"
    """An end user of an organisation: held, and never answered."""
    AUTORESPONDER = "autoresponder"
    """An MPOC's absence note: disregarded."""
    NULL = "null reverse path"
    """From an MPOC's address, with the null reverse path: disregarded."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail with its envelope."""

    canary: str
    writer: Writer
    author: str
    reverse_path: str
    recipient: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Profile:
    """What mails look like: shares of the shapes (the rest is plain text), and their sizes in octets."""

    html: float = 0.0
    attachment: float = 0.0
    big: float = 0.0
    foreign: float = 0.0
    """Share of plain texts in another charset or transfer encoding."""
    text_octets: tuple[int, int] = (2_900, 2_900)
    attachment_octets: tuple[int, int] = (300_000, 350_000)
    big_octets: int = 1_500_000


SMALL: Final = Profile()
"""Plain text, 3.3 kB in all."""
MIXED: Final = Profile(html=0.24, attachment=0.12, big=0.03)
"""61 % text, 24 % text and HTML, 12 % with an attachment, 3 % of 2 MB."""
VARIED: Final = Profile(
    html=0.15, attachment=0.06, foreign=0.15, text_octets=(200, 6_000), attachment_octets=(2_000, 60_000)
)
"""Mostly small, of every shape and charset: the load of the crash rigs."""
_WRITERS: Final = {
    Writer.MPOC: 0.86,
    Writer.STRANGER: 0.06,
    Writer.COLLEAGUE: 0.02,
    Writer.AUTORESPONDER: 0.03,
    Writer.NULL: 0.03,
}


class Mails(Iterator[Mail]):
    """An endless row of mails of a population, for one installation."""

    def __init__(
        self,
        population: Population,
        recipient: str,
        *,
        seed: int,
        profile: Profile = VARIED,
        mpocs_only: bool = False,
    ) -> None:
        self._population = population
        self._recipient = recipient
        self._profile = profile
        self._random = random.Random(seed)
        self._writers = {Writer.MPOC: 1.0} if mpocs_only else _WRITERS
        self._number = 0
        self._blobs: dict[int, bytes] = {}

    def __next__(self) -> Mail:
        self._number += 1
        canary = f"canary{self._number:06d}x{self._random.getrandbits(48):012x}"
        (writer,) = self._random.choices(list(self._writers), list(self._writers.values()))
        author = self._author(writer)
        return Mail(
            canary=canary,
            writer=writer,
            author=author,
            reverse_path="" if writer is Writer.NULL else author,
            recipient=self._recipient,
            raw=self._raw(canary, writer, author),
        )

    def _author(self, writer: Writer) -> str:
        domain = self._random.choice(self._population.domains)
        match writer:
            case Writer.STRANGER:
                return f"stranger{self._random.randrange(500)}@elsewhere{self._random.randrange(50)}.example"
            case Writer.COLLEAGUE:
                return f"colleague{self._random.randrange(50)}@{domain}"
        return self._random.choice(self._population.mpocs)

    def _raw(self, canary: str, writer: Writer, author: str) -> bytes:
        subject, body = self._shaped(canary)
        second = self._number % 60
        fields = [
            f"From: {author.partition('@')[0].capitalize()} <{author}>",
            f"To: {self._recipient}",
            f"Subject: {subject}",
            f"Date: Sat, 21 Nov 2026 09:{self._number // 60 % 60:02d}:{second:02d} +0000",
            f"Message-ID: <{canary}@{author.partition('@')[2]}>",
            "MIME-Version: 1.0",
        ]
        if writer is Writer.AUTORESPONDER:
            fields.append("Auto-Submitted: auto-replied")
        return "\r\n".join(fields).encode() + b"\r\n" + body

    def _shaped(self, canary: str) -> tuple[str, bytes]:
        """The subject, and the rest of the header with the body."""
        profile, subject = self._profile, f"Trouble {canary} with line {self._number % 97}"
        text = self._text(canary)
        point = self._random.random()
        if point < profile.html:
            html = f"<html><body><p>{canary}</p><p>{text}</p></body></html>".replace("\r\n", "<br>\r\n")
            return subject, _multipart("alternative", [_part("text/plain", text), _part("text/html", html)])
        point -= profile.html
        if point < profile.attachment:
            return subject, self._with_attachment(text, self._random.randint(*profile.attachment_octets))
        point -= profile.attachment
        if point < profile.big:
            return subject, self._with_attachment(text, profile.big_octets)
        if self._random.random() < profile.foreign:
            return self._foreign(canary, text)
        return subject, _part("text/plain", text)

    def _text(self, canary: str) -> str:
        """Lines of words, the canary in the first and, alone, in the last."""
        wanted = self._random.randint(*self._profile.text_octets)
        lines = [f"Hello, this is about {canary}."]
        size = 0
        while size < wanted:
            line = " ".join(self._random.choices(_WORDS, k=12))
            lines.append(line)
            size += len(line) + 2
        return "\r\n".join([*lines, canary, ""])

    def _foreign(self, canary: str, text: str) -> tuple[str, bytes]:
        text = f"{text}{_FOREIGN}\r\n"
        word = base64.b64encode("Störung".encode()).decode()
        subject = f"=?utf-8?b?{word}?= {canary}"
        match self._random.randrange(3):
            case 0:
                body = text.encode()
                return subject, _part("text/plain; charset=utf-8", body, "8bit")
            case 1:
                body = quopri.encodestring(text.replace("\r\n", "\n").encode("iso-8859-1")).replace(b"\n", b"\r\n")
                return subject, _part("text/plain; charset=iso-8859-1", body, "quoted-printable")
        return subject, _part("text/plain; charset=utf-8", _base64_lines(text.encode()), "base64")

    def _with_attachment(self, text: str, octets: int) -> bytes:
        step = max(1, octets // 20) if octets > 100_000 else octets  # a few blobs, made once each
        size = octets // step * step
        if size not in self._blobs or size < 100_000:
            self._blobs[size] = _base64_lines(self._random.randbytes(size))
        blob = _part('application/octet-stream; name="trace.bin"', self._blobs[size], "base64")
        return _multipart("mixed", [_part("text/plain", text), blob])


def _part(content_type: str, body: str | bytes, encoding: str = "7bit") -> bytes:
    """The fields of one part, an empty line, and its body."""
    octets = body if isinstance(body, bytes) else body.encode("ascii")
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + octets


def _multipart(subtype: str, parts: list[bytes]) -> bytes:
    boundary = "=_boundary_of_the_load"
    pieces = [f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()]
    for part in parts:
        pieces += [f"--{boundary}\r\n".encode(), part, b"\r\n"]
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()])


def _base64_lines(octets: bytes) -> bytes:
    encoded = base64.b64encode(octets)
    return b"".join(
        encoded[start : start + _BASE64_COLUMNS] + b"\r\n" for start in range(0, len(encoded), _BASE64_COLUMNS)
    )

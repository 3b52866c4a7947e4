"""Files that hold parts: Outlook's winmail.dat and opaque S/MIME signatures, made by writers of our own."""

import base64
import hashlib
import random
import time

import pytest

from models.limits import RTF_BYTES, TNEF_FILES
from models.message import Message
from parser import tnef
from parser.attachments import octets_by_path
from parser.message import parse
from parser.rtf import text_of_rtf
from parser.structure import DAMAGED_MARK, PACKED_MARK, SIGNED_MARK
from tests.parsing.outlook import (
    BINARY,
    INTERFACE,
    OBJECT,
    TEXT,
    UNICODE,
    attribute,
    compressed,
    named,
    packed_file,
    packed_message,
    prop,
    properties,
    winmail,
)
from tests.parsing.signatures import SIGNED, signed, signed_in_pieces

HEADER = b"From: Alice <alice@acme.example>\r\nTo: support@us.example\r\nSubject: Phones\r\nMIME-Version: 1.0\r\n"
PDF = random.Random(7).randbytes(5_000)
RICH = rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\pard The caf\'e9 phone\par is \u8222?dead\u8220?.\par}"
PAGE = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 {\*\generator x;}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 The phone"
    rb"{\*\htmltag116 <br>}\htmlrtf \line\htmlrtf0 is dead.{\*\htmltag72 </p>}\htmlrtf }\htmlrtf0}"
)


def mail(packed: bytes, text: bytes = b"", kind: bytes = b"application/ms-tnef; name=winmail.dat") -> bytes:
    part = b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(packed)
    if not text:
        return HEADER + part
    return (
        HEADER + b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\n"
        b"" + text + b"\r\n--cut\r\n" + part + b"--cut--\r\n"
    )


def listed(message: Message) -> list[tuple[str, str, str]]:
    return [(part.path, part.name, part.content_type) for part in message.attachments]


# --- winmail.dat --------------------------------------------------------------------------------------


def test_packed_files_have_their_names_and_their_exact_octets() -> None:
    """The long name before the short one, the content octet for octet, the text of the mail as it is."""
    raw = mail(
        winmail(packed_file("Pläne.pdf", PDF, title=b"PLNE~1.PDF"), packed_file("", b"x", title=b"a.txt")), b"See."
    )

    message = parse(raw)

    assert "See." == message.text
    assert [("1.2.1", "Pläne.pdf", "application/pdf"), ("1.2.2", "a.txt", "text/plain")] == listed(message)
    assert hashlib.sha256(PDF).hexdigest() == message.attachments[0].sha256
    assert {"1.2.1": PDF, "1.2.2": b"x"} == octets_by_path(raw)
    assert () == message.marks


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([prop(0x1000, TEXT, b"The phone\r\nis dead.\0")], "The phone\nis dead."),
        ([prop(0x1000, UNICODE, "Tot: ü".encode("utf-16-le") + b"\0\0")], "Tot: ü"),
        ([prop(0x1000, UNICODE, "Tot\0Rest".encode("utf-16-le"))], "Tot"),
        ([prop(0x1013, BINARY, b"<p>The phone<p>is dead.")], "The phone\n\nis dead."),
        ([prop(0x1009, BINARY, compressed(RICH))], "The café phone\nis „dead“."),
        ([prop(0x1009, BINARY, compressed(PAGE))], "The phone\nis dead."),
        ([prop(0x1009, BINARY, compressed(rb"{\rtf1 Dead \u-10179?\u-8704?.}"))], "Dead \U0001f600."),
        ([prop(0x1009, BINARY, compressed(rb"{\rtf1\ansicpg20866 \'f4\'c5\'cc.}"))], "Тел."),
        ([named(0x8001, UNICODE, b"x\0", "Keywords"), prop(0x1000, TEXT, b"Dead.")], "Dead."),
    ],
)
def test_text_that_stands_nowhere_else_is_read(values: list[bytes], text: str) -> None:
    """Plain, as a page, or as rich text: a mail of Outlook's own format may have no other."""
    assert text == parse(mail(winmail(attribute(0x9003, properties(*values))))).text


@pytest.mark.parametrize("rich", [rb"{\rtf1 Dead\u-10179? phone}", rb"{\rtf1 Dead\u0?\u7? phone}"])
def test_what_no_text_has_is_not_read_from_rich_text(rich: bytes) -> None:
    """Half a character, NUL, a bell: no database stores them, and the mail would be parked."""
    text = parse(mail(winmail(attribute(0x9003, properties(prop(0x1009, BINARY, compressed(rich))))))).text

    assert text.replace("\ufffd", "") == "Dead phone"


def test_packed_text_does_not_double_what_the_mail_says() -> None:
    """It is another form of the same text."""
    packed = winmail(attribute(0x9003, properties(prop(0x1000, TEXT, b"The phone is dead."))))

    assert "The phone is dead." == parse(mail(packed, b"The phone is dead.")).text


def test_a_packed_message_is_unpacked_too() -> None:
    """Its text is a file beside its files."""
    packed = packed_message("Re: phones", b"Old words.", packed_file("b.pdf", PDF))

    message = parse(mail(winmail(packed), b"See."))

    assert [("1.2.1.1", "phones.txt", "text/plain"), ("1.2.1.2", "b.pdf", "application/pdf")] == [
        (path, name.removeprefix("Re_ "), kind) for path, name, kind in listed(message)
    ]


def test_a_packed_message_is_nobodys_words() -> None:
    """Who forwards a mail without a word of his own has said nothing."""
    message = parse(mail(winmail(packed_message("phones", b"#close"))))

    assert "" == message.text
    assert [("1.1.1", "phones.txt", "text/plain")] == listed(message)


def test_a_damaged_packed_message_is_kept_beside_its_text() -> None:
    """What could not be unpacked of it is in the file alone."""
    message = parse(mail(winmail(packed_message("phones", b"Old words.", b"cut")), b"See."))

    assert ["phones.txt", "phones.dat"] == [part.name for part in message.attachments]
    assert (DAMAGED_MARK,) == message.marks


def test_what_calls_itself_anything_is_known_by_its_name() -> None:
    """Gateways forget the type."""
    raw = mail(winmail(packed_file("b.pdf", PDF)), b"See.", b"application/octet-stream; name=WINMAIL.DAT")

    assert [("1.2.1", "b.pdf", "application/pdf")] == listed(parse(raw))


def test_a_packed_name_is_as_harmless_as_any() -> None:
    """threats F-8 by another door; and no packed file holds parts."""
    kind = prop(0x370E, TEXT, b"multipart/mixed; boundary=x\0")
    hostile = packed_file('../../C:\\x"\r\nSubject: y', b"--x\r\n\r\nz", extra=[kind])

    (part,) = parse(mail(winmail(hostile), b"See.")).attachments

    assert set('/\\"\n:').isdisjoint(part.name)
    assert "application/octet-stream" == part.content_type


@pytest.mark.parametrize(("cut", "files"), [(6, 0), (45, 0), (200, 1), (6_000, 2)])
def test_a_damaged_file_gives_what_it_has_and_is_kept(cut: int, files: int) -> None:
    """What was unpacked is listed, and so is the file itself."""
    packed = winmail(packed_file("a.pdf", PDF), packed_file("b.pdf", PDF))[:cut]

    message = parse(mail(packed, b"See."))

    assert files + 1 == len(message.attachments)
    assert "winmail.dat" == message.attachments[-1].name
    assert (cut == 6) == (DAMAGED_MARK not in message.marks)


def test_what_is_none_is_a_file_like_others() -> None:
    """And that is said."""
    message = parse(mail(b"no stream", b"See."))

    assert ["winmail.dat"] == [part.name for part in message.attachments]
    assert (PACKED_MARK,) == message.marks


@pytest.mark.parametrize(
    "packed",
    [
        winmail(*[packed_file("a", b"")] * (TNEF_FILES + 50)),
        winmail(*[attribute(0x8004, b"")] * 200_000),
        winmail(attribute(0x9003, b"\xff\xff\xff\xff" + prop(0x1000, TEXT, b"") * 300_000)),
        winmail(attribute(0x9003, properties(b"\x1e\x10\x00\x10\xff\xff\xff\xff" + bytes(4) * 1_000_000))),
        winmail(attribute(0x9003, properties(prop(0x1009, BINARY, compressed(b"{\\rtf1 " + b"{" * 400_000))))),
        winmail(attribute(0x9003, properties(prop(0x1009, BINARY, b"\0" * 8 + b"LZFu" + b"\xff\0\x0f" * 1_000_000)))),
    ],
    ids=["E-13 files", "E-13 attributes", "E-13 properties", "E-13 values", "E-13 groups", "E-13 compression"],
)
def test_e13_a_bomb_in_a_stream_costs_little(packed: bytes) -> None:
    """A limit of ours ends the reading."""
    raw = mail(packed)
    before = time.process_time()

    message = parse(raw)

    assert time.process_time() - before < 1
    assert message.attachments
    assert len(message.text) <= RTF_BYTES


def test_nesting_without_end_is_a_matter_of_depth() -> None:
    """A stream within a stream within a stream counts as parts within parts do."""
    packed = winmail()
    for _ in range(60):
        packed = winmail(packed_file("m", b"", extra=[prop(0x3701, OBJECT, INTERFACE + packed)]))

    assert parse(mail(packed)).safe_mode


def test_e13_changed_streams_never_raise() -> None:
    """Two thousand of them, each with some octets of chance."""
    chance = random.Random(13)
    whole = winmail(
        packed_file("a.pdf", PDF[:50]), attribute(0x9003, properties(prop(0x1009, BINARY, compressed(RICH))))
    )
    for _ in range(2_000):
        octets = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            octets[chance.randrange(6, len(octets))] = chance.randrange(256)
        found = tnef.read(bytes(octets))

        assert found is not None
        assert isinstance(found.text(), str)


def test_changed_rich_text_never_raises() -> None:
    """Nor does it loop."""
    chance = random.Random(14)
    for _ in range(2_000):
        octets = bytearray(RICH if chance.random() < 0.5 else compressed(PAGE))
        octets[chance.randrange(len(octets))] = chance.randrange(256)

        assert isinstance(text_of_rtf(bytes(octets)), str)


# --- opaque signatures --------------------------------------------------------------------------------

ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nThe phone is dead: \xc3\xbc.\r\n"
OPAQUE = b"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"


@pytest.mark.parametrize("packed", [signed(ENTITY), signed_in_pieces(ENTITY)], ids=["DER", "BER in pieces"])
@pytest.mark.parametrize("kind", [OPAQUE, b"application/x-pkcs7-mime", b"application/octet-stream; name=smime.p7m"])
def test_what_stands_in_a_signature_is_read(packed: bytes, kind: bytes) -> None:
    """No key is needed; that nobody verified it is said, and no identity comes from it (threats B-27)."""
    message = parse(mail(packed, kind=kind))

    assert "The phone is dead: ü." == message.text
    assert ["signed (S/MIME)"] == [claim.value for claim in message.protection]
    assert SIGNED_MARK in message.marks
    assert () == message.attachments


def test_a_signed_mail_may_have_parts_and_be_signed_again() -> None:
    """Whatever stands in the signature is a part like any other."""
    parts = mail(b"%PDF", b"Dead.", b"application/pdf; name=a.pdf")
    entity = parts[parts.index(b"Content-Type") :]
    wrapped = b"Content-Type: " + OPAQUE + b"\r\n\r\n" + signed(entity)

    message = parse(mail(signed(wrapped), kind=OPAQUE))

    assert "Dead." == message.text
    assert ["a.pdf"] == [part.name for part in message.attachments]


def test_a_signed_file_is_a_file() -> None:
    """Contracts and invoices are signed so (CAdES): octets of theirs are nobody's words."""
    kind = b"application/pkcs7-mime; name=contract.pdf.p7m"

    message = parse(mail(signed(b"%PDF-1.4: a contract"), b"See.", kind))

    assert "See." == message.text
    assert ["contract.pdf.p7m"] == [part.name for part in message.attachments]
    assert () == message.protection == message.marks


def test_a_signature_of_no_entity_stays_a_file() -> None:
    """Whatever it is called: what has no Content-Type is no part (RFC 8551 3.1)."""
    message = parse(mail(signed(b"%PDF-1.4: a contract"), b"See.", OPAQUE))

    assert "See." == message.text
    assert ["smime.p7m"] == [part.name for part in message.attachments]


def test_somebody_elses_signed_mail_is_a_file() -> None:
    """An attached message is never read as the writer's own words, signed or not."""
    message = parse(mail(signed(ENTITY), b"See.", OPAQUE.replace(b"smime.p7m", b"order.p7m")))

    assert "See." == message.text
    assert ["order.p7m"] == [part.name for part in message.attachments]


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x30\x80",
        signed(ENTITY)[:30],
        signed(ENTITY).replace(SIGNED, bytes.fromhex("06092a864886f70d010703")),
        signed_in_pieces(ENTITY).replace(b"\x24\x80\x04", b"\x24\x80\x24"),
        signed_in_pieces(b"x" * 200_001, size=1),
    ],
    ids=["empty", "begun", "cut", "enveloped", "pieces of pieces", "too many pieces"],
)
def test_what_is_no_signed_content_stays_a_file(packed: bytes) -> None:
    """Encrypted, damaged, or made to cost: it is listed, and what it is said to be is said."""
    message = parse(mail(packed, kind=OPAQUE))

    assert ["smime.p7m"] == [part.name for part in message.attachments]
    assert SIGNED_MARK not in message.marks


def test_changed_signatures_never_raise() -> None:
    """Every octet of the head is tried with every value of chance."""
    chance = random.Random(15)
    for whole in (signed(ENTITY), signed_in_pieces(ENTITY)):
        for at in range(60):
            octets = bytearray(whole)
            octets[at] = chance.randrange(256)

            assert isinstance(parse(mail(bytes(octets), kind=OPAQUE)), Message)

"""One broken parameter costs its own value, never the reading of the mail (E-7, E-10, M14, F-8)."""

import pytest

from parser.message import parse

WORDS = "The phone on the third floor is dead"
BROKEN = [
    "{}*=utf-8\0''log.txt",
    "{}*=idna''log.txt",
    "{}*=undefined''log.txt",
    "{}*0*=idna''log.txt",
    "{0}*0*=us-ascii''log; {0}*=.txt",
    "{0}*1=log; {0}*=x",
    "{}*999999999999999999999=log.txt",
]


def a_mail(part_header: str, *, kind: str = "mixed") -> bytes:
    return (
        f"From: alice@acme.example\r\nContent-Type: multipart/{kind}; boundary=cut\r\n\r\n"
        f"--cut\r\nContent-Type: text/plain\r\n\r\n{WORDS}\r\n--cut\r\n{part_header}\r\n\r\nlog line\r\n--cut--\r\n"
    ).encode()


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize(
    ("field", "name"),
    [("Content-Disposition: attachment", "filename"), ("Content-Type: application/pdf", "name")],
)
def test_e7_a_broken_file_name_costs_the_name_alone(field: str, name: str, broken: str) -> None:
    """The mail is read in full, and the file is listed under some name."""
    message = parse(a_mail(f"{field}; {broken.format(name)}"))
    assert not message.safe_mode
    assert message.text.strip() == WORDS
    assert len(message.attachments) == 1


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("name", ["charset", "format", "delsp"])
def test_e10_a_broken_parameter_of_a_text_costs_no_text(name: str, broken: str) -> None:
    """A charset or format that cannot be read is none."""
    raw = f"From: alice@acme.example\r\nContent-Type: text/plain; {broken.format(name)}\r\n\r\n{WORDS}\r\n"
    assert WORDS in parse(raw.encode()).text


@pytest.mark.parametrize("broken", BROKEN)
def test_e7_a_broken_report_type_costs_no_text(broken: str) -> None:
    """A report whose type cannot be read is known by what is in it."""
    part = "Content-Type: message/delivery-status"
    raw = a_mail(part, kind=f"report; {broken.format('report-type')}")
    message = parse(raw)
    assert message.text.strip() == WORDS
    assert [evidence.kind.value for evidence in message.automatic] == ["dsn"]


def test_d14_a_report_type_in_extended_form_is_read() -> None:
    """RFC 2231 is a way to write every parameter."""
    part = "Content-Type: message/delivery-status"
    raw = a_mail(part, kind="report; report-type*=us-ascii''delivery-status")
    assert [evidence.kind.value for evidence in parse(raw).automatic] == ["dsn"]


def test_e10_a_part_that_cannot_be_written_again_is_still_listed() -> None:
    """An attached message with an impossible field is an attachment like any other."""
    inner = (
        "Content-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?a?=\r\nX: dns; <li> Content-Disp\r\n\tosition: in\r\n"
    )
    message = parse(a_mail(inner))
    assert message.text.strip() == WORDS
    assert len(message.attachments) == 1

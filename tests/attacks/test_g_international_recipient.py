"""Whoever may open cases can be answered: names and local parts of every script (G-7, A-23)."""

import pytest

from responders.address import addr_spec
from responders.header import decoded, mailbox_field


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Jürgen Müller", "jürgen@bücher.example"),
        ("山田 太郎", "太郎@nippon.example"),
        ("Łukasz", "łukasz@acme.example"),
        ("Алиса", "алиса@acme.example"),
        ("Jürgen Müller", "juergen@acme.example"),
        ("Jones, Alice", "älice@acme.example"),
    ],
)
def test_g7_an_international_mailbox_reads_back_as_planned(name: str, address: str) -> None:
    """An encoded name beside an address in UTF-8 is a plain header field of RFC 6532."""
    text = addr_spec(address).text

    assert f"To: {name} <{text}>\r\n" == decoded(mailbox_field("To", name, text)).replace('"', "")

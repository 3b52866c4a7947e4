"""A mail whose every part is empty still says what stands in it: nothing readable ends nowhere (E-14, E-15)."""

import pytest

from parser.message import parse

WORDS = "The phone on the third floor is dead"
HEAD = "From: alice@acme.example\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(f"{HEAD}--cut--\r\n{WORDS}\r\n", id="after the closing boundary"),
        pytest.param(f"{HEAD}--cut\r\n\r\n\r\n--cut--\r\n\r\n{WORDS}\r\n", id="after an empty part"),
        pytest.param(
            f"{HEAD}{WORDS}\r\n--cut\r\nContent-Type: text/plain\r\n\r\n\r\n--cut--\r\n", id="before all parts"
        ),
        pytest.param(
            f"From: alice@acme.example\r\nContent-Type: text/html\r\n\r\n<style>p {{}}<p>{WORDS}</p>\r\n",
            id="in a style that never ends",
        ),
    ],
)
def test_e15_where_nothing_else_is_said_what_stands_there_is_read(raw: str) -> None:
    """Where no part says anything and no file is there, text too much costs a glance, text lost costs a case."""
    assert WORDS in parse(raw.encode()).text

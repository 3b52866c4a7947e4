"""Ways to hold a conversation with a relay, none of which may change what becomes of an offer."""

import asyncio
from collections.abc import Iterator

import pytest
import uvloop

from tests.responses.relay import HONEST, LOOP

_PIPELINING = HONEST["EHLO"].replace(b"250 8BITMIME", b"250-8BITMIME\r\n250 PIPELINING")


@pytest.fixture(
    params=[
        (HONEST["EHLO"], asyncio.new_event_loop),
        (_PIPELINING, asyncio.new_event_loop),
        (_PIPELINING, uvloop.new_event_loop),
    ],
    ids=["step by step", "pipelined", "pipelined on uvloop"],
)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whether an honest relay offers PIPELINING (RFC 2920), on asyncio's loop and on the service's."""
    ehlo, loop = request.param
    monkeypatch.setitem(HONEST, "EHLO", ehlo)
    token = LOOP.set(loop)
    yield
    LOOP.reset(token)

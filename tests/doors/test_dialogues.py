r"""Each dialogue of dialogues/*.smtp, on uvloop and on asyncio's own loop.

`C:` the client says this line; lines that follow one another go out in one write.
`R:` the client sends these octets, with Python's escapes. `S:` the server answers exactly
this, or what begins so where it ends in `...`. `closed`: the server closes. `stored N`: so
many messages were accepted. `lmtp`, `relay`: which door, and whether the client is a relay.
"""

from pathlib import Path

import pytest

from tests.doors.conftest import OpenHouse
from tests.doors.house import Client

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.smtp"))


def expect(client: Client, expected: str, heard: list[str]) -> None:
    if not heard:
        heard.extend(client.reply().split("\n"))
    line = heard.pop(0)
    assert line.startswith(expected.removesuffix("...")) if expected.endswith("...") else expected == line


@pytest.mark.parametrize("uv", [True, False], ids=["uvloop", "asyncio"])
@pytest.mark.parametrize("path", DIALOGUES, ids=[path.stem for path in DIALOGUES])
def test_dialogue(path: Path, uv: bool, open_house: OpenHouse) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    house = open_house(uv=uv, relays=("127.0.0.1",) if "relay" in lines else ())
    said = b""
    heard: list[str] = []
    with house.connect(1 if "lmtp" in lines else 0) as client:
        for line in lines:
            kind, _, text = line.partition(" ")
            if kind == "C:":
                said += text.encode() + b"\r\n"
                continue
            if kind == "R:":
                said += text.encode("latin-1").decode("unicode_escape").encode("latin-1")
                continue
            if said:
                client.send(said)
                said = b""
            if kind == "S:":
                expect(client, text, heard)
            elif kind == "closed":
                assert client.is_closed_by_peer()
            elif kind == "stored":
                assert int(text) == len(house.ledger.messages)
            else:
                assert kind in ("relay", "lmtp")
        assert not heard

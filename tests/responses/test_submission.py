"""What became of offering a message to a relay, told apart to the octet (threats X-23 to X-31, A-8, A-23, M24)."""

import asyncio
from typing import Any

import pytest
from aiosmtplib import SMTP

from models.limits import REPLY_CHARACTERS
from models.submission import SubmissionOutcome, SubmissionResult
from responders.relay_session import RelayAddress, Timeouts
from responders.submission import Relay
from tests.responses.builders import composed
from tests.responses.relay import DROP, LOOP, SILENCE, Script, ScriptedRelay, listening

RAW = composed().raw
SUBMITTED, DEFERRED, REFUSED, UNAVAILABLE, UNKNOWN = SubmissionOutcome
QUICK = Timeouts(connect=5, command=5, final_dot=5)
pytestmark = pytest.mark.usefixtures("way")


def offer(
    script: Script | ScriptedRelay | None = None,
    *raws: bytes,
    recipient: str = "alice@mpoc.example",
    timeouts: Timeouts = QUICK,
    smtputf8: bool = False,
    reverse_path: str = "",
    **address: Any,
) -> tuple[SubmissionResult, ScriptedRelay]:
    """Offer the messages one after the other; the last result, and what the relay saw."""

    async def run() -> tuple[SubmissionResult, ScriptedRelay]:
        scripted = script if isinstance(script, ScriptedRelay) else ScriptedRelay(script or {})
        async with listening(scripted) as port:
            settings = {"host": "127.0.0.1", "port": port, "helo": "mx.example.net", "tls": "none", **address}
            relay = Relay(RelayAddress(**settings), timeouts=timeouts)
            for raw in raws or (RAW,):
                result = await relay.submit(raw, reverse_path=reverse_path, recipient=recipient, smtputf8=smtputf8)
            await relay.close()
        return result, scripted

    with asyncio.Runner(loop_factory=LOOP.get()) as runner:
        return runner.run(run())


def test_a_taken_message_is_submitted_with_the_relays_words() -> None:
    result, relay = offer()

    assert SubmissionResult(outcome=SUBMITTED, reply="250 2.0.0 queued as 7F3A") == result
    assert relay.taken == [RAW]
    assert relay.commands[:4] == ["EHLO mx.example.net", "MAIL FROM:<>", "RCPT TO:<alice@mpoc.example>", "DATA"]


def test_a_reverse_path_is_given_as_it_is() -> None:
    _, relay = offer(reverse_path="bounce+7.abc@example.net")

    assert "MAIL FROM:<bounce+7.abc@example.net>" in relay.commands


@pytest.mark.parametrize(
    "raw",
    [b".\r\n", b"..\r\n", b"a\r\n.\r\nb\r\n", b"a\r\n..b\r\n.c\r\n", b"a\r\n.", b"no line end", b"\r\n.\r\n.\r\n"],
)
def test_lines_that_start_with_a_dot_arrive_as_they_are(raw: bytes) -> None:
    """RFC 5321 4.5.2."""
    _, relay = offer({}, raw)

    assert [raw.removesuffix(b"\r\n") + b"\r\n"] == relay.taken


@pytest.mark.parametrize("raw", [b"a\nb\r\n", b"a\rb\r\n", b"a\rb\nc\r\n", b"a\r\n.\nMAIL FROM:<>\r\n"])
def test_a_message_with_a_bare_line_end_is_never_offered(raw: bytes) -> None:
    """Another server could see two messages in it (threats A-1)."""
    result, relay = offer({}, raw)

    assert result.outcome == REFUSED
    assert relay.connections == 0


@pytest.mark.parametrize("stage", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("reply", [b"421 4.3.2 closing\r\n", b"451 4.7.1 greylisted\r\n"])
def test_x24_not_now_at_any_stage_defers(stage: str, reply: bytes) -> None:
    result, relay = offer({stage: reply})

    assert result.outcome == DEFERRED
    assert reply[:3].decode() in result.reply
    assert relay.taken == []


@pytest.mark.parametrize("stage", ["greeting", "EHLO", "MAIL"])
def test_x26_a_relay_that_refuses_us_is_unavailable(stage: str) -> None:
    result, _ = offer({stage: b"550 5.7.1 go away\r\n"})

    assert result.outcome == UNAVAILABLE
    assert "550 5.7.1 go away" in result.reply


@pytest.mark.parametrize("stage", ["RCPT", "DATA", "dot"])
def test_x25_a_refused_recipient_or_message_is_refused(stage: str) -> None:
    result, _ = offer({stage: b"550 5.1.1 no such user\r\n"})

    assert result.outcome == REFUSED
    assert "550 5.1.1 no such user" in result.reply


@pytest.mark.parametrize("stage", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_x27_a_connection_lost_before_the_body_defers(stage: str) -> None:
    result, _ = offer({stage: DROP})

    assert result.outcome == DEFERRED


@pytest.mark.parametrize(
    "answer", [DROP, SILENCE, b"hello\r\n", b"\xff\xfe\r\n"], ids=["drop", "silence", "words", "binary"]
)
def test_x23_no_greeting_is_no_relay(answer: object) -> None:
    """Nothing that greets is down for every notice, not for this one."""
    result, _ = offer({"greeting": answer}, timeouts=Timeouts(connect=0.05, command=0.05, final_dot=5))

    assert result.outcome == UNAVAILABLE


@pytest.mark.parametrize("octets", [0, 1, 100_000])
def test_x27_a_connection_lost_within_the_body_defers(octets: int) -> None:
    """More than any socket buffer holds, so that the dot cannot have been written."""
    raw = b"x" * 70 + b"\r\n"

    result, relay = offer(ScriptedRelay({}, body_octets=octets), raw * 600_000)

    assert result.outcome == DEFERRED
    assert result.reply.startswith("body: ")
    assert relay.taken == []


def test_x28_a_connection_lost_after_the_final_dot_is_unknown() -> None:
    result, _ = offer({"dot": DROP})

    assert result.outcome == UNKNOWN


def test_x28_silence_after_the_final_dot_is_unknown() -> None:
    result, _ = offer({"dot": SILENCE}, timeouts=Timeouts(connect=5, command=5, final_dot=0.05))

    assert result.outcome == UNKNOWN


def test_x28_half_a_reply_after_the_final_dot_is_unknown() -> None:
    result, _ = offer({"dot": b"250-2.0.0 que"}, timeouts=Timeouts(connect=5, command=5, final_dot=0.05))

    assert result.outcome == UNKNOWN


@pytest.mark.parametrize("stage", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_silence_before_the_body_defers(stage: str) -> None:
    result, _ = offer({stage: SILENCE}, timeouts=Timeouts(connect=0.05, command=0.05, final_dot=5))

    assert result.outcome == DEFERRED


def test_x23_nothing_listening_is_unavailable() -> None:
    async def run() -> SubmissionResult:
        async with listening(ScriptedRelay({})) as port:
            pass
        relay = Relay(RelayAddress(host="127.0.0.1", port=port, helo="mx.example.net", tls="none"), timeouts=QUICK)
        return await relay.submit(RAW, reverse_path="", recipient="alice@mpoc.example", smtputf8=False)

    result = asyncio.run(run())

    assert result.outcome == UNAVAILABLE
    assert result.reply.startswith("connect: ")


@pytest.mark.parametrize("stage", ["EHLO", "MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize(
    "reply",
    [
        b"hello?\r\n",
        b"999 what\r\n",
        b"\xff\xfe\r\n",
        b"\r\n",
        b"199 early\r\n",
        b"x" * 100_000 + b"\r\n",
        b"300 hm\r\n",
    ],
    ids=["words", "999", "binary", "empty", "199", "huge", "300"],
)
def test_x31_a_malformed_reply_defers_and_ends_the_session(stage: str, reply: bytes) -> None:
    result, relay = offer({stage: [reply, b"250 ok\r\n"]})

    assert result.outcome == DEFERRED
    assert relay.connections == 1
    assert relay.taken == []


def test_x31_data_without_354_is_not_followed_by_a_body() -> None:
    result, relay = offer({"DATA": b"250 2.0.0 queued already\r\n"})

    assert result.outcome == DEFERRED
    assert relay.commands[-1] == "DATA"


def test_x31_an_answer_before_the_dot_is_no_acceptance() -> None:
    """A relay that says 354 and 250 in one breath has not seen the message."""
    result, relay = offer({"DATA": b"354 go on\r\n250 2.0.0 queued\r\n"})

    assert result.outcome == DEFERRED
    assert "before it was asked" in result.reply
    assert relay.taken == []


def test_x31_a_reply_of_many_lines_is_one_printable_line() -> None:
    result, _ = offer(
        {"RCPT": b"550-5.7.1 no\x1b[31m\r\n550-5.7.1 gr\xc3\xbc\xdfe\r\n550 5.7.1 " + b"x" * 900 + b"\r\n"}
    )

    assert result.outcome == REFUSED
    assert result.reply.startswith("RCPT: 550 5.7.1 no\\x1b[31m 5.7.1 grü\\udcdfe 5.7.1 xxx")
    assert len(result.reply) == REPLY_CHARACTERS
    assert result.reply.isprintable()


def test_x30_whatever_quit_answers_changes_nothing() -> None:
    for answer in (b"500 what\r\n", DROP, SILENCE, b"rubbish\r\n"):
        result, _ = offer({"QUIT": answer})
        assert result.outcome == SUBMITTED


def test_x30_a_421_after_the_acceptance_is_still_an_acceptance() -> None:
    result, relay = offer({"dot": b"250 2.0.0 queued\r\n421 4.3.2 closing\r\n"})

    assert result.outcome == SUBMITTED
    assert relay.taken == [RAW]


def test_a23_without_smtputf8_at_the_relay_such_an_address_is_refused() -> None:
    result, relay = offer(recipient="jürgen@mpoc.example", smtputf8=True)

    assert result.outcome == REFUSED
    assert "SMTPUTF8" in result.reply
    assert "MAIL FROM:<>" not in relay.commands


def test_a23_with_smtputf8_at_the_relay_it_is_asked_for() -> None:
    _, relay = offer({"EHLO": b"250-relay\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"}, recipient="jürgen@straße.example")

    assert "MAIL FROM:<> BODY=8BITMIME SMTPUTF8" in relay.commands
    assert "RCPT TO:<jürgen@xn--strae-oqa.example>" in relay.commands


@pytest.mark.parametrize(
    "recipient", ["a@b.example>\r\nRCPT TO:<e@evil.example", "a@b.example,c@d.example", "a b@c.example"]
)
def test_g7_what_is_no_address_never_reaches_a_command(recipient: str) -> None:
    result, relay = offer(recipient=recipient)

    assert result.outcome == REFUSED
    assert relay.connections == 0


def test_the_private_name_of_aiosmtplib_that_we_read_is_there() -> None:
    """`_buffer`: a release that renames it must fail here, not at a relay (X-31)."""

    async def run() -> object:
        async with listening(ScriptedRelay({"greeting": b"220 hi\r\n250 too early\r\n"})) as port, asyncio.timeout(5):
            client = SMTP(hostname="127.0.0.1", port=port, start_tls=False)
            await client.connect()
            assert client.protocol is not None
            left = bytes(client.protocol._buffer)
            client.close()
        return left

    assert asyncio.run(run()) == b"250 too early\r\n"

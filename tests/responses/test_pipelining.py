"""MAIL, RCPT and DATA in one segment (RFC 2920): whatever of them is refused, the outcome is the first refusal's."""

import asyncio
import ssl

import pytest
import trustme

from models.submission import SubmissionOutcome
from responders.relay_session import SHORT_BODY, Timeouts
from tests.responses.relay import DROP, SILENCE, Script, ScriptedRelay
from tests.responses.test_submission import DEFERRED, RAW, REFUSED, SUBMITTED, UNAVAILABLE, UNKNOWN, offer

EHLO = b"250-relay\r\n250 PIPELINING\r\n"
NO_SENDER = b"503 5.5.1 no sender\r\n"
NO_RECIPIENT = b"554 5.5.1 no recipient\r\n"
ALL = ["MAIL FROM:<>", "RCPT TO:<alice@mpoc.example>", "DATA"]
pytestmark = pytest.mark.usefixtures("way")


class Reluctant(ScriptedRelay):
    """Answers nothing before it has heard DATA."""

    async def _say(self, writer: asyncio.StreamWriter, stage: str) -> bytes:
        if stage in {"MAIL", "RCPT"}:
            return b""
        if stage == "DATA":
            for earlier in ("MAIL", "RCPT"):
                await super()._say(writer, earlier)
        return await super()._say(writer, stage)


class Stuttering(ScriptedRelay):
    """Sends every octet in a segment of its own."""

    async def _say(self, writer: asyncio.StreamWriter, stage: str) -> bytes:
        answer = self.answer(stage)
        for octet in answer:
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0)
        return answer


def test_the_commands_come_in_one_group() -> None:
    result, relay = offer(Reluctant({"EHLO": EHLO}))

    assert result.outcome == SUBMITTED
    assert relay.taken == [RAW]


def test_a_relay_that_does_not_offer_it_hears_one_command_at_a_time() -> None:
    script = {"EHLO": b"250 relay\r\n", "MAIL": SILENCE}

    result, relay = offer(script, timeouts=Timeouts(connect=5, command=0.5, final_dot=5))

    assert result.outcome == DEFERRED
    assert relay.commands == ["EHLO mx.example.net", "MAIL FROM:<>"]


def test_what_was_offered_before_tls_does_not_count_within() -> None:
    """RFC 3207 4.2: what was said in the clear is forgotten."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    class Forgetful(ScriptedRelay):
        def answer(self, stage: str) -> bytes:
            return b"250 relay\r\n" if stage == "EHLO" and "STARTTLS" in self.commands else super().answer(stage)

    relay = Forgetful({"EHLO": b"250-relay\r\n250-STARTTLS\r\n250 PIPELINING\r\n", "MAIL": SILENCE}, tls=context)
    offer(relay, tls="opportunistic", timeouts=Timeouts(connect=5, command=0.5, final_dot=5))

    assert relay.commands[-1] == "MAIL FROM:<>"


def test_within_tls_too() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    relay = Reluctant({"EHLO": b"250-relay\r\n250-STARTTLS\r\n250 PIPELINING\r\n"}, tls=context)

    result, _ = offer(relay, RAW, b"x" * 70 + b"\r\n" * SHORT_BODY, RAW, tls="opportunistic")

    assert result.outcome == SUBMITTED
    assert relay.connections == 1
    assert len(relay.taken) == 3


def test_replies_may_come_in_any_pieces() -> None:
    many_lines = b"250-2.1.5 alice\r\n250-2.1.5 is\r\n250 2.1.5 fine\r\n"

    result, relay = offer(Stuttering({"EHLO": EHLO, "RCPT": many_lines}), RAW, RAW)

    assert result.outcome == SUBMITTED
    assert result.reply == "250 2.0.0 queued as 7F3A"
    assert relay.connections == 1
    assert relay.taken == [RAW, RAW]


@pytest.mark.parametrize(
    ("script", "outcome", "words"),
    [
        ({"MAIL": b"451 4.3.0 a\r\n", "RCPT": NO_SENDER, "DATA": NO_SENDER}, DEFERRED, "MAIL: 451 4.3.0 a"),
        ({"MAIL": b"550 5.7.1 b\r\n", "RCPT": NO_SENDER, "DATA": NO_SENDER}, UNAVAILABLE, "MAIL: 550 5.7.1 b"),
        ({"RCPT": b"450 4.2.0 c\r\n", "DATA": NO_RECIPIENT}, DEFERRED, "RCPT: 450 4.2.0 c"),
        ({"RCPT": b"550-5.1.1 d\r\n550 5.1.1 e\r\n", "DATA": NO_RECIPIENT}, REFUSED, "RCPT: 550 5.1.1 d 5.1.1 e"),
        ({"DATA": b"451 4.3.0 f\r\n"}, DEFERRED, "DATA: 451 4.3.0 f"),
        ({"DATA": b"552 5.2.2 g\r\n"}, REFUSED, "DATA: 552 5.2.2 g"),
        ({"dot": b"552 5.3.4 h\r\n"}, REFUSED, "final dot: 552 5.3.4 h"),
    ],
    ids=["MAIL 4xx", "MAIL 5xx", "RCPT 4xx", "RCPT 5xx", "DATA 4xx", "DATA 5xx", "dot 5xx"],
)
def test_the_first_refusal_is_the_outcome_and_the_session_goes_on(
    script: Script, outcome: SubmissionOutcome, words: str
) -> None:
    result, relay = offer({"EHLO": EHLO, **script}, RAW, RAW)

    assert (outcome, words) == (result.outcome, result.reply)
    assert relay.connections == 1
    assert relay.commands[:9] == ["EHLO mx.example.net", *ALL, "RSET", *ALL, "RSET"]
    assert relay.taken == []


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ({"MAIL": b"550 5.7.1 no\r\n", "RCPT": NO_SENDER}, UNAVAILABLE),
        ({"MAIL": b"550 5.7.1 no\r\n"}, UNAVAILABLE),
        ({"RCPT": b"550 5.1.1 no\r\n"}, REFUSED),
        ({"RCPT": b"450 4.2.0 no\r\n"}, DEFERRED),
    ],
)
def test_a_body_that_is_granted_after_a_refusal_is_never_sent(script: Script, outcome: SubmissionOutcome) -> None:
    """Not even an empty one: the session is given up."""
    result, relay = offer({"EHLO": EHLO, "DATA": b"354 go on\r\n", **script}, RAW, RAW)

    assert result.outcome == outcome
    assert relay.connections == 2
    assert relay.commands[-1] == "DATA"
    assert not relay.body_read.is_set()
    assert relay.taken == []


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_x24_a_relay_that_closes_in_the_midst_of_a_group_is_left(stage: str) -> None:
    """The replies to the rest of the group never come, and are not waited for."""

    class Closing(ScriptedRelay):
        async def _say(self, writer: asyncio.StreamWriter, said: str) -> bytes:
            answer = await super()._say(writer, said)
            if said == stage:
                writer.write_eof()
                await asyncio.sleep(0.05)  # what comes meanwhile is not read; to close now would destroy the answer
                raise ConnectionResetError
            return answer

    result, relay = offer(Closing({"EHLO": EHLO, stage: b"421 4.3.2 closing\r\n"}), RAW)

    assert (DEFERRED, f"{stage}: 421 4.3.2 closing") == (result.outcome, result.reply)
    assert relay.taken == []


@pytest.mark.parametrize("rest", [DROP, b"rubbish\r\n", b"421 4.3.2 closing\r\n", b"99\r\n"])
def test_whatever_becomes_of_the_rest_of_a_group_a_refusal_stays_one(rest: bytes) -> None:
    class Late(ScriptedRelay):
        """Breaks off only when the refusal has been read."""

        async def _say(self, writer: asyncio.StreamWriter, stage: str) -> bytes:
            if stage == "DATA":
                await asyncio.sleep(0.02)
            return await super()._say(writer, stage)

    result, relay = offer(Late({"EHLO": EHLO, "RCPT": b"550 5.1.1 no\r\n", "DATA": rest}), RAW)

    assert result.outcome == REFUSED
    assert relay.taken == []


def test_x31_a_relay_that_forgets_a_command_of_the_group_defers() -> None:
    result, relay = offer({"EHLO": EHLO, "RCPT": SILENCE}, timeouts=Timeouts(connect=5, command=0.5, final_dot=5))

    assert result.outcome == DEFERRED
    assert relay.taken == []


def test_x31_a_relay_that_answers_more_than_it_was_asked_gets_no_body() -> None:
    result, relay = offer({"EHLO": EHLO, "RCPT": b"250 2.1.5 ok\r\n250 2.1.5 ok\r\n"})

    assert result.outcome == DEFERRED
    assert relay.taken == []


@pytest.mark.parametrize("octets", [SHORT_BODY - 1, SHORT_BODY, SHORT_BODY + 1])
@pytest.mark.parametrize(
    ("answer", "outcome"), [(b"250 2.0.0 ok\r\n", SUBMITTED), (DROP, UNKNOWN), (b"552 5.3.4 big\r\n", REFUSED)]
)
def test_x28_a_body_of_any_length_ends_alike(octets: int, answer: bytes, outcome: SubmissionOutcome) -> None:
    raw = b"x" * (octets - 5) + b"\r\n"

    result, relay = offer({"EHLO": EHLO, "dot": answer}, raw)

    assert result.outcome == outcome
    assert relay.taken == ([raw] if outcome == SUBMITTED else [])


def test_x27_what_is_held_back_is_dropped_with_the_session() -> None:
    """A relay that reads nothing after DATA: once we have given up, the end of the body never comes."""

    class Deaf(ScriptedRelay):
        async def _read_body(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.sleep(1)
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            await super()._read_body(reader, writer)

    big = (b"x" * 70 + b"\r\n") * 600_000
    result, relay = offer(Deaf({"EHLO": EHLO}), big, timeouts=Timeouts(connect=5, command=0.5, final_dot=5))

    assert result.outcome == DEFERRED
    assert relay.taken == []

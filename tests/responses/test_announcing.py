"""The next notice is announced behind the final dot of the last (RFC 2920 3.1): one's failure is one's own."""

import asyncio

import pytest

from models.submission import SubmissionOutcome, SubmissionResult
from responders.relay_session import SHORT_BODY, RelayAddress, Timeouts
from responders.submission import Relay
from tests.responses.relay import DROP, LOOP, SILENCE, ScriptedRelay, listening
from tests.responses.test_submission import DEFERRED, RAW, REFUSED, SUBMITTED, UNKNOWN

EHLO = b"250-relay\r\n250 PIPELINING\r\n"
TEN = range(10)
QUICK = Timeouts(connect=5, command=1, final_dot=1)
pytestmark = pytest.mark.usefixtures("way")


class Choosy(ScriptedRelay):
    """Answers otherwise at one stage of one recipient's message, and only there."""

    def __init__(self, stage: str, reply: bytes, *, only_once: bool = False, recipient: int = 3) -> None:
        super().__init__({"EHLO": EHLO})
        self._stage, self._reply, self._recipient = stage, reply, f"RCPT TO:<a{recipient}@mpoc.example>"
        self._only_once = only_once
        self.accepted: list[str] = []

    async def _say(self, writer: asyncio.StreamWriter, stage: str) -> bytes:
        answer = await super()._say(writer, stage)
        if answer == SILENCE:
            await asyncio.Event().wait()  # for good: not another word in this session
        if stage == "dot" and answer.startswith(b"2"):
            self.accepted.append(self._named())
        return answer

    def _named(self) -> str:
        return next((line for line in reversed(self.commands) if line.startswith("RCPT")), "")

    def answer(self, stage: str) -> bytes:
        if stage == self._stage and self._named() == self._recipient:
            if self._only_once:
                self._recipient = ""
            return self._reply
        return super().answer(stage)


class Patient(ScriptedRelay):
    """Says nothing to a final dot before it has heard what comes behind it."""

    async def _say(self, writer: asyncio.StreamWriter, stage: str) -> bytes:
        if stage == "dot" and len(self.taken) < len(TEN):
            return b""
        if stage == "MAIL" and self.taken:
            await super()._say(writer, "dot")
        return await super()._say(writer, stage)


def offer_ten(relay: ScriptedRelay, *, body: bytes = RAW, timeouts: Timeouts = QUICK) -> list[SubmissionResult]:
    """Offer ten messages over one lane; the results in order."""

    async def run() -> list[SubmissionResult]:
        async with listening(relay) as port:
            address = RelayAddress(host="127.0.0.1", port=port, helo="mx.example.net", tls="none")
            ours = Relay(address, timeouts=timeouts, connections=1)
            results = await asyncio.gather(
                *[
                    ours.submit(body, reverse_path="", recipient=f"a{number}@mpoc.example", smtputf8=False)
                    for number in TEN
                ]
            )
            await ours.close()
        return list(results)

    with asyncio.Runner(loop_factory=LOOP.get()) as runner:
        return runner.run(run())


def others(results: list[SubmissionResult], *numbers: int) -> set[SubmissionOutcome]:
    return {result.outcome for number, result in enumerate(results) if number not in numbers}


@pytest.mark.parametrize("octets", [100, SHORT_BODY - 20, SHORT_BODY + 20])
def test_what_follows_is_announced_before_the_dot_is_answered(octets: int) -> None:
    relay = Patient({"EHLO": EHLO})

    results = offer_ten(relay, body=b"x" * octets + b"\r\n")

    assert others(results) == {SUBMITTED}
    assert relay.connections == 1
    assert len(relay.taken) == len(TEN)
    assert "RSET" not in relay.commands


@pytest.mark.parametrize(
    ("stage", "reply", "outcome", "resets"),
    [
        ("MAIL", b"451 4.3.0 not now\r\n", DEFERRED, 1),
        ("RCPT", b"451 4.7.1 greylisted\r\n", DEFERRED, 1),
        ("RCPT", b"550 5.1.1 nobody\r\n", REFUSED, 1),
        ("DATA", b"554 5.7.1 no\r\n", REFUSED, 1),
        ("dot", b"451 4.3.0 not now\r\n", DEFERRED, 0),
        ("dot", b"552 5.3.4 too big\r\n", REFUSED, 0),
    ],
)
def test_a_refusal_of_one_of_ten_is_its_own(stage: str, reply: bytes, outcome: SubmissionOutcome, resets: int) -> None:
    """To a final dot it needs no RSET: with that the relay has forgotten the transaction (RFC 5321 4.1.1.4)."""
    recipient = 3 if stage != "MAIL" else 2  # MAIL is answered when the last one named is the one before
    relay = Choosy(stage, reply, recipient=recipient, only_once=stage == "MAIL")

    results = offer_ten(relay)

    assert results[3].outcome == outcome
    assert others(results, 3) == {SUBMITTED}
    assert relay.connections == 1
    assert relay.commands.count("RSET") == resets
    assert len(relay.taken) == len(TEN) - 1


@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
def test_x27_a_connection_lost_in_the_midst_of_what_was_announced_costs_one_a_retry(stage: str) -> None:
    relay = Choosy(stage, DROP)

    results = offer_ten(relay)

    assert results[3].outcome == DEFERRED
    assert others(results, 3) == {SUBMITTED}
    assert relay.connections == 2
    assert len(relay.taken) == len(TEN) - 1


def test_x27_a_connection_lost_before_anything_was_said_about_a_message_costs_nothing() -> None:
    """The 421 with which a relay ends a session after so many messages."""
    relay = Choosy("MAIL", b"421 4.7.0 too many messages\r\n", recipient=2, only_once=True)

    results = offer_ten(relay)

    assert others(results) == {SUBMITTED}
    assert relay.connections == 2
    assert len(relay.taken) == len(TEN)


@pytest.mark.parametrize("reply", [DROP, SILENCE])
def test_x28_nothing_heard_after_a_final_dot_is_unknown_for_one_alone(reply: bytes) -> None:
    """What was announced behind it has no body there, so that it is offered anew, once."""
    relay = Choosy("dot", reply)

    results = offer_ten(relay)

    assert results[3].outcome == UNKNOWN
    assert others(results, 3) == {SUBMITTED}
    assert len(relay.accepted) == len(set(relay.accepted)) == len(TEN) - 1


def test_x30_a_421_behind_an_acceptance_costs_nothing() -> None:
    relay = Choosy("dot", b"250 2.0.0 queued\r\n421 4.3.2 closing\r\n")

    results = offer_ten(relay)

    assert others(results) == {SUBMITTED}


def test_what_needs_smtputf8_is_not_announced_to_a_relay_without_it() -> None:
    async def run() -> list[SubmissionResult]:
        async with listening(relay) as port:
            address = RelayAddress(host="127.0.0.1", port=port, helo="mx.example.net", tls="none")
            ours = Relay(address, timeouts=QUICK, connections=1)
            results = await asyncio.gather(
                *[
                    ours.submit(RAW, reverse_path="", recipient=recipient, smtputf8=False)
                    for recipient in ("a@mpoc.example", "jürgen@mpoc.example", "b@mpoc.example")
                ]
            )
            await ours.close()
        return list(results)

    relay = ScriptedRelay({"EHLO": EHLO})
    with asyncio.Runner(loop_factory=LOOP.get()) as runner:
        outcomes = [result.outcome for result in runner.run(run())]

    assert outcomes == [SUBMITTED, REFUSED, SUBMITTED]
    assert relay.connections == 1


def test_an_announced_message_that_is_given_up_is_not_offered_and_its_session_is_left() -> None:
    async def run() -> None:
        async with listening(relay) as port:
            address = RelayAddress(host="127.0.0.1", port=port, helo="mx.example.net", tls="none")
            ours = Relay(address, timeouts=QUICK, connections=1)
            offers = [
                asyncio.create_task(ours.submit(RAW, reverse_path="", recipient=f"a{n}@mpoc.example", smtputf8=False))
                for n in range(2)
            ]
            await asyncio.wait_for(relay.body_read.wait(), 5)
            offers[1].cancel()
            assert (await offers[0]).outcome == SUBMITTED
            await asyncio.wait_for(relay.closed.wait(), 5)
            await ours.close()

    class Slow(ScriptedRelay):
        async def _say(self, writer: asyncio.StreamWriter, stage: str) -> bytes:
            if stage == "dot":
                await asyncio.sleep(0.05)
            return await super()._say(writer, stage)

    relay = Slow({"EHLO": EHLO})
    with asyncio.Runner(loop_factory=LOOP.get()) as runner:
        runner.run(run())

    assert relay.taken == [RAW]
    assert "QUIT" not in relay.commands

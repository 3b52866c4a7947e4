"""Sessions with the relay: reused, bounded, secured as the mode wants (threats A-8)."""

import asyncio
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import trustme

from models.submission import SubmissionOutcome, SubmissionResult
from responders.maildir import Maildir
from responders.relay_session import RelayAddress
from responders.submission import Relay, open_submission
from tests.responses.builders import composed
from tests.responses.relay import DROP, SILENCE, ScriptedRelay, listening
from tests.responses.test_submission import DEFERRED, QUICK, RAW, SUBMITTED, UNAVAILABLE, offer

STARTTLS = b"250-relay\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"
pytestmark = pytest.mark.usefixtures("way")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def submit_all(scripted: ScriptedRelay, count: int, **limits: Any) -> list[SubmissionResult]:
    """Offer `count` messages at once."""

    async def run() -> list[SubmissionResult]:
        async with listening(scripted) as port:
            address = RelayAddress(host="127.0.0.1", port=port, helo="mx.example.net", tls="none")
            relay = Relay(address, timeouts=QUICK, **limits)
            offers = [
                relay.submit(RAW, reverse_path="", recipient=f"a{number}@mpoc.example", smtputf8=False)
                for number in range(count)
            ]
            results: Sequence[SubmissionResult] = await asyncio.gather(*offers)
            await relay.close()
        return list(results)

    return asyncio.run(run())


def outcomes(results: Sequence[SubmissionResult]) -> set[SubmissionOutcome]:
    return {result.outcome for result in results}


def test_messages_share_a_connection() -> None:
    _, relay = offer({}, RAW, RAW, RAW)

    assert relay.connections == 1
    assert len(relay.taken) == 3


def test_connections_are_bounded() -> None:
    relay = ScriptedRelay({})

    assert {SUBMITTED} == outcomes(submit_all(relay, 30, connections=3))
    assert relay.connections == 3
    assert len(relay.taken) == 30


def test_a_worn_connection_is_replaced() -> None:
    relay = ScriptedRelay({})

    assert {SUBMITTED} == outcomes(submit_all(relay, 10, connections=1, transactions_per_connection=5))
    assert relay.connections == 2
    assert relay.commands.count("QUIT") == 2


def test_after_a_refused_recipient_the_connection_is_reused() -> None:
    _, relay = offer({"RCPT": b"550 5.1.1 no\r\n"}, RAW, RAW)

    assert relay.connections == 1
    assert relay.commands.count("RSET") == 2


def test_a_relay_that_will_not_reset_is_left() -> None:
    _, relay = offer({"RCPT": b"550 5.1.1 no\r\n", "RSET": b"502 5.5.1 what\r\n"}, RAW, RAW)

    assert relay.connections == 2


@pytest.mark.parametrize("ending", [b"421 4.4.2 idle too long\r\n", DROP])
def test_a_connection_that_ended_while_idle_is_replaced_at_once(ending: bytes) -> None:
    """The second message finds a stale connection; nothing had been said about it, so it is offered again."""

    class Forgetful(ScriptedRelay):
        def answer(self, stage: str) -> bytes:
            stale = stage == "MAIL" and self.connections == 1 and len(self.taken) == 1
            return ending if stale else super().answer(stage)

    result, relay = offer(Forgetful({}), RAW, RAW)

    assert result.outcome == SUBMITTED
    assert relay.connections == 2
    assert len(relay.taken) == 2


def test_an_idle_connection_is_closed() -> None:
    async def run() -> ScriptedRelay:
        scripted = ScriptedRelay({})
        async with listening(scripted) as port:
            address = RelayAddress(host="127.0.0.1", port=port, helo="mx.example.net", tls="none")
            relay = Relay(address, timeouts=QUICK, idle_seconds=0.01)
            await relay.submit(RAW, reverse_path="", recipient="alice@mpoc.example", smtputf8=False)
            await asyncio.wait_for(scripted.closed.wait(), 5)
        return scripted

    assert asyncio.run(run()).commands[-1] == "QUIT"


def test_a_cancelled_offer_leaves_no_connection_behind() -> None:
    async def run() -> ScriptedRelay:
        scripted = ScriptedRelay({"dot": SILENCE})
        async with listening(scripted) as port:
            address = RelayAddress(host="127.0.0.1", port=port, helo="mx.example.net", tls="none")
            relay = Relay(address, timeouts=QUICK)
            offered = asyncio.create_task(
                relay.submit(RAW, reverse_path="", recipient="alice@mpoc.example", smtputf8=False)
            )
            await asyncio.wait_for(scripted.body_read.wait(), 5)
            offered.cancel()
            with pytest.raises(asyncio.CancelledError):
                await offered
            await asyncio.wait_for(scripted.closed.wait(), 5)
        return scripted

    assert "QUIT" not in asyncio.run(run()).commands


def test_a8_required_tls_is_used(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    relay = ScriptedRelay({"EHLO": STARTTLS}, tls=server_tls)

    result, _ = offer(relay, tls="required", tls_context=client_tls, user="desk", password="secret")

    assert result.outcome == SUBMITTED
    assert relay.commands[:3] == ["EHLO mx.example.net", "STARTTLS", "EHLO mx.example.net"]
    assert relay.commands[3].startswith("AUTH PLAIN ")
    assert relay.taken == [RAW]


def test_a8_required_tls_that_is_not_offered_defers_and_says_nothing(client_tls: ssl.SSLContext) -> None:
    """A man in the middle who removes STARTTLS gets neither mail nor password."""
    result, relay = offer({}, tls="required", tls_context=client_tls, user="desk", password="secret")

    assert result.outcome == DEFERRED
    assert relay.commands == ["EHLO mx.example.net"]


def test_a8_a_certificate_of_another_authority_defers(server_tls: ssl.SSLContext) -> None:
    relay = ScriptedRelay({"EHLO": STARTTLS}, tls=server_tls)

    result, _ = offer(relay, tls="required")

    assert result.outcome == DEFERRED
    assert "certificate verify failed" in result.reply
    assert relay.taken == []


def test_a8_a_relay_that_refuses_starttls_is_unavailable(client_tls: ssl.SSLContext) -> None:
    script = {"EHLO": STARTTLS, "STARTTLS": b"554 5.7.3 no\r\n"}

    result, relay = offer(script, tls="required", tls_context=client_tls)

    assert result.outcome == UNAVAILABLE
    assert "MAIL FROM:<>" not in relay.commands


def test_opportunistic_tls_takes_any_certificate(server_tls: ssl.SSLContext) -> None:
    relay = ScriptedRelay({"EHLO": STARTTLS}, tls=server_tls)

    result, _ = offer(relay, tls="opportunistic")

    assert result.outcome == SUBMITTED
    assert "STARTTLS" in relay.commands


@pytest.mark.parametrize(
    "answer", [b"454 4.7.0 not now\r\n", DROP, b"220 go\r\nnot TLS\r\n"], ids=["454", "drop", "no TLS"]
)
def test_opportunistic_tls_that_fails_is_done_without(answer: bytes) -> None:
    """RFC 7435; a relay of ours with a broken certificate still gets the mail."""
    result, relay = offer({"EHLO": STARTTLS, "STARTTLS": answer}, tls="opportunistic")

    assert result.outcome == SUBMITTED
    assert relay.connections == 2


def test_credentials_are_never_sent_in_the_clear() -> None:
    result, relay = offer(
        {"EHLO": b"250-relay\r\n250 AUTH PLAIN\r\n"}, tls="opportunistic", user="desk", password="secret"
    )

    assert result.outcome == DEFERRED
    assert relay.commands == ["EHLO mx.example.net"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(b"535 5.7.8 wrong\r\n", UNAVAILABLE), (b"454 4.7.0 later\r\n", DEFERRED)],
    ids=["535", "454"],
)
def test_x26_refused_credentials(
    answer: bytes, outcome: SubmissionOutcome, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    relay = ScriptedRelay({"EHLO": STARTTLS, "AUTH": answer}, tls=server_tls)

    result, _ = offer(relay, tls="required", tls_context=client_tls, user="desk", password="secret")

    assert outcome == result.outcome
    assert "MAIL FROM:<>" not in relay.commands


def test_a_relay_without_auth_is_unavailable_to_whoever_needs_it() -> None:
    result, _ = offer({}, tls="none", user="desk", password="secret")

    assert result.outcome == UNAVAILABLE


def test_tls_from_the_first_octet(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async def run() -> tuple[SubmissionResult, ScriptedRelay]:
        scripted = ScriptedRelay({})
        async with listening(scripted, implicit_tls=server_tls) as port:
            relay = open_submission(
                f"smtps://127.0.0.1:{port}", helo="mx.example.net", tls_context=client_tls, timeouts=QUICK
            )
            big = composed().raw + b"x" * 70 + b"\r\n" * 300_000
            result = await relay.submit(big, reverse_path="", recipient="alice@mpoc.example", smtputf8=False)
            await relay.close()
        return result, scripted

    result, scripted = asyncio.run(run())

    assert result.outcome == SUBMITTED
    assert len(scripted.taken) == 1


def test_a_url_names_the_way_out(tmp_path: Path) -> None:
    async def run() -> None:
        assert isinstance(open_submission("smtp://[::1]:2525", helo="mx.example.net"), Relay)
        assert isinstance(open_submission("smtp://relay.example", helo="mx.example.net"), Relay)
        assert isinstance(open_submission(f"maildir:{tmp_path}/box", helo="mx.example.net"), Maildir)

    asyncio.run(run())


@pytest.mark.parametrize(
    "url",
    ["", "relay.example", "maildir:", "http://x", "smtp://", "smtp://u:p@relay.example", "smtp://relay.example/x"],
)
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"relay|user"):
        open_submission(url, helo="mx.example.net")

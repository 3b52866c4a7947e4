"""Exceptions and held mail by command: each act once, with its reason, and what it did in words."""

import io
from pathlib import Path

import pytest

from intake import composition, configuration
from models.mail import LOCAL, Envelope, Route
from models.store import inbox
from models.store.inbox import Arrival
from tests.builders import a_mail
from tests.cli.conftest import HELD, NOW, SETTLED, Run, sql, worked_on
from tests.cli.desk import AGENT, MPOC

UNPROVED = 7
HOP = "Received: from c (c.example [203.0.113.9]) by mx.example.net (Postfix); Mon, 23 Nov 2026 16:00:00 +0000\r\n"


@pytest.fixture
def aligned(worked: Path) -> Path:
    """The worked installation, asking for proof from now on, with one mail of Alice's that nothing proves."""
    file = worked / "casegate.toml"
    file.write_text(
        file.read_text()
        .replace('mode = "address"', 'mode = "aligned"')
        .replace('authserv_id = ""', 'authserv_id = "mx.example.net"')
    )
    raw = HOP.encode() + a_mail(message_id="7@client.example", subject="Unproved")
    arrive(worked, raw, MPOC)
    return worked


def arrive(directory: Path, raw: bytes, reverse_path: str) -> None:
    database = composition.open_database(configuration.load(directory / "casegate.toml", {}))
    envelope = Envelope(
        route=Route.LMTP, reverse_path=reverse_path, forward_paths=("support@example.net",), relay=LOCAL
    )
    with database.write() as connection:
        inbox.accept(connection, [Arrival(envelope, NOW, io.BytesIO(raw), len(raw))])
    database.close()
    worked_on(directory)


def test_the_exact_line_is_proposed_and_works(run: Run, aligned: Path) -> None:
    """`held show` and `check` name the command; run as it stands it lets in what was held."""
    (row,) = run("held", "show", str(UNPROVED), "--json").json
    proposed = row["held"]["trust_command"]
    assert f"casegate org trust Acme {MPOC} --path ip:203.0.113.9" in proposed
    assert proposed in run("check").out

    done = run("org", "trust", "Acme", MPOC, "--path", "ip:203.0.113.9", "--because", "their own server")

    assert (0, f"{MPOC} is trusted by ip:203.0.113.9\n") == (done.code, done.out.split("decided")[0])
    worked_on(aligned)
    (row,) = run("explain", str(UNPROVED), "--json").json
    assert ("settled", "mpoc_opens_case") == (row["state"], row["decisions"][-1]["rule"])
    assert proposed not in run("check").out
    assert "their own server" in run("org", "show", "Acme").out
    assert 0 == run("verify").code


def test_an_exception_is_made_and_ended_once(run: Run) -> None:
    """A second time changes nothing; what is not there cannot be ended."""
    words = ("org", "trust", "Acme", MPOC, "--path", "spf:esp.example", "--because", "they send so")
    assert "is trusted by spf:esp.example\n" in run(*words).out
    assert "is trusted by spf:esp.example already\n" in run(*words).out
    assert 1 == len(run("org", "show", "Acme", "--json").json["exceptions"])

    ends = ("org", "untrust", "Acme", MPOC, "--because", "they sign now")
    assert [0, 1] == [run(*ends).code, run(*ends).code]
    assert [] == run("org", "show", "Acme", "--json").json["exceptions"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Acne", MPOC, "--path", "ip:203.0.113.9"], "there is no organisation 'Acne'"),
        (["Acme", "alice", "--path", "ip:203.0.113.9"], "is no address"),
        (["Acme", MPOC, "--path", "203.0.113.9"], "is no path: write spf:DOMAIN or ip:NETWORK"),
        (["Acme", MPOC, "--path", "ip:0.0.0.0/0"], "too wide"),
        (["Acme", MPOC, "--path", "ip:203.0.113.9/24"], "is no network"),
        (["Acme", MPOC, "--path", "spf:not a domain"], "is no domain"),
    ],
)
def test_what_is_no_exception_is_refused(run: Run, arguments: list[str], words: str) -> None:
    """One line that says what is wrong."""
    done = run("org", "trust", *arguments, "--because", "why")

    assert (1, 1) == (done.code, len(done.err.splitlines()))
    assert words in done.err


def test_an_exception_needs_a_reason(run: Run) -> None:
    """An empty one is none."""
    assert 1 == run("org", "trust", "Acme", MPOC, "--path", "ip:203.0.113.9", "--because", " ").code


@pytest.mark.parametrize("name", ["dana", AGENT])
def test_an_agents_address_is_trusted_and_not(run: Run, name: str) -> None:
    """By login or address."""
    assert 0 == run("agent", "trust", name, "--path", "ip:203.0.113.9", "--because", "works from home").code
    assert "works from home" in run("agent", "show", "dana").out
    assert 0 == run("agent", "untrust", name, "--because", "left").code
    assert "works from home" not in run("agent", "show", "dana").out


def test_a_held_message_is_released_once(run: Run, worked: Path) -> None:
    """In an MPOC's name; a second time says so and changes nothing."""
    words = ("held", "release", str(HELD), "--as", MPOC, "--because", "Alice asked by phone")

    first, second = run(*words), run(*words)
    worked_on(worked)
    third = run(*words)

    assert [0, 0, 0] == [first.code, second.code, third.code]
    assert f"message {HELD} is released and decided anew" in first.out
    assert f"message {HELD} was released before\n" == second.out == third.out
    (row,) = run("explain", str(HELD), "--json").json
    assert ("settled", "mpoc_opens_case") == (row["state"], row["decisions"][-1]["rule"])
    assert 1 == len([event for event in row["events"] if event["kind"] == "held.release"])
    assert 0 == run("verify").code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([str(SETTLED)], "is not held"),
        (["999"], "is not held"),
        ([str(HELD), "--as", "nobody@acme.example"], "there is no contact with the address"),
        ([str(HELD), "--case", "CG-009999"], "there is no case"),
    ],
)
def test_what_cannot_be_released_is_refused(run: Run, arguments: list[str], words: str) -> None:
    """One line, and the message stays as it is."""
    done = run("held", "release", *arguments, "--because", "why")

    assert (1, 1) == (done.code, len(done.err.splitlines()))
    assert words in done.err
    assert "held" == run("explain", str(HELD), "--json").json[0]["state"]


def test_no_mpoc_no_release(run: Run, worked: Path) -> None:
    """A message is let in in the name of somebody who may write today."""
    sql(worked, "UPDATE contact_role SET role = 'billing'")

    done = run("held", "release", str(HELD), "--as", MPOC, "--because", "why")

    assert (1, True) == (done.code, "is no MPOC of Acme today" in done.err)


@pytest.mark.parametrize(("verb", "fate"), [("reject", "reject"), ("drop", "drop")])
def test_a_held_message_is_ended_once(run: Run, verb: str, fate: str) -> None:
    """Settled by that, with who and why; the second time there is nothing held."""
    first = run("held", verb, str(HELD), "--because", "spam")
    second = run("held", verb, str(HELD), "--because", "spam")

    assert [0, 1] == [first.code, second.code]
    (row,) = run("explain", str(HELD), "--json").json
    assert ("settled", fate) == (row["state"], row["settlement"]["fate"])
    assert row["decisions"][-1]["because"].endswith(": spam")
    assert 0 == run("verify").code

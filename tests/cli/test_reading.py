"""What commands tell: tables for people, JSON with stable keys for programs."""

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from intake.status import age
from tests.architecture.test_documentation import DOCS
from tests.cli.conftest import DISREGARDED, DUPLICATE, FROM_HOSTILE, HELD, NOTICES, PARKED, SETTLED, Run, mails, sql
from tests.cli.desk import AGENT, MPOC

_ROW = re.compile(r"\| (`[^|]+`) \|\s*([^|]+?)\s*\|$")


def documented() -> dict[str, list[str]]:
    """The keys of each command's JSON, as docs/cli.md promises them; "the same" are those of the line above."""
    _, _, page = (DOCS / "cli.md").read_text("utf-8").partition("## Keys of `--json`")
    found: dict[str, list[str]] = {}
    above: list[str] = []
    for row in filter(None, map(_ROW.match, page.splitlines())):
        words = re.sub(r"a list of: |\(a list\)| ", "", row[2]).replace(",and", ",").split(",")
        above = sorted({*(above if "thesame" in words else []), *words} - {"thesame"})
        found.update({command.strip(" `"): above for command in row[1].split(",")})
    return found


EXAMPLES = {
    "case list": "case list",
    "case show": "case show CG-000001",
    "explain": "explain 1",
    "held list": "held list",
    "held show": f"held show {HELD}",
    "parked list": "parked list",
    "parked show": f"parked show {PARKED}",
    "outbox list": "outbox list",
    "outbox show": "outbox show 1",
    "template list": "template list",
}


@pytest.mark.parametrize("command", EXAMPLES)
def test_json_has_the_keys_that_are_documented(run: Run, command: str) -> None:
    """Programs may rely on the keys in docs/cli.md; there are no others."""
    answer = run(*EXAMPLES[command].split(), "--json").json
    row: dict[str, Any] = answer[0] if isinstance(answer, list) else answer

    assert documented().get(command) == sorted(row)


@pytest.mark.parametrize("command", [*EXAMPLES.values(), "verify", "check --local"])
def test_json_is_one_document_and_nothing_else(run: Run, command: str) -> None:
    """Standard output is JSON from the first octet to the last; times are RFC 3339 in UTC."""
    done = run(*command.split(), "--json")

    assert ("", True) == (done.err, done.out.endswith("\n"))
    for moment in re.findall(r'"(\d{4}-\d\d-\d\dT[^"]*)"', done.out):
        assert ("Z", True) == (moment[-1], datetime.fromisoformat(moment).tzinfo is not None)
    json.loads(done.out)


def test_cases_are_listed_newest_first(run: Run) -> None:
    """A line for each case, under a heading."""
    heading, newest, oldest = run("case", "list").out.splitlines()

    assert ["case", "organisation", "priority", "status", "subject"] == heading.split()[:5]
    assert ["CG-000002", "CG-000001"] == [newest.split()[0], oldest.split()[0]]
    assert ["Acme", "P4", "New", "No", "dial", "tone"] == oldest.split()[1:7]


@pytest.mark.parametrize(
    ("options", "cases"),
    [
        ("--org Acme", ["CG-000002", "CG-000001"]),
        ("--status new", ["CG-000002", "CG-000001"]),
        ("--status Closed", []),
        ("--search DIAL", ["CG-000001"]),
        ("--search %", []),
        ("--search '", []),
    ],
)
def test_cases_are_found(run: Run, options: str, cases: list[str]) -> None:
    """By organisation, status and words of the subject, which mean themselves."""
    assert cases == [row["case"] for row in run("case", "list", *options.split(), "--json").json]


@pytest.mark.parametrize("number", ["CG-000001", "cg-000001", "1"])
def test_a_case_is_shown_with_what_was_said_and_sent(run: Run, number: str) -> None:
    """The case, its correspondence and its notices on one page."""
    said = run("case", "show", number).out

    assert "Three phones are dead." in said
    assert [True, True] == [f"{kind}" in said for kind in ("case_opened", "agent_new_case")]
    assert [True, True] == [address in said for address in (MPOC, AGENT)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("One@client.example", [DUPLICATE, SETTLED]),
        ("<One@client.example>", [DUPLICATE, SETTLED]),
        ("CG-000001", [SETTLED]),
        ("cg-000002", [FROM_HOSTILE]),
        (str(HELD), [HELD]),
        (str(PARKED), [PARKED]),
    ],
)
def test_explain_finds_by_every_name(run: Run, asked: str, found: list[int]) -> None:
    """A Message-ID with and without brackets lists all its rows, newest first; a case and an inbox id one."""
    assert found == [row["inbox"] for row in run("explain", asked, "--json").json]


@pytest.mark.parametrize(
    ("inbox_id", "settled_by"),
    [
        (SETTLED, "mpoc_opens_case"),
        (DUPLICATE, "same_content_decided_before"),
        (HELD, "unknown_author"),
        (DISREGARDED, "null_reverse_path"),
    ],
)
def test_explain_prints_every_rule_that_was_asked(run: Run, inbox_id: int, settled_by: str) -> None:
    """The trail as it was stored: passed, passed, settled, each with its reason."""
    (row,) = run("explain", str(inbox_id), "--json").json
    trail = row["decisions"][0]["trail"]
    said = run("explain", str(inbox_id)).out

    assert (settled_by, "settled") == (trail[-1]["rule"], trail[-1]["answer"])
    assert {"passed"} >= {step["answer"] for step in trail[:-1]}
    assert [] == [step["rule"] for step in trail if step["rule"] not in said or step["because"] not in said]


def test_what_waits_longest_is_told_as_people_say_it(run: Run) -> None:
    """JSON has seconds, for programs; an admin reads days and hours."""
    held = run("stats", "--json").json["oldest"]["message_held"]

    assert f"message held     {age(held)}\n" in run("stats").out


def test_what_is_empty_is_seen_to_be_empty(run: Run) -> None:
    """One sign for it in every list, whether the database holds nothing or no words."""
    (vendor,) = (line for line in run("case", "show", "1").out.splitlines() if line.startswith("vendor"))

    assert ["vendor", "-"] == vendor.split()


@pytest.mark.parametrize("command", [f"explain {SETTLED}", "case show 1"])
def test_a_long_kind_does_not_run_into_the_recipient(worked: Path, run: Run, command: str) -> None:
    """Columns are as wide as what stands in them."""
    sql(worked, "UPDATE outbox SET kind = 'agent_customer_replied' WHERE kind = 'agent_new_case'")

    assert f"agent_customer_replied  {AGENT}" in run(*command.split()).out


def test_held_messages_say_why(run: Run) -> None:
    """Who, what, by which rule, until when."""
    (row,) = run("held", "list", "--json").json

    assert (HELD, "bob@stranger.example", "unknown_author") == (row["inbox_id"], row["author"], row["rule"])
    assert "unknown_author" in run("held", "list").out
    assert "its author is unknown" in run("held", "show", str(HELD)).out


def test_parked_messages_say_what_went_wrong(run: Run) -> None:
    """For a programmer: station, error, trace."""
    assert "ValueError: a bug" in run("parked", "list").out
    assert "Traceback ..." in run("parked", "show", str(PARKED)).out


def test_the_outbox_is_listed(run: Run) -> None:
    """All notices, newest first, or those of one state."""
    rows = run("outbox", "list", "--json").json

    assert list(range(NOTICES, 0, -1)) == [row["outbox"] for row in rows]
    assert NOTICES == len(run("outbox", "list", "--state", "ready", "--json").json)
    assert "no notice is refused\n" == run("outbox", "list", "--state", "refused").out


def test_a_notice_is_shown_with_its_bytes(run: Run) -> None:
    """What will be sent, to the letter."""
    row = run("outbox", "show", "1", "--json").json

    assert ("case_opened", MPOC, "ready") == (row["kind"], row["recipient"], row["state"])
    assert row["sha256"] == hashlib.sha256(row["raw"].encode()).hexdigest()
    assert "Subject: Re: [#CG-000001] No dial tone" in run("outbox", "show", "1").out


def test_a_source_is_written_octet_for_octet_and_that_is_recorded(run: Run) -> None:
    """`message raw` is what came in, CR and LF included; reading it leaves an event with a name."""
    done = run("message", "raw", str(SETTLED))

    assert (0, mails()[SETTLED - 1][1], "") == (done.code, done.raw, done.err)
    (event,) = [event for event in run("explain", "1", "--json").json[0]["events"] if event["kind"] == "message.raw"]
    assert event["detail"].startswith("read by ")


def test_nothing_is_recorded_when_there_is_no_source(run: Run, worked: Any) -> None:
    """A message that is not there cannot have been read."""
    run("message", "raw", "99")

    assert [(0,)] == sql(worked, "SELECT count(*) FROM event WHERE kind = 'message.raw'")


def test_the_recipient_table_names_all_that_is_ours(run: Run) -> None:
    """`postfix-map` prints a table for Postfix and, as comments, the lines that use it."""
    lines = run("postfix-map").out.splitlines()

    assert ["support@example.net\tx", "postmaster@example.net\tx"] == [line for line in lines if line[0] != "#"]
    assert [True, True] == [any(word in line for line in lines) for word in ("relay_recipient_maps", "recipient_delim")]

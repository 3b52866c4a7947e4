"""`casegate case`: what agents do by command, recorded under `--as`, all of it or nothing."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run, sql
from tests.cli.desk import MPOC

ONE = "CG-000001"
NO_TEXT = "f\udcfcr"
"""What Python makes of a Latin-1 "für" on the command line of a UTF-8 system."""


def shown(run: Run, number: str = ONE) -> dict[str, object]:
    answer: dict[str, object] = run("case", "show", number, "--json").json
    return answer


@pytest.mark.parametrize(
    ("command", "said", "mails"),
    [
        (("reply", ONE, "We look."), "Dana wrote to the customer; it is In Progress, P4", ["agent_reply"]),
        (("reply", ONE, "Which?", "--ask"), "Dana wrote to the customer; it is In Progress, P4", ["agent_reply"]),
        (("note", ONE, "x"), "Dana made a note; it is New, P4", []),
        (("note", ONE, "x", "--call"), "Dana told the customer by telephone; it is In Progress, P4", []),
        (("assign", ONE, "dana"), "Dana gave it to Dana; it is New, P4", []),
        (("assign", ONE, "-"), "Dana gave it to nobody; it is New, P4", []),
        (("set", ONE, "--priority", "P2"), "Dana made it P2; it is New, P2", []),
        (("set", ONE, "--status", "shipping"), "Dana set it Shipping; it is Shipping, P4", ["status_changed"]),
        (("set", ONE, "--vendor", "Carrier"), "Dana gave it to the vendor Carrier; it is New, P4", []),
        (("hold", ONE), "Dana put it on hold; it is On Hold, P4", ["status_changed"]),
        (("hold", ONE, "--until", "2999-01-01 10:00"), "Dana put it on hold; it is On Hold, P4", ["status_changed"]),
        (
            ("etr", ONE, "2999-01-01 10:00"),
            "Dana estimated its resolution at 2999-01-01 17:00 UTC; it is New, P4",
            ["etr_set"],
        ),
        (("resolve", ONE), "Dana resolved it; it is Resolved, Follow-up Required, P4", ["case_resolved"]),
        (("close", ONE, "--text", "Cable."), "Dana closed it; it is Closed, P4", ["case_closed"]),
        (("link", ONE, "2"), "Dana linked it with CG-000002; it is New, P4", []),
        (("duplicate", ONE, "CG-2"), "Dana made it a duplicate of CG-000002; it is Duplicate, P4", ["status_changed"]),
    ],
    ids=lambda value: " ".join(value[:1] + value[2:]) if isinstance(value, tuple) else "",
)
def test_an_act_says_what_was_done_and_who_hears_of_it(
    run: Run, command: tuple[str, ...], said: str, mails: list[str]
) -> None:
    """One line, and a line for each mail; every promise holds afterwards."""
    done = run("case", *command, "--as", "dana")

    assert (0, "") == (done.code, done.err)
    assert [f"{ONE}: {said}", *[f"  {kind} to {MPOC}" for kind in mails]] == done.out.splitlines()
    assert 0 == run("verify").code


def test_a_case_is_opened_for_who_called(run: Run) -> None:
    """Acknowledged to the contact, at the priority the agent says."""
    done = run(
        "case", "open", "--for", MPOC.upper(), "--subject", "Dead", "--text", "She called.",
        "--priority", "P2", "--as", "dana",
    )  # fmt: skip

    number, _, said = done.out.strip().partition(": ")
    assert (0, "opened for Alice of Acme") == (done.code, said)
    case = run("case", "show", number, "--json").json
    assert ("P2", "New", None) == (case["priority"], case["status"], case["opened_from"])
    assert "case_opened" in [notice["kind"] for notice in case["notices"]]
    assert 0 == run("verify").code


def test_words_come_from_standard_input_too(run: Run) -> None:
    """Many lines, as they are."""
    run("case", "reply", ONE, "-", "--as", "dana", given=b"One.\nTwo.\n")

    entries = shown(run)["correspondence"]
    assert isinstance(entries, list)
    assert "One.\nTwo." == entries[-1]["text"].strip()


def test_e23_words_that_are_no_text_are_refused(run: Run, worked: Path) -> None:
    """On standard input too."""
    done = run("case", "reply", ONE, "-", "--as", "dana", given=NO_TEXT.encode("utf-8", "surrogateescape"))

    assert (1, "", 1) == (done.code, done.out, len(done.err.splitlines()))
    assert "write them in UTF-8" in done.err
    assert [(0,)] == sql(worked, "SELECT count(*) FROM act")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("reply", "CG-000099", "x"), "there is no case 'CG-000099'; 'casegate case list' shows those there are"),
        (("reply", "9" * 30, "x"), "there is no case"),
        (("reply", "\x1b[2J", "x"), "there is no case"),
        (("reply", ONE, " "), f"{ONE}: a reply needs words"),
        (("assign", ONE, "dnaa"), "there is no agent 'dnaa'; did you mean dana?"),
        (("set", ONE), "nothing to set: give --priority, --status, --department or --vendor"),
        (("set", ONE, "--status", "Open"), "there is no status 'Open'; known are New; "),
        (("set", ONE, "--status", "Closed"), "Closed is not set but reached by 'case close'"),
        (("set", ONE, "--department", "suport"), "there is no department 'suport'; did you mean support?"),
        (("set", ONE, "--priority", "P1G"), "P1G is the priority of a master case"),
        (("etr", ONE, "soon"), "'soon' is no time: write it like 2026-11-30 15:00, in the zone America/Denver"),
        (("etr", ONE, "2020-01-01 10:00"), "is not in the future"),
        (("hold", ONE, "--until", "9999-12-31 23:59"), "is no time"),
        (("reopen", ONE), "a case in status 'New' cannot be 're-opened'"),
        (("link", ONE, ONE), f"{ONE} cannot be linked with itself"),
        (("duplicate", ONE, ONE), f"{ONE} cannot be the duplicate of itself"),
        (("reply", "9" * 5000, "x"), "there is no case"),
        (("reply", ONE, NO_TEXT), "the words are no text in the encoding of this terminal; write them in UTF-8"),
        (("resolve", ONE, "--text", NO_TEXT), "write them in UTF-8"),
        (("open", "--for", MPOC, "--subject", NO_TEXT), "write them in UTF-8"),
        (("open", "--for", "bob@acme.example", "--subject", "x"), "no active MPOC has this address"),
        (("open", "--for", "nonsense", "--subject", "x"), "--for nonsense: "),
        (("open", "--for", MPOC, "--subject", "x", "--department", "sales"), "there is no department 'sales'"),
    ],
    ids=lambda value: (
        " ".join(value[:1] + value[2:]).encode("unicode_escape").decode()[:60] if isinstance(value, tuple) else ""
    ),
)
def test_what_cannot_be_is_one_line_and_nothing_is_done(
    run: Run, worked: Path, command: tuple[str, ...], why: str
) -> None:
    """Exit 1, with what is in the way."""
    done = run("case", *command, "--as", "dana")

    assert (1, "", 1) == (done.code, done.out, len(done.err.splitlines()))
    assert why in done.err
    assert "\x1b" not in done.err
    assert [(0,)] == sql(worked, "SELECT count(*) FROM act")


def test_several_settings_are_set_together_or_not_at_all(run: Run) -> None:
    """Nothing is said to be done that was taken back."""
    done = run("case", "set", ONE, "--priority", "P2", "--status", "Closed", "--as", "dana")

    assert (1, "") == (done.code, done.out)
    assert ("P4", []) == (shown(run)["priority"], shown(run)["acts"])
    assert 0 == run("case", "set", ONE, "--priority", "P2", "--vendor", "Carrier", "--as", "dana").code
    assert ("P2", "Carrier") == (shown(run)["priority"], shown(run)["vendor"])


def test_who_acts_is_recorded(run: Run, worked: Path) -> None:
    """Under `--as`; else under the login name, whoever that is."""
    run("case", "note", ONE, "x", "--as", "dana")
    run("case", "note", ONE, "y")

    rows = sql(worked, "SELECT by, agent_id FROM act ORDER BY id")
    assert (("dana", 1), None) == (rows[0], rows[1][1])
    assert rows[1][0]


@pytest.mark.parametrize("name", ["dnaa", "", "root"])
def test_nobody_acts_as_an_agent_there_is_not(run: Run, name: str) -> None:
    """A slip in `--as` is no name to be recorded."""
    done = run("case", "note", ONE, "x", "--as", name)

    assert (1, True, []) == (done.code, "there is no agent" in done.err, shown(run)["acts"])


def test_an_agent_who_left_acts_no_more(run: Run, worked: Path) -> None:
    """Inactive agents are not there."""
    sql(worked, "UPDATE agent SET active = 0")

    assert 1 == run("case", "note", ONE, "x", "--as", "dana").code


def test_a_closed_case_is_reopened_for_who_called(run: Run) -> None:
    """And linked twice is linked once."""
    run("case", "close", ONE, "--as", "dana")

    done = run("case", "reopen", ONE, "--because", "She called.", "--as", "dana")

    assert (0, True) == (done.code, "Customer Re-opened" in done.out)
    assert [0, 0] == [run("case", "link", ONE, "2", "--as", "dana").code for _ in range(2)]
    assert ["CG-000002"] == shown(run)["linked"]

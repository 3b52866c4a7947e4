"""`casegate plan`: what is promised, what is wrong with a plan file, and what a plan makes of an imagined case."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.running import Done, casegate

GOLD = """version = "1"
zone = "America/Denver"
reopen_days = 3
[priorities.P4]
first_response = "1 h"
"""


def timeline(run: Run, *options: str) -> Done:
    """`casegate plan timeline` with these words."""
    return run("plan", "timeline", *(word for words in options for word in words.split()))


@pytest.fixture
def gold(worked: Path) -> Path:
    """A plan file that is in no directory of plans."""
    path = worked / "gold.toml"
    path.write_text(GOLD)
    return path


def test_all_plans_are_listed_and_where_they_come_from(run: Run, worked: Path) -> None:
    """The shipped ones, and an admin's own in the place of one of them."""
    directory = worked / "own-plans"
    directory.mkdir()
    (directory / "pingtone.toml").write_text(GOLD)
    configuration = worked / "casegate.toml"
    text = configuration.read_text("utf-8")
    configuration.write_text(text.replace("[plans]\n", f'[plans]\ndirectory = "{directory}"\n'), "utf-8")

    rows = {row["plan"]: row for row in run("plan", "list", "--json").json}

    assert ["att-bvoip", "calltower-2013", "calltower-2021", "pingtone", "tsc-ip-change"] == list(rows)
    assert [str(directory / "pingtone.toml"), "shipped"] == [rows[name]["from"] for name in ("pingtone", "att-bvoip")]
    assert [True, False] == [rows[name]["default"] for name in ("calltower-2021", "pingtone")]
    assert "calltower-2021" in run("plan", "list").out


def test_a_plan_is_shown_as_it_is_written(run: Run) -> None:
    """Key by key, in the words of the file."""
    said = run("plan", "show", "calltower-2021", "--json").json

    assert ("America/Denver", "7", "2 b.d.", "15 min", "Mon-Fri 05:00-24:00, Sat-Sun 08:00-17:00", "Neuer Fall") == (
        said["zone"],
        said["reopen_days"],
        said["no_response_after"],
        said["priorities.P1.first_response"],
        said["hours.chat"],
        said["status_names.de.New"],
    )
    assert "priorities.P1.first_response" in run("plan", "show", "calltower-2021").out


def test_two_plans_are_compared(run: Run, gold: Path) -> None:
    """A name or a file; only what differs."""
    rows = {row["key"]: (row["one"], row["other"]) for row in run("plan", "diff", "pingtone", gold, "--json").json}

    assert (("7", "3"), (None, "1 h"), False) == (
        rows["reopen_days"],
        rows["priorities.P4.first_response"],
        "no_response_lead" in rows,
    )
    assert "they say the same\n" == run("plan", "diff", "pingtone", "pingtone").out


def test_a_good_plan_file_is_one(gold: Path) -> None:
    """Without any configuration."""
    done = casegate("plan", "validate", gold)

    assert (0, f"{gold}: a plan\n", "") == (done.code, done.out, done.err)


def test_all_that_is_wrong_with_a_plan_file_is_told(gold: Path) -> None:
    """One line each on standard error, exit 1; as JSON with --json."""
    gold.write_text(GOLD.replace("first_response", "first_responce").replace("= 3", "= -3"))

    done, told = casegate("plan", "validate", gold), casegate("plan", "validate", gold, "--json")

    wrong = [
        'plan gold: reopen_days = -3: write days from 0 to 3650, or "unlimited"',
        "plan gold: unknown key priorities.P4.first_responce; did you mean first_response?",
    ]
    assert (1, "", [f"{gold}: {line}" for line in wrong]) == (done.code, done.out, done.err.splitlines())
    assert (1, wrong) == (told.code, [row["problem"] for row in told.json])


def test_the_timeline_of_a_case(run: Run) -> None:
    """P4 of 2021, opened on a Monday, until Thursday: by the plan's clock and in UTC."""
    rows = timeline(run, "calltower-2021 --priority P4 --opened 2026-11-23T09:00 --until 2026-11-26T00:00 --json").json

    assert [
        ("Mon 2026-11-23 09:00 MST", "2026-11-23T16:00:00Z", "opened"),
        ("Tue 2026-11-24 07:00 MST", "2026-11-24T14:00:00Z", "first_response_reminder"),
        ("Tue 2026-11-24 09:00 MST", "2026-11-24T16:00:00Z", "first_response"),
        ("Wed 2026-11-25 09:00 MST", "2026-11-25T16:00:00Z", "scheduled_update"),
    ] == [(row["local"], row["at"], row["what"]) for row in rows]


def test_the_timeline_of_a_silent_customer(run: Run) -> None:
    """Announced after two business days, closed a business day later; 2021 re-opens no such case."""
    rows = timeline(
        run, "calltower-2021 --priority P4 --opened 2026-11-23T09:00", "--waiting-from 2026-11-24T12:00 --json"
    ).json

    assert [
        ("Tue 2026-11-24 12:00 MST", "waiting"),
        ("Thu 2026-11-26 12:00 MST", "no_response_warning"),
        ("Fri 2026-11-27 12:00 MST", "no_response_close"),
    ] == [(row["local"], row["what"]) for row in rows[-3:]]


def test_the_timeline_with_an_etr_an_answer_and_an_end(run: Run) -> None:
    """Updates rest until the ETR; after the closing the last moment is when a reply re-opens no more."""
    rows = timeline(
        run,
        "calltower-2021 --priority P1 --opened 2026-11-23T09:00 --responded 2026-11-23T09:05",
        "--etr 2026-11-23T15:00 --etr-set 2026-11-23T09:30 --closed 2026-11-23T16:30 --json",
    ).json

    assert [
        ("09:00", "opened"),
        ("09:05", "responded"),
        ("09:30", "etr_set"),
        ("15:00", "etr_passed"),
        ("16:00", "scheduled_update"),
        ("16:30", "closed"),
        ("00:00", "reopen_ends"),
    ] == [(row["local"].split()[2], row["what"]) for row in rows]
    assert rows[-1]["local"].startswith("Tue 2026-12-01")


def test_a_timeline_is_read_by_people(run: Run) -> None:
    """In words; and as many lines as wanted."""
    said = timeline(run, "calltower-2013 --priority P1 --opened 2026-11-23T08:00 --rows 3").out

    assert 4 == len(said.splitlines())
    assert "a scheduled update is due" in said


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("plan show calltower-2022", "there is no plan 'calltower-2022'; did you mean calltower-2021?"),
        ("plan show ./missing.toml", "missing.toml: No such file or directory"),
        (
            "plan timeline pingtone --priority P4 --opened soon",
            "'soon' is no time; write it like 2026-11-23T09:00",
        ),
        (
            "plan timeline pingtone --priority P4 --opened 2026-11-23 --closed 2026-11-22",
            "nothing happens to a case before it is opened; give later times",
        ),
    ],
)
def test_what_cannot_be_shown_is_one_line(run: Run, command: str, line: str) -> None:
    """What, where, what to do."""
    done = run(*command.split())

    assert (1, "", f"casegate: {line}\n") == (done.code, done.out, done.err)

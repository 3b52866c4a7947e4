"""What commands change: each act does one thing, once, and leaves its reason."""

from pathlib import Path

import pytest

from models.store.schema import NEWEST
from tests.builders import a_mail
from tests.cli.conftest import PARKED, Run, sql, worked_on
from tests.cli.desk import MPOC


def test_a_parked_message_is_worked_on_again(run: Run, worked: Path) -> None:
    """`parked retry` puts it back as if it had just come in; then it is decided as any other."""
    done = run("parked", "retry", str(PARKED))
    worked_on(worked)

    assert (0, f"message {PARKED} is worked on again\n") == (done.code, done.out)
    (row,) = run("explain", str(PARKED), "--json").json
    assert ("settled", None, ["parked.retry", "mark"]) == (
        row["state"],
        row["parked"],
        [event["kind"] for event in row["events"]],
    )
    assert 0 == run("verify").code


def test_a_second_retry_is_refused(run: Run) -> None:
    """What is being worked on is not parked."""
    run("parked", "retry", str(PARKED))

    assert 1 == run("parked", "retry", str(PARKED)).code


@pytest.mark.parametrize("state", ["refused", "unknown", "expired", "ready"])
def test_a_notice_that_ended_in_vain_is_offered_again(run: Run, worked: Path, state: str) -> None:
    """`outbox retry` offers the same bytes once more."""
    sql(worked, "UPDATE outbox SET state = :state, not_before = '2030-01-01 00:00:00.000000' WHERE id = 1", state=state)
    before = sql(worked, "SELECT sha256 FROM frozen WHERE outbox_id = 1")

    done = run("outbox", "retry", "1")

    assert (0, f"notice 1 was {state} and is offered again\n") == (done.code, done.out)
    assert "ready" == run("outbox", "show", "1", "--json").json["state"]
    assert [(1,)] == sql(worked, "SELECT not_before < '2030-01-01' FROM outbox WHERE id = 1")
    assert before == sql(worked, "SELECT sha256 FROM frozen WHERE outbox_id = 1")


def test_a_parked_notice_is_worded_anew(run: Run, worked: Path) -> None:
    """A template that failed is repaired, and the notice gets its words then."""
    sql(worked, "DELETE FROM frozen WHERE outbox_id = 1", "UPDATE outbox SET state = 'parked' WHERE id = 1")

    assert 0 == run("outbox", "retry", "1").code
    worked_on(worked)

    assert "ready" == run("outbox", "show", "1", "--json").json["state"]
    assert 0 == run("verify").code


@pytest.mark.parametrize("state", ["submitted", "cancelled"])
def test_what_is_sent_or_cancelled_stays_so(run: Run, worked: Path, state: str) -> None:
    """Nobody gets a second copy by a slip of the finger."""
    sql(worked, "UPDATE outbox SET state = :state WHERE id = 1", state=state)

    retry, cancel = run("outbox", "retry", "1"), run("outbox", "cancel", "1", "--because", "wrong")

    assert [1, 1] == [retry.code, cancel.code]
    assert [(state,)] == sql(worked, "SELECT state FROM outbox WHERE id = 1")


def test_a_notice_is_cancelled_with_its_reason(run: Run) -> None:
    """Why it was taken back is kept, in the outbox and as an event of its message."""
    done = run("outbox", "cancel", "1", "--because", "the customer called")

    assert (0, "notice 1 is cancelled\n") == (done.code, done.out)
    assert "cancelled" == run("outbox", "show", "1", "--json").json["state"]
    events = [event for event in run("explain", "1", "--json").json[0]["events"] if event["kind"] == "outbox.cancel"]
    assert ["the customer called"] == [event["detail"].rpartition(": ")[2] for event in events]


def test_what_is_being_offered_cannot_be_taken_back(run: Run, worked: Path) -> None:
    """Between the relay's ear and its answer nobody knows; so nobody cancels."""
    sql(worked, "UPDATE outbox SET claimed_by = 'host:1:1', claim_token = 'x', claimed_until = '2030-01-01 00:00:00'")

    assert [1, 1] == [run("outbox", "cancel", "1", "--because", "x").code, run("outbox", "retry", "1").code]


def test_intake_is_paused_and_resumed(run: Run, worked: Path) -> None:
    """The mark lies in the state directory; pausing twice is pausing."""
    said = [run("intake", verb).out for verb in ("pause", "pause", "resume", "resume")]

    paused, open_ = "intake is paused; 'casegate intake resume' opens it again\n", "intake is open\n"
    assert [paused, paused, open_, open_] == said
    assert not (worked / "paused").exists()


def ingest(run: Run, raw: bytes, *arguments: str) -> tuple[int, str]:
    done = run("ingest", *arguments, given=raw)
    return done.code, done.out + done.err


def test_a_piped_message_is_ours(run: Run, worked: Path) -> None:
    """Exit 0 and an inbox id; the source is stored with CRLF, for no pipe keeps line ends."""
    raw = a_mail(message_id="7@client.example").replace(b"\r\n", b"\n")

    assert (0, "accepted as 7\n") == ingest(run, raw, "--from", MPOC, "support@example.net")
    assert raw.replace(b"\n", b"\r\n") == run("message", "raw", "7").raw
    assert [("pipe", MPOC, 0)] == sql(worked, "SELECT route, reverse_path, bare_line_ends FROM inbox WHERE id = 7")


def test_mixed_line_ends_become_crlf_and_a_lone_cr_is_marked(run: Run, worked: Path) -> None:
    """CRLF stays, LF becomes CRLF, CR alone stays and is said (contract 4, from a pipe)."""
    assert 0 == ingest(run, b"From: a@b.example\r\nSubject: x\n\nfirst\rsecond\n", "support@example.net")[0]

    assert b"From: a@b.example\r\nSubject: x\r\n\r\nfirst\rsecond\r\n" == run("message", "raw", "7").raw
    assert [(1,)] == sql(worked, "SELECT bare_line_ends FROM inbox WHERE id = 7")


@pytest.mark.parametrize("given", ["", "<>"])
def test_a_null_reverse_path_has_two_spellings(run: Run, worked: Path, given: str) -> None:
    """MTAs say nothing, or <>."""
    assert 0 == ingest(run, a_mail(), "--from", given, "support@example.net")[0]

    assert [("",)] == sql(worked, "SELECT reverse_path FROM inbox WHERE id = 7")


def test_a_stranger_s_address_is_no_user(run: Run, worked: Path) -> None:
    """67 (EX_NOUSER), whoever else is among the recipients; nothing is stored."""
    code, said = ingest(run, a_mail(), "support@example.net", "nobody@example.net")

    expected = "casegate: nobody@example.net: no address of ours; casegate postfix-map lists them\n"
    assert (67, expected) == (code, said)
    assert [(6,)] == sql(worked, "SELECT count(*) FROM inbox")


def test_a_control_character_in_an_address_is_refused_unseen(run: Run) -> None:
    """What no mail could carry is no address, and is not played back to the terminal."""
    code, said = ingest(run, a_mail(), "support+\x1b[2J@example.net")

    assert (67, False) == (code, "\x1b" in said)


def test_a_message_that_is_too_big_is_a_data_error(run: Run, worked: Path) -> None:
    """65 (EX_DATAERR): the MTA bounces it, with the reason."""
    configuration = worked / "casegate.toml"
    text = configuration.read_text().replace("max_message_bytes = 26214400", "max_message_bytes = 65536")
    configuration.write_text(text)

    code, said = ingest(run, a_mail(body="x" * 70_000), "support@example.net")

    assert (65, True) == (code, "65536" in said)
    assert [(6,)] == sql(worked, "SELECT count(*) FROM inbox")


def test_a_paused_intake_is_tried_again(run: Run, worked: Path) -> None:
    """75 (EX_TEMPFAIL): the MTA keeps the mail."""
    run("intake", "pause")

    code, said = ingest(run, a_mail(), "support@example.net")

    assert (75, "casegate: intake is paused; try again\n") == (code, said)
    assert [(6,)] == sql(worked, "SELECT count(*) FROM inbox")


def test_what_is_our_fault_is_tried_again(run: Run, worked: Path) -> None:
    """An MTA bounces every exit code but 75: a database that is not there must not cost a mail."""
    (worked / "casegate.db").rename(worked / "elsewhere.db")

    assert 75 == ingest(run, a_mail(), "support@example.net")[0]


def test_a_wrong_configuration_does_not_bounce_mail(run: Run, worked: Path) -> None:
    """Nor must a slip in the configuration while the MTA pipes mail in."""
    (worked / "casegate.toml").write_text("[smtp\n")

    assert 75 == ingest(run, a_mail(), "support@example.net")[0]


def test_nobody_named_means_the_first_intake_address(run: Run, worked: Path) -> None:
    """A pipe that names no recipient is still a pipe to us; nor is its unknown sender taken for a null one."""
    assert 0 == ingest(run, a_mail())[0]

    path = sql(worked, "SELECT forward_path FROM inbox_recipient ORDER BY inbox_id DESC LIMIT 1")
    reverse_path = sql(worked, "SELECT reverse_path FROM inbox ORDER BY id DESC LIMIT 1")
    assert ([("support@example.net",)], False) == (path, reverse_path == [("",)])


def test_a_slip_in_the_mta_s_configuration_does_not_bounce_mail(run: Run) -> None:
    """A command line that is wrong is our admin's fault, and the mail waits for its repair."""
    code, said = ingest(run, a_mail(), "--nonsense", "support@example.net")

    assert (75, True) == (code, said.startswith("casegate: "))


def test_the_schema_is_upgraded_once(run: Run) -> None:
    """A database of this version is left alone."""
    done = run("db", "upgrade")

    assert (0, f"the database has schema {NEWEST}\n") == (done.code, done.out)


def test_a_missing_database_is_made_by_upgrade(run: Run, worked: Path) -> None:
    """For an installation whose configuration came first."""
    for file in worked.glob("casegate.db*"):
        file.unlink()

    done = run("db", "upgrade")

    assert (0, f"the database has schema {NEWEST} (before: none)\n") == (done.code, done.out)
    assert 0 == run("verify").code


def test_the_database_is_checked(run: Run) -> None:
    """By the engine itself, with the settings that durability rests on."""
    done = run("db", "check")

    assert (0, "the database is whole\n") == (done.code, done.out)


def test_a_damaged_database_is_a_finding(run: Run, worked: Path) -> None:
    """What SQLite finds wrong is told, exit 1, and nothing is repaired."""
    sql(worked, "PRAGMA foreign_keys = OFF", "DELETE FROM organisation")

    done = run("db", "check")

    assert (1, "", True) == (done.code, done.out, "foreign key" in done.err)

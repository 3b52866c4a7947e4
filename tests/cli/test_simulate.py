"""What would happen: the same law as the service's, and nothing changes."""

import hashlib
from pathlib import Path

import pytest

from tests.builders import a_mail
from tests.cli.conftest import Run
from tests.cli.desk import AGENT, MPOC
from tests.parsing.corpus_case import CORPUS


@pytest.fixture
def eml(tmp_path: Path) -> Path:
    """A new mail of the MPOC, as a file."""
    file = tmp_path / "mail.eml"
    file.write_bytes(a_mail(message_id="new@client.example", subject="Echo on every call"))
    return file


def everything(place: Path) -> dict[str, str]:
    """The octets of every file of an installation, but for what SQLite keeps of its readers."""
    return {
        str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(place.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm")
    }


@pytest.mark.parametrize("command", ["simulate", "parse"])
def test_nothing_changes(run: Run, worked: Path, eml: Path, command: str) -> None:
    """Not one octet of the installation is another afterwards, and a case number is not used up."""
    run("case", "list")  # opening a database for the first time may tidy its log
    before = everything(worked)

    assert 0 == run(command, eml).code

    assert before == everything(worked)


def test_an_mpoc_s_mail_would_open_a_case(run: Run, eml: Path) -> None:
    """Fate, rule, reason, trail and notices."""
    answer = run("simulate", eml, "--json").json
    said = run("simulate", eml).out

    decision = answer["decision"]
    assert ("open_case", "mpoc_opens_case") == (decision["fate"]["fate"], decision["rule"])
    assert ("Echo on every call", "P4") == (answer["case"]["subject"], answer["case"]["priority"])
    assert [("case_opened", MPOC), ("agent_new_case", AGENT)] == [
        (notice["kind"], notice["recipient"]) for notice in answer["notices"]
    ]
    assert [] == [step["rule"] for step in decision["trail"] if step["rule"] not in said]
    assert ["case", "decision", "notices"] == sorted(answer)


@pytest.mark.parametrize(
    ("options", "fate", "rule"),
    [
        (["--as", "bob@stranger.example"], "hold", "unknown_author"),
        (["--as", f"ALICE@{MPOC.partition('@')[2]}"], "open_case", "mpoc_opens_case"),
        (["--from", "<>"], "disregard", "null_reverse_path"),
        (["--rcpt", "postmaster@example.net"], "postmaster", "for_the_postmaster"),
        (["--rcpt", "nobody@example.net"], "hold", "not_addressed_to_us"),
        (["--rcpt", "support+anything@example.net"], "open_case", "mpoc_opens_case"),
    ],
)
def test_the_circumstances_can_be_imagined(run: Run, eml: Path, options: list[str], fate: str, rule: str) -> None:
    """Another author, reverse path or recipient."""
    decision = run("simulate", eml, "--json", *options).json["decision"]

    assert (fate, rule) == (decision["fate"]["fate"], decision["rule"])


def test_as_somebody_else_tells_that_the_mail_itself_says_no(run: Run, tmp_path: Path) -> None:
    """--as wins over a From that names nobody beyond doubt."""
    file = tmp_path / "two.eml"
    file.write_bytes(a_mail(from_="a@b.example, c@d.example"))

    sender = ["--from", "a@b.example"]
    own, other = (
        run("simulate", file, "--json", *options).json["decision"] for options in (sender, [*sender, "--as", MPOC])
    )

    assert ["no_strict_author", "mpoc_opens_case"] == [own["rule"], other["rule"]]


def test_as_wants_an_address(run: Run, eml: Path) -> None:
    """What is no address is refused in words."""
    done = run("simulate", eml, "--as", "alice")

    assert (1, "", True) == (done.code, done.out, done.err.startswith("casegate: --as alice: "))


@pytest.mark.parametrize(
    "octets", [b"", b"\0" * 1000, b"no header at all", b"\xff\xfe" * 500], ids=["empty", "nul", "text", "noise"]
)
@pytest.mark.parametrize("command", ["simulate", "parse"])
def test_any_file_is_answered(run: Run, tmp_path: Path, command: str, octets: bytes) -> None:
    """Whatever lies in the file, the answer is a decision or an understanding, never a bug."""
    file = tmp_path / "mail.eml"
    file.write_bytes(octets)

    done = run(command, file, "--json")

    assert (0, "") == (done.code, done.err)


def test_a_file_with_lf_is_understood_as_the_pipe_would(run: Run, eml: Path) -> None:
    """A .eml that an editor saved has LF; it reads the same, unmarked, and is the same content (contract 4)."""
    with_crlf = run("parse", eml, "--json").json
    eml.write_bytes(eml.read_bytes().replace(b"\r\n", b"\n"))

    assert with_crlf == run("parse", eml, "--json").json


def test_parse_needs_no_installation(eml: Path) -> None:
    """A mail can be looked at on any machine."""
    from tests.cli.running import casegate  # noqa: PLC0415 - without the fixture's configuration

    done = casegate("parse", eml)

    assert (0, "") == (done.code, done.err)
    assert [True] * 3 == [word in done.out for word in (MPOC, "Echo on every call", "Three phones are dead.")]


def test_parse_shows_what_of_an_answer_is_new_and_why(run: Run, eml: Path) -> None:
    """The evidence stands in the heading; the whole text is shown too."""
    eml.write_bytes(a_mail(subject="Re: x", body="It works.\n\nOn 23 Nov 2026, Support <s@example.net> wrote:\n> Test"))

    said = run("parse", eml).out
    quotation = run("parse", eml, "--json").json["quotation"]

    text, _, new = said.partition("\nNew text (certain: ")
    assert ("> Test" in text, ")\nIt works.\n") == (True, new[new.index(")\n") :])
    assert {"new": [[0, 9]], "confidence": "certain"} == {key: quotation[key] for key in ("new", "confidence")}
    assert quotation["because"] in said


def test_parse_shows_all_that_was_understood(run: Run) -> None:
    """Whom it is to, what a report reports, what is attached, the way it came: enough to report a mail read wrongly."""
    report = run("parse", CORPUS / "dsn-failed.eml").out
    invitation = run("parse", CORPUS / "calendar-request.eml").out
    forwarded = run("parse", CORPUS / "attachment-attached-message.eml").out
    traced = run("parse", CORPUS / "trace-postfix-chain.eml").out

    assert "  alice@acme.example: failed 5.1.1 smtp; 550 5.1.1 <alice@acme.example>: User unknown\n" in report
    assert "starts  2026-11-24 10:00 Europe/Berlin\n" in invitation
    assert "  a message from Bob <bob@acme.example>, -: Old fault\n  It was dead.\n" in forwarded
    assert "  relay.us.example says dkim=pass header.d=acme.example\n" in traced
    assert "received from mail.acme.example, name mail.acme.example, address 192.0.2.7, by relay.us.example" in traced


def test_parse_shows_the_same_to_programs(run: Run) -> None:
    """Every fact under the name it has in code."""
    known = run("parse", CORPUS / "dsn-failed.eml", "--json").json

    assert "alice@acme.example" == known["bounce"]["recipients"][0]["address"]
    assert ["support@us.example"] == [one["address"] for one in known["to"]]


def test_as_an_address_is_as_if_it_were_proved(run: Run, worked: Path, tmp_path: Path) -> None:
    """`--as A` shows what A's own mail would do where proof is asked for; without it the name alone is held."""
    configuration = worked / "casegate.toml"
    configuration.write_text(configuration.read_text().replace('mode = "address"', 'mode = "aligned"'))
    file = tmp_path / "mail.eml"
    file.write_bytes(a_mail(message_id="new@client.example"))

    alone = run("simulate", str(file), "--json").json
    proved = run("simulate", str(file), "--as", MPOC, "--json").json

    assert ["author_unproved", "mpoc_opens_case"] == [one["decision"]["rule"] for one in (alone, proved)]


def test_html_of_a_message_is_safe_to_show(run: Run, eml: Path) -> None:
    """No script, no picture from elsewhere, no word to the terminal (F-1, F-3, F-13)."""
    eml.write_bytes(
        b"From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b"<p onclick=x()>Dead.\x1b[2J<script>x()</script><img src=http://t.example/>"
    )

    assert "<p>Dead.\\x1b[2J<img></p>" == run("parse", eml, "--html").out.strip()


def test_a_message_without_html_has_none_to_show(run: Run, eml: Path) -> None:
    """And that is said in one line."""
    assert "nothing of what it says is HTML" in run("parse", eml, "--html").err

"""`case attachment list` and `save`: what came with a case's mails, octet for octet, under harmless names (F-8)."""

from pathlib import Path

from tests.builders import a_mail, a_multipart
from tests.cli.conftest import accepted, sql, worked_on
from tests.cli.desk import MPOC
from tests.cli.running import casegate


def with_files(place: Path) -> Path:
    """A desk with one case, whose mail brought two files of one harmful name."""
    parts = [
        ("text/plain", "See the plan."),
        ('application/octet-stream; name="../../etc/passwd"\nContent-Transfer-Encoding: base64', "AAEC/w=="),
        ('application/pdf; name="plan.pdf"', "twelve bytes"),
    ]
    content_type, body = a_multipart(*parts)
    accepted(place, [(MPOC, a_mail(body=body, headers={"Content-Type": content_type}))])
    worked_on(place)
    return place / "casegate.toml"


def test_attachments_are_saved_octet_for_octet(place: Path, tmp_path: Path) -> None:
    """Into the directory that is named and nowhere else, for the owner alone."""
    configuration = with_files(place)
    folder = tmp_path / "saved"
    folder.mkdir()

    listed = casegate("case", "attachment", "list", "CG-000001", "--json", "--config", configuration).json
    done = casegate("case", "attachment", "save", "CG-000001", folder, "--config", configuration)

    assert (0, 2) == (done.code, len(listed))
    saved = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {b"\x00\x01\x02\xff", b"twelve bytes"} == set(saved.values())
    assert sorted(one["name"] for one in listed) == sorted(saved)
    assert {0o600} == {path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_nothing_is_overwritten(place: Path, tmp_path: Path) -> None:
    """A file that is there keeps its content; the attachment is named after its message, or refused."""
    configuration = with_files(place)
    (tmp_path / "plan.pdf").write_bytes(b"mine")
    arguments = ("case", "attachment", "save", "CG-000001", tmp_path, "--name", "plan.pdf", "--config", configuration)

    first, second = casegate(*arguments), casegate(*arguments)

    assert (0, 1) == (first.code, second.code)
    assert (b"mine", b"twelve bytes") == ((tmp_path / "plan.pdf").read_bytes(), (tmp_path / "1-plan.pdf").read_bytes())
    assert "nothing is overwritten" in second.err


def test_what_is_not_what_was_stored_is_refused(place: Path, tmp_path: Path) -> None:
    """The digest of what is saved is that of what was listed (X-46)."""
    configuration = with_files(place)
    sql(place, "UPDATE attachment SET sha256 = 'another'")

    done = casegate("case", "attachment", "save", "CG-000001", tmp_path, "--config", configuration)

    assert (1, True) == (done.code, "is not what was stored of it" in done.err)

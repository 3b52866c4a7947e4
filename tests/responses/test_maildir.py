"""Delivery into a Maildir: whole, durable, and never twice."""

import asyncio
from pathlib import Path

from models.submission import SubmissionOutcome, SubmissionResult
from responders.maildir import Maildir
from tests.responses.builders import composed

RAW = composed().raw


def deliver(path: Path, *messages: bytes) -> list[SubmissionResult]:
    async def run() -> list[SubmissionResult]:
        maildir = Maildir(path)
        offers = [
            maildir.submit(raw, reverse_path="", recipient="alice@mpoc.example", smtputf8=False) for raw in messages
        ]
        return await asyncio.gather(*offers)

    return asyncio.run(run())


def test_a_message_arrives_as_it_is_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (result,) = deliver(tmp_path / "box", RAW)

    (delivered,) = (tmp_path / "box" / "new").iterdir()
    assert result.outcome == SubmissionOutcome.SUBMITTED
    assert f"maildir: new/{delivered.name}" == result.reply
    assert delivered.read_bytes() == RAW
    assert list((tmp_path / "box" / "tmp").iterdir()) == []
    assert (tmp_path / "box" / "cur").is_dir()


def test_x28_the_same_message_offered_again_is_there_once(tmp_path: Path) -> None:
    deliver(tmp_path, RAW)
    deliver(tmp_path, RAW, RAW)

    assert len(list((tmp_path / "new").iterdir())) == 1


def test_messages_of_different_ids_are_all_there(tmp_path: Path) -> None:
    deliver(tmp_path, *[composed(message_id=f"<{number}@mx.example.net>").raw for number in range(20)])

    assert len(list((tmp_path / "new").iterdir())) == 20


def test_a_message_without_an_id_is_known_by_its_bytes(tmp_path: Path) -> None:
    deliver(tmp_path, b"Subject: one\r\n\r\nMessage-ID: <x@y>\r\n", b"Subject: two\r\n\r\nMessage-ID: <x@y>\r\n")

    assert len(list((tmp_path / "new").iterdir())) == 2


def test_a_maildir_that_cannot_be_written_defers(tmp_path: Path) -> None:
    """A full or missing disk is never the message's fault."""
    maildir = Maildir(tmp_path / "box")
    (tmp_path / "box" / "tmp").rmdir()

    result = asyncio.run(maildir.submit(RAW, reverse_path="", recipient="alice@mpoc.example", smtputf8=False))

    assert result.outcome == SubmissionOutcome.DEFERRED
    assert "No such file" in result.reply

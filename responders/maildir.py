"""Delivery into a Maildir, for the demonstration and for tests: `[delivery] relay = "maildir:PATH"`.

Offering the same bytes again replaces the first copy rather than adding a second: the name
comes from the Message-ID, which is unique for cause, kind and recipient (contract 4).
A copy that a mail program has already moved to cur/ is its own and is not looked for.

Order of durability (threats M9): write under tmp/, fsync the file, rename into new/, fsync
new/. A rename that is durable in new/ and not in tmp/ leaves at worst a second name for the
same message in tmp/, which readers ignore.
"""

import asyncio
import hashlib
import itertools
import os
import re
from pathlib import Path

from models.limits import REPLY_CHARACTERS
from models.submission import SubmissionOutcome, SubmissionResult
from responders.header import clean_header

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]+>)", re.IGNORECASE | re.MULTILINE)


class Maildir:
    """A Maildir that takes notices as a relay would; makes the directories it needs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._attempts = itertools.count()
        for folder in (path / "tmp", path / "new", path / "cur"):
            folder.mkdir(parents=True, exist_ok=True)
        _sync_directory(path)
        _sync_directory(path.parent)

    async def submit(self, raw: bytes, *, reverse_path: str, recipient: str, smtputf8: bool) -> SubmissionResult:  # noqa: ARG002 - the signature of Submits; a Maildir has no envelope
        """Deliver `raw` as it is; durable when this returns SUBMITTED."""
        try:
            name = await asyncio.to_thread(self._deliver, raw)
        except OSError as error:
            reply = clean_header(f"maildir: {error}", REPLY_CHARACTERS)
            return SubmissionResult(outcome=SubmissionOutcome.DEFERRED, reply=reply)
        return SubmissionResult(outcome=SubmissionOutcome.SUBMITTED, reply=f"maildir: new/{name}")

    async def close(self) -> None:
        """Nothing is kept open."""

    def _deliver(self, raw: bytes) -> str:
        name = maildir_name(raw)
        temporary = self.path / "tmp" / f"{name}.{os.getpid()}.{next(self._attempts)}"
        try:
            with temporary.open("xb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path / "new" / name)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_directory(self.path / "new")
        return name


def maildir_name(raw: bytes) -> str:
    """The stable file name of a message, which mail programs open: a hash of its Message-ID, else of its bytes."""
    header = raw[: raw.find(b"\r\n\r\n") + 2]
    found = _MESSAGE_ID.search(header)
    return hashlib.sha256(found[1] if found else raw).hexdigest()[:40] + ".eml"


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""A mailbox of its own for each test, on the one Dovecot of all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.imap.desk import Mailbox
from tests.services import PrivateDovecot


@pytest.fixture
def mailbox(dovecot: PrivateDovecot, tmp_path: Path) -> Iterator[Mailbox]:
    """An empty INBOX, and an installation that fetches it."""
    box = Mailbox(tmp_path, dovecot)
    yield box
    box.close()

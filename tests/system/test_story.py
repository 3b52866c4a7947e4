"""The whole mission as one story (tests/system/story.py), by LMTP and by IMAP; `make story` prints it."""

import pytest

from tests.conftest import require
from tests.system.story import Story, tell_story

pytestmark = pytest.mark.system


@pytest.mark.parametrize("by_imap", [False, True], ids=["by LMTP", "by IMAP"])
def test_the_story(by_imap: bool) -> None:
    """Every row of the mission happens once, through the real doors, and verify finds nothing broken."""
    require("postfix")
    require("dovecot")

    with Story(by_imap=by_imap) as story:
        tell_story(story)

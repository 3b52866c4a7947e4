"""Commands that help, as a person can paste them into a shell: every word of a stranger's is quoted."""

import re
from typing import Final

_PLAIN: Final = re.compile(r"[\w@%+=:,./-]+\Z", re.ASCII)
WHY: Final = '--because "..."'


def command(*words: str) -> str:
    """A command of ours from its words, each quoted where a shell would read it otherwise."""
    return " ".join(["casegate", *(quoted(word) for word in words)])


def quoted(word: str) -> str:
    """One word for a POSIX shell: a stranger chooses his address, and it may hold a backtick."""
    return word if _PLAIN.match(word) else "'" + word.replace("'", "'\"'\"'") + "'"

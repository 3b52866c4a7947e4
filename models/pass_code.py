"""Pass codes of organisations, which are for the telephone alone (plans 5): which are taken, and how they are kept.

A code is kept as it is compared, letters and figures in lower case, in the clear: a key
would hide it from nobody who has the database and the key file, both of which lie with the
service, and every change of key would make codes unknown without a word.
"""

import re
import unicodedata
from typing import Final

SHORTEST: Final = 6
LONGEST: Final = 64
_BETWEEN: Final = re.compile(r"[\s\-._]+")
_COMMON: Final = frozenset(
    {
        "password",
        "passcode",
        "passwort",
        "kennwort",
        "geheim",
        "secret",
        "qwerty",
        "qwertz",
        "letmein",
        "welcome",
        "willkommen",
        "support",
        "customer",
        "telephone",
        "telefon",
        "system",
        "please",
        "regards",
    }
)
_ROWS: Final = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba",
)


class WeakCode(ValueError):
    """A pass code that is not taken; why, and what to choose. The code is never part of the words."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


def stored_code(written: str) -> str:
    """The stored form of a pass code. Raises WeakCode for one that would be found where none is, or is guessed."""
    code = _BETWEEN.sub("", unicodedata.normalize("NFKC", written)).casefold()
    if not re.fullmatch(r"[a-z0-9]+", code):
        raise WeakCode("it has other characters than letters and figures", "write a to z and 0 to 9")
    if not SHORTEST <= len(code) <= LONGEST:
        raise WeakCode(
            f"it has {len(code)} letters and figures", f"{SHORTEST} to {LONGEST} are taken: a shorter one is everywhere"
        )
    if len(set(code)) < 3 or any(code in row for row in _ROWS):
        raise WeakCode("it is a row or a repetition", "choose one that nobody guesses")
    if code in _COMMON or (code.isalpha() and code.rstrip("s") in _COMMON):
        raise WeakCode("it is a common word", "choose one that nobody writes by chance")
    return code

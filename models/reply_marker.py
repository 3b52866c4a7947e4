"""The line above which an answer to our mail is written; what stands below it is a quote of ours.

Every notice that invites an answer has it as its first line; whoever answers writes above
it. Found again in a message, quoted or not, it is the strongest sign there is of where the
new text ends: no other program puts it there. It authenticates nothing: anybody may type
it, and all they can reach by it is that their own text is shown as quoted.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

REPLY_MARKER_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "Please write your answer above this line",
        "de": "Bitte schreiben Sie Ihre Antwort über diese Zeile",
    }
)
"""By language. A wording that was ever sent stays recognised: it moves to REPLY_MARKER_WORDS_OF_OLD."""

REPLY_MARKER_WORDS_OF_OLD: Final[frozenset[str]] = frozenset()
"""Wordings of earlier versions."""

REPLY_MARKER: Final[Mapping[str, str]] = MappingProxyType(
    {language: f"-- {words} --" for language, words in REPLY_MARKER_WORDS.items()}
)
"""The whole line by language: short enough (RFC 3676 4.2) to come back as one at any usual depth of quotes."""

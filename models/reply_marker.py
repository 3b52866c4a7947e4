"""The line above which an answer to our mail is written; what stands below it is a quote of ours."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

REPLY_MARKER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "-- Please write your answer above this line --",
        "de": "-- Bitte schreiben Sie Ihre Antwort über diese Zeile --",
    }
)
"""By language: the first line of every mail that invites an answer."""

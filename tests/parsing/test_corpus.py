"""The corpus: every message is understood as its expectation says; so is mail of your own in tests/parsing/private."""

import pytest

from parser.message import parse, parse_headers_only
from tests.parsing.corpus_case import CORPUS, PRIVATE, Case, cases, difference

OURS = cases(CORPUS)
YOURS = cases(PRIVATE)


@pytest.mark.parametrize("case", OURS, ids=lambda case: case.name)
def test_a_message_is_understood(case: Case) -> None:
    """As its expectation says; the sentence why stands beside it."""
    assert {} == difference(case), case.why


@pytest.mark.parametrize("case", YOURS, ids=lambda case: case.name)
def test_your_message_is_understood(case: Case) -> None:
    """Mail that cannot be published, in a folder that git ignores."""
    assert {} == difference(case), case.why


def test_the_corpus_is_large_and_every_case_says_why() -> None:
    """At least 250 messages, no two alike."""
    assert len({case.raw for case in OURS}) == len(OURS) >= 250
    assert [] == [case.name for case in OURS if not case.why.endswith((".", ")")) or not case.expected]


@pytest.mark.parametrize("case", OURS, ids=lambda case: case.name)
def test_both_readings_agree(case: Case) -> None:
    """Safe mode changes what is shown, never the identity, the kind by header, or the trace."""
    full, safe = parse(case.raw), parse_headers_only(case.raw)

    assert (full.originator, full.content_key, full.message_id) == (safe.originator, safe.content_key, safe.message_id)
    assert (full.hops, full.authentication_results) == (safe.hops, safe.authentication_results)

"""Why tests failed, once more at the end of a report: what they logged may have pushed it far up."""

import re
from collections.abc import Sequence
from itertools import groupby

import pytest

MOST_TESTS = 5
"""As many are told of; all of them are named in the lines after this."""
MOST_LINES = 12
MOST_OF_ONE = 4
WIDTH = 300
_TELLING = re.compile(r"E {2}|\S+:\d+: (?!in )\S")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The assertion of each failed test, between what was captured and the names of those that failed."""
    failed = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
    if failed:
        terminalreporter.section("why")
    for report in failed:
        _shorten(report)
    for report in failed[:MOST_TESTS]:
        terminalreporter.line(f"{report.nodeid} ({report.when})" if report.when else report.nodeid)
        for line in reason(report.longreprtext):
            terminalreporter.line(f"    {line}")


def _shorten(report: pytest.TestReport) -> None:
    """Keep the first line of the error for the names that follow: on CI pytest writes all of it there."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        crash.message = crash.message.partition("\n")[0][:WIDTH]


def reason(report: str) -> Sequence[str]:
    """What failed and where, of the text of a report; its end where nothing in it is marked.

    Of each error its beginning: what a service had logged is noted behind it.
    """
    lines = report.splitlines()
    blocks = (list(block) for is_telling, block in groupby(lines, _is_telling) if is_telling)
    told = [line for block in blocks for line in block[:MOST_OF_ONE]]
    return [line[:WIDTH] for line in (told or lines)[-MOST_LINES:]]


def _is_telling(line: str) -> bool:
    return _TELLING.match(line) is not None

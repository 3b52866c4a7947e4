"""Why tests failed, once more at the end of a report: what they logged may have pushed it far up."""

import re
from collections.abc import Sequence

import pytest

MOST_TESTS = 5
"""As many are told of; all of them are named in the lines after this."""
MOST_LINES = 12
WIDTH = 300
_TELLING = re.compile(r"E {2}|\S+:\d+: \S")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The assertion of each failed test, between what was captured and the names of those that failed."""
    failed = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
    if failed:
        terminalreporter.section("why")
    for report in failed[:MOST_TESTS]:
        terminalreporter.line(f"{report.nodeid} ({report.when})" if report.when else report.nodeid)
        for line in reason(report.longreprtext):
            terminalreporter.line(f"    {line}")


def reason(report: str) -> Sequence[str]:
    """What failed and where, of the text of a report; its end where nothing in it is marked."""
    lines = report.splitlines()
    return [line[:WIDTH] for line in [line for line in lines if _TELLING.match(line)] or lines][-MOST_LINES:]

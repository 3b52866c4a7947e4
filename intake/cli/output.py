"""How commands print: tables for people, --json for programs, nothing that could drive a terminal.

What came from a mail is shown with control and direction characters escaped (threats F-13);
colours and boxes only on a terminal; times in UTC, to the second.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_DRIVES = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")
"""What a terminal obeys instead of showing: C0, C1, DEL, direction, and what it cannot encode."""


def escaped(value: str, *, keep_lines: bool = False) -> str:
    """Text that a terminal will only show."""
    return _DRIVES.sub(lambda found: "\n" if keep_lines and found[0] == "\n" else _escape(found[0]), value)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def shown(value: Any) -> str:
    """One value in words."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(shown(one) for one in value) or "-"
    return escaped(str(value))


def _cell(value: Any) -> str:
    """One value in its own place: what is empty shows that it is, as what is not there does."""
    return shown(value) or "-"


def as_json(value: Any) -> None:
    """Print one JSON document; times in RFC 3339; what could drive a terminal as \\uXXXX, which is the same JSON."""
    document = json.dumps(value, indent=2, ensure_ascii=False, default=plain)
    lines = (_DRIVES.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in document.split("\n"))
    sys.stdout.write("\n".join(lines) + "\n")


def plain(value: Any) -> Any:
    """A value that JSON does not know, as one that it does."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, json_wanted: bool, nothing: str) -> None:
    """Print rows: as JSON, whole; else as a table of the named columns."""
    if json_wanted:
        as_json(list(rows))
        return
    if not rows:
        print(nothing)
        return
    console = _console()
    grid = Table(
        box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False, header_style="bold", show_edge=False
    )
    for column in columns:
        grid.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        grid.add_row(*(Text(_cell(row[column])) for column in columns))
    console.print(grid)


def details(pairs: Iterable[tuple[str, Any]]) -> None:
    """Print names and values, a line each."""
    known = [(name.replace("_", " "), value) for name, value in pairs]
    width = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        print(f"{name:<{width}}  {_cell(value)}")


def aligned(rows: Iterable[Sequence[Any]]) -> None:
    """Print rows below a heading, each column as wide as its widest value."""
    lines = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = [value.ljust(width) for value, width in zip(line, widths, strict=True)]
        print("  " + "  ".join(padded).rstrip())


def heading(text: str) -> None:
    """Print a heading between parts of an answer."""
    console = _console()
    console.print()
    console.print(Text(text, style="bold"))


def _console() -> Console:
    # Not a terminal: as wide as the rows need, so that nothing is folded for grep.
    return Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 400)

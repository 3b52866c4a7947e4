"""Reading a directory from a table, as spreadsheets write it (CSV): one contact a line, with its organisation.

The table becomes what a TOML file would say, with the lines where that stands, and is read by
the same readers. An empty cell says nothing. Delimiter is what the heading, the first line with
anything in it, has most of: the comma, the semicolon that Excel writes in many countries, or the tab.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from models.directory.entries import DirectoryFile, DirectoryRules
from models.directory.file import Lines, Location, directory_of
from models.directory.problems import Problem, nearest

_ORGANISATION: Final = {
    "organisation": "name",
    "domains": "domains",
    "plan": "plan",
    "language": "language",
    "zone": "zone",
}
_CONTACT: Final = {
    "name": "name",
    "title": "title",
    "phone": "phone",
    "addresses": "addresses",
    "roles": "roles",
    "contact_language": "language",
    "active": "active",
    "valid_from": "valid_from",
    "valid_until": "valid_until",
}
COLUMNS: Final = (*_ORGANISATION, *_CONTACT)
_LISTS: Final = frozenset({"domains", "addresses", "roles"})
_SEPARATOR: Final = re.compile(r"[\s,;|]+")
_TRUTHS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_DELIMITERS: Final = ",;\t"
_CELL_CHARACTERS: Final = 10_000


def parse_table(text: str, rules: DirectoryRules) -> DirectoryFile:
    """What a table says. Never raises: what is wrong with it stands in `problems`."""
    table = _Table()
    heading = next((line for line in text.splitlines() if line.strip(f" {_DELIMITERS}")), "")
    delimiter = max(_DELIMITERS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for line, cells in _numbered(reader):
            table.take(line, [cell.strip() for cell in cells])
    except csv.Error as error:
        table.problem(reader.line_num, f"it is no CSV: {error}", "write a quote within quotes twice")
    read = directory_of({"organisation": table.organisations}, rules, table.lines)
    return DirectoryFile(read.statements, (*table.problems, *read.problems))


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line each begins on: a quoted cell may have line breaks."""
    line = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


class _Lines(Lines):
    """Where what a table says stands."""

    def put(self, location: Location, line: int) -> None:
        self._lines.setdefault(location, line)


class _Table:
    """One pass over the rows, and what came of it: the organisations, as TOML gives them."""

    def __init__(self) -> None:
        self.organisations: list[dict[str, Any]] = []
        self.problems: list[Problem] = []
        self.lines = _Lines()
        self._columns: list[str] = []
        self._places: dict[str, int] = {}

    def problem(self, line: int, what: str, remedy: str) -> None:
        self.problems.append(Problem(line, what, remedy))

    def take(self, line: int, cells: list[str]) -> None:
        if not self._columns:
            self._head(line, cells)
            return
        if len(cells) > len(self._columns) and any(cells[len(self._columns) :]):
            self.problem(line, f"{len(cells)} cells under {len(self._columns)} columns", "put quotes around a cell")
            return
        row = {column: cell for column, cell in zip(self._columns, cells, strict=False) if cell}
        if any(len(cell) > _CELL_CHARACTERS for cell in row.values()):
            self.problem(line, "a cell is far too long", "close the quotes")
        elif "" in row:
            self.problem(line, f"{row['']!r} stands under no column name", "name its column, or empty the cell")
        elif "organisation" not in row:
            self.problem(line, "no organisation stands in this line", "write its name in every line")
        else:
            self._row(line, row)

    def _head(self, line: int, cells: list[str]) -> None:
        self._columns = [cell.lower().replace(" ", "_") for cell in cells]
        for column in self._columns:
            if column and column not in COLUMNS:
                self.problem(
                    line, f"unknown column {column!r}", nearest(column, COLUMNS, f"known: {', '.join(COLUMNS)}")
                )
            elif column and self._columns.count(column) > 1:
                self.problem(line, f"column {column!r} stands there twice", "keep one of the two")
        if "organisation" not in self._columns:
            self.problem(
                line, "there is no column 'organisation'", f"the first line names columns: {', '.join(COLUMNS)}"
            )

    def _row(self, line: int, row: Mapping[str, str]) -> None:
        place = self._organisation(line, row)
        said = {key: _value(column, row[column]) for column, key in _CONTACT.items() if column in row}
        if said:
            contacts: list[dict[str, Any]] = self.organisations[place].setdefault("contact", [])
            self.lines.put(("organisation", place, "contact", len(contacts)), line)
            contacts.append(said)

    def _organisation(self, line: int, row: Mapping[str, str]) -> int:
        """The organisation of a row; what rows say of the same one may not differ."""
        name = row["organisation"]
        place = self._places.setdefault(name, len(self.organisations))
        if place == len(self.organisations):
            self.organisations.append({})
            self.lines.put(("organisation", place), line)
        known = self.organisations[place]
        for column, key in _ORGANISATION.items():
            if column not in row:
                continue
            value = _value(column, row[column])
            if known.setdefault(key, value) != value:
                self.problem(line, f"{column} of {name!r} is another in a line above", "write both alike, or one alone")
            self.lines.put(("organisation", place, key), line)
        return place


def _value(column: str, cell: str) -> Any:
    """A cell as TOML would have it; what cannot be is left to the reader of its key."""
    if column in _LISTS:
        return [part for part in _SEPARATOR.split(cell) if part]
    return _TRUTHS.get(cell.lower(), cell) if column == "active" else cell

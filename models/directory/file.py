"""Reading a directory file: TOML text to statements, with every problem by its line.

Nothing here knows what is already stored; `models.directory.changes` compares with that. A
file with problems still yields the statements that could be read, so that one run names all
that is wrong, in the file and against what is stored.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from models.directory.entries import DirectoryFile, DirectoryRules, Expected, Kind, Statement
from models.directory.keys import KEYS, Unreadable
from models.directory.problems import Problem, nearest

Location: TypeAlias = tuple[str | int, ...]

_KEY_LINE: Final = re.compile(r"\s*(?:\"([^\"]+)\"|'([^']+)'|([A-Za-z0-9_\-]+))\s*=")
_TABLE_LINE: Final = re.compile(r"\s*\[(\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?\s*(?:#|$)")
_LONG_TEXT: Final = re.compile(r'"""|\'\'\'')
_TOML_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)\Z")

_TOP: Final = (Kind.DEPARTMENT, Kind.AGENT, Kind.ORGANISATION)
_IDENTITY: Final[Mapping[Kind, str]] = {
    Kind.DEPARTMENT: "key",
    Kind.AGENT: "login",
    Kind.ORGANISATION: "name",
    Kind.CONTACT: "addresses",
}


class Lines:
    """Where each entry and each key of a TOML text stands."""

    def __init__(self, text: str = "") -> None:
        self._lines: dict[Location, int] = {}
        self._counts: defaultdict[Location, int] = defaultdict(int)
        table: Location = ()
        inside = False
        for number, line in enumerate(text.split("\n"), 1):
            if not inside and (heading := _TABLE_LINE.match(line)):
                table = self._table(heading[2].split("."), repeated=bool(heading[1]))
                self._lines.setdefault(table, number)
            elif not inside and (key := _KEY_LINE.match(line)):
                self._lines.setdefault((*table, key[1] or key[2] or key[3]), number)
            inside ^= len(_LONG_TEXT.findall(line)) % 2 == 1

    def _table(self, names: list[str], *, repeated: bool) -> Location:
        """The location a heading opens: `[[a.b]]` is the next b of the last a."""
        location: Location = ()
        for name in names[:-1]:
            location = (*location, name)
            if location in self._counts:
                location = (*location, self._counts[location] - 1)
        location = (*location, names[-1])
        if repeated:
            self._counts[location] += 1
            location = (*location, self._counts[location] - 1)
        return location

    def of(self, location: Location) -> int:
        """The line of a key or entry, else of what it stands in; 0 where no text was read."""
        for length in range(len(location), 0, -1):
            if location[:length] in self._lines:
                return self._lines[location[:length]]
        return 1 if self._lines else 0


def parse_directory(text: str, rules: DirectoryRules) -> DirectoryFile:
    """What a directory file says. Never raises: what is wrong with it stands in `problems`."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, but also figures and brackets without end
        place = _TOML_PLACE.search(str(error))
        line = int(place[1]) if place and place[1] else text.count("\n") + (not text.endswith("\n"))
        what = _TOML_PLACE.sub("", str(error))
        return DirectoryFile(problems=(Problem(line, f"it is no TOML: {what[:1].lower()}{what[1:]}"),))
    return directory_of(table, rules, Lines(text))


def directory_of(table: Mapping[str, Any], rules: DirectoryRules, lines: Lines | None = None) -> DirectoryFile:
    """What a table, as TOML gives it, says. Never raises: what is wrong with it stands in `problems`."""
    reading = _Reading(rules, lines or Lines())
    reading.unknown_keys(table, (), _TOP)
    for kind in _TOP:
        reading.entries(kind, table.get(kind, []), (kind.value,))
    return DirectoryFile(tuple(reading.statements), tuple(reading.problems))


def statement_of(
    kind: Kind,
    table: Mapping[str, Any],
    rules: DirectoryRules,
    *,
    expected: Expected,
    key: str | None = None,
    organisation: str = "",
) -> DirectoryFile:
    """What one command says of one entry, with the keys and values a file would have.

    `key` is given where it is not the table that tells which entry is meant. Never raises.
    """
    reading = _Reading(rules, Lines())
    statement = reading.statement(kind, table, (), organisation, key)
    said = () if statement is None else (replace(statement, expected=expected),)
    return DirectoryFile(said, tuple(reading.problems))


class _Reading:
    """One pass over a file, and what came of it."""

    def __init__(self, rules: DirectoryRules, lines: Lines) -> None:
        self._rules = rules
        self._lines = lines
        self.statements: list[Statement] = []
        self.problems: list[Problem] = []

    def unknown_keys(self, table: Mapping[str, Any], location: Location, known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                self._problem((*location, key), f"unknown key {key!r}", nearest(key, known))

    def entries(self, kind: Kind, tables: Any, location: Location, organisation: str | None = "") -> None:
        """All entries of one kind; those whose `organisation` could not be read are looked at and left out."""
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            heading = ".".join(part for part in location if isinstance(part, str))
            self._problem(location, f"{heading} is no list of entries", f"begin each with [[{heading}]]")
            return
        for number, table in enumerate(tables):
            place = (*location, number)
            statement = self.statement(kind, table, place, organisation or "")
            if statement is not None and organisation is not None:
                self.statements.append(statement)
            if kind is Kind.ORGANISATION:
                name = None if statement is None else statement.key
                self.entries(Kind.CONTACT, table.get("contact", []), (*place, "contact"), name)

    def statement(
        self,
        kind: Kind,
        table: Mapping[str, Any],
        location: Location,
        organisation: str,
        key: str | None = None,
    ) -> Statement | None:
        """What is said of one entry; None where it is not said which one it is."""
        before = len(self.problems)
        said = self._said(kind, table, location)
        identity = _IDENTITY[kind]
        if key is None and identity in said:
            key = said[identity][0] if kind is Kind.CONTACT else said[identity]
        if key is None:
            if identity not in table:
                self._problem(location, f"{kind} without {identity}", "it tells which one is meant")
            return None
        lines = {name: self._lines.of((*location, name)) for name in said} | {"": self._lines.of(location)}
        flawed = len(self.problems) > before
        return Statement(kind=kind, key=key, organisation=organisation, said=said, lines=lines, flawed=flawed)

    def _said(self, kind: Kind, table: Mapping[str, Any], location: Location) -> dict[str, Any]:
        """The values that could be read, in their stored form."""
        readers = KEYS[kind]
        self.unknown_keys(table, location, (*readers, "contact") if kind is Kind.ORGANISATION else tuple(readers))
        said: dict[str, Any] = {}
        for name in (name for name in readers if name in table):
            try:
                said[name] = readers[name](table[name], self._rules)
            except Unreadable as error:
                for what, remedy in error.flaws:
                    self._problem((*location, name), f"{name} = {what}", remedy)
        if kind is Kind.ORGANISATION:
            self._mode(said, table, location)
        return said

    def _mode(self, said: dict[str, Any], table: Mapping[str, Any], location: Location) -> None:
        """A mode of its own and its reason go together, and go away together."""
        if said.get("mode") and not said.get("mode_because"):
            self._problem((*location, "mode"), "mode without mode_because", "say why: it is shown on the cases")
        elif said.get("mode_because") and not table.get("mode"):
            self._problem(
                (*location, "mode_because"), "mode_because without mode", "write the mode it is the reason for"
            )
        elif said.get("mode", "") is None:
            said["mode_because"] = None

    def _problem(self, location: Location, what: str, remedy: str) -> None:
        self.problems.append(Problem(self._lines.of(location), what, remedy))

"""One entry of the directory added or changed by a command: the same reading and the same checks as an import's."""

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from intake import composition
from intake.cli.context import settings_of
from intake.cli.directory_files import rules_of
from intake.cli.errors import Refused
from intake.cli.output import escaped
from intake.clock import system_clock
from models.directory.entries import DirectoryRules, Expected, Kind
from models.directory.file import statement_of
from models.directory.problems import DirectoryError, nearest
from models.directory.wording import in_words
from models.store import directory_reports
from models.store.directory import bring_in

_NOUNS = {Kind.DEPARTMENT: "department", Kind.AGENT: "agent", Kind.ORGANISATION: "org", Kind.CONTACT: "contact"}


@dataclass(frozen=True, slots=True)
class Edit:
    """The transaction of one command, and what it did."""

    connection: sa.Connection
    rules: DirectoryRules
    done: list[str] = field(default_factory=list)

    def state(
        self,
        kind: Kind,
        table: Mapping[str, Any],
        *,
        expected: Expected,
        key: str | None = None,
        organisation: str = "",
    ) -> None:
        """Say something of one entry, with the keys and values of a file. Raises Refused when it cannot be."""
        file = statement_of(kind, table, self.rules, expected=expected, key=key, organisation=organisation)
        try:
            changes = bring_in(self.connection, file, self.rules, system_clock(), who=getpass.getuser())
        except DirectoryError as error:
            raise Refused(escaped(str(error), keep_lines=True)) from error
        self.done.extend(in_words(change) for change in changes)


@contextmanager
def edit(config: Path | None) -> Iterator[Edit]:
    """One transaction on the directory; what it did is printed once it is committed."""
    settings = settings_of(config)
    rules = rules_of(settings)
    database = composition.open_database(settings)
    try:
        with database.write() as connection:
            edit = Edit(connection, rules)
            yield edit
    finally:
        database.close()
    for line in edit.done:
        print(escaped(line))


def said(**options: Any) -> dict[str, Any]:
    """The options that were given, as a file would say them; `--role ''` is an empty list."""
    given = {name: value for name, value in options.items() if value is not None and value != []}
    return {name: [] if value == [""] else value for name, value in given.items()}


def unknown(connection: sa.Connection, kind: Kind, name: str) -> Refused:
    """The refusal of a name that is not there, with the nearest that is."""
    noun = _NOUNS[kind]
    remedy = nearest(name, directory_reports.known_names(connection, kind), f"'casegate {noun} list' shows all")
    return Refused(f"there is no {kind} {name!r}; {remedy}")

"""What the nouns of the directory share: a file or a command's options made into changes, and told."""

import getpass
import sys
from pathlib import Path
from typing import Final

import typer

from intake import composition
from intake.cli.context import settings_of
from intake.cli.errors import REFUSED, Refused
from intake.cli.output import escaped
from intake.clock import system_clock
from intake.settings import Settings
from models.directory.csv_file import parse_table
from models.directory.entries import DirectoryFile, DirectoryRules
from models.directory.file import parse_directory
from models.directory.problems import DirectoryError
from models.directory.wording import in_words, summary
from models.store.database import Database
from models.store.directory import bring_in

STANDARD_INPUT: Final = Path("-")


def import_file(path: Path, *, config: Path | None, dry_run: bool = False) -> None:
    """Import a directory file, or standard input for `-`, and print what changed.

    Raises Refused for a file that is no directory file; ends with exit code 1 after
    printing every problem, `FILE:LINE: what; remedy`, for one that says what cannot be.
    """
    settings = settings_of(config)
    rules = rules_of(settings)
    parse = parse_table if is_table(path) else parse_directory
    file = parse(_text_of(path), rules)
    try:
        _bring_in(file, rules, settings, dry_run=dry_run)
    except DirectoryError as error:
        source = "standard input" if path == STANDARD_INPUT else str(path)
        for problem in error.problems:
            sys.stderr.write(escaped(problem.told_of(source)) + "\n")
        raise typer.Exit(REFUSED) from error


def is_table(path: Path) -> bool:
    """Whether a file is read as CSV; standard input is TOML."""
    return path.suffix.lower() == ".csv"


def rules_of(settings: Settings) -> DirectoryRules:
    """What the configuration says about entries. Raises SettingsError."""
    return DirectoryRules(
        plans=frozenset(composition.read_plans(settings)),
        addresses=composition.addresses_of(settings),
        default_plan=settings.plans.default,
        default_language=settings.service.language,
        default_zone=settings.service.zone,
    )


def _bring_in(file: DirectoryFile, rules: DirectoryRules, settings: Settings, *, dry_run: bool) -> None:
    database = composition.open_database(settings)
    try:
        _report(database, file, rules, dry_run=dry_run)
    finally:
        database.close()


def _report(database: Database, file: DirectoryFile, rules: DirectoryRules, *, dry_run: bool) -> None:
    with database.read() if dry_run else database.write() as connection:
        changes = bring_in(connection, file, rules, system_clock(), who=getpass.getuser(), dry_run=dry_run)
    for change in changes.effective:
        print(escaped(in_words(change)))
    print(f"{summary(changes)}{' (dry run: nothing was changed)' if dry_run else ''}")


def _text_of(path: Path) -> str:
    octets = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
    try:
        return octets.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        how = "save it as 'CSV UTF-8'" if is_table(path) else "save it as UTF-8 text"
        raise Refused(f"{path}: it is not UTF-8; {how}") from error

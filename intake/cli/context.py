"""What commands share: the configuration file that is meant, and the database behind it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from intake import composition, configuration
from intake.settings import Settings
from models.store.database import Database

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="The configuration file (default: $CASEGATE_CONFIG, else /etc/casegate/casegate.toml).",
        show_default=False,
    ),
]
MOST_ID = 2**63 - 1
"""The largest id a database can hold."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def id_in(text: str) -> int | None:
    """The id that a person writes as a plain number, where a database can hold it."""
    if not (text.isdigit() and text.isascii() and len(text) <= len(str(MOST_ID))):
        return None
    number = int(text)
    return number if number <= MOST_ID else None


def configuration_path(given: Path | None) -> Path:
    """The configuration file that is meant."""
    return configuration.find(given, os.environ)


def settings_of(given: Path | None) -> Settings:
    """The configuration, checked. Raises SettingsError."""
    return configuration.load(configuration_path(given))


@contextmanager
def opened(given: Path | None) -> Iterator[Database]:
    """The database of the configuration, closed afterwards."""
    database = composition.open_database(settings_of(given), patient=True)
    try:
        yield database
    finally:
        database.close()

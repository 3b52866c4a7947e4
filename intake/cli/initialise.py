"""A new installation: an annotated configuration, a key, an empty database. Nothing is overwritten."""

import secrets
import socket
from pathlib import Path
from typing import Annotated

import typer

from intake.cli.errors import Refused
from intake.configuration import load
from models.address import AddressError, domain_key
from models.store.database import Database
from models.store.upgrade import upgrade

_KEY_OCTETS = 32

TEMPLATE = Path(__file__).with_name("casegate.toml.template")
"""The annotated reference of every setting; {braces} are filled in by `init`."""


def initialise(
    directory: Annotated[Path, typer.Option(help="Where configuration and key go.")] = Path("/etc/casegate"),
    state: Annotated[Path, typer.Option(help="Where the database and other state go.")] = Path("/var/lib/casegate"),
    domain: Annotated[str, typer.Option(help="The domain support mail comes to.")] = "example.net",
) -> None:
    """Write an annotated casegate.toml, a key and an empty database; refuses to overwrite any of them."""
    try:
        domain_key(domain)
    except AddressError as error:
        raise Refused(f"--domain {domain}: {error}") from error
    configuration, key = directory / "casegate.toml", directory / "casegate.key"
    database = state / "casegate.db"
    there = [str(path) for path in (configuration, key, database) if path.exists()]
    if there:
        raise Refused(f"{', '.join(there)}: already there; init overwrites nothing, remove or rename first")
    make(directory, state, domain)
    print(f"wrote {configuration}, {key} and {database}")
    print(f"next: edit {configuration}, then 'casegate org import FILE.toml' and 'casegate check'")


def make(directory: Path, state: Path, domain: str) -> Path:
    """Make an installation that is not there yet; its configuration file."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o755)
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    configuration, key = directory / "casegate.toml", directory / "casegate.key"
    key.touch(mode=0o600)
    key.write_text(secrets.token_hex(_KEY_OCTETS) + "\n", "ascii")
    text = TEMPLATE.read_text("utf-8")
    filled = {
        "domain": domain,
        "hostname": socket.getfqdn(),
        "key_file": str(key.absolute()),
        "state": str(state.absolute()),
    }
    for name, value in filled.items():
        text = text.replace("{" + name + "}", value)
    configuration.write_text(text, "utf-8")
    opened = Database(load(configuration, {}).service.database)
    try:
        upgrade(opened)
    finally:
        opened.close()
    return configuration

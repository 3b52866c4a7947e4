"""Organisations: who our customers are, and what was agreed with them."""

from pathlib import Path
from typing import Annotated

import typer

from intake.cli.context import ConfigOption
from intake.cli.directory_files import import_file

app = typer.Typer(help="Organisations, and the import of the whole directory.", no_args_is_help=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A TOML file (docs/directory.md), or - for standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    config: ConfigOption = None,
) -> None:
    """Make departments, agents, organisations and contacts what a file says. A second time changes nothing."""
    import_file(file, config=config, dry_run=dry_run)

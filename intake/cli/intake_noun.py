"""Closing the door for a while: mail waits at its senders, nothing is lost."""

import typer

from intake import pause as pausing
from intake.cli.context import ConfigOption, settings_of

app = typer.Typer(help="Whether mail is taken in.", no_args_is_help=True)


@app.command()
def pause(config: ConfigOption = None) -> None:
    """Answer every new mail transaction with 4xx until resumed; senders try again."""
    pausing.pause(settings_of(config).state_directory)
    print("intake is paused; 'casegate intake resume' opens it again")


@app.command()
def resume(config: ConfigOption = None) -> None:
    """Take mail in again."""
    pausing.resume(settings_of(config).state_directory)
    print("intake is open")

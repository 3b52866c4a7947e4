"""Closing the door for a while: mail waits at its senders, nothing is lost (peers 5.28)."""

import typer

from intake.cli.context import ConfigOption, settings_of

app = typer.Typer(help="Whether mail is taken in.", no_args_is_help=True)


@app.command()
def pause(config: ConfigOption = None) -> None:
    """Answer every new mail transaction with 4xx until resumed; senders try again."""
    (settings_of(config).state_directory / "paused").touch()
    print("intake is paused; 'casegate intake resume' opens it again")


@app.command()
def resume(config: ConfigOption = None) -> None:
    """Take mail in again."""
    (settings_of(config).state_directory / "paused").unlink(missing_ok=True)
    print("intake is open")

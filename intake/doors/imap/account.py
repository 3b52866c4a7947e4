"""One `[[imap]]` of the configuration as the door needs it, its secret read when it is used."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from intake.settings import ImapEntry, Settings
from models.store.imap_ledger import Place

_PORTS: Final = {"tls": 993, "starttls": 143, "none": 143}


class SecretError(Exception):
    """The file that holds a password or token cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where a mailbox is, how to get in, and what to do with its mail."""

    place: Place
    tls: Literal["tls", "starttls", "none"]
    ca_file: Path | None
    password_file: Path | None
    token_file: Path | None
    done_folder: str
    held_folder: str | None
    address: str
    recipient_field: str
    poll_seconds: int

    def secret(self) -> str:
        """The password or token as the file has it now. Raises SecretError."""
        path = self.password_file or self.token_file
        assert path is not None, "one of them is always set (intake.configuration)"
        try:
            secret = path.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(f"{path} cannot be read: {error}") from error
        if not secret or not secret.isprintable():
            raise SecretError(f"{path} holds no password: it is empty, or has control characters")
        return secret


def accounts_of(settings: Settings) -> list[Account]:
    """Every mailbox of the configuration, in its order."""
    return [_account(imap, settings) for imap in settings.imap]


def _account(imap: ImapEntry, settings: Settings) -> Account:
    return Account(
        place=Place(imap.host, imap.port or _PORTS[imap.tls], imap.user, imap.folder),
        tls=imap.tls,
        ca_file=imap.ca_file,
        password_file=imap.password_file,
        token_file=imap.oauth2_token_file,
        done_folder=imap.done_folder,
        held_folder=imap.held_folder or None,
        address=imap.address or settings.intake[0].address,
        recipient_field=imap.recipient_field.lower(),
        poll_seconds=imap.poll_seconds,
    )

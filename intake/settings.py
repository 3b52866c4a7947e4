"""The configuration as one frozen value: every key, its type, its default and what it must be.

The annotated file that `casegate init` writes is the reference; a test proves that each key
stands in it. Reading the file is `intake.configuration`.
"""

import os
import re
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from intake.doors.places import split_place
from models import limits
from models.address import LOCAL_PART_OCTETS, address_key, split
from models.organisation import Mode
from models.tokens import EXTENSION_OCTETS

_MOST_WORKERS = 32
_IN_THE_CLEAR = "a password stands in the URL: anyone who may read the file has it"
_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?\Z")
_AUTHSERV_ID = re.compile(r"[^\s;=()<>@,\"]{0,255}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_FIELD_NAME = re.compile(r"[A-Za-z0-9\-]{1,100}\Z")
_MODE = re.compile(r"0[0-7]{3}\Z")


def _hostname(value: str) -> str:
    if not _HOSTNAME.match(value):
        raise ValueError("write a host name such as mx.example.net")
    return value


def _authserv_id(value: str) -> str:
    if not _AUTHSERV_ID.match(value):
        raise ValueError("write the name your relay puts first in Authentication-Results, such as mx.example.net")
    return value.lower()


def _language(value: str) -> str:
    if not _LANGUAGE.match(value):
        raise ValueError("write a language tag such as en or pt-BR (BCP 47)")
    return value


def _permissions(value: str) -> str:
    if not _MODE.match(value):
        raise ValueError('write permissions in octal, such as "0660"')
    return value


def _address(value: str) -> str:
    """An address as mail shows it: the domain in A-labels, so that no relay needs SMTPUTF8 for it (B-9)."""
    local_part, domain = split(value)
    return value if value.isascii() else f"{local_part}@{domain}"


def _intake_address(value: str) -> str:
    """An address whose local part leaves room for `+` and a signed extension (RFC 5321 4.5.3.1.1)."""
    address_key(value)
    room = LOCAL_PART_OCTETS - 1 - EXTENSION_OCTETS
    if len(value.rpartition("@")[0].encode()) > room:
        raise ValueError(
            f"what stands before the @ may have {room} octets, for answers go to it with +TOKEN; "
            "name a shorter address, and let your relay rewrite the long one to it"
        )
    return value


def _network(value: str) -> str:
    ip_network(value)
    return value


def _listener(value: str) -> str:
    try:
        split_place(value)
    except ValueError as error:
        raise ValueError("write host:port, such as 127.0.0.1:2525 or [::1]:2525") from error
    return value


def _lmtp_place(value: str) -> str:
    if not value.startswith("/"):
        try:
            split_place(value)
        except ValueError as error:
            raise ValueError("write /absolute/path of a Unix socket, or host:port") from error
    return value


def _relay(value: str) -> str:
    scheme, _, rest = value.partition(":")
    if scheme == "maildir" and rest:
        return value
    parts = urlsplit(value)
    if parts.password is not None:
        raise Secret(f"{_IN_THE_CLEAR}; use delivery.user and delivery.password_file")
    if (
        scheme not in {"smtp", "smtps"}
        or not parts.hostname
        or not _is_port(value)
        or parts.username
        or parts.path.strip("/")
    ):
        raise ValueError("write smtp://host:port, smtps://host:port or maildir:PATH")
    return value


def _is_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


class Secret(ValueError):
    """A value that holds a secret where none may stand: it is not to be shown in the error."""


def _database(value: str) -> str:
    if not value.startswith(("sqlite:////", "sqlite:///", "postgresql+psycopg://")):
        raise ValueError("write sqlite:////absolute/path or postgresql+psycopg://user@host/name")
    if re.match(r"[^:]+://[^/@]*:[^/@]+@", value):
        raise Secret(f"{_IN_THE_CLEAR}; use PGPASSFILE or a service file")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('there is no such time zone; write an IANA name such as "America/Denver"') from error
    return value


def _folder(value: str) -> str:
    if not value.isprintable() or not 1 <= len(value) <= 255 or re.search(r"[%*]", value):
        raise ValueError("write the name of a folder, without wildcards and control characters")
    return value


def _field_name(value: str) -> str:
    if value and not _FIELD_NAME.match(value):
        raise ValueError("write the name of a header field, such as Delivered-To")
    return value


def _login(value: str) -> str:
    if not value.isprintable() or not value.isascii():
        raise ValueError("write the name to log in with, in printable ASCII")
    return value


Address = Annotated[str, AfterValidator(_address)]
Listener = Annotated[str, AfterValidator(_listener)]
NetworkName = Annotated[str, AfterValidator(_network)]


class Section(BaseModel):
    """A table of the file: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Service(Section):
    """[service]: who we are, and where our own things lie."""

    name: str = Field(min_length=1, max_length=100)
    address: Address
    phone: str = ""
    hostname: Annotated[str, AfterValidator(_hostname)]
    admin: Address
    key_file: Path
    database: Annotated[str, AfterValidator(_database)] = "sqlite:////var/lib/casegate/casegate.db"
    state_directory: Path | None = None
    language: Annotated[str, AfterValidator(_language)] = "en"
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    workers: int | None = Field(default=None, ge=1, le=_MOST_WORKERS)


class IntakeEntry(Section):
    """One [[intake]]: an address we answer for, and the department its mail is for."""

    address: Annotated[str, AfterValidator(_intake_address)]
    department: str = Field(min_length=1)


class Smtp(Section):
    """[smtp]: the doors."""

    listen: tuple[Listener, ...] = ("127.0.0.1:2525",)
    lmtp: tuple[Annotated[str, AfterValidator(_lmtp_place)], ...] = ()
    lmtp_mode: Annotated[str, AfterValidator(_permissions)] = "0660"
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    max_message_bytes: int = Field(default=limits.MESSAGE_BYTES, ge=65_536, le=limits.MESSAGE_BYTES)
    relays: tuple[NetworkName, ...] = ("127.0.0.1",)


class ImapEntry(Section):
    """One [[imap]]: a folder of a mailbox whose mail is taken in."""

    host: Annotated[str, AfterValidator(_hostname)]
    port: int | None = Field(default=None, ge=1, le=65_535)
    tls: Literal["tls", "starttls", "none"] = "tls"
    ca_file: Path | None = None
    user: Annotated[str, AfterValidator(_login)] = Field(min_length=1, max_length=255)
    password_file: Path | None = None
    oauth2_token_file: Path | None = None
    address: Address | None = None
    folder: Annotated[str, AfterValidator(_folder)] = "INBOX"
    done_folder: Annotated[str, AfterValidator(_folder)] = "casegate-done"
    held_folder: Annotated[str, AfterValidator(_folder)] | None = None
    recipient_field: Annotated[str, AfterValidator(_field_name)] = ""
    poll_seconds: int = Field(default=60, ge=1, le=3600)


class Authentication(Section):
    """[authentication]: whose word is enough."""

    mode: Mode = Mode.ALIGNED
    authserv_id: Annotated[str, AfterValidator(_authserv_id)] = ""
    shared_senders: tuple[NetworkName, ...] = ()
    i_know: bool = False


class Breaker(Section):
    """[breaker]: how much is too much of one contact."""

    cases_per_hour: int = Field(default=1_000, ge=1)
    alike_per_hour: int = Field(default=20, ge=1)


class Delivery(Section):
    """[delivery]: the way out."""

    relay: Annotated[str, AfterValidator(_relay)] = "smtp://127.0.0.1:25"
    tls: Literal["required", "opportunistic", "none"] = "opportunistic"
    user: str = ""
    password_file: Path | None = None


class Plans(Section):
    """[plans]: what is promised."""

    default: str = "calltower-2021"
    directory: Path | None = None


class Retention(Section):
    """[retention]: how long things are kept."""

    held_days: int = Field(default=30, ge=1, le=3650)


class Settings(Section):
    """The whole file."""

    service: Service
    intake: tuple[IntakeEntry, ...] = Field(min_length=1)
    smtp: Smtp = Smtp()
    imap: tuple[ImapEntry, ...] = ()
    authentication: Authentication = Authentication()
    breaker: Breaker = Breaker()
    delivery: Delivery = Delivery()
    plans: Plans = Plans()
    retention: Retention = Retention()

    @cached_property
    def state_directory(self) -> Path:
        """Where sockets, spool and the pause mark lie: said, or beside a SQLite database."""
        if self.service.state_directory is not None:
            return self.service.state_directory
        if self.service.database.startswith("sqlite:///"):
            return Path(self.service.database.removeprefix("sqlite:///")).parent
        return Path("/var/lib/casegate")

    @cached_property
    def workers(self) -> int:
        """How many processes work on the inbox: said, or as many as gain by it where the database lies.

        On SQLite one process writes at a time, and a second worker would wait for the first; on
        PostgreSQL one computes while the server works for the other.
        """
        if self.service.workers is not None:
            return self.service.workers
        return 1 if self.service.database.startswith("sqlite:") else min(2, len(os.sched_getaffinity(0)))

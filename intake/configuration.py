"""Reading the configuration: file, then environment, then everything that is wrong with it at once.

`casegate.toml` is read, then the environment (CASEGATE_SECTION__KEY, scalars only) wins.
Each problem names its file and line, what is wrong, and what to write instead; an unknown
key names the nearest known one.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from intake.settings import (
    Authentication,
    Breaker,
    Delivery,
    ImapEntry,
    IntakeEntry,
    Plans,
    Retention,
    Secret,
    Section,
    Service,
    Settings,
    Smtp,
)
from models.address import address_key
from models.organisation import Mode

ENVIRONMENT_PREFIX: Final = "CASEGATE_"
CONFIGURATION_VARIABLE: Final = "CASEGATE_CONFIG"
"""Names the configuration file where the command line does not."""
DEFAULT_PATH: Final = Path("/etc/casegate/casegate.toml")

_KEY_LINE: Final = re.compile(r"\s*(?:\"([^\"]+)\"|([A-Za-z0-9_\-]+))\s*=")
_TABLE_LINE: Final = re.compile(r"\s*\[(\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?")


_SECTIONS: Final[dict[str | int, type[Section]]] = {
    "service": Service,
    "intake": IntakeEntry,
    "smtp": Smtp,
    "imap": ImapEntry,
    "authentication": Authentication,
    "breaker": Breaker,
    "delivery": Delivery,
    "plans": Plans,
    "retention": Retention,
}
_LISTS: Final = ("intake", "imap")
"""Sections of which there may be several: [[...]]."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it stands, what it is, and what to do about it."""

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


class SettingsError(Exception):
    """The configuration cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def find(given: Path | None, environment: Mapping[str, str]) -> Path:
    """The configuration file that is meant: the command line's, the environment's, the system's."""
    return given or Path(environment.get(CONFIGURATION_VARIABLE) or DEFAULT_PATH)


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the configuration. Raises SettingsError with every problem it has."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        raise SettingsError([Problem(str(path), "there is no such file", "make one with 'casegate init'")]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([Problem(str(path), f"it cannot be read: {error}")]) from error
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, but also figures and brackets without end
        raise SettingsError([Problem(str(path), f"it is no TOML: {error}")]) from error
    source = _Source(path, text)
    problems = list(_overlay(table, environment, source))
    try:
        settings = Settings.model_validate(table)
    except ValidationError as error:
        problems.extend(_problem(details, source) for details in error.errors() if not _is_echo(details))
        raise SettingsError(sorted(problems, key=source.place_of)) from error
    problems.extend(_contradictions(settings, source))
    if problems:
        raise SettingsError(problems)
    return settings


def _overlay(table: dict[str, Any], environment: Mapping[str, str], source: "_Source") -> Iterator[Problem]:
    """Put the environment's values over the file's; a name that means nothing is a problem."""
    for name in sorted(environment):
        if not name.startswith(ENVIRONMENT_PREFIX) or name == CONFIGURATION_VARIABLE:
            continue
        section, separator, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        fields = _fields_of((section,))
        if not separator or key not in fields or section in _LISTS:
            known = [
                f"{ENVIRONMENT_PREFIX}{s}__{k}".upper()
                for s in _fields_of(())
                if s not in _LISTS
                for k in _fields_of((s,))
            ]
            yield Problem(f"environment {name}", "it names no setting", _nearest(name, known))
            continue
        table.setdefault(section, {})[key] = environment[name]
        source.overlaid[(section, key)] = name


def _contradictions(settings: Settings, source: "_Source") -> Iterator[Problem]:
    """What each key allows but they do not allow together."""
    seen: set[str] = set()
    for number, entry in enumerate(settings.intake):
        if (key := address_key(entry.address)) in seen:
            yield Problem(
                source.where(("intake", number, "address")), f"{entry.address} stands there twice", "remove one"
            )
        seen.add(key)
    if settings.smtp.tls_key is not None and settings.smtp.tls_certificate is None:
        yield Problem(source.where(("smtp", "tls_key")), "a key without a certificate", "set tls_certificate too")
    if bool(settings.delivery.user) != (settings.delivery.password_file is not None):
        yield Problem(source.where(("delivery",)), "user and password_file go together", "set both or neither")
    yield from _mailbox_contradictions(settings, source)
    beyond = [place for place in settings.smtp.listen if not _is_loopback(place)]
    trusted_only = settings.authentication.mode is Mode.ADDRESS and not settings.authentication.i_know
    if beyond and trusted_only and not any(not ip_network(relay).is_loopback for relay in settings.smtp.relays):
        yield Problem(
            source.where(("authentication", "mode")),
            f"mode 'address' believes any sender, and {beyond[0]} can be reached from other machines",
            "list the relays that may connect in smtp.relays, or set authentication.i_know = true",
        )


def _mailbox_contradictions(settings: Settings, source: "_Source") -> Iterator[Problem]:
    """The same of the mailboxes that are fetched."""
    ours = {address_key(entry.address) for entry in settings.intake}
    seen: set[tuple[str, int | None, str, str]] = set()
    for number, imap in enumerate(settings.imap):

        def problem(key: str, what: str, remedy: str, number: int = number) -> Problem:
            return Problem(source.where(("imap", number, key)), what, remedy)

        if (place := (imap.host.lower(), imap.port, imap.user, imap.folder)) in seen:
            yield problem("host", f"folder {imap.folder} of {imap.user} stands there twice", "remove one")
        seen.add(place)
        if imap.password_file is None and imap.oauth2_token_file is None:
            yield problem("user", "there is no secret to log in with", "set password_file or oauth2_token_file")
        if imap.password_file is not None and imap.oauth2_token_file is not None:
            yield problem("user", "there are two secrets to log in with", "set password_file or oauth2_token_file")
        if imap.tls == "none" and not _is_local(imap.host):
            yield problem(
                "tls", "without TLS the password and all mail go in the clear", 'set tls = "tls" or "starttls"'
            )
        if imap.ca_file is not None and not imap.ca_file.is_file():
            yield problem("ca_file", f"there is no file {imap.ca_file}", "name the authority's certificate in PEM")
        if imap.address is not None and address_key(imap.address) not in ours:
            yield problem("address", f"{imap.address} is no intake address", "write it into an [[intake]] too")
        folders = [imap.folder, imap.done_folder, *([imap.held_folder] if imap.held_folder else [])]
        if len({_folder_key(folder) for folder in folders}) < len(folders):
            yield problem("folder", "mail is moved out of its folder, so the folders differ", "name another folder")


def _folder_key(folder: str) -> str:
    """INBOX is the one folder whose name has no case (RFC 9051 5.1)."""
    return "INBOX" if folder.upper() == "INBOX" else folder


def _is_loopback(place: str) -> bool:
    return _is_local(place.rpartition(":")[0].strip("[]"))


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _problem(details: ErrorDetails, source: "_Source") -> Problem:
    """One of pydantic's findings in our words."""
    location = tuple(part for part in details["loc"] if not (isinstance(part, int) and details["loc"][0] not in _LISTS))
    name = ".".join(str(part) for part in location)
    where = source.where(location)
    match details["type"]:
        case "extra_forbidden":
            return Problem(where, f"unknown key {name}", _nearest(str(location[-1]), _fields_of(location[:-1])))
        case "missing":
            return Problem(where, f"{name} is missing", "every setting stands annotated in 'casegate init'")
        case "tuple_type" if name in _LISTS:
            return Problem(where, f"{name} is a list of tables: write [[{name}]], in two brackets")
        case "tuple_type":
            return Problem(where, f"{name} = {details['input']!r}: input should be a list: write [...]")
    return Problem(where, _wrong_value(name, details))


def _wrong_value(name: str, details: ErrorDetails) -> str:
    """What is wrong with a value, and the value, unless it is not to be shown."""
    error = details["ctx"]["error"] if details["type"] == "value_error" else None
    if isinstance(error, Secret):
        return f"{name}: {error}"
    message = str(error) if error is not None else details["msg"][:1].lower() + details["msg"][1:]
    return f"{name} = {details['input']!r}: {message}"


def _is_echo(details: ErrorDetails) -> bool:
    """Whether a finding only repeats others: a list is not "too short" because its entries are wrong."""
    return details["type"] == "too_short" and bool(details["input"])


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1, 0.5)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _fields_of(location: tuple[int | str, ...]) -> list[str]:
    """The keys that are known at a place of the file."""
    model: type[BaseModel] = Settings
    for part in location:
        if not isinstance(part, int):
            if part not in _SECTIONS:
                return []
            model = _SECTIONS[part]
    return list(model.model_fields)


class _Source:
    """Where each key stands in the file, for people."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.overlaid: dict[tuple[int | str, ...], str] = {}
        self._lines: dict[tuple[int | str, ...], int] = {}
        table: tuple[int | str, ...] = ()
        counts: dict[str, int] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if heading := _TABLE_LINE.match(line):
                name = heading[2]
                table = (name,)
                if heading[1]:
                    table = (name, counts.get(name, 0))
                    counts[name] = counts.get(name, 0) + 1
                self._lines.setdefault(table, number)
            elif key := _KEY_LINE.match(line):
                self._lines.setdefault((*table, key[1] or key[2]), number)

    def place_of(self, problem: Problem) -> tuple[str, int]:
        """What problems are sorted by: as one reads the file."""
        place, _, line = problem.where.rpartition(":")
        return (place, int(line)) if line.isdigit() else (problem.where, 0)

    def where(self, location: tuple[int | str, ...]) -> str:
        """The file and line of a key, or of the table it belongs in, or the variable that set it."""
        if location in self.overlaid:
            return f"environment {self.overlaid[location]}"
        for length in range(len(location), 0, -1):
            if location[:length] in self._lines:
                return f"{self.path}:{self._lines[location[:length]]}"
        return str(self.path)

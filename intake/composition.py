"""From settings to the things a role is made of: plain construction, in one place."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

from intake.configuration import Problem, SettingsError
from intake.settings import Settings
from models.authentication import Authentication
from models.intake_address import IntakeAddress, IntakeAddresses
from models.notice import Desk
from models.plan import PlanError, SupportPlan, parse_plan, shipped_plans
from models.policy import Policy
from models.store.database import Database
from models.store.schema import require_newest
from models.tokens import Keys

_KEY_OCTETS = 16
_KEY_FILE_OCTETS = 10_000


def open_database(settings: Settings, *, patient: bool = False) -> Database:
    """The database, checked: durable, and of this version's schema. Raises DatabaseError.

    `patient` is for people: what they ask for may take long (`models.store.postgres`).
    """
    database = Database(settings.service.database, patient=patient)
    if database.path is not None and not database.path.exists():
        raise SettingsError(
            [
                Problem(
                    str(database.path), "there is no database", "make one with 'casegate init' or 'casegate db upgrade'"
                )
            ]
        )
    require_newest(database)
    database.assert_durable()
    return database


def policy_of(settings: Settings) -> Policy:
    """What the settings say to the law. Raises SettingsError."""
    plans = read_plans(settings)
    if settings.plans.default not in plans:
        raise SettingsError(
            [Problem("plans.default", f"there is no plan {settings.plans.default!r}", f"known are {', '.join(plans)}")]
        )
    service = settings.service
    return Policy(
        desk=Desk(name=service.name, address=service.address, phone=service.phone),
        hostname=service.hostname,
        admin=service.admin,
        keys=read_keys(service.key_file),
        addresses=addresses_of(settings),
        mode=settings.authentication.mode,
        plans=plans,
        default_plan=settings.plans.default,
        held_for=timedelta(days=settings.retention.held_days),
        cases_per_hour=settings.breaker.cases_per_hour,
        alike_per_hour=settings.breaker.alike_per_hour,
        language=service.language,
        zone=service.zone,
        authentication=Authentication(
            authserv_id=settings.authentication.authserv_id,
            relays=tuple(ip_network(relay) for relay in settings.smtp.relays),
            shared_senders=tuple(ip_network(network) for network in settings.authentication.shared_senders),
        ),
    )


def addresses_of(settings: Settings) -> IntakeAddresses:
    """The addresses we answer for."""
    return IntakeAddresses(IntakeAddress(entry.address, entry.department) for entry in settings.intake)


def read_plans(settings: Settings) -> dict[str, SupportPlan]:
    """The shipped plans, and over them those of the admin's own directory."""
    try:
        zone = settings.service.zone
        plans = shipped_plans(service_zone=zone)
        if settings.plans.directory is not None:
            if not settings.plans.directory.is_dir():
                raise PlanError(f"there is no directory {settings.plans.directory}")
            for path in sorted(settings.plans.directory.glob("*.toml")):
                plans[path.stem] = parse_plan(path.stem, path.read_text("utf-8"), service_zone=zone)
    except (PlanError, OSError, UnicodeDecodeError) as error:
        raise SettingsError([Problem("plans.directory", str(error))]) from error
    return plans


def read_keys(path: Path) -> Keys:
    """The keys of our tokens: one in hexadecimal on the first line, the previous one on the second."""
    try:
        with path.open(encoding="ascii") as file:  # of a device that never ends no more than that is read
            text = file.read(_KEY_FILE_OCTETS)
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        keys = [bytes.fromhex(line) for line in lines[:2]]
    except FileNotFoundError as error:
        raise SettingsError([Problem(str(path), "there is no key file", "make one with 'casegate init'")]) from error
    except (OSError, ValueError) as error:
        raise SettingsError(
            [Problem(str(path), f"it is no key file: {error}", "write one key in hexadecimal a line")]
        ) from error
    if not keys or any(len(key) < _KEY_OCTETS for key in keys):
        raise SettingsError(
            [
                Problem(
                    str(path),
                    f"a key has at least {_KEY_OCTETS} octets in hexadecimal",
                    "make one with 'openssl rand -hex 32'",
                )
            ]
        )
    return Keys(keys[0], keys[1] if len(keys) > 1 else None)

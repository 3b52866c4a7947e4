"""What agents do to cases: each verb one act, recorded under `--as AGENT`, all its effects or none (contract 2)."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from intake import composition
from intake.casework import NoSuchCase, act_on_case, dossier_of, open_case
from intake.cli.context import ConfigOption, id_in, settings_of
from intake.cli.directory_edits import unknown
from intake.cli.errors import Refused
from intake.cli.output import escaped
from intake.clock import system_clock
from intake.wake import Bell
from models.acts import (
    Act,
    Actor,
    Assign,
    Close,
    Link,
    MarkDuplicate,
    Note,
    PutOnHold,
    Refusal,
    Reopen,
    Reply,
    Resolve,
    SetDepartment,
    SetEtr,
    SetPriority,
    SetStatus,
    SetVendor,
)
from models.address import AddressError, address_key
from models.case import CaseStatus, Priority, case_id_of
from models.directory.entries import Kind
from models.dossier import Dossier
from models.organisation import Department, KnownAgent, KnownContact
from models.policy import Policy
from models.rules.commands import moment
from models.rules.effects import Consequences
from models.rules.opening_by_agent import CaseRequest
from models.store import staff
from models.store.contacts import contacts_by_address

Number = Annotated[str, typer.Argument(help="The case's number, such as CG-000123.")]
As = Annotated[str | None, typer.Option("--as", help="The agent who acts (default: your login name).")]
Words = Annotated[str, typer.Argument(help="The words; - for standard input.")]
OptionalWords = Annotated[str, typer.Option("--text", help="Words to the customer; - for standard input.")]
_NO_TEXT = "the words are no text in the encoding of this terminal; write them in UTF-8"


@dataclass(frozen=True, slots=True)
class Desk:
    """One transaction of an agent at the desk. What was `done` in it is told once it is committed."""

    connection: sa.Connection
    policy: Policy
    by: Actor
    done: list[Consequences] = field(default_factory=list)

    def do(self, number: str, act: Callable[[Dossier], Act]) -> None:
        """Do one act."""
        try:
            effects = act_on_case(
                self.connection, self.policy, case_id_meant(number), act, by=self.by, now=system_clock()
            )
        except NoSuchCase as error:
            raise Refused(_no_case(number)) from error
        except Refusal as error:
            raise Refused(str(error)) from error
        self.done.append(effects)

    def dossier(self, number: str) -> Dossier:
        """Another case that an act names."""
        try:
            return dossier_of(self.connection, case_id_meant(number))
        except NoSuchCase as error:
            raise Refused(_no_case(number)) from error

    def agent(self, login: str) -> KnownAgent:
        found = staff.agent_by_login(self.connection, login)
        if found is None:
            raise unknown(self.connection, Kind.AGENT, login)
        return found

    def department(self, key: str) -> Department:
        try:
            return staff.department_on_duty(self.connection, key)
        except KeyError as error:
            raise unknown(self.connection, Kind.DEPARTMENT, key) from error


@contextmanager
def at_desk(config: Path | None, agent: str | None) -> Iterator[Desk]:
    """The transaction of one command; the worker is told to word what is owed once it is committed."""
    settings = settings_of(config)
    policy = composition.policy_of(settings)
    database = composition.open_database(settings)
    try:
        with database.write() as connection:
            login = agent or getpass.getuser()
            known = staff.agent_by_login(connection, login)
            if agent is not None and known is None:
                raise unknown(connection, Kind.AGENT, agent)
            desk = Desk(connection, policy, Actor(login=login, agent=known))
            yield desk
    finally:
        database.close()
    for effects in desk.done:
        tell(effects)
    bell = Bell(settings.state_directory)
    bell.ring("worker")
    bell.ring("scheduler")
    bell.close()


def case_id_meant(number: str) -> int:
    """The case a person names, by number or id. Raises Refused."""
    case_id = case_id_of(number)
    if case_id is None:
        case_id = id_in(number)
    if case_id is None:
        raise Refused(_no_case(number))
    return case_id


def _no_case(number: str) -> str:
    return f"there is no case {number!r}; 'casegate case list' shows those there are"


def tell(effects: Consequences) -> None:
    """Say what was done, how the case stands, and who hears of it."""
    change = effects.changes[-1]
    case = change.after
    print(escaped(f"{case.number}: {change.because}; it is {case.status.value}, {case.priority}"))
    for notice in effects.notices:
        print(escaped(f"  {notice.context.kind.value} to {notice.recipient}"))


def words_of(given: str) -> str:
    """The words of an act, from standard input where `-` stands for them.

    Read before the transaction begins: nobody else's work waits while somebody writes. Raises Refused.
    """
    try:
        return text_of(sys.stdin.read() if given == "-" else given)
    except UnicodeDecodeError as error:
        raise Refused(_NO_TEXT) from error


def text_of(given: str) -> str:
    """What was typed, where all of it is text: an octet of another encoding is a lone surrogate. Raises Refused."""
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise Refused(_NO_TEXT) from error
    return given


def open_(
    contact: Annotated[str, typer.Option("--for", help="The address of the MPOC it is for.")],
    subject: Annotated[str, typer.Option(help="What it is about.")],
    text: Annotated[str, typer.Option(help="What was said; - for standard input.")] = "",
    org: Annotated[str | None, typer.Option(help="For an MPOC of several organisations.")] = None,
    priority: Annotated[Priority, typer.Option(help="Its priority.")] = Priority.P4,
    department: Annotated[str | None, typer.Option(help="Default: that of the first intake address.")] = None,
    agent: As = None,
    config: ConfigOption = None,
) -> None:
    """Open a case for a contact who called; the contact gets the acknowledgement."""
    words = words_of(text)
    with at_desk(config, agent) as desk:
        key = department or desk.policy.addresses.entries[0].department
        desk.department(key)
        request = CaseRequest(
            contact=_contact(desk.connection, contact, org),
            subject=text_of(subject),
            text=words,
            priority=priority,
            department=key,
        )
        case = open_case(desk.connection, desk.policy, request, by=desk.by, now=system_clock())
    print(escaped(f"{case.number}: opened for {request.contact.name} of {request.contact.organisation}"))


def _contact(connection: sa.Connection, address: str, org: str | None) -> KnownContact:
    try:
        known = contacts_by_address(connection, {address_key(address)}).get(address_key(address), [])
    except AddressError as error:
        raise Refused(f"--for {address}: {error}") from error
    found = [one for one in known if one.active and one.is_mpoc and org in {None, one.organisation}]
    if not found:
        raise Refused(f"--for {address}: no active MPOC has this address; 'casegate contact list' shows all contacts")
    if len(found) > 1:
        names = ", ".join(sorted(one.organisation for one in found))
        raise Refused(f"--for {address}: it is an MPOC's of several organisations ({names}); name one with --org")
    return found[0]


def reply(
    number: Number,
    text: Words,
    ask: Annotated[bool, typer.Option("--ask", help="We wait for the customer's answer.")] = False,
    agent: As = None,
    config: ConfigOption = None,
) -> None:
    """Write to the customer: every correspondent of the case gets it by mail."""
    words = words_of(text)
    with at_desk(config, agent) as desk:
        desk.do(number, lambda _: Reply(text=words, asks=ask))


def note(
    number: Number,
    text: Words,
    call: Annotated[bool, typer.Option("--call", help="Said on the phone: it keeps a promised update.")] = False,
    agent: As = None,
    config: ConfigOption = None,
) -> None:
    """Make a note that only agents see."""
    words = words_of(text)
    with at_desk(config, agent) as desk:
        desk.do(number, lambda _: Note(text=words, call=call))


def assign(
    number: Number,
    to: Annotated[str, typer.Argument(help="The agent's login; - for nobody.")],
    agent: As = None,
    config: ConfigOption = None,
) -> None:
    """Give the case to an agent, who is told."""
    with at_desk(config, agent) as desk:
        desk.do(number, lambda _: Assign(agent=None if to == "-" else desk.agent(to)))


def set_(
    number: Number,
    priority: Annotated[Priority | None, typer.Option(help="P1, P2, P3 or P4.")] = None,
    status: Annotated[str | None, typer.Option(help="Such as 'In Progress'; the customer is told.")] = None,
    department: Annotated[str | None, typer.Option(help="The department's key.")] = None,
    vendor: Annotated[str | None, typer.Option(help="Whose times apply; '' for nobody's.")] = None,
    text: OptionalWords = "",
    agent: As = None,
    config: ConfigOption = None,
) -> None:
    """Set priority, status, department or vendor."""
    acts: list[Callable[[Desk], Act]] = []
    words = words_of(text)
    if priority is not None:
        acts.append(lambda _: SetPriority(priority=priority))
    if status is not None:
        acts.append(lambda _: SetStatus(status=status_meant(status), text=words))
    if department is not None:
        acts.append(lambda desk: SetDepartment(department=desk.department(department)))
    if vendor is not None:
        acts.append(lambda _: SetVendor(vendor=text_of(vendor)))
    if not acts:
        raise Refused("nothing to set: give --priority, --status, --department or --vendor")
    with at_desk(config, agent) as desk:
        for said in [act(desk) for act in acts]:
            desk.do(number, partial(_whatever, said))


def _whatever(act: Act, _: Dossier) -> Act:
    """An act that does not depend on how the case stands."""
    return act


def status_meant(text: str) -> CaseStatus:
    """The status of that name, in capitals or not. Raises Refused."""
    for status in CaseStatus:
        if text.casefold() == status.value.casefold():
            return status
    raise Refused(f"there is no status {text!r}; known are {'; '.join(CaseStatus)}")


def hold(
    number: Number,
    until: Annotated[str | None, typer.Option(help="2026-11-30 15:00, in the plan's zone; counts as an ETR.")] = None,
    text: OptionalWords = "",
    agent: As = None,
    config: ConfigOption = None,
) -> None:
    """Put the case on hold; without a time, scheduled updates go on."""
    words = words_of(text)
    with at_desk(config, agent) as desk:

        def act(dossier: Dossier) -> Act:
            zone = desk.policy.plan(dossier.case.plan).zone
            return PutOnHold(until=None if until is None else moment(until, zone), text=words)

        desk.do(number, act)


def etr(
    number: Number,
    when: Annotated[str, typer.Argument(help="2026-11-30 15:00, in the plan's zone; none takes it back.")],
    agent: As = None,
    config: ConfigOption = None,
) -> None:
    """Estimate when it will be resolved: told to the customer, instead of updates until then."""
    with at_desk(config, agent) as desk:

        def act(dossier: Dossier) -> Act:
            return SetEtr(etr=None if when == "none" else moment(when, desk.policy.plan(dossier.case.plan).zone))

        desk.do(number, act)


def resolve(number: Number, text: OptionalWords = "", agent: As = None, config: ConfigOption = None) -> None:
    """Work is done: ask the customer to confirm."""
    words = words_of(text)
    with at_desk(config, agent) as desk:
        desk.do(number, lambda _: Resolve(summary=words))


def close(number: Number, text: OptionalWords = "", agent: As = None, config: ConfigOption = None) -> None:
    """Close the case; the customer is told until when an answer re-opens it."""
    words = words_of(text)
    with at_desk(config, agent) as desk:
        desk.do(number, lambda _: Close(summary=words))


def reopen(
    number: Number,
    because: Annotated[str, typer.Option(help="Why; a note among agents.")] = "",
    agent: As = None,
    config: ConfigOption = None,
) -> None:
    """Re-open a closed case for a customer who asked by phone or chat, within the plan's days."""
    with at_desk(config, agent) as desk:
        desk.do(number, lambda _: Reopen(because=text_of(because)))


def link(
    number: Number,
    other: Annotated[str, typer.Argument(help="The other case, of the same organisation.")],
    agent: As = None,
    config: ConfigOption = None,
) -> None:
    """Link two cases."""
    with at_desk(config, agent) as desk:
        desk.do(number, lambda _: Link(other=desk.dossier(other).case))


def duplicate(
    number: Number,
    main: Annotated[str, typer.Argument(help="The main case, of the same organisation.")],
    agent: As = None,
    config: ConfigOption = None,
) -> None:
    """Make the case the duplicate of another; what the customer writes to it goes there."""
    with at_desk(config, agent) as desk:
        desk.do(number, lambda _: MarkDuplicate(main=desk.dossier(main).case))


VERBS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("open", open_),
    ("reply", reply),
    ("note", note),
    ("assign", assign),
    ("set", set_),
    ("hold", hold),
    ("etr", etr),
    ("resolve", resolve),
    ("close", close),
    ("reopen", reopen),
    ("link", link),
    ("duplicate", duplicate),
)
"""The verbs of `casegate case` that act."""

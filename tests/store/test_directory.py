"""The import of the directory: what a file does to what is stored, and what it leaves alone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from models.directory.changes import Act, Changes
from models.directory.entries import DirectoryRules
from models.directory.file import parse_directory
from models.intake_address import IntakeAddress, IntakeAddresses
from models.store.database import Database
from models.store.directory import bring_in
from models.store.tables import agent, contact, contact_address, contact_role, department, event, organisation
from models.store.upgrade import upgrade
from tests.builders import NOW
from tests.store.directory_desk import DirectoryDesk

ACME = """
[[department]]
key = "support"
name = "Support"
address = "desk@example.net"

[[agent]]
login = "dana"
name = "Dana Reyes"
address = "dana@example.net"
departments = ["support"]
on_duty = true

[[organisation]]
name = "Acme"
domains = ["acme.example", "ACME.test"]
plan = "calltower-2021"
language = "en"
zone = "America/Denver"

  [[organisation.contact]]
  name = "Alice Jones"
  addresses = ["Alice@ACME.example", "a.jones@acme.example"]
  roles = ["primary-mpoc", "billing"]

  [[organisation.contact]]
  name = "Bob Miller"
  title = "Dr"
  phone = "+1 303 555 0100"
  addresses = ["bob@acme.example"]
  language = "de"
  valid_from = 2026-01-01
  valid_until = 2026-12-31
"""

RULES = DirectoryRules(
    plans=("calltower-2013", "calltower-2021"),
    addresses=IntakeAddresses([IntakeAddress("support@example.net", "support")]),
    default_plan="calltower-2013",
    default_language="fr",
    default_zone="Europe/Berlin",
)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each engine."""
    is_sqlite = request.param == "sqlite"
    made = Database(
        f"sqlite:///{tmp_path}/casegate.db" if is_sqlite else request.getfixturevalue("postgres").database()
    )
    upgrade(made)
    yield made
    made.close()


def imported(database: Database, text: str) -> Changes:
    """What an import of this text changed."""
    with database.write() as connection:
        return bring_in(connection, parse_directory(text, RULES), RULES, NOW, who="ops")


def rows(database: Database) -> dict[str, list[Any]]:
    """Everything that is stored of the directory, and what was noted of its changes."""
    tables = (department, agent, organisation, contact, contact_address, contact_role, event)
    with database.read() as connection:
        return {table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr) for table in tables}


def test_an_import_brings_in_what_the_file_says(desk: DirectoryDesk) -> None:
    """Each value in its stored form: addresses and domains in lower case, what was not said by default."""
    assert desk.bring_in(ACME).status == 0

    assert desk.everything() == {
        "department": [
            {
                "key": "support",
                "name": "Support",
                "address": "desk@example.net",
                "agents": ["dana"],
                "on_duty": ["dana"],
            }
        ],
        "agent": [
            {
                "login": "dana",
                "name": "Dana Reyes",
                "address": "dana@example.net",
                "departments": ["support"],
                "on_duty": True,
                "active": True,
                "open_cases": 0,
            }
        ],
        "org": [
            {
                "name": "Acme",
                "domains": ["acme.example", "acme.test"],
                "plan": "calltower-2021",
                "language": "en",
                "zone": "America/Denver",
                "mode": None,
                "mode_because": None,
                "pass_code": "none",
                "contacts": 2,
                "mpocs": 1,
            }
        ],
        "contact": [
            {
                "organisation": "Acme",
                "name": "Alice Jones",
                "title": "",
                "phone": "",
                "addresses": ["alice@acme.example", "a.jones@acme.example"],
                "roles": ["billing", "primary-mpoc"],
                "language": None,
                "active": True,
                "valid_from": None,
                "valid_until": None,
            },
            {
                "organisation": "Acme",
                "name": "Bob Miller",
                "title": "Dr",
                "phone": "+1 303 555 0100",
                "addresses": ["bob@acme.example"],
                "roles": [],
                "language": "de",
                "active": True,
                "valid_from": "2026-01-01",
                "valid_until": "2026-12-31",
            },
        ],
    }


def test_a_second_import_of_the_same_file_changes_nothing(database: Database) -> None:
    """Not a row, not an id, and no event; each entry is reported as unchanged."""
    imported(database, ACME)
    before = rows(database)

    again = imported(database, ACME)

    assert {Act.UNCHANGED} == {change.act for change in again}
    assert before == rows(database)


def test_a_change_keeps_the_entry_and_its_id(database: Database) -> None:
    """A case of a contact stays the contact's, whatever the name becomes."""
    imported(database, ACME)
    with database.read() as connection:
        before = set(connection.execute(sa.select(contact.c.id, contact.c.active)))

    changes = imported(database, ACME.replace("Alice Jones", "Alice Smith").replace('"billing"', '"escalation"'))

    with database.read() as connection:
        assert before == set(connection.execute(sa.select(contact.c.id, contact.c.active)))
    assert [
        (difference.field, difference.before, difference.after)
        for change in changes.effective
        for difference in change.differences()
    ] == [
        ("name", "Alice Jones", "Alice Smith"),
        ("roles", ("billing", "primary-mpoc"), ("escalation", "primary-mpoc")),
    ]


def test_an_import_takes_as_many_statements_for_many_as_for_few(database: Database) -> None:
    """A thousand organisations are one transaction of bulk statements, never a query for each row."""

    def statements(organisations: int, name: str) -> int:
        count = 0

        def one(*_: object) -> None:
            nonlocal count
            count += 1

        entries = "".join(
            f'[[organisation]]\nname = "{name}{n}"\ndomains = ["{name}{n}.example"]\n'
            f'[[organisation.contact]]\nname = "A"\naddresses = ["a@{name}{n}.example"]\nroles = ["primary-mpoc"]\n'
            for n in range(organisations)
        )
        file = parse_directory(entries, RULES)
        with database.write() as connection:
            sa.event.listen(connection, "before_cursor_execute", one)
            bring_in(connection, file, RULES, NOW, who="ops")
        return count

    statements(1, "first")

    assert statements(2, "few") == statements(300, "many")


def test_what_a_new_organisation_does_not_say_is_the_services_default(database: Database) -> None:
    """[plans] default, and language and zone of [service]."""
    imported(database, '[[organisation]]\nname = "Initech"\n')

    with database.read() as connection:
        row = connection.execute(sa.select(organisation.c.plan, organisation.c.language, organisation.c.zone)).one()
    assert tuple(row) == ("calltower-2013", "fr", "Europe/Berlin")


def test_who_changed_what_is_an_event(database: Database) -> None:
    """So that it can be told later why somebody may open cases."""
    imported(database, '[[organisation]]\nname = "Initech"\n')

    with database.read() as connection:
        row = connection.execute(sa.select(event.c.kind, event.c.at, event.c.detail)).one()
    assert (row.kind, row.at) == ("directory.changed", NOW)
    assert row.detail.startswith("by ops: 1 organisation added: added organisation Initech: plan calltower-2013")


def test_the_report_has_a_line_for_each_change_and_a_summary(desk: DirectoryDesk) -> None:
    """Field by field, old and new."""
    desk.bring_in(ACME)

    answer = desk.bring_in(
        ACME.replace("Alice Jones", "Alice Smith")
        .replace("on_duty = true", "on_duty = false")
        .replace(', "ACME.test"', "")
        + '[[organisation]]\nname = "Initech"\n'
    )

    assert answer.output == (
        "changed agent dana: on duty: yes -> no\n"
        "changed organisation Acme: domains: acme.example acme.test -> acme.example\n"
        "changed contact alice@acme.example of Acme: name: Alice Jones -> Alice Smith\n"
        "added organisation Initech: plan calltower-2021, language en, zone UTC\n"
        "1 organisation added, 1 agent, 1 organisation and 1 contact changed, 2 entries unchanged\n"
    )


def test_a_dry_run_says_what_would_change_and_changes_nothing(desk: DirectoryDesk) -> None:
    """The same lines as the import after it."""
    rehearsed = desk.bring_in(ACME, "--dry-run")

    assert desk.everything() == {"org": [], "contact": [], "agent": [], "department": []}
    assert desk.bring_in(ACME).output == rehearsed.output.replace(" (dry run: nothing was changed)", "")


def test_what_is_not_in_the_file_stays(desk: DirectoryDesk) -> None:
    """An import never deletes: not an entry it does not name, not a value it does not say."""
    desk.bring_in(ACME)
    before = desk.everything()

    answer = desk.bring_in(
        '[[organisation]]\nname = "Acme"\n[[organisation.contact]]\naddresses = ["bob@acme.example"]\n'
    )

    assert answer.output == "2 entries unchanged\n"
    assert before == desk.everything()


def test_a_list_becomes_exactly_what_the_entry_says(desk: DirectoryDesk) -> None:
    """Domains, roles, addresses and an agent's departments, down to none."""
    desk.bring_in(ACME)

    desk.bring_in("""
[[agent]]
login = "dana"
departments = []
[[organisation]]
name = "Acme"
domains = ["acme.example", "acme.invalid"]
[[organisation.contact]]
addresses = ["alice@acme.example"]
roles = ["technical"]
""")

    after = desk.everything()
    assert after["agent"][0]["departments"] == []
    assert after["org"][0]["domains"] == ["acme.example", "acme.invalid"]
    assert (
        after["contact"][0]["addresses"],
        after["contact"][0]["roles"],
    ) == (["alice@acme.example"], ["technical"])


def test_an_empty_text_takes_an_optional_value_away(desk: DirectoryDesk) -> None:
    """A contact's own language, the days it is valid, an organisation's own mode."""
    desk.bring_in(ACME.replace('zone = "', 'mode = "address"\nmode_because = "no DKIM yet"\nzone = "'))

    desk.bring_in("""
[[organisation]]
name = "Acme"
mode = ""
[[organisation.contact]]
addresses = ["bob@acme.example"]
language = ""
valid_from = ""
valid_until = ""
""")

    after = desk.everything()
    assert (after["org"][0]["mode"], after["org"][0]["mode_because"]) == (None, None)
    assert [after["contact"][1][name] for name in ("language", "valid_from", "valid_until")] == [None] * 3


def test_one_address_may_be_a_contact_of_several_organisations(desk: DirectoryDesk) -> None:
    """A reseller."""
    reseller = '[[organisation.contact]]\nname = "Ray"\naddresses = ["ray@reseller.example"]\nroles = ["technical"]\n'
    answer = desk.bring_in("".join(f'[[organisation]]\nname = "{name}"\n{reseller}' for name in ("Acme", "Initech")))

    assert answer.status == 0
    assert [row["organisation"] for row in desk.asked("contact", "list")] == ["Acme", "Initech"]


def test_an_address_is_free_for_another_contact_once_it_was_taken_away(desk: DirectoryDesk) -> None:
    """In two imports: the one takes it from the first contact, the next gives it to the second."""
    desk.bring_in(ACME)
    desk.bring_in('[[organisation]]\nname = "Acme"\n[[organisation.contact]]\naddresses = ["alice@acme.example"]\n')

    answer = desk.bring_in(
        '[[organisation]]\nname = "Acme"\n'
        '[[organisation.contact]]\naddresses = ["bob@acme.example", "a.jones@acme.example"]\n'
    )

    assert answer.status == 0
    assert desk.asked("contact", "list")[1]["addresses"] == ["bob@acme.example", "a.jones@acme.example"]


def test_a_successor_may_stand_there_before_the_primary_leaves(desk: DirectoryDesk) -> None:
    """One primary MPOC at a time, not one for ever; who is inactive does not count."""
    primary = '[[organisation.contact]]\nname = "{0}"\naddresses = ["{0}@acme.example"]\nroles = ["primary-mpoc"]\n'
    answer = desk.bring_in(
        '[[organisation]]\nname = "Acme"\n'
        + primary.format("ann")
        + "valid_until = 2026-06-30\n"
        + primary.format("ben")
        + "valid_from = 2026-07-01\n"
        + primary.format("cat")
        + "active = false\n"
    )

    assert (answer.status, answer.errors) == (0, "")


def test_two_contacts_exchange_the_primary_role_in_one_import(desk: DirectoryDesk) -> None:
    """What counts is the directory afterwards."""
    desk.bring_in(ACME)

    answer = desk.bring_in("""
[[organisation]]
name = "Acme"
[[organisation.contact]]
addresses = ["bob@acme.example"]
roles = ["primary-mpoc"]
[[organisation.contact]]
addresses = ["alice@acme.example"]
roles = ["secondary-mpoc"]
""")

    assert (answer.status, answer.errors) == (0, "")


def test_a_file_comes_on_standard_input_and_from_windows(desk: DirectoryDesk) -> None:
    """`-`, with a byte order mark and CRLF."""
    command = [sys.executable, "-c", "from intake.cli import main; main()", "org", "import", "-"]

    environment = {**os.environ, "CASEGATE_CONFIG": str(desk.configuration)}
    octets = b"\xef\xbb\xbf" + ACME.replace("\n", "\r\n").encode()

    done = subprocess.run(command, input=octets, env=environment, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.endswith(b"1 department, 1 agent, 1 organisation and 2 contacts added\n")
    assert len(desk.asked("contact", "list")) == 2


@pytest.mark.parametrize(
    ("name", "octets", "said"),
    [
        ("latin.toml", b'name = "Andr\xe9"\n', "latin.toml: it is not UTF-8; save it as UTF-8 text"),
        ("nowhere.toml", None, "nowhere.toml: No such file or directory"),
    ],
)
def test_what_is_no_directory_file_is_refused(
    desk: DirectoryDesk, tmp_path: Path, name: str, octets: bytes | None, said: str
) -> None:
    """In one line that says what to do."""
    if octets is not None:
        (tmp_path / name).write_bytes(octets)

    answer = desk.run("org", "import", str(tmp_path / name))

    assert (1, "", f"casegate: {tmp_path}/{said}\n") == (answer.status, answer.output, answer.errors)

"""The nouns of the directory: one entry added, changed and shown at a time, under the law of the import."""

from pathlib import Path

import pytest

from tests.store.directory_desk import DirectoryDesk


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory) -> DirectoryDesk:
    """An installation with a department, an agent, and two organisations, to be copied."""
    made = DirectoryDesk.made(tmp_path_factory.mktemp("populated"))
    for arguments in (
        ("department", "add", "support", "--name", "Support", "--address", "desk@example.net"),
        ("agent", "add", "dana", "--name", "Dana", "--address", "dana@example.net", "--department", "support"),
        ("org", "add", "Acme", "--domain", "acme.example", "--plan", "calltower-2021", "--zone", "America/Denver"),
        ("org", "add", "Initech"),
        ("contact", "add", "Acme", "--name", "Alice", "--address", "alice@acme.example", "--role", "primary-mpoc"),
        ("contact", "add", "Acme", "--name", "Ray", "--address", "ray@reseller.example"),
        ("contact", "add", "Initech", "--name", "Ray", "--address", "ray@reseller.example"),
    ):
        answer = made.run(*arguments)
        assert (answer.status, answer.errors) == (0, "")
    return made


@pytest.fixture
def desk(populated: DirectoryDesk, tmp_path: Path) -> DirectoryDesk:
    """An installation with a department, an agent, and two organisations."""
    return populated.copied(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("org", "set", "Acme", "--plan", "calltower-2013", "--add-domain", "ACME.test", "--language", "de"),
            (
                "changed organisation Acme: domains: acme.example -> acme.example acme.test,"
                " plan: calltower-2021 -> calltower-2013, language: en -> de"
            ),
        ),
        (
            ("org", "set", "Acme", "--remove-domain", "Acme.Example"),
            "changed organisation Acme: domains: acme.example -> none",
        ),
        (
            ("org", "set", "Acme", "--mode", "address", "--because", "no DKIM yet"),
            "changed organisation Acme: mode: none -> address, mode because: none -> no DKIM yet",
        ),
        (("org", "set", "Acme"), "unchanged organisation Acme"),
        (("org", "set", "Acme", "--pass-code", "Kestrel 4417"), "changed organisation Acme: pass code set"),
        (
            ("contact", "set", "Alice@acme.example", "--address", "a@acme.example", "--address", "alice@acme.example"),
            (
                "changed contact alice@acme.example of Acme:"
                " addresses: alice@acme.example -> a@acme.example alice@acme.example"
            ),
        ),
        (
            ("contact", "set", "alice@acme.example", "--role", "", "--valid-until", "2026-12-31"),
            "changed contact alice@acme.example of Acme: roles: primary-mpoc -> none, valid until: none -> 2026-12-31",
        ),
        (
            ("contact", "set", "ray@reseller.example", "--org", "Initech", "--role", "technical"),
            "changed contact ray@reseller.example of Initech: roles: none -> technical",
        ),
        (
            ("contact", "deactivate", "alice@acme.example"),
            "changed contact alice@acme.example of Acme: active: yes -> no",
        ),
        (
            ("agent", "set", "dana", "--on-duty", "--department", "", "--address", "d.reyes@example.net"),
            (
                "changed agent dana: address: dana@example.net -> d.reyes@example.net,"
                " departments: support -> none, on duty: no -> yes"
            ),
        ),
        (("agent", "set", "dana", "--inactive"), "changed agent dana: active: yes -> no"),
        (
            ("department", "set", "support", "--name", "Help Desk"),
            "changed department support: name: Support -> Help Desk",
        ),
    ],
)
def test_a_command_changes_one_entry_and_says_how(desk: DirectoryDesk, arguments: tuple[str, ...], said: str) -> None:
    """What is not said stays."""
    answer = desk.run(*arguments)

    assert (0, f"{said}\n", "") == (answer.status, answer.output, answer.errors)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("org", "show", "acme"), "there is no organisation 'acme'; did you mean Acme?"),
        (("org", "set", "Acne", "--language", "de"), "there is no organisation 'Acne'; did you mean Acme?"),
        (("org", "set", "Acne", "--add-domain", "x.test"), "there is no organisation 'Acne'; did you mean Acme?"),
        (("org", "add", "Acme"), "organisation 'Acme' is there already; 'set' changes it"),
        (("org", "add", "ACME"), "organisation 'ACME' differs from 'Acme' in capitals only; write both alike"),
        (("org", "set", "Acme", "--mode", "address"), "mode without mode_because; say why: it is shown on the cases"),
        (
            ("org", "set", "Acme", "--zone", "CST"),
            "zone = 'CST': an abbreviation leaves open which clock is meant; write America/Chicago or Etc/GMT+6",
        ),
        (
            ("org", "set", "Acme", "--remove-domain", "acme.test"),
            "'acme.test' is no domain of Acme; its domains are: acme.example",
        ),
        (
            ("contact", "add", "Acne", "--name", "Bob", "--address", "bob@acme.example"),
            "no organisation 'Acne'; did you mean Acme?",
        ),
        (
            ("contact", "add", "Acme", "--name", "Bob", "--address", "alice@acme.example"),
            "contact 'alice@acme.example' is there already; 'set' changes it",
        ),
        (
            ("contact", "add", "Acme", "--name", "Bob", "--address", "bob@acme.example", "--role", "primary-mpoc"),
            'a second primary MPOC of Acme, beside Alice; write "secondary-mpoc": their rights are equal',
        ),
        (
            ("contact", "add", "Acme", "--name", "Dana", "--address", "dana@example.net"),
            "dana@example.net is the address of agent dana; an agent and a contact cannot share an address",
        ),
        (
            ("contact", "set", "ray@reseller.example", "--role", "technical"),
            "ray@reseller.example is a contact of Acme, Initech; say which with --org",
        ),
        (
            ("contact", "set", "alice@acme.example", "--org", "Initech"),
            "alice@acme.example is no address of a contact of Initech; it is one of Acme",
        ),
        (
            ("contact", "deactivate", "alise@acme.example"),
            "there is no contact with the address alise@acme.example; did you mean alice@acme.example?",
        ),
        (
            ("contact", "deactivate", "Alice"),
            "'Alice' is no address: the address is not of the form local-part@domain",
        ),
        (("contact", "list", "--org", "Acne"), "there is no organisation 'Acne'; did you mean Acme?"),
        (
            ("agent", "add", "eve", "--name", "Eve", "--address", "dana@example.net"),
            (
                "dana@example.net is the address of agent dana; an address does not move in one step:"
                " take it away there first"
            ),
        ),
        (
            ("agent", "add", "eve", "--name", "Eve", "--address", "alice@acme.example"),
            (
                "alice@acme.example is an address of the contact Alice of Acme;"
                " an agent and a contact cannot share an address"
            ),
        ),
        (
            ("agent", "set", "dana", "--department", "suport"),
            "there is no department 'suport'; did you mean support?",
        ),
        (("agent", "show", "dan"), "there is no agent 'dan'; did you mean dana?"),
        (("department", "show", "sales"), "there is no department 'sales'; known are support"),
        (
            ("department", "set", "support", "--address", "support@example.net"),
            (
                "address = 'support@example.net': it is one of our own intake addresses;"
                " mail to it would come back to us for ever"
            ),
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(desk: DirectoryDesk, arguments: tuple[str, ...], said: str) -> None:
    """Exit code 1, what is wrong and what to write instead, and nothing is changed."""
    before = desk.everything()

    answer = desk.run(*arguments)

    assert (1, "", f"casegate: {said}\n") == (answer.status, answer.output, answer.errors)
    assert before == desk.everything()


def test_an_organisation_is_shown_with_its_contacts(desk: DirectoryDesk) -> None:
    """And a person is told when nobody of it can open a case."""
    shown = desk.asked("org", "show", "Acme")

    assert (
        shown["name"],
        shown["open_cases"],
        [contact["name"] for contact in shown["contacts"]],
    ) == ("Acme", 0, ["Alice", "Ray"])
    assert "nobody of Initech can open a case" in desk.run("org", "show", "Initech").output
    assert "nobody" not in desk.run("org", "show", "Acme").output


def test_an_agent_and_a_department_are_shown(desk: DirectoryDesk) -> None:
    """An agent is off duty until it is said."""
    agent = desk.asked("agent", "show", "dana")

    assert (agent["departments"], agent["on_duty"], agent["active"]) == (["support"], False, True)
    assert {"agents": ["dana"], "on_duty": []}.items() <= desk.asked("department", "show", "support").items()


def test_the_lists_are_tables_for_people(desk: DirectoryDesk) -> None:
    """One row for each entry under the names of the columns."""
    lines = desk.run("contact", "list", "--org", "Acme").output.splitlines()

    assert [line.split()[0] for line in lines] == ["organisation", "Acme", "Acme"]


def test_h5_a_pass_code_is_set_and_never_shown(desk: DirectoryDesk) -> None:
    """No command prints it back, nor does the event; that there is one is shown; an empty one takes it away."""
    said = [desk.run("org", "set", "Acme", "--pass-code", "kestrel-4417")]
    said += [
        desk.run("org", *arguments) for arguments in (("show", "Acme"), ("show", "Acme", "--json"), ("list", "--json"))
    ]
    said += [desk.run("events", "list", "--json"), desk.run("export")]
    away = desk.run("org", "set", "Acme", "--pass-code", "")

    assert [] == [one for one in said if "4417" in one.output + one.errors]
    assert '"pass_code": "set"' in said[2].output
    assert "changed organisation Acme: pass code removed" == away.output.strip()
    assert '"pass_code": "none"' in desk.run("org", "show", "Acme", "--json").output


def test_h5_a_weak_pass_code_is_refused_and_not_repeated(desk: DirectoryDesk) -> None:
    """The reason stands there, and what to do; the code does not."""
    answer = desk.run("org", "set", "Acme", "--pass-code", "9917")

    assert (1, False, True) == (answer.status, "9917" in answer.errors, "6 to 64 are taken" in answer.errors)

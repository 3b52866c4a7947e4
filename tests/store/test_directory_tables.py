"""`org import FILE.csv`: the same directory from what a spreadsheet writes, by the same law as from TOML."""

from pathlib import Path

import pytest

from tests.store.directory_desk import DirectoryDesk

HEADING = (
    "organisation,domains,plan,language,zone,"
    "name,title,phone,addresses,roles,contact_language,active,valid_from,valid_until"
)
ALICE = (
    "Acme,acme.example acme.test,calltower-2021,en,America/Denver,"
    "Alice Jones,Dr,+1 555 0100,alice@acme.example; a@acme.test,primary-mpoc,de,yes,2026-01-01,2026-12-31"
)
ROWS = f"""{HEADING}
{ALICE}
Acme,,,,,"Jones, Bob",,,BOB@acme.example,"technical,maintenance",,no,,
Initech,,,,,,,,,,,,,
"""
TOML = """
[[organisation]]
name = "Acme"
domains = ["acme.example", "acme.test"]
plan = "calltower-2021"
language = "en"
zone = "America/Denver"
  [[organisation.contact]]
  name = "Alice Jones"
  title = "Dr"
  phone = "+1 555 0100"
  addresses = ["alice@acme.example", "a@acme.test"]
  roles = ["primary-mpoc"]
  language = "de"
  valid_from = "2026-01-01"
  valid_until = "2026-12-31"
  [[organisation.contact]]
  name = "Jones, Bob"
  addresses = ["bob@acme.example"]
  roles = ["technical", "maintenance"]
  active = false
[[organisation]]
name = "Initech"
"""


def a_file(directory: Path, octets: bytes, name: str = "people.csv") -> str:
    path = directory / name
    path.write_bytes(octets)
    return str(path)


def semicolons(rows: str) -> str:
    """The table as a German Excel writes it."""
    written = rows.replace("; ", " ").replace('"technical,maintenance"', "technical maintenance")
    return written.replace(",", ";").replace("Jones; Bob", "Jones, Bob")


@pytest.mark.parametrize(
    "octets",
    [
        ROWS.encode(),
        b"\xef\xbb\xbf" + ROWS.replace("\n", "\r\n").encode(),
        semicolons(ROWS).encode(),
        semicolons(ROWS).replace(";", "\t").encode(),
        b"\n;;\n" + semicolons(ROWS).encode(),
        ROWS.replace("organisation,domains", "Organisation,DOMAINS").encode(),
        ROWS.replace("acme.example acme.test", '"acme.example\nacme.test"').encode(),
    ],
    ids=["commas", "bom and CRLF", "semicolons", "tabs", "empty lines above", "capitals", "a line break in quotes"],
)
def test_a_table_says_what_toml_says(desk: DirectoryDesk, tmp_path: Path, octets: bytes) -> None:
    """However a spreadsheet writes it; and TOML that says the same changes nothing afterwards."""
    answer = desk.run("org", "import", a_file(tmp_path, octets))
    again = desk.run("org", "import", a_file(tmp_path, octets))
    toml = desk.run("org", "import", a_file(tmp_path, TOML.encode(), "people.toml"))

    assert (0, "") == (answer.status, answer.errors)
    assert "2 organisations and 2 contacts added" in answer.output
    assert ["4 entries unchanged", "4 entries unchanged"] == [again.output.strip(), toml.output.strip()]


def test_a_dry_run_changes_nothing(desk: DirectoryDesk, tmp_path: Path) -> None:
    """It says what would change."""
    before = desk.everything()

    answer = desk.run("org", "import", a_file(tmp_path, ROWS.encode()), "--dry-run")

    assert "2 organisations and 2 contacts added (dry run: nothing was changed)" in answer.output
    assert before == desk.everything()


def test_an_empty_cell_takes_nothing_away(desk: DirectoryDesk, tmp_path: Path) -> None:
    """What a table does not say stays."""
    desk.run("org", "import", a_file(tmp_path, ROWS.encode()))
    rows = "organisation,name,title,addresses,roles\nAcme,Alice Smith,,alice@acme.example,\n"

    answer = desk.run("org", "import", a_file(tmp_path, rows.encode()))

    assert "changed contact alice@acme.example of Acme: name: Alice Jones -> Alice Smith" in answer.output


def test_latin_1_is_refused_with_the_remedy(desk: DirectoryDesk, tmp_path: Path) -> None:
    """Excel's plain CSV is in the code page of the machine: names would be wrong for ever."""
    answer = desk.run("org", "import", a_file(tmp_path, "organisation\nMüller\n".encode("latin-1")))

    assert (1, True) == (answer.status, "it is not UTF-8; save it as 'CSV UTF-8'" in answer.errors)

"""The annotated file that `casegate init` writes is the reference of every setting, and nothing else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import intake
from intake import configuration
from intake.cli.initialise import TEMPLATE
from intake.configuration import load
from intake.settings import ImapEntry, IntakeEntry, Section, Settings
from tests.cli.running import casegate

CODE = Path(intake.__file__).parent
_SETTING = re.compile(r"(?:# )?([a-z0-9_]+) = \S")
_HEADING = re.compile(r"(?:# )?\[+([a-z]+)\]+$")
LISTS: dict[str, type[Section]] = {"intake": IntakeEntry, "imap": ImapEntry}


def sections() -> dict[str, type[Section]]:
    """Every section and what it may hold."""
    return {
        name: LISTS.get(name) or field.annotation  # type: ignore[misc]
        for name, field in Settings.model_fields.items()
    }


def keys_of_settings() -> set[tuple[str, str]]:
    return {(section, key) for section, model in sections().items() for key in model.model_fields}


def keys_of_template() -> Iterator[tuple[str, str]]:
    """The settings the template shows, live ones and those behind "# "."""
    section = ""
    for line in TEMPLATE.read_text("utf-8").splitlines():
        if heading := _HEADING.match(line):
            section = heading[1]
        elif section and (setting := _SETTING.match(line)):
            yield section, setting[1]


def test_every_setting_stands_in_the_template_once() -> None:
    """What can be set is annotated there, and what is annotated can be set."""
    assert sorted(keys_of_settings()) == sorted(keys_of_template())


def test_the_sections_that_are_known_are_those_of_the_settings() -> None:
    """The table that names the nearest key knows every section."""
    assert sections() == configuration._SECTIONS


def test_the_template_filled_in_loads(place: Path) -> None:
    """What init writes is a configuration without a problem."""
    settings = load(place / "casegate.toml", {})

    assert ["support@example.net"] == [entry.address for entry in settings.intake]


def test_the_template_shows_the_defaults(tmp_path: Path) -> None:
    """ "Every setting stands here with its default": a file with nothing but what must be said means the same."""
    assert 0 == casegate("init", "--directory", tmp_path, "--state", tmp_path).code
    written = load(tmp_path / "casegate.toml", {})
    must = {
        name: model.model_validate(
            {
                key: getattr(getattr(written, name), key)
                for key, field in model.model_fields.items()
                if field.is_required() or (name, key) in SAID_ON_PURPOSE
            }
        )
        for name, model in sections().items()
        if name not in LISTS
    }

    assert must == {name: getattr(written, name) for name in must}


SAID_ON_PURPOSE = {
    ("service", "database"),  # lies where init was told
    ("authentication", "mode"),  # the safe default would hold every mail in this version; the file says so
}


@pytest.mark.parametrize(("section", "key"), sorted(keys_of_settings()))
def test_every_setting_is_used(section: str, key: str) -> None:
    """No setting is read and forgotten: somewhere in intake/ the code asks for section.key."""
    names = {section, "entry"} if section == "intake" else {section}
    assert (key, names & {name for name, asked in ACCESSES if asked == key}) == (key, names - {"intake"})


def _accesses() -> Iterator[tuple[str, str]]:
    """Every `owner.attribute` that the code asks for."""
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                owner = node.value
                name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
                yield name, node.attr


ACCESSES = set(_accesses())


@pytest.mark.parametrize(
    ("name", "value"),
    [("SERVICE__PHONE", "+1 303 555 0100"), ("service__phone", "+1 303 555 0100"), ("SMTP__LMTP_MODE", "0600")],
)
def test_the_environment_wins_over_the_file(place: Path, name: str, value: str) -> None:
    """CASEGATE_SECTION__KEY replaces what the file says."""
    section, _, key = name.lower().partition("__")

    settings = load(place / "casegate.toml", {f"CASEGATE_{name}": value})

    assert value == getattr(getattr(settings, section), key)

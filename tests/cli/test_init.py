"""A new installation: everything an admin needs to edit one file, nothing overwritten, nothing open to others."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.composition import read_keys
from tests.cli.running import Done, casegate


def init(place: Path, *more: str) -> Done:
    return casegate("init", "--directory", place / "etc", "--state", place / "state", *more)


def modes(place: Path) -> dict[str, str]:
    return {str(path.relative_to(place)): oct(stat.S_IMODE(path.stat().st_mode)) for path in sorted(place.rglob("*"))}


def test_it_says_what_it_wrote_and_what_comes_next(tmp_path: Path) -> None:
    """Two lines, and the second leads on."""
    done = init(tmp_path)

    wrote, following = done.out.splitlines()
    assert (0, "") == (done.code, done.err)
    files = [tmp_path / "etc/casegate.toml", tmp_path / "etc/casegate.key", tmp_path / "state/casegate.db"]
    assert [True] * 3 == [file.exists() and str(file) in wrote for file in files]
    assert "casegate check" in following


@pytest.fixture(params=["0o000", "0o022", "0o077"])
def umask(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.umask(int(request.param, 8))
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_key_and_state_are_nobody_else_s(tmp_path: Path) -> None:
    """Whatever the umask: the key 0600, the state directory 0700, no database others can read (threats X-51)."""
    init(tmp_path)

    found = modes(tmp_path)
    assert ("0o600", "0o700") == (found["etc/casegate.key"], found["state"])
    assert {} == {name: mode for name, mode in found.items() if name.startswith("state/") and int(mode, 8) & 0o077}


def test_every_key_is_another(tmp_path: Path) -> None:
    """32 octets of chance."""
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        init(place)

    one, two = (read_keys(place / "etc/casegate.key").current for place in places)
    assert [32, 32, False] == [len(one), len(two), one == two]


def test_the_domain_is_filled_in(tmp_path: Path) -> None:
    """--domain names the intake address."""
    init(tmp_path, "--domain", "help.example")

    text = (tmp_path / "etc/casegate.toml").read_text()
    assert ["support@help.example"] * 2 == [
        line.split('"')[1] for line in text.splitlines() if line.startswith('address = "')
    ]


@pytest.mark.parametrize("file", ["etc/casegate.toml", "etc/casegate.key", "state/casegate.db"])
def test_nothing_is_overwritten(tmp_path: Path, file: str) -> None:
    """If one of the three is there, none is written."""
    there = tmp_path / file
    there.parent.mkdir()
    there.write_text("mine")

    done = init(tmp_path)

    line = f"casegate: {there}: already there; init overwrites nothing, remove or rename first\n"
    assert (1, "", line) == (done.code, done.out, done.err)
    assert [there] == [path for path in tmp_path.rglob("*") if path.is_file()]
    assert "mine" == there.read_text()


def test_a_domain_that_is_none_leaves_nothing_behind(tmp_path: Path) -> None:
    """A failed init can simply be done again."""
    first = init(tmp_path, "--domain", "no domain")
    second = init(tmp_path, "--domain", "help.example")

    assert [True, 0] == [first.code != 0, second.code], first.err + second.err
    assert "bug" not in first.err


def test_what_init_makes_is_nearly_ready(tmp_path: Path) -> None:
    """`check --local` lets it start; the rest of `check` asks for what init cannot know, such as a department."""
    init(tmp_path)

    local, whole = (casegate("check", *only, "--config", tmp_path / "etc/casegate.toml") for only in (["--local"], []))

    assert (0, "nothing is wrong\n") == (local.code, local.out)
    assert (1, True) == (whole.code, "its department 'support' is not there" in whole.out)

"""The shape of design 2: who imports whom, who reads the clock, and how big anything may grow."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, ROOT, dotted, imports_of, modules, tree_of

MODULE_LINES = 400
FUNCTION_LINES = 60
CLOCKS = re.compile(
    r"(.*\.)?(datetime\.(now|utcnow|today|fromtimestamp)|date\.today|time\.(time|time_ns|localtime|gmtime|ctime)"
    r"|utils\.(formatdate|localtime|make_msgid)|formatdate|localtime|make_msgid|func\.(now|current_timestamp))"
)
PURE = {
    "collections", "copy", "dataclasses", "datetime", "decimal", "difflib", "enum", "functools", "hashlib", "hmac",
    "ipaddress", "itertools", "math", "re", "typing", "zlib", "zoneinfo",
}  # fmt: skip


def test_the_import_contracts_hold() -> None:
    """intake imports everything, parser and responders nothing of each other, models none of them, rules no store."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, "" if done.returncode == 0 else done.stdout)


def test_only_the_clock_reads_the_clock() -> None:
    """Time is an argument; `intake/clock.py` is where it comes from (design 6)."""
    readers = {
        f"{name}:{node.lineno}: {dotted(node)}"
        for name, path in modules().items()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute | ast.Name) and CLOCKS.fullmatch(dotted(node))
    }

    assert set() == {reader for reader in readers if not reader.startswith("intake/clock.py:")}


def test_the_rules_import_nothing_impure() -> None:
    """No database, socket, clock, randomness, logging or environment in models.rules: only values and functions."""
    impure = {
        f"{name}: {imported}"
        for name, path in modules().items()
        if name.startswith("models/rules/")
        for imported in imports_of(path)
        if imported.split(".")[0] not in PURE | {"models"} or imported.startswith("models.store")
    }

    assert set() == impure


def test_no_module_is_too_long() -> None:
    """One idea to a file, and it fits. Migrations are history, and history is not edited."""
    lengths = {name: len(path.read_text("utf-8").splitlines()) for name, path in modules().items()}
    long = {name: length for name, length in lengths.items() if length > MODULE_LINES and "/versions/" not in name}

    assert {} == long


def test_no_function_is_too_long() -> None:
    """A function fits on a screen."""
    long = {
        f"{name}: {node.name}": node.end_lineno - node.lineno + 1
        for name, path in modules().items()
        if "/versions/" not in name
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= FUNCTION_LINES
    }

    assert {} == long


def test_every_module_says_what_it_is() -> None:
    """A file opens with what it is for."""
    silent = {
        name
        for name, path in modules().items()
        if path.read_text("utf-8").strip() and ast.get_docstring(tree_of(path)) is None
    }

    assert set() == silent


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_carries_its_owner(package: str) -> None:
    """The mark by which the start tells our packages from others of these common names."""
    marks = [
        ast.literal_eval(node.value)
        for node in tree_of(ROOT / package / "__init__.py").body
        if isinstance(node, ast.Assign) and dotted(node.targets[0]) == "OWNER"
    ]

    assert ["casegate"] == marks


def test_no_mail_library_strays() -> None:
    """Each big library is known to one package only, so that it can be replaced."""
    homes = {"aiosmtpd": "intake", "mailparser": "parser", "jinja2": "responders", "selectolax": "parser"}
    strays = {
        f"{name}: {imported}"
        for name, path in modules().items()
        for imported in imports_of(path)
        if not name.startswith(homes.get(imported.split(".")[0], name.split("/")[0]) + "/")
    }

    assert set() == strays


_HELD_GROUP = re.compile(r"\)(?:[*+?]|\{[0-9,]*\})\+|\(\?>")


def test_no_group_is_possessive() -> None:
    """Python before 3.11.5, which Debian 12 has, goes wrong in possessive and atomic groups (gh-106052).

    A possessive character class is right there too, and makes most patterns linear.
    """
    found = {
        f"{source.relative_to(ROOT)}:{number}"
        for package in ("intake", "models", "parser", "responders")
        for source in (ROOT / package).rglob("*.py")
        for number, line in enumerate(source.read_text("utf-8").splitlines(), 1)
        if _HELD_GROUP.search(line)
    }

    assert set() == found

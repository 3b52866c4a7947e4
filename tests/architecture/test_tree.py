"""What must not stand in the tree: addresses of package indexes, paths of one machine, foreign hosts."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import ROOT

_SKIPPED = {".git", ".venv", "__pycache__", "var", "dist", ".mypy_cache", ".ruff_cache", ".hypothesis"}
_HOST = re.compile(r"https?://([A-Za-z0-9.\-]+)")
_STANDARDS = (
    "www.rfc-editor.org", "datatracker.ietf.org", "www.ietf.org", "docs.python.org", "www.postfix.org",
    "www.freedesktop.org", "www.sqlite.org", "sqlite.org", "www.postgresql.org", "www.w3.org", "www.apache.org",
    "keepachangelog.com", "semver.org", "toml.io",
)  # fmt: skip
_RESERVED = re.compile(r"(.*\.)?(example(\.(com|net|org))?|test|invalid|localhost)|127\.0\.0\.1|x")


def texts() -> Iterator[tuple[str, str]]:
    """Every text file that belongs to the project, by its path below the root."""
    for path in _files():
        try:
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def _files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0:
        paths = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    else:  # a source distribution
        paths = [path for path in ROOT.rglob("*") if not _SKIPPED & set(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file()]


def test_no_package_index_is_named() -> None:
    """Where packages come from is the matter of whoever installs, not of the locks."""
    words = ("--index" + "-url", "--extra-index" + "-url", "pypi" + ".org", "pythonhosted" + ".org", "/simp" + "le/")
    found = [f"{name}: {word}" for name, text in texts() for word in words if word in text]

    assert [] == found


def test_no_path_of_one_machine_is_named() -> None:
    """What works here works elsewhere."""
    words = ("/wo" + "rk/", "/tmp" + "/w/", "/ro" + "ot/", "/home" + "/")
    found = [f"{name}: {word}" for name, text in texts() for word in words if word in text]

    assert [] == found


def test_no_host_but_standards_and_examples() -> None:
    """Links lead to standards and manuals; examples use reserved names (RFC 2606). Tests hold attackers' links too."""
    found = [
        f"{name}: {host}"
        for name, text in texts()
        for host in _HOST.findall(text)
        if not name.startswith("tests/") and host not in _STANDARDS and not _RESERVED.fullmatch(host.rstrip("."))
    ]

    assert [] == found

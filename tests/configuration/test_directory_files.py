"""Wrong directory files: each is refused with every problem it has, by its line, and changes nothing.

A folder of `directory/` holds the file, what `org import` says of it, and, where it takes
that, what was imported before.
"""

from pathlib import Path

import pytest

from tests.store.directory_desk import DirectoryDesk

FOLDERS = sorted((Path(__file__).parent / "directory").iterdir())


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> DirectoryDesk:
    """A fresh installation."""
    return DirectoryDesk(tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_wrong_file_is_refused_with_all_that_is_wrong(
    folder: Path, desk: DirectoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for each problem, on standard error, exit code 1."""
    monkeypatch.chdir(folder)
    if Path("before.toml").exists():
        assert desk.run("org", "import", "before.toml").status == 0

    answer = desk.run("org", "import", "directory.toml")

    assert (folder / "expected-error").read_text("utf-8") == answer.errors
    assert (1, "") == (answer.status, answer.output)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_wrong_file_changes_nothing(folder: Path, desk: DirectoryDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even its faultless entries: all or nothing."""
    monkeypatch.chdir(folder)
    if Path("before.toml").exists():
        desk.run("org", "import", "before.toml")
    before = desk.everything()

    desk.run("org", "import", "directory.toml")

    assert before == desk.everything()

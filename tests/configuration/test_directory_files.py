"""Wrong directory files: each is refused with every problem it has, by its line, and changes nothing.

A folder of `directory/` holds the file, what `org import` says of it, and, where it takes
that, what was imported before.
"""

from pathlib import Path

import pytest

from tests.store.directory_desk import DirectoryDesk

FOLDERS = sorted((Path(__file__).parent / "directory").iterdir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_wrong_file_is_refused_with_all_that_is_wrong(
    folder: Path, desk: DirectoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for each problem, on standard error, exit code 1; not even its faultless entries are applied."""
    monkeypatch.chdir(folder)
    if Path("before.toml").exists():
        assert desk.run("org", "import", "before.toml").status == 0
    before = desk.everything()

    (file,) = Path().glob("directory.*")
    answer = desk.run("org", "import", file.name)

    assert answer.errors == Path("expected-error").read_text("utf-8")
    assert (answer.status, answer.output) == (1, "")
    assert desk.everything() == before

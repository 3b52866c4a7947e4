"""What a file is by its name alone."""

import mimetypes

import pytest

from parser.file_types import ANYTHING, ending_of, type_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.pdf", "application/pdf"),
        ("A.DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.md", "text/markdown"),
        ("a", ANYTHING),
        ("", ANYTHING),
        ("a.unheard-of", ANYTHING),
    ],
)
def test_a_name_tells_the_type(name: str, kind: str) -> None:
    assert kind == type_of(name)


def test_what_a_host_knows_changes_nothing() -> None:
    """A host's /etc/mime.types goes into the library's table, and not into ours."""
    mimetypes.add_type("application/x-of-this-host", ".ofthishost")

    assert ANYTHING == type_of("a.ofthishost")
    assert "" == ending_of("application/x-of-this-host")

"""Looking at the words of every mail, with example data: nothing is sent, no configuration is needed."""

from email import message_from_string
from email.policy import default

import pytest

from models.notice import NoticeKind
from tests.cli.conftest import Run


def test_every_notice_is_listed_with_its_languages(run: Run) -> None:
    listed = run("template", "list", "--json").json

    assert [kind.value for kind in NoticeKind] == [row["notice"] for row in listed]
    assert {("de", "en")} == {tuple(row["languages"]) for row in listed}


@pytest.mark.parametrize("kind", list(NoticeKind), ids=lambda kind: kind.value)
def test_every_notice_can_be_looked_at(run: Run, kind: NoticeKind) -> None:
    done = run("template", "preview", kind.value)

    assert (0, "") == (done.code, done.err)
    assert done.out.startswith("Subject: ")


def test_a_preview_is_in_the_language_asked_for(run: Run) -> None:
    assert "wir erwarten, dass Ihr Fall gelöst ist" in run("template", "preview", "etr_set", "--language", "de").out


def test_a_language_nobody_translated_for_previews_in_english(run: Run) -> None:
    """As it would be sent."""
    assert "We expect your case to be resolved" in run("template", "preview", "etr_set", "--language", "fr").out


def test_a_preview_as_html_is_one_page(run: Run) -> None:
    page = run("template", "preview", "etr_set", "--to", "html").out

    assert page.startswith("<!DOCTYPE html>\n")
    assert page.endswith("</html>\n")


def test_a_preview_as_eml_opens_in_a_mail_program(run: Run) -> None:
    raw = run("template", "preview", "agent_reply", "--to", "eml").out

    message = message_from_string(raw, policy=default)
    assert "Dana Reyes, Example Support" == message["From"].addresses[0].display_name
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in message.iter_parts()]


def test_a_notice_that_does_not_exist_is_a_wrong_call(run: Run) -> None:
    done = run("template", "preview", "case_exploded")

    assert 2 == done.code
    assert "case_opened" in done.err

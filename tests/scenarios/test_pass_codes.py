"""A pass code that comes by mail is afterwards nowhere but in the raw message; the writer and the agents are told."""

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from models.acts import Reply
from models.rules.masking import MASK
from models.store import reports, tables
from models.store.columns import metadata
from tests.builders import ALICE, a_multipart
from tests.world import World, html_of, text_of

CODE = "kestrel4417"
WRITTEN = "Kestrel 4417"
AGENTS = "agents@example.net"
_KEPT = {"inbox_chunk", "organisation"}


@pytest.fixture
def coded(world: World) -> World:
    """Acme has a pass code."""
    world.sql("UPDATE organisation SET pass_code = :code WHERE name = 'Acme'", code=CODE)
    return world


def everything(world: World) -> Iterator[tuple[str, str]]:
    """Every value of every row but the raw messages and the code itself, without what may stand between its letters."""
    with world.database.read() as connection:
        for table in metadata.sorted_tables:
            if table.name not in _KEPT:
                for row in connection.execute(sa.select(table)):
                    yield table.name, "".join(ch for ch in repr(tuple(row)).casefold() if ch.isalnum())


def leaks(world: World) -> list[str]:
    """The tables in which the code stands."""
    return sorted({name for name, values in everything(world) if CODE in values})


def test_h4_i30_a_mailed_code_is_in_the_raw_message_alone(coded: World, capfd: pytest.CaptureFixture[str]) -> None:
    """Subject, text, HTML, names of attachments, an attached message: none of it is in a table, a mail or a log."""
    content_type, body = a_multipart(
        ("text/plain", f"Our pass code is\nkestrel\n4417, thanks.\n\n> {WRITTEN}"),
        ("text/html", "<p>Our pass code is <b>kes</b>trel&#8203;44<i>17</i></p>"),
        (f'application/pdf; name="{CODE}.pdf"', "%PDF"),
        ("message/rfc822", f"From: x@y.example\nSubject: {WRITTEN}\n\nthe code {CODE}"),
    )
    sent = coded.send(subject=f"No dial tone ({WRITTEN})", body=body, headers={"Content-Type": content_type})
    coded.work()
    coded.act(1, Reply(text="We are on it."))
    coded.work()

    with coded.database.read() as connection:
        shown = json.dumps([reports.show_case(connection, 1), reports.explain(connection, sent.inbox_id)], default=str)
        raw = connection.scalar(sa.select(tables.inbox_chunk.c.octets))
    mails = "".join(post.raw.decode() for post in coded.relay.taken)
    logged = "".join(capfd.readouterr())
    assert [] == leaks(coded)
    assert raw is not None
    assert CODE.encode() in raw
    seen = (shown + mails + logged).casefold()
    assert [False, False] == [word in seen for word in (CODE, "kestrel 4417")]
    assert MASK in coded.case(1).subject
    assert MASK in coded.case(1).correspondence[0]["text"]


def test_the_writer_is_told_once_and_the_agents_of_a_security_event(coded: World) -> None:
    """The case is opened as ever; the mail to the writer names it, and never the code."""
    sent = coded.send(body=f"The code: {WRITTEN}. And again: {CODE}")
    coded.work()

    (told,) = [mail for mail in coded.mailbox(ALICE) if "pass code" in text_of(mail)]
    assert "mpoc_opens_case" == coded.settled_by(sent)
    assert ["case_opened", "pass_code_seen"] == sorted(coded.notices_to(ALICE))
    assert ("security", "the pass code of Acme was sent by mail") in coded.trail(sent).events
    assert ["agent_security"] == coded.notices_to(AGENTS)
    assert "CG-000001" in text_of(told)
    assert ("pass_code_in_mail", "passed") in coded.trail(sent).steps
    assert [] == [mail for mail in coded.mailbox(ALICE) if "4417" in text_of(mail) + html_of(mail)]


def test_a_machine_is_not_told(coded: World) -> None:
    """Nor is an out of office: what is disregarded has no effect; the code is hidden all the same."""
    sent = coded.send(body=f"away, code {CODE}", headers={"Auto-Submitted": "auto-replied"})
    coded.work()

    assert ([], []) == (coded.notices(), leaks(coded))
    assert ("security", "the pass code of Acme was sent by mail") in coded.trail(sent).events


def test_h4_a_code_in_what_shows_a_machine_is_hidden(coded: World) -> None:
    """That field is why it is held, and stands in the mail that tells agents so."""
    sent = coded.send(headers={"Auto-Submitted": f"auto-generated; owner-token={CODE}"})
    coded.work()

    assert ("automatic_mail", []) == (coded.settled_by(sent), leaks(coded))
    assert CODE not in "".join(post.raw.decode() for post in coded.relay.taken)


def test_a_colleague_is_not_told_and_the_code_is_hidden_in_what_is_held(coded: World) -> None:
    """Whoever is no MPOC hears nothing of a pass code; the domain tells whose it is."""
    sent = coded.send(from_="bob@acme.example", body=f"the code is {CODE}")
    coded.work()

    assert "held" == coded.trail(sent).state
    assert "pass_code_seen" not in coded.notices_to("bob@acme.example")
    assert [] == leaks(coded)


def test_another_organisations_code_means_nothing(coded: World) -> None:
    """Only codes of the writer's own organisations, and of the case, are looked for."""
    coded.add_organisation("Initech", domains=["initech.example"])
    coded.add_contact("Initech", "ines@initech.example")
    coded.send(from_="ines@initech.example", body=f"part number {CODE}")
    coded.work()

    assert f"part number {CODE}" in coded.case(1).correspondence[0]["text"]


def test_a_reply_to_a_case_is_masked_too(coded: World) -> None:
    """What is added later is read as the first mail is."""
    coded.send()
    coded.work()
    coded.reply(coded.mailbox(ALICE)[0], body=f"Use {WRITTEN} when you call.")
    coded.work()

    assert [] == leaks(coded)
    assert f"Use {MASK} when you call." in coded.case(1).correspondence[1]["text"]
    assert 1 == coded.notices_to(ALICE).count("pass_code_seen")


def test_what_holds_no_code_is_as_it_was(coded: World) -> None:
    """Nothing is marked, nobody told."""
    sent = coded.send(body="part number kestrel44170")
    coded.work()

    assert "security" not in {kind for kind, _ in coded.trail(sent).events}
    assert ["case_opened"] == coded.notices_to(ALICE)

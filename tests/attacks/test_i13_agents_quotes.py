"""What we write to an agent never reaches a customer, however the agent's mail program quotes it (I-13, H-1, H-2)."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from models.acts import Act, Close, Note, Reply, Resolve, SetStatus
from models.authentication import Authentication
from models.case import CaseStatus
from models.reply_marker import REPLY_MARKER
from models.rules.commands import orders
from models.rules.own_words import quotes_our_mail
from parser.message import parse
from tests.builders import NETWORK_OF_RELAYS, a_mail
from tests.parsing.quoting_programs import ATTRIBUTIONS, BLOCKS
from tests.scenarios.conftest import OpenWorld
from tests.world import AUTHSERV_ID, World, html_of, text_of

DANA: Final = "dana@example.net"
PROVED: Final = "dmarc=pass header.from=example.net"
OURS: Final = ("casegate case show", "Standing:", "is not for the customer", "are commands and stay here")
GOLDEN: Final = sorted(Path("tests/responses/golden").glob("*/agent_*.eml"))
OF_CASES: Final = [path for path in GOLDEN if path.stem not in {"agent_held", "agent_security", "agent_reply"}]
ANSWERS: Final = {
    "words": "We restarted it.",
    "nothing": "",
    "a greeting": "Hi Alice,",
    "a pointer": "Please see below.",
    "a signature": "-- \nDana",
    "a closing": "#close",
}


def quoted(text: str, mark: str = "> ") -> str:
    return "".join(f"{mark}{line}\n" for line in text.splitlines())


WAYS: Final = {
    "marked": lambda words, old: f"{words}\n\n{ATTRIBUTIONS['en Gmail']}\n{quoted(old)}",
    "marked, answer below": lambda words, old: f"{ATTRIBUTIONS['de Thunderbird']}\n{quoted(old)}\n{words}",
    "unmarked": lambda words, old: f"{words}\n\n{BLOCKS['en']}\n\n{old}",
    "unmarked, German": lambda words, old: f"{words}\n\n{BLOCKS['de']}\n\n{old}",
    "with a bar": lambda words, old: f"{words}\n\n{ATTRIBUTIONS['en Horde']}\n{quoted(old, '| ')}",
    "with initials": lambda words, old: f"{words}\n\n{quoted(old, 'ES> ')}",
    "bare": lambda words, old: f"{words}\n\n{old}",
    "answered within": lambda words, old: f"{BLOCKS['en']}\n\n{old[:200]}\n{words}\n{old[200:]}",
}


def plain(path: Path) -> str:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def without_marker(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line not in REPLY_MARKER.values())


@pytest.mark.parametrize("marker", ["kept", "lost"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", OF_CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_i13_no_quote_of_a_mail_to_an_agent_goes_out(path: Path, way: str, marker: str) -> None:
    """What the parser leaves in on doubt is refused; what is the agent's own is not."""
    old = plain(path) if marker == "kept" else without_marker(plain(path))
    for words in ANSWERS.values():
        raw = a_mail(subject="Re: [#CG-000123] x", body=WAYS[way](words, old), headers={"In-Reply-To": "<1@x.example>"})
        said = orders(parse(raw).new_text, ZoneInfo("UTC"))
        for act in said.acts:
            assert quotes_our_mail(act) or "casegate case show" not in str(act)


@pytest.mark.parametrize(
    "act",
    [
        Reply(text="We restarted it. Please write again if it is still dead."),
        Reply(text="Your mail said:\n> no dial tone\nIt works now."),
        Note(text="casegate case show CG-000001"),
        Close(summary="cable"),
        Resolve(),
    ],
)
def test_i13_an_agents_own_words_are_not_refused(act: Act) -> None:
    """Ordinary answers go out, and a note may hold anything: it stays inside."""
    assert not quotes_our_mail(act)


@pytest.mark.parametrize(
    "text",
    [
        "> An answer to this mail goes\n> to the customer. First lines",
        "| Eine Antwort auf diese Mail\n| geht an den Kunden.",
        "DS> -- Please write your answer\nDS> above this line --",
    ],
)
def test_i13_a_wrapped_quote_is_known(text: str) -> None:
    """Whatever marks it, and wherever it was broken; in whatever the customer is told."""
    assert quotes_our_mail(Reply(text=text))
    assert quotes_our_mail(Resolve(summary=text))
    assert quotes_our_mail(SetStatus(status=CaseStatus.SHIPPING, text=text))


@pytest.mark.parametrize("words", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("way", WAYS)
def test_i13_the_customer_never_sees_what_the_agent_was_told(open_world: OpenWorld, words: str, way: str) -> None:
    """Through all doors: the answer goes out clean, or nothing does and the agent hears why."""
    world = desk(open_world)
    (told,) = world.mailbox(DANA)
    part = told.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    before = len(world.mailbox("alice@acme.example"))

    world.send(
        from_=f"Dana <{DANA}>",
        to=str(told["Reply-To"]),
        subject=f"Re: {told['Subject']}",
        body=WAYS[way](words, str(part.get_content())),
        headers={"In-Reply-To": str(told["Message-ID"])},
        results=PROVED,
    )
    world.work()

    mails = world.mailbox("alice@acme.example")[before:]
    for mail in mails:
        assert not [sign for sign in OURS if sign in text_of(mail) or sign in html_of(mail)]
    assert mails or "agent_commands" in world.notices_to(DANA)


def desk(open_world: OpenWorld) -> World:
    """A case of Alice's, and Dana who was told of it."""
    world = open_world(authentication=Authentication(authserv_id=AUTHSERV_ID, relays=NETWORK_OF_RELAYS))
    world.add_organisation("Acme", domains=["acme.example"])
    world.add_contact("Acme", "alice@acme.example")
    world.send()
    world.work()
    return world

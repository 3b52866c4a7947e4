"""What an agent attaches to an answer reaches the customer, octet for octet; what may not is named (plans 6)."""

from base64 import encodebytes
from email.message import EmailMessage

import pytest

from models.limits import CARRIED_BYTES, CARRIED_FILES
from tests.builders import ALICE, a_multipart
from tests.parsing.outlook import TEXT, attribute, packed_file, packed_message, prop, properties, winmail
from tests.world import World, html_of, strictly, text_of

BOB = "bob@acme.example"
DANA = "dana@example.net"
PICTURE = bytes(range(256)) * 8
WORDS = "It is the third socket."


def a_file(octets: bytes, content_type: str = "image/png", *, name: str = '="plan.png"') -> tuple[str, str]:
    """One part as a mail program writes it; `name` is what stands behind `filename`."""
    disposition = f"Content-Disposition: attachment;\n filename{name}"
    return f"{content_type}\nContent-Transfer-Encoding: base64\n{disposition}\n", encodebytes(octets).decode()


def answered_with(desk: World, *parts: tuple[str, str], words: str = WORDS) -> EmailMessage:
    """Alice's newest mail, once Dana has answered that of the new case with these parts behind her words."""
    content_type, body = a_multipart(("text/plain", words), *parts)
    told = desk.mailbox(DANA)[0]
    desk.send(
        from_=f"Dana Reyes <{DANA}>",
        to=str(told["Reply-To"]),
        subject=f"Re: {told['Subject']}",
        body=body,
        headers={"Content-Type": content_type, "In-Reply-To": str(told["Message-ID"])},
        results="dkim=pass header.d=example.net",
    )
    desk.work()
    return desk.mailbox(ALICE)[-1]


def files_of(mail: EmailMessage) -> list[tuple[str | None, str, object]]:
    """Name, type and octets of what a mail carries."""
    parts = list(mail.iter_attachments())
    return [(part.get_filename(), part.get_content_type(), part.get_payload(decode=True)) for part in parts]


def names_of(mail: EmailMessage) -> list[str | None]:
    """The names of what a mail carries."""
    return [part.get_filename() for part in mail.iter_attachments()]


def test_a_file_of_an_agents_goes_to_the_customer(desk: World) -> None:
    """Whole, under its name, behind the words in both forms."""
    mail = answered_with(desk, a_file(PICTURE))

    assert [("plan.png", "image/png", PICTURE)] == files_of(strictly(mail.as_bytes()))
    assert WORDS in text_of(mail)
    assert WORDS in html_of(mail)
    assert "does not carry" not in text_of(mail)


def test_each_correspondent_gets_the_files(desk: World) -> None:
    """Every MPOC who wrote on the case gets the same."""
    desk.add_contact("Acme", BOB)
    desk.reply(desk.mailbox(ALICE)[0], from_=BOB)
    desk.work()

    mail = answered_with(desk, a_file(PICTURE))

    assert ["plan.png"] == names_of(mail)
    assert files_of(mail) == files_of(desk.mailbox(BOB)[-1])


def test_f10_a_name_is_written_by_rfc_2231(desk: World) -> None:
    """Long, and in no ASCII: who reads it strictly sees it whole, and no line is too long."""
    name = "Übersicht der Räume " * 5 + ".png"
    encoded = "".join(f"%{octet:02X}" for octet in name.encode())

    mail = answered_with(desk, a_file(PICTURE, name=f"*=utf-8''{encoded}"))

    assert [name] == names_of(strictly(mail.as_bytes()))
    assert max(map(len, mail.as_bytes().splitlines())) < 998


@pytest.mark.parametrize("kind", ["image", "image/", "image/p(n)g", "image/é", "i" * 200 + "/png"])
def test_f9_a_type_that_no_register_could_hold_becomes_octets(desk: World, kind: str) -> None:
    """What is written into our header is a media type, or none that anybody acts on."""
    mail = strictly(answered_with(desk, a_file(PICTURE, kind)).as_bytes())

    assert [("plan.png", PICTURE)] == [(name, octets) for name, _, octets in files_of(mail)]
    assert {"application/octet-stream", "text/plain", "image/p"} >= {type_ for _, type_, _ in files_of(mail)}


def test_i13_an_attached_message_is_named_alone(desk: World) -> None:
    """It could be our own mail to the agent, with what the customer must not read."""
    ours = str(desk.mailbox(DANA)[0]["Reply-To"])
    attached = ("message/rfc822", f"From: desk@example.net\nSubject: New case\n\nReply-To: {ours}\n")

    mail = answered_with(desk, attached, a_file(PICTURE))

    assert ["plan.png"] == names_of(mail)
    assert "which this mail does not carry: - New case.eml" in text_of(mail)
    assert ours not in mail.as_string()


@pytest.mark.parametrize(
    "attached",
    [
        a_file(b"Subject: New case", "application/octet-stream", name="=New_case.eml"),
        a_file(b"Subject: New case", "application/vnd.ms-outlook", name="=New_case.msg"),
        a_file(winmail(attribute(0x9003, properties(prop(0x1000, TEXT, b"New case")))), "application/ms-tnef"),
        a_file(winmail(packed_message("New case", b"New case", packed_file("b.pdf", PICTURE))), "application/ms-tnef"),
    ],
    ids=["saved by Thunderbird", "saved by Outlook", "the answer itself in TNEF", "packed into TNEF"],
)
def test_i13_a_message_is_named_alone_in_whatever_form(desk: World, attached: tuple[str, str]) -> None:
    """Mail programs save and pack mail in forms of their own, with all that it quotes, and with its files."""
    mail = answered_with(desk, attached)

    assert [] == names_of(mail)
    assert "which this mail does not carry" in text_of(mail)


def test_more_than_a_relay_takes_is_named(desk: World) -> None:
    """What fits is carried, in order; the customer is told of the others."""
    half = CARRIED_BYTES // 2

    mail = answered_with(
        desk,
        a_file(b"a" * half, name="=one.zip"),
        a_file(b"b" * (half + 2), name="=two.zip"),
        a_file(b"c", name="=three.csv"),
    )

    assert ["one.zip", "three.csv"] == names_of(mail)
    assert "which this mail does not carry: - two.zip" in text_of(mail)


def test_many_files_are_carried_up_to_the_limit(desk: World) -> None:
    """One more is named."""
    mail = answered_with(desk, *(a_file(b"x", name=f"={number}.csv") for number in range(CARRIED_FILES + 1)))

    assert [f"{number}.csv" for number in range(CARRIED_FILES)] == names_of(mail)
    assert f"- {CARRIED_FILES}.csv" in text_of(mail)


def test_b27_a_signature_is_neither_carried_nor_named(desk: World) -> None:
    """It is of the agent's mail, not of ours."""
    mail = answered_with(desk, a_file(b"0" * 90, "application/pkcs7-signature", name="=smime.p7s"))

    assert [] == names_of(mail)
    assert "smime.p7s" not in text_of(mail)


def test_files_with_a_note_stay_among_agents(desk: World) -> None:
    """The customer gets no mail, and no file."""
    before = len(desk.mailbox(ALICE))

    answered_with(desk, a_file(PICTURE), words="#note\nThe plan of the floor.")

    assert before == len(desk.mailbox(ALICE))


def test_x46_a_file_that_is_damaged_is_not_sent(desk: World) -> None:
    """The notice is parked, and the admin hears of it; what the agent did stands."""
    before = len(desk.mailbox(ALICE))
    desk.sql(
        """CREATE TRIGGER damage AFTER INSERT ON outbox BEGIN
        UPDATE inbox_chunk SET octets = zeroblob(length(octets))
        WHERE inbox_id = (SELECT max(inbox_id) FROM inbox_chunk); END"""
    )

    answered_with(desk, a_file(PICTURE))

    assert before == len(desk.mailbox(ALICE))
    (reply,) = [notice for notice in desk.case(1).notices if notice["kind"] == "agent_reply"]
    assert "parked" == reply["state"]
    assert "In Progress" == desk.case(1).status

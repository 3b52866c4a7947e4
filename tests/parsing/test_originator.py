"""Who wrote it: a corpus of From fields, each with the one strict answer there is (threats B-2 to B-12, M13).

ACCEPTED holds what names one author beyond doubt; REFUSED what does not, however readily
other readers find an address in it. Whatever we accept, three other readers must read as the
same single address (I-35): where one of them could see somebody else, we refuse.
"""

import email
import email.policy
import itertools
import re
from collections.abc import Callable
from email.utils import getaddresses
from typing import Final

import mailparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.address import AddressError, address_key
from models.message import Originator
from parser import originator
from parser.header_fields import split

ALICE: Final = "alice@mpoc.example"
EVIL: Final = "evil@evil.example"


def read(*values: str | bytes) -> Originator:
    """The originator of a message with these From fields."""
    raw = b"".join(b"From: " + (v if isinstance(v, bytes) else v.encode("utf-8")) + b"\r\n" for v in values)
    return originator.read(split(raw + b"\r\nbody\r\n")[0])


NAMES: Final = (
    "Alice",
    "Alice A. Anders",
    "A.A.",
    '"Alice"',
    '"Alice Anders"',
    '"Anders, Alice"',
    '"Anders; Alice: (x) <y> [z]"',
    '"Alice \\"Al\\" Anders"',
    '"back\\\\slash"',
    '""',
    '" "',
    '"alice@mpoc.example"',
    f'"{EVIL}"',
    f'"<{EVIL}>"',
    f'"{EVIL}, x"',
    '"a\tb"',
    "=?utf-8?q?Alice?=",
    "=?utf-8?b?QWxpY2U=?=",
    "=?utf-8?q?evil=40evil=2Eexample?=",
    "=?utf-8?q?evil=40evil=2Eexample=2C?=",
    "=?utf-8?q?=3Cevil=40evil=2Eexample=3E?=",
    "=?iso-8859-1?q?Ren=E9?= =?utf-8?q?e?=",
    "=?unknown?q?x?=",
    "Alice =?utf-8?q?A?= Anders",
    "Åse Ünal",
    "Алиса",
    "愛麗絲",
    "O'Brien",
    "Alice - Sales & More!",
    "Alice\tAnders",
    "Alice  Anders",
    "A|B",
    "1",
    "{}",
    "*",
)
ADDRESSES: Final = (
    (ALICE, ALICE),
    ("ALICE@MPOC.EXAMPLE", ALICE),
    ("alice+tag@mpoc.example", "alice+tag@mpoc.example"),
    ("a.b.c@sub.mpoc.example", "a.b.c@sub.mpoc.example"),
    ("o'brien@mpoc.example", "o'brien@mpoc.example"),
    ("!#$%&'*+-/=?^_`{|}~@mpoc.example", "!#$%&'*+-/=?^_`{|}~@mpoc.example"),
    ("alice@xn--bcher-kva.example", "alice@xn--bcher-kva.example"),
)
COMMENTED: Final = (
    f"{ALICE} (Alice Anders)",
    f"{ALICE}\t(Alice)",
    f"{ALICE} ()",
    f"{ALICE} (=?utf-8?q?Ren=C3=A9?=)",
    f"{ALICE} (Алиса)",
    f"{ALICE}\r\n (Alice)",
    f"Alice (x) <{ALICE}>",
    f"Alice (x)<{ALICE}>",
    f'"Alice" (x) <{ALICE}>',
    f"(x) <{ALICE}>",
    f"<{ALICE}> (x)",
    f"Alice <{ALICE}> (x)",
)
"""One comment beside the address, as old programs write the name: no reader finds anybody else in it."""
ACCEPTED: Final = (
    *((address, key) for address, key in ADDRESSES),
    *((f"<{address}>", key) for address, key in ADDRESSES),
    *((f"Alice Anders <{address}>", key) for address, key in ADDRESSES),
    *((f"{name} <{ALICE}>", ALICE) for name in NAMES),
    (f"Alice<{ALICE}>", ALICE),
    (f'"Alice"<{ALICE}>', ALICE),
    (f"  {ALICE}  ", ALICE),
    (f"\t<{ALICE}>\t", ALICE),
    (f"Alice\r\n <{ALICE}>", ALICE),
    (f"\r\n {ALICE}", ALICE),
    (f"Alice\r\n\tAnders\r\n <{ALICE}>", ALICE),
    ("rené@mpoc.example", "rené@mpoc.example"),
    ("Rene <rene\u0301@mpoc.example>", "rené@mpoc.example"),
    ("alice@bücher.example", "alice@xn--bcher-kva.example"),
    (f"{'a' * 64}@mpoc.example", f"{'a' * 64}@mpoc.example"),
    *((form, ALICE) for form in COMMENTED),
)

OWN_NAME: Final = (
    f"{ALICE} <{ALICE}>",
    f"{ALICE}<{ALICE}>",
    f"ALICE@MPOC.example <{ALICE}>",
    f"'{ALICE}' <{ALICE}>",
    f"{ALICE}\r\n <{ALICE}>",
)
"""The address as its own name, unquoted: not by the letter of RFC 5322, and written by many."""

OBSOLETE: Final = (
    f"{ALICE} (a) (b)",
    f"{ALICE} (a (b))",
    f"{ALICE} (a, b)",
    f"{ALICE} (a: b;)",
    f"{ALICE} (a@b)",
    f"{ALICE} (<b>)",
    f"{ALICE} (a\\)",
    f'{ALICE} ("a")',
    f"{ALICE} (a",
    f"{ALICE} a)",
    f"{ALICE} (a) b",
    f"(a) Alice <{ALICE}> (b)",
    f"Alice (a) Anders <{ALICE}>",
    f"{ALICE} (a)@evil.example",
    f"{ALICE} (a), {EVIL}",
    "alice(x)@mpoc.example",
    "alice@mpoc.example(x)",
    "(x)alice@mpoc.example",
    f"(x) {ALICE}",
    f"{ALICE} (evil@evil.example)",
    "<alice(x)@mpoc.example>",
    "<alice@(x)mpoc.example>",
    "alice @ mpoc . example",
    "alice @mpoc.example",
    "alice@ mpoc.example",
    "alice@mpoc .example",
    "< alice@mpoc.example>",
    "<alice@mpoc.example >",
    "<alice @mpoc.example>",
    f"<@evil.example:{ALICE}>",
    f"<@evil.example,@b.example:{ALICE}>",
    f"Alice <@evil.example:{ALICE}>",
    "alice@mpoc.example.",
    "<alice@mpoc.example.>",
    "alice.@mpoc.example",
    ".alice@mpoc.example",
    "al..ice@mpoc.example",
    '"alice"@mpoc.example',
    '<"alice"@mpoc.example>',
    '"al ice"@mpoc.example',
    '"alice@mpoc.example"@evil.example',
    '"alice@mpoc.example> "@evil.example',
    'alice."b"@mpoc.example',
    "alice@[192.0.2.1]",
    "alice@[IPv6:2001:db8::1]",
    "alice@[mpoc.example]",
    "al\\ice@mpoc.example",
    "\\<alice@mpoc.example>",
)
SEVERAL: Final = (
    f"'{ALICE}' <{EVIL}>",
    f"'{ALICE} <{ALICE}>",
    f"x{ALICE} <{ALICE}>",
    f"{ALICE}.evil <{ALICE}>",
    f"{ALICE} {ALICE} <{ALICE}>",
    f"{ALICE} x <{ALICE}>",
    f"{ALICE}, <{ALICE}>",
    f"{ALICE} <{ALICE}> <{EVIL}>",
    f"{ALICE} <{ALICE}>, {EVIL}",
    f"{ALICE}, {EVIL}",
    f"{EVIL}, {ALICE}",
    f"{ALICE},{ALICE}",
    f"{ALICE},",
    f",{ALICE}",
    f", {ALICE}",
    f"<{ALICE}>, <{EVIL}>",
    f"Alice <{ALICE}>, Eve <{EVIL}>",
    f"Alice <{ALICE}>,",
    f"Anders, Alice <{ALICE}>",
    f"Alice, <{ALICE}>",
    f"<{ALICE}> <{EVIL}>",
    f"<{ALICE}><{EVIL}>",
    f"Alice <{ALICE}> <{EVIL}>",
    f"Alice <{ALICE}> Eve <{EVIL}>",
    f"<{ALICE}>{EVIL}",
    f"<{ALICE}> {EVIL}",
    f"{EVIL} <{ALICE}>",
    f"{ALICE} <{EVIL}>",
    f"{ALICE}<{EVIL}>",
    f"{ALICE}]<{EVIL}>",
    f"{ALICE}\t<{EVIL}>",
    f"{ALICE}\\ <{EVIL}>",
    f"x {ALICE} <{EVIL}>",
    f"alice@mpoc <{EVIL}>",
    f"@ <{EVIL}>",
    f"{ALICE} {EVIL}",
    f"{ALICE}; {EVIL}",
    f"{ALICE};",
    f'"Alice" {ALICE} <{EVIL}>',
    f'"{ALICE}", <{EVIL}>',
    f'"a" <{ALICE}>, "b" <{EVIL}>',
    f"<{ALICE},{EVIL}>",
    f"<{ALICE}> , ",
)
GROUPS: Final = (
    f"Group: {ALICE};",
    f"Group: {ALICE}, {EVIL};",
    f"Group: Alice <{ALICE}>;",
    f"Group:{ALICE}",
    "Group:;",
    "undisclosed-recipients:;",
    f"a: b: {ALICE};;",
    f":{ALICE};",
    f"{ALICE}:;",
    f'"Group": {ALICE};',
    f"Group: {ALICE}; <{EVIL}>",
)
NOTHING: Final = (
    "",
    " ",
    "\t",
    "<>",
    "< >",
    "Alice",
    "Alice <>",
    '"Alice"',
    "alice",
    "alice@",
    "@mpoc.example",
    "@",
    "<alice>",
    "<@>",
    "<alice@>",
    "alice@mpoc",
    "<alice@mpoc>",
    "alice@localhost",
    "alice at mpoc dot example",
    "mailto:alice@mpoc.example",
    "<mailto:alice@mpoc.example>",
    "alice@mpoc.example@evil.example",
    "alice@@mpoc.example",
    "alice%mpoc.example@evil.example@x",
    "evil.example!alice@mpoc.example@x",
    "alice@mpoc..example",
    "alice@-mpoc.example",
    "alice@mpoc-.example",
    "alice@mp_oc.example",
    "alice@mpoc.example:25",
    "alice@mpoc.example/x",
    f"{'a' * 65}@mpoc.example",
    f"alice@{'m' * 64}.example",
    f"alice@{'m.' * 130}example",
)
BROKEN: Final = (
    "<" + ALICE,
    ALICE + ">",
    f"<<{ALICE}>>",
    f"<{ALICE}>>",
    f"<<{ALICE}>",
    f"Alice <<{ALICE}>",
    f'"Alice <{ALICE}>',
    f'Alice" <{ALICE}>',
    f'"Alice"" <{ALICE}>',
    f'"Alice\\" <{ALICE}>',
    f'"{ALICE}\\" <{EVIL}>',
    f"(Alice <{ALICE}>",
    f"Alice) <{ALICE}>",
    f"[Alice] <{ALICE}>",
    f"Alice] <{ALICE}>",
    f"[<{ALICE}>",
    f"\\ <{ALICE}>",
    f"Al\\ice <{ALICE}>",
    "<[>",
    "<",
    ">",
    "<a@[b>",
    "(" * 1000,
    '"' * 1000,
    "<" * 1000,
    ">" * 1000,
    "[" * 1000,
    "\\" * 1000,
    "," * 1000,
    ":" * 1000,
    "@" * 1000,
    "a@b," * 1000,
    f"<{ALICE}> x",
    f"<{ALICE}>;",
    f"<{ALICE}>.",
    f"<{ALICE}>@evil.example",
    f"x@<{ALICE}>",
    f"a@b <{ALICE}>",
    f"a,b <{ALICE}>",
    f"a;b <{ALICE}>",
    f"a:b <{ALICE}>",
)
ENCODED: Final = (
    "=?utf-8?q?alice?=@mpoc.example",
    "<=?utf-8?q?alice?=@mpoc.example>",
    "Alice <=?utf-8?b?YWxpY2U=?=@mpoc.example>",
    "=?utf-8?q?x?=alice@mpoc.example",
    "=?utf-8?q?alice=40mpoc=2Eexample?=",
    "=?utf-8?b?YWxpY2VAbXBvYy5leGFtcGxl?=",
    "<=?utf-8?q?alice=40mpoc=2Eexample?=>",
    "=?utf-8?q?alice?=@mpoc.example=?x?=@",
    "alice@=?utf-8?q?mpoc=2Eexample?=",
    "<alice@=?utf-8?q?mpoc?=.example>",
    "=?utf-8?q?Alice_=3Calice=40mpoc=2Eexample=3E?=",
    "=?utf-8?q?alice=40mpoc=2Eexample=00?=",
    f"=?utf-8?q?Alice?= =?utf-8?q?=3Calice=40mpoc.example=3E?=, <{EVIL}>",
)
CONTROLS: Final = tuple(
    template.format(control)
    for control, template in itertools.product(
        ("\0", "\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f", "\x80", "\x85", "\x9f", "\u2028", "\u2029"),
        ("alice{}@mpoc.example", "<alice@mpoc{}.example>", "alice@mpoc.example{}@evil.example"),
    )
)
LOOK_ALIKES: Final = (
    "alice＠mpoc.example",
    "alice@mpoc．example",
    "alice@mpoc。example",
    "ａlice@mpoc.example",
    "alice@ｍpoc.example",
    "＜alice@mpoc.example＞",
    "alice@mpoc.example＞",
    "alice﹫mpoc.example",
    "ſupport@mpoc.example",
    "\u212aate@mpoc.example",
    "ﬁle@mpoc.example",
    "alice①@mpoc.example",
    "alice@ℳpoc.example",
    "alice\u00a0@mpoc.example",
    "alice\u3000@mpoc.example",
    "alice\u2003<x> <alice@mpoc.example>",
)
UNSEEN: Final = tuple(
    f"al{unseen}ice@mpoc.example" for unseen in ("\u200b", "\u200d", "\u00ad", "\u2060", "\ufeff", "\u202e", "\ue000")
)
UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Controls, line ends and direction characters: never shown to anybody."""
REFUSED: Final = (
    OBSOLETE + SEVERAL + GROUPS + NOTHING + BROKEN + ENCODED + CONTROLS + LOOK_ALIKES + UNSEEN
)  # fmt: skip


def test_the_corpus_is_large_and_says_nothing_twice() -> None:
    """More than 250 forms."""
    forms = [form for form, _ in ACCEPTED] + [*OWN_NAME, *REFUSED]

    assert len(forms) == len(set(forms)) > 250


@pytest.mark.parametrize(("form", "key"), ACCEPTED)
def test_one_plain_mailbox_names_its_author(form: str, key: str) -> None:
    """In the form in which addresses are compared; there is nothing to say against it."""
    found = read(form)

    assert (found.author, found.refused_because) == (key, "")


@pytest.mark.parametrize("form", OWN_NAME)
def test_an_address_that_is_its_own_name_is_one_address(form: str) -> None:
    """Whichever of the two a reader takes, it is the same."""
    assert read(form).author == ALICE


@pytest.mark.parametrize("form", REFUSED)
def test_b3_to_b11_anything_else_names_nobody_and_says_why(form: str) -> None:
    """However readily other readers find an address in it."""
    found = read(form)

    assert found.author is None
    assert found.refused_because != ""


@pytest.mark.parametrize("form", REFUSED)
def test_what_is_refused_is_still_shown_to_people(form: str) -> None:
    """On one line, bounded, without controls."""
    found = read(form)

    shown = found.display_name + found.display_address
    assert UNFIT.search(shown) is None
    assert len(shown) <= 520


# --- how often, and in what octets -------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        (),
        (ALICE, EVIL),
        (EVIL, ALICE),
        (ALICE, ALICE),
        (ALICE, ""),
        ("", ALICE),
        (ALICE, ALICE, ALICE),
    ],
)
def test_b2_any_other_number_of_from_fields_names_nobody(values: tuple[str, ...]) -> None:
    """Never the first, never the last."""
    assert read(*values).author is None


@pytest.mark.parametrize(
    "header",
    [
        f"From: {ALICE}\r\nFROM: {EVIL}\r\n",
        f"From: {ALICE}\r\nfrom: {EVIL}\r\n",
        f"From: {ALICE}\r\nFrom : {EVIL}\r\n",
        f"From: {ALICE}\r\nFrom\t: {EVIL}\r\n",
        f"From: {ALICE}\r\nSubject: x\r\nFrom: {EVIL}\r\n",
        f"From: {ALICE}\r\nSubject: x\rFrom: {EVIL}\r\n",
        f"From: {ALICE}\r\nSubject: x\nFrom: {EVIL}\r\n",
        f"From: {ALICE}\r\n folded\r\nFrom: {EVIL}\r\n",
        f"From: {ALICE}\r\nno field here\r\nFrom: {EVIL}\r\n",
        f"From: {ALICE}\rFrom: {EVIL}\r\n",
        f"From: {EVIL}\nFrom: {ALICE}\n",
    ],
)
def test_b2_a_second_from_cannot_hide(header: str) -> None:
    """Neither by case of letters, nor by blanks, nor by a line end that only some readers know (M6)."""
    assert originator.read(split(header.encode() + b"\r\nbody")[0]).author is None


@pytest.mark.parametrize(
    "header",
    [
        f"X-From: {EVIL}\r\nFrom: {ALICE}\r\n",
        f"From-: {EVIL}\r\nFrom: {ALICE}\r\n",
        f"Subject: x\r\n From: {EVIL}\r\nFrom: {ALICE}\r\n",
        f"From: {ALICE}\r\nReply-To: {EVIL}\r\nSender: {EVIL}\r\nResent-From: {EVIL}\r\n",
        f"From: {ALICE}\r\nSubject: x\r\n\tFrom: {EVIL}\r\n",
    ],
)
def test_b13_no_other_field_is_a_from(header: str) -> None:
    """Names that look like it, folded lines, other originator fields."""
    assert originator.read(split(header.encode() + b"\r\nbody")[0]).author == ALICE


def test_b2_a_from_in_the_body_is_text() -> None:
    """The header ends at the first empty line."""
    fields, _ = split(f"From: {ALICE}\r\n\r\nFrom: {EVIL}\r\n".encode())

    assert originator.read(fields).author == ALICE


@pytest.mark.parametrize(
    "octets",
    [
        b"alice\xff@mpoc.example",
        b"<alice\xff@mpoc.example>",
        b"Ren\xe9 <ren\xe9@mpoc.example>",
        b"al\xc0\xafice@mpoc.example",
        b"alice@mpoc.example\xe9",
        b"alice@mpoc.example\xe9 <evil@evil.example>",
        b"Ren\xe9 <ren\xc3\xa9@mpoc.example>",
        f"<{ALICE}>".encode("utf-16"),
    ],
)
def test_b8_octets_that_are_no_utf_8_are_no_part_of_an_address(octets: bytes) -> None:
    """A reader that guesses a charset may see another address."""
    assert read(octets).author is None


@pytest.mark.parametrize(
    "octets",
    [
        b"Ren\xe9 <alice@mpoc.example>",
        b'"Ren\xe9" <alice@mpoc.example>',
        "Алиса".encode("koi8-r") + b" <alice@mpoc.example>",
    ],
)
def test_octets_that_are_no_utf_8_may_stand_in_a_name(octets: bytes) -> None:
    """No octet beyond ASCII is a delimiter: every reader finds the same address behind the name."""
    assert read(octets).author == ALICE


def test_reply_to_and_sender_are_kept_for_people_only() -> None:
    """They stand beside the author and are no part of the identity."""
    fields, _ = split(f"From: {ALICE}\r\nReply-To: {EVIL}\r\nSender: {EVIL}\r\n\r\n".encode())
    found = originator.read(fields)

    assert (found.author, found.reply_to, found.sender) == (ALICE, (EVIL,), EVIL)


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (f"Alice Anders <{ALICE}>", "Alice Anders"),
        (f'"Anders, Alice" <{ALICE}>', "Anders, Alice"),
        (f'"Alice \\"Al\\" Anders" <{ALICE}>', 'Alice "Al" Anders'),
        (f"=?utf-8?q?Ren=C3=A9e?= <{ALICE}>", "Renée"),
        (f"=?utf-8?q?x=0D=0ABcc=3A_y?= <{ALICE}>", "x Bcc: y"),
        (f"=?utf-8?b?4oCuZ25pbGxpYg==?= <{ALICE}>", "gnillib"),
        (ALICE, ""),
        (f"<{ALICE}>", ""),
    ],
)
def test_the_display_name_is_cleaned(form: str, name: str) -> None:
    """Decoded, unquoted, on one line, without direction characters."""
    assert read(form).display_name == name


# --- I-35: four readers, one answer ---------------------------------------------------------------


def _compat32(value: str) -> list[str]:
    return [address for _, address in getaddresses([_unfolded(value)])]


def _default_policy(value: str) -> list[str]:
    """It trips over a phrase that begins with a dot (M14), and then names nobody else."""
    message = email.message_from_bytes(b"From: " + value.encode() + b"\r\n\r\n", policy=email.policy.default)
    try:
        return [address.addr_spec for address in message["From"].addresses]
    except (AttributeError, TypeError):
        return _compat32(value)


def _mail_parser(value: str) -> list[str]:
    return [address for _, address in mailparser.parse_from_bytes(b"From: " + value.encode() + b"\r\n\r\n").from_]


def _unfolded(value: str) -> str:
    return value.replace("\r\n", "")


@pytest.mark.parametrize("form", [form for form, _ in ACCEPTED if form.isascii()])
@pytest.mark.parametrize("reader", [_compat32, _default_policy, _mail_parser])
def test_i35_whatever_we_accept_other_readers_read_alike(reader: Callable[[str], list[str]], form: str) -> None:
    """The standard library's two readers and mail-parser give the same single address."""
    assert [address_key(address) for address in reader(form)] == [read(form).author]


PIECES = st.sampled_from(
    [
        *(ALICE, EVIL, "<", ">", '"', "\\", "(", ")", "[", "]", ":", ";", ",", "@", ".", " ", "\t", "Alice", "a", "="),
        *(f"<{ALICE}>", f"<{EVIL}>", '"x"', '"a@b"', "=?utf-8?q?x?=", "=?utf-8?q?a=40b=2Ec?=", "\r\n ", "mpoc.example"),
    ]
)


@settings(max_examples=700, deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_i35_no_composition_of_pieces_is_read_as_two_people(form: str) -> None:
    """Where we name an author, every other reader names the same and nobody else."""
    author = read(form).author
    if author is None:
        return

    named = {*_compat32(form), *_default_policy(form), *_mail_parser(form)} - {""}
    assert {address_key(address) for address in named} == {author}


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(form: str) -> None:
    """Total; an author is always an address in its key form."""
    found = read(form.encode("utf-8", "surrogatepass"))

    assert (found.author is None) == bool(found.refused_because)
    assert found.author is None or address_key(found.author) == found.author


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    """Total on octets too, line ends and all."""
    found = read(octets)

    assert (found.author is None) == bool(found.refused_because)


def test_e_a_hostile_field_costs_its_length_and_no_more() -> None:
    """Sixty-four kilobytes of each kind of opening, read a hundred times within the test's time."""
    for opening in ('"', '"\\', "<", "(", "a@b,", "=?utf-8?q?x?=", " ", "a ", '"" ', "[", "a.", "\\"):
        assert read(opening * (65_000 // len(opening))).author is None


def test_an_address_that_we_accept_has_a_key() -> None:
    """No author is anything but an address."""
    with pytest.raises(AddressError):
        address_key(f"{ALICE} <{EVIL}>")

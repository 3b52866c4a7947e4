"""One key for one address: how addresses are stored and compared (threats B-9 to B-12)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.address import AddressError, address_key, domain_key
from responders.address import addr_spec


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("alice@acme.example", "alice@acme.example"),
        ("ALICE@Acme.EXAMPLE", "alice@acme.example"),
        ("Alice.Anders@acme.example", "alice.anders@acme.example"),
        ("a@b.example", "a@b.example"),
        ("a+b@acme.example", "a+b@acme.example"),
        ("o'brien@acme.example", "o'brien@acme.example"),
        ("!#$%&'*+-/=?^_`{|}~@acme.example", "!#$%&'*+-/=?^_`{|}~@acme.example"),
        ("1@2.example", "1@2.example"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("δοκιμή@παράδειγμα.example", "δοκιμή@xn--hxajbheg2az3al.example"),
        ("ünal@acme.example", "ünal@acme.example"),
        ("a@a-b.example", "a@a-b.example"),
        (f"{'a' * 64}@acme.example", f"{'a' * 64}@acme.example"),
        (f"a@{'b' * 63}.example", f"a@{'b' * 63}.example"),
    ],
)
def test_an_address_has_a_key(address: str, key: str) -> None:
    """ASCII letters lowered, the domain in A-labels, the rest as it is."""
    assert address_key(address) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice@acme.example", "alıce@acme.example"),
        ("alice@acme.example", "alice@аcme.example"),
        ("alice@acme.example", "аlice@acme.example"),
        ("alice@acme.example", "alice@acmе.example"),
        ("alice@acme.example", "alicé@acme.example"),
        ("ünal@acme.example", "Ünal@acme.example"),
        ("strasse@acme.example", "straße@acme.example"),
        ("a@strasse.example", "a@straße.example"),
        ("σς@acme.example", "σσ@acme.example"),
        ("alice+x@acme.example", "alice@acme.example"),
        ("a.lice@acme.example", "alice@acme.example"),
        ("alice@acme.example", "alice@acme.example.org"),
        ("alice@mail.acme.example", "alice@acme.example"),
        ("i̇@acme.example", "i@acme.example"),
    ],
)
def test_b9_b10_b12_what_looks_alike_is_not_the_same(one: str, other: str) -> None:
    """No confusables, no case folding beyond ASCII, no sub-addresses, no dots."""
    assert address_key(one) != address_key(other)


def test_b10_the_forms_of_one_character_are_the_same() -> None:
    """Composed and decomposed é are one letter (NFC)."""
    assert address_key("rené@acme.example") == address_key("rene\u0301@acme.example")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "alice",
        "@",
        "@acme.example",
        "alice@",
        "alice@acme",
        "alice@@acme.example",
        "alice@acme@evil.example",
        "alice@acme.example.",
        "alice@.acme.example",
        "alice@acme..example",
        ".alice@acme.example",
        "alice.@acme.example",
        "al..ice@acme.example",
        '"alice"@acme.example',
        '"al ice"@acme.example',
        "al ice@acme.example",
        " alice@acme.example",
        "alice@acme.example ",
        "alice @acme.example",
        "alice@ acme.example",
        "alice(x)@acme.example",
        "alice@(x)acme.example",
        "<alice@acme.example>",
        "alice@[192.0.2.1]",
        "alice@[IPv6:2001:db8::1]",
        "alice@-acme.example",
        "alice@acme-.example",
        "alice@ac_me.example",
        "alice@acme.example:25",
        "alice,bob@acme.example",
        "alice;bob@acme.example",
        "alice:bob@acme.example",
        "alice\\bob@acme.example",
        "alice@acme.example\0",
        "alice\0@acme.example",
        "alice\n@acme.example",
        "alice@acme.example\n",
        "alice\x7f@acme.example",
        "alice\x85@acme.example",
        "alice\u2028@acme.example",
        "alice\ud800@acme.example",
        "ａlice@acme.example",
        "alice＠acme.example",
        "alice@acme．example",
        "alice@acme。example",
        "alice@ⓐcme.example",
        "ſupport@acme.example",
        "\u212a@acme.example",
        "ﬁle@acme.example",
        f"{'a' * 65}@acme.example",
        f"{'ü' * 33}@acme.example",
        f"a@{'b' * 64}.example",
        f"a@{'b.' * 125}example",
    ],
)
def test_b6_b8_b11_any_other_form_is_no_address(address: str) -> None:
    """Quotes, comments, literals, blanks, controls, compatibility forms, wrong lengths."""
    with pytest.raises(AddressError):
        address_key(address)


UNSEEN = ["\u200b", "\u200d", "\u00ad", "\u2060", "\ufeff", "\u202e", "\u00a0", "\u3000", "\ue000"]


@pytest.mark.parametrize("unseen", UNSEEN)
def test_b9_characters_that_cannot_be_seen_are_refused(unseen: str) -> None:
    """An address must not look like another one and not be it (RFC 6532 leaves them to us)."""
    with pytest.raises(AddressError):
        address_key(f"al{unseen}ice@acme.example")


@pytest.mark.parametrize("unseen", UNSEEN)
def test_b9_nor_may_they_stand_in_a_domain(unseen: str) -> None:
    """IDNA 2008 disallows them (RFC 5892)."""
    with pytest.raises(AddressError):
        domain_key(f"ac{unseen}me.example")


def test_b9_a_decomposed_domain_is_the_composed_one() -> None:
    """A-labels are made of NFC."""
    assert domain_key("bu\u0308cher.example") == domain_key("bücher.example")


@given(st.emails(domains=st.just("acme.example")))
def test_a_key_is_its_own_key(address: str) -> None:
    """Idempotent, wherever there is a key."""
    try:
        key = address_key(address)
    except AddressError:
        return

    assert address_key(key) == key


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """Nothing else comes out, and a key can be stored."""
    try:
        key = address_key(text)
    except AddressError:
        return

    assert key.encode("utf-8").decode() == unicodedata.normalize("NFC", key)
    assert "\0" not in key


@given(st.text(max_size=40))
def test_any_text_is_a_domain_or_refused(text: str) -> None:
    """And what is one is ASCII."""
    try:
        key = domain_key(text)
    except AddressError:
        return

    assert key.isascii()
    assert domain_key(key) == key


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), st.text(max_size=12))
def test_who_can_open_a_case_can_be_answered(local_part: str, label: str) -> None:
    """What is an address to the law is one to the words as well: no notice is parked for its recipient's sake."""
    try:
        key = address_key(f"{local_part}@{label}.example")
    except AddressError:
        return

    assert addr_spec(key).text == key

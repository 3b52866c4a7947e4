"""What a forward path means, and which of several counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.address import ascii_lower
from models.intake_address import IntakeAddress, IntakeAddresses, Recognised

SUPPORT = IntakeAddress("Support@Example.net", "support")
BILLING = IntakeAddress("billing@example.net", "billing")
PLUS = IntakeAddress("a+b@example.com", "plus")
GREEK = IntakeAddress("δοκιμή@example.net", "greek")
OURS = IntakeAddresses([SUPPORT, BILLING, PLUS, GREEK])
POSTMASTER = Recognised(None)


@pytest.mark.parametrize(
    ("path", "meaning"),
    [
        ("support@example.net", Recognised(SUPPORT)),
        ("SUPPORT@EXAMPLE.NET", Recognised(SUPPORT)),
        ("support+x@example.net", Recognised(SUPPORT, "x")),
        ("support+X@example.net", Recognised(SUPPORT, "x")),
        ("support+@example.net", Recognised(SUPPORT)),
        ("support+a+b@example.net", Recognised(SUPPORT, "a+b")),
        ("billing@example.net", Recognised(BILLING)),
        ("a+b@example.com", Recognised(PLUS)),
        ("δοκιμή@example.net", Recognised(GREEK)),
        ("δοκιμή+x@example.net", Recognised(GREEK, "x")),
        ("postmaster", POSTMASTER),
        ("Postmaster", POSTMASTER),
        ("postmaster@example.net", POSTMASTER),
        ("POSTMASTER@EXAMPLE.COM", POSTMASTER),
        ("postmaster@example.org", None),
        ("sales@example.net", None),
        ("support@example.com", None),
        ("a@example.com", None),
        ("support@example.net.evil.example", None),
        ("support@evil.example@example.net", None),
        ("supporT\u0130@example.net", None),
        ("ſupport@example.net", None),
        ("support＠example.net", None),
        ("ΔΟΚΙΜΉ@example.net", None),
        ("", None),
        ("@", None),
        ("@example.net", None),
        ("+x@example.net", None),
        ("support", None),
        (" support@example.net", None),
        ("@relay.example:support@example.net", None),
        ('"support"@example.net', None),
    ],
)
def test_a15_a_forward_path_means_one_thing_or_nothing(path: str, meaning: Recognised | None) -> None:
    """Our addresses, their extensions, the postmaster; nothing else is ours."""
    assert OURS.recognise(path) == meaning


@pytest.mark.parametrize(
    ("paths", "meaning"),
    [
        (["support@example.net"], Recognised(SUPPORT)),
        (["billing@example.net", "support@example.net"], Recognised(SUPPORT)),
        (["a+b@example.com", "billing@example.net"], Recognised(BILLING)),
        (["postmaster", "a+b@example.com"], Recognised(PLUS)),
        (["postmaster@example.net"], POSTMASTER),
        (["gone@example.net", "billing@example.net"], Recognised(BILLING)),
        (["support+x@example.net", "support@example.net"], Recognised(SUPPORT, "x")),
        (["gone@example.net"], None),
        ([], None),
    ],
)
def test_of_several_the_first_in_configuration_order_counts(paths: list[str], meaning: Recognised | None) -> None:
    """Not the first of the transaction; postmaster comes last."""
    assert OURS.first(paths) == meaning


def test_what_is_ours_is_owned() -> None:
    """Mail from any of our addresses, extensions and postmasters is ours or forged."""
    assert [
        True,
        True,
        False,
    ] == [OURS.owns(a) for a in ("support+c1@example.net", "postmaster@example.com", "x@example.net")]


@pytest.mark.parametrize("configured", ["support@exämple.example", "support@xn--exmple-cua.example"])
@pytest.mark.parametrize(
    "path", ["support@exämple.example", "Support@EXÄMPLE.example", "support@xn--Exmple-cua.example"]
)
def test_b9_a_domain_is_the_same_in_both_its_forms(configured: str, path: str) -> None:
    """An address of ours is ours however either is written: at the door, in To and Cc, and as the author."""
    local_part, _, domain = path.partition("@")
    ours = IntakeAddresses([IntakeAddress(configured, "support")])

    assert (True, True) == (ours.owns(path), ours.owns(f"postmaster@{domain}"))
    assert ("c1-x",) == ours.extensions([f"{local_part}+c1-x@{domain}"])
    assert "support@xn--exmple-cua.example" == ours.of_department("support")


def test_an_exact_address_comes_before_an_extension() -> None:
    """Where both `a` and `a+b` are configured, mail to `a+b` is for `a+b`."""
    base = IntakeAddress("a@example.com", "base")

    assert IntakeAddresses([base, PLUS]).recognise("a+b@example.com") == Recognised(PLUS)


def test_domains_are_those_of_all_entries() -> None:
    """In lower case, once each."""
    assert {"example.net", "example.com"} == OURS.domains


@given(st.text())
def test_b10_only_ascii_letters_are_lowered(text: str) -> None:
    """No other character is touched, and none can collide."""
    assert [c for c in ascii_lower(text) if not c.isascii()] == [c for c in text if not c.isascii()]
    assert ascii_lower(text).encode("utf-8", "surrogatepass").lower() == text.encode("utf-8", "surrogatepass").lower()


@given(st.text())
def test_any_text_is_recognised_or_not(text: str) -> None:
    """Total."""
    assert OURS.recognise(text) is None or OURS.owns(text)

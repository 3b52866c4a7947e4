"""Where a report on a notice comes back to: which kinds want one, and when there is room for a signature."""

import pytest

from models.intake_address import IntakeAddress, IntakeAddresses
from models.notice import Desk, NoticeKind
from models.rules.mailing import reverse_path
from models.tokens import Purpose, SignedFor, read_signed_extension
from tests.builders import ALICE, KEYS, a_policy

FOR_NOBODY = {
    NoticeKind.GO_THROUGH_MPOC,
    NoticeKind.NOT_AUTHORISED,
    NoticeKind.AGENT_BOUNCE,
    *[kind for kind in NoticeKind if kind.value.startswith("admin_")],
}


@pytest.mark.parametrize("kind", NoticeKind)
def test_g8_every_kind_has_its_reverse_path(kind: NoticeKind) -> None:
    """Null where nobody wants to hear of its fate; else signed for that notice and that recipient."""
    path = reverse_path(a_policy(), kind, 7, ALICE)

    extension = path.partition("+")[2].partition("@")[0]
    assert (path == "") == (kind in FOR_NOBODY)
    if path:
        assert SignedFor(Purpose.BOUNCE, 7) == read_signed_extension(KEYS, extension, ALICE)
        assert read_signed_extension(KEYS, extension, "mallory@evil.example") is None


def test_it_is_at_the_desks_own_address_where_that_is_ours() -> None:
    """SPF is asked of the reverse path, and aligned with From (RFC 7489 3.1.2)."""
    addresses = IntakeAddresses([IntakeAddress("first@example.org", "a"), IntakeAddress("support@example.net", "b")])
    ours = reverse_path(a_policy(addresses=addresses), NoticeKind.CASE_OPENED, 7, ALICE)
    desk = Desk(name="Desk", address="front@elsewhere.example", phone="")
    others = reverse_path(a_policy(addresses=addresses, desk=desk), NoticeKind.CASE_OPENED, 7, ALICE)

    assert ["support@example.net", "first@example.org"] == [
        f"{path.partition('+')[0]}@{path.partition('@')[2]}" for path in (ours, others)
    ]


def test_an_address_without_room_for_a_signature_gives_the_null_one() -> None:
    """A local part has 64 octets (RFC 5321 4.5.3.1.1)."""
    address = f"{'support-' * 6}desk@example.net"
    policy = a_policy(
        addresses=IntakeAddresses([IntakeAddress(address, "support")]),
        desk=Desk(name="Desk", address=address, phone=""),
    )

    assert "" == reverse_path(policy, NoticeKind.CASE_OPENED, 7, ALICE)

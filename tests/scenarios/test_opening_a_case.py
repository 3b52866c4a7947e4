"""An MPOC's mail opens a P4 case; what was written and what came with it is in the case."""

from tests.builders import ALICE, a_multipart
from tests.world import World


def test_an_mpocs_mail_opens_a_case(world: World) -> None:
    """A mail from a main point of contact, with no thread, becomes a new P4 case of the organisation."""
    sent = world.send(subject="No dial tone")

    world.settle()

    (case,) = world.cases()
    assert "mpoc_opens_case" == world.settled_by(sent)
    assert ("Acme", "P4", "New", "No dial tone") == (case.organisation, case.priority, case.status, case.subject)

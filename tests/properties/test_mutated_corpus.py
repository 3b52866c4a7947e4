"""Whatever befalls a mail of the corpus, it is read: no exception, bounded, storable, alike in safe mode."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.store.inbox import MESSAGE
from parser.message import parse, parse_headers_only
from tests.fuzz.mutations import mutated
from tests.parsing.corpus_case import CORPUS
from tests.properties.test_parse_is_total import assert_bounded, storable, texts

MAILS = [octets for path in sorted(CORPUS.glob("*.eml")) if len(octets := path.read_bytes()) <= 20_000]
mails = st.builds(lambda seed: mutated(random.Random(seed), MAILS), st.integers(0, 2**32))
SETTINGS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(mails)
def test_a_mutated_mail_is_read_and_can_be_stored(raw: bytes) -> None:
    """Nothing raises, nothing is unbounded, nothing is lost between two stations."""
    message = parse(raw)

    assert_bounded(message)
    assert [] == [text for text in texts(message) if not storable(text)]
    assert MESSAGE.validate_json(MESSAGE.dump_json(message)) == message


@SETTINGS
@given(mails)
def test_a_mutated_mail_names_the_same_author_in_safe_mode(raw: bytes) -> None:
    """Who is believed must not depend on how much of a mail could be read."""
    full, safe = parse(raw), parse_headers_only(raw)

    assert (full.originator, full.message_id, full.hops) == (safe.originator, safe.message_id, safe.hops)
    assert full.authentication_results == safe.authentication_results

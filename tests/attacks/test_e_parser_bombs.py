"""What makes readers of mail slow or makes them fall, one by one: each has its outcome, and none costs two seconds.

The outcome is always a message: read in full, cut, or in safe mode. `CPU` is half of what a
reader may take, so that a slower machine keeps the promise too. `python -m tests.fuzz.hostile`
prints the same inputs with what the real parse worker makes of them.
"""

import time

import pytest

from models.message import Message
from parser.message import parse
from tests.fuzz.hostile_inputs import HOSTILE, Hostile

CPU = 1.0


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_e_a_bomb_has_an_outcome_and_costs_little(hostile: Hostile) -> None:
    """A message comes of it, in time."""
    raw = hostile.make()
    before = time.process_time()

    message: Message = parse(raw)

    assert time.process_time() - before < CPU
    assert hostile.is_safe_mode == message.safe_mode

"""The short form of the fuzzer; ``python -m tests.chaos.fuzz --seconds 600`` is the long one."""

from __future__ import annotations

import random

from google.protobuf.message import DecodeError

from tests.chaos import fuzz


def test_services_stand_whatever_comes() -> None:
    tally = fuzz.fuzz(12, seed=20261123, least_calls=50)
    assert tally.findings == []
    assert tally.sockets


def test_what_is_thrown_is_hostile_and_repeats() -> None:
    whole = fuzz.whole_requests()["SubmitPlan"]
    made = [fuzz.hostile(whole, random.Random(seed)) for seed in range(50)]
    assert made == [fuzz.hostile(whole, random.Random(seed)) for seed in range(50)]
    assert len({parts[0] for parts in made}) > 25
    unreadable = 0
    for seed in range(50):
        try:
            type(whole[0]).FromString(fuzz.damaged(whole, random.Random(seed))[0])
        except DecodeError:
            unreadable += 1
    assert 5 < unreadable < 50

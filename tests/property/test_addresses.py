"""Addresses with at most one slip each: the answer is the one village that fits, or none; and bars that must hold."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.address_labels import Label, Reader, Written, count_slips, plain
from bench.address_set import draw_addresses
from bench.addresses import hub_of, resolve_samples, tally
from services.model.network import Village
from tests.addresses import CITY, HOME, resolve

_COUNTIES: Final = frozenset(v.county for v in CITY)
_READER: Final = Reader(CITY, frozenset({HOME}))
_CHARACTERS: Final = sorted({c for v in CITY for c in plain(v.name)})


@st.composite
def slips(draw: st.DrawFn, name: str) -> str:
    """A name with one slip."""
    i, other = draw(st.integers(0, len(name) - 1)), draw(st.sampled_from(_CHARACTERS))
    return draw(
        st.sampled_from(
            (
                name[:i] + other + name[i + 1 :],
                name[:i] + name[i + 1 :],
                name[:i] + other + name[i:],
                name[:i] + name[i : i + 2][::-1] + name[i + 2 :],
            )
        )
    )


@st.composite
def addresses(draw: st.DrawFn) -> tuple[Village, Written]:
    """A village, and what is written for it: with its county or (at home) without it, with one slip or none."""
    village = draw(st.sampled_from(CITY))
    county = draw(st.sampled_from(("", village.county))) if village.county == HOME else village.county
    township, name = village.township, plain(village.name)
    where = draw(st.integers(0, 4))
    if where == 0:
        township = draw(slips(township))
    elif where < 4:
        name = draw(slips(name))
    return village, Written(county, township, name)


@settings(deadline=None, max_examples=40)
@given(st.lists(addresses(), min_size=1, max_size=40))
def test_an_answer_is_the_only_village_that_fits_with_the_fewest_slips(drawn: list[tuple[Village, Written]]) -> None:
    answers = resolve(*(("", f"{w.county}{w.township}{w.village}5组") for _, w in drawn))
    names = {v.code: v for v in CITY}
    for (meant, written), (code, _, candidates) in zip(drawn, answers, strict=True):
        label = _READER.label(written, meant)
        if code is None:
            assert label != Label.LOST
            assert meant.code in candidates or count_slips(written.village, plain(meant.name)) > 1
            continue
        answer = names[code]
        assert label != Label.OPEN, written
        assert (answer == meant) == (label == Label.CLEAR), written
        slips_made = count_slips(written.township, answer.township) + count_slips(written.village, plain(answer.name))
        assert slips_made <= 1 or written.village.startswith(plain(answer.name)), written


@pytest.mark.parametrize("home", [_COUNTIES, frozenset({HOME})], ids=["city", "huadian"])
def test_of_5000_labelled_addresses_nearly_all_are_resolved_and_nearly_none_wrongly(home: frozenset[str]) -> None:
    samples = draw_addresses(CITY, home, 5_000, seed=20_261_123)
    outcomes, _ = resolve_samples(samples, CITY, hub_of([v for v in CITY if v.county in home]))
    total = tally(outcomes).row(-1, named=True)
    assert total["rows"] == 5_000
    assert total["is_clear"] > 3_000
    assert total["precision"] >= 0.999
    assert total["recall"] >= 0.98
    assert total["is_held_bare"] <= 0.01 * total["is_held_well"]

"""The join on forms finds exactly the names that are at most one slip away."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consolidation.near_names import MIN_NAME_CHARS, find_near

_words = st.lists(st.text("甲乙丙村", min_size=1, max_size=5), min_size=1, max_size=12, unique=True)


def _spoiled(name: str) -> set[str]:
    """All that one slip makes of a name, over the letters of the words drawn."""
    slips = {name}
    for i in range(len(name) + 1):
        left, right = name[:i], name[i:]
        slips |= {left + right[1:], left + right[:2][::-1] + right[2:]}
        slips |= {left + c + right[1:] for c in "甲乙丙村" if right} | {left + c + right for c in "甲乙丙村"}
    return slips


@settings(deadline=None)
@given(_words, _words)
def test_what_is_near_is_one_slip_away(texts: list[str], names: list[str]) -> None:
    near = find_near(pl.DataFrame({"text": texts}), "text", pl.DataFrame({"name": names}), "name")
    assert sorted(near.select("text", "name").rows()) == sorted(
        (text, name) for text in texts for name in names if len(name) >= MIN_NAME_CHARS and text in _spoiled(name)
    )


def test_other_columns_must_agree_or_come_along() -> None:
    texts = pl.DataFrame({"place": ["A", "B", "C"], "text": ["永新村"] * 3, "row": [1, 2, 3]})
    names = pl.DataFrame({"place": ["A", "A", "B"], "name": ["永兴村", "新永村", "永兴"], "code": ["a", "b", "c"]})
    near = find_near(texts, "text", names, "name", on=["place"])
    assert sorted(near.select("row", "code").rows()) == [(1, "a"), (1, "b")]


def test_nothing_is_near_to_nothing() -> None:
    empty = pl.DataFrame(schema={"text": pl.String})
    names = pl.DataFrame({"name": ["永兴村"]})
    assert find_near(empty, "text", names, "name").is_empty()
    assert find_near(pl.DataFrame({"text": ["永兴村"]}), "text", names.clear(), "name").is_empty()

"""What is left behind says why."""

from __future__ import annotations

from dataclasses import replace

from services.route.checker import Law
from tests.plans import sample_case


def test_what_is_left_behind_says_why() -> None:
    first, *others = sample_case().plan.unserved
    case = sample_case().with_plan(unserved=(replace(first, detail="  "), *others))
    assert case.laws() == {Law.UNSERVED}

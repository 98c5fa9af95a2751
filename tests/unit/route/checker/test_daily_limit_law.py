"""An agreement's pieces a day."""

from __future__ import annotations

from services.route.checker import Law
from tests.plans import sample_case


def test_an_agreement_carries_no_more_pieces_than_its_limit() -> None:
    assert sample_case().with_agreement("AG-TPL", max_pieces_per_day=9).laws() == set()
    assert sample_case().with_agreement("AG-TPL", max_pieces_per_day=8).laws() == {Law.DAILY_LIMIT}


def test_runs_and_bookings_count_together() -> None:
    carriages = sample_case().run("VAN-A").carriages
    case = sample_case().with_run("VAN-A", carriages=(type(carriages[0])("C3", "AG-BUS"),))
    assert Law.DAILY_LIMIT in case.with_agreement("AG-BUS", max_pieces_per_day=8).laws()
    assert Law.DAILY_LIMIT not in case.with_agreement("AG-BUS", max_pieces_per_day=9).laws()


def test_emergencies_do_not_count() -> None:
    case = sample_case().with_agreement("AG-TPL", max_pieces_per_day=6)
    assert case.laws() == {Law.DAILY_LIMIT}
    assert case.with_consignment("C0", emergency=True).laws() == set()

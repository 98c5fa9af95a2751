"""What is counted of a plan: villages that get nothing, pieces by model, and whether it will be on time."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from services.model.agreements import Direction
from services.model.forecast import Forecast
from services.model.network import NodeKind
from services.model.plan import PlanResult
from services.route.figures import figures_of, measure
from services.runtime.metrics import Outlook, define_metrics
from tests.plans import Case, Goods, make_case, make_county

COUNTY = make_county((NodeKind.VILLAGE_SHOP,) * 3)
Samples = Callable[..., float | None]


def case(*fates: tuple[int, str]) -> Case:
    """Goods of three pieces for villages, each with its fate."""
    goods = [Goods(village, Direction.INBOUND, fate, pieces=3, wait_fen=300) for village, fate in fates]
    return make_case(COUNTY, goods)


def shown(*plans: tuple[Case, Forecast | None]) -> Samples:
    """What a process shows that made these plans, one after the other."""
    metrics = define_metrics(registry := CollectorRegistry())
    for one, forecast in plans:
        measure(metrics, figures_of(one.day, PlanResult(one.plan, forecast=forecast)))
    return registry.get_sample_value


def forecast(on_time_permille: int, target_permille: int = 0) -> Forecast:
    return Forecast(100, on_time_permille, on_time_permille, 10, 1, target_permille=target_permille)


@pytest.mark.parametrize(
    ("fates", "left_out"),
    [
        ([(0, "VAN-T/0"), (1, "BUS")], 0),
        ([(0, "VAN-T/0"), (1, "LEFT")], 1),
        ([(0, "VAN-T/0"), (0, "LEFT")], 0),
        ([(0, "WAIT"), (1, "LEFT"), (1, "LEFT"), (2, "LEFT"), (2, "WAIT")], 2),
    ],
)
def test_a_village_is_left_out_by_what_is_left_behind_and_not_by_what_waits(
    fates: list[tuple[int, str]], left_out: int
) -> None:
    one = case(*fates)
    assert figures_of(one.day, PlanResult(one.plan)).villages_left_out == left_out
    assert shown((one, None), (one, None))("cuntong_villages_left_out_total") == 2 * left_out


def test_pieces_add_up_over_plans_under_the_model_that_carries_them() -> None:
    one = case((0, "BUS"), (1, "BUS"), (2, "LEFT"))
    value = shown((one, None), (one, None))
    assert value("cuntong_pieces_planned_total", {"model": "TRANSIT"}) == 12
    assert value("cuntong_pieces_planned_total", {"model": "COMMERCE"}) == 0


def test_a_plan_is_held_against_its_own_target_or_the_usual_one() -> None:
    one = case((0, "BUS"))
    judged = [
        (forecast(950), Outlook.ON_TARGET),
        (forecast(949), Outlook.UNDER_TARGET),
        (forecast(900, 900), Outlook.ON_TARGET),
        (forecast(970, 980), Outlook.UNDER_TARGET),
        (None, Outlook.NONE),
    ]
    for given, outlook in judged:
        assert figures_of(one.day, PlanResult(one.plan, forecast=given)).outlook is outlook, given
    value = shown(*((one, given) for given, _ in judged))
    assert [value("cuntong_plans_total", {"forecast": outlook}) for outlook in Outlook] == [2, 2, 1]


def test_a_process_without_a_plan_has_none_that_is_late() -> None:
    ratio = shown()("cuntong_plan_forecast_on_time_ratio")
    assert ratio is not None
    assert math.isnan(ratio)

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.model.agreements import Sharing
from services.model.errors import InvalidInputError
from services.model.plan import CarrierAlone, Comparison, Plan, PlanResult, Unserved, UnservedReason
from services.model.settlement import Settlement, SettlementSettings, SpendingKind
from services.settlement.settle import iterations_for, settle
from services.settlement.solver import SearchEffort
from tests.settlements import (
    RUN_FEN,
    LookUp,
    account,
    any_price,
    county,
    day_of,
    express,
    goods,
    planned,
    settled,
    third_party,
    transit,
)

DAY = day_of(
    county(third_party(Sharing.TARIFF, tariff_piece_fen=110), transit(Sharing.TARIFF, tariff_piece_fen=30)),
    goods("C-1", "EXP-A"),
    goods("C-2", "EXP-B", 2),
    goods("C-3", "EXP-B", 3),
)
PLAN = planned(DAY, {"VAN-T": [("C-1", "AG-T"), ("C-3", "AG-T")]}, {"T-BUS": [("C-2", "AG-BUS")]})


def test_every_partner_has_an_account_whether_it_took_part_or_not() -> None:
    settlement = settled(DAY, PLAN)
    assert [a.partner_id for a in settlement.accounts] == ["BUS", "COOP", "EXP-A", "EXP-B", "EXP-C", "TPL"]
    idle = account(settlement, "EXP-C")
    assert (idle.name, idle.pieces, idle.charge_fen, idle.stand_alone_fen) == ("丙速递", 0, 0, 0)


def test_a_charge_is_what_is_spent_and_paid_less_what_is_received() -> None:
    settlement = settled(DAY, PLAN)
    for one in settlement.accounts:
        assert one.charge_fen == one.spent_fen + one.paid_fen - one.received_fen
        assert one.saving_fen == one.stand_alone_fen - one.charge_fen
    assert settlement.spent_fen == RUN_FEN + 800
    assert [(s.partner_id, s.kind, s.fen) for s in settlement.spending] == [
        ("TPL", SpendingKind.RUN, RUN_FEN),
        ("TPL", SpendingKind.SHUTTLE, 800),
    ]


def test_a_carrier_stands_alone_with_all_its_goods_that_are_carried_and_without_lines() -> None:
    solver = LookUp(any_price)
    settlement = settle(DAY, PlanResult(PLAN), SettlementSettings(), solver)
    assert account(settlement, "EXP-B").stand_alone_fen == 10_000 + 2 * 3_000 + 7 * 4
    assert all(day.county.lines == () for day in solver.asked)
    assert settlement.solves == len(solver.asked) == 2


def test_goods_that_the_plan_leaves_behind_count_on_neither_side() -> None:
    left = planned(DAY, {"VAN-T": [("C-1", "AG-T")]}, {"T-BUS": [("C-2", "AG-BUS")]})
    left = replace(left, unserved=(Unserved("C-3", UnservedReason.TOO_LARGE, ""),))
    one = account(settled(DAY, left), "EXP-B")
    assert (one.pieces, one.stand_alone_fen) == (2, 13_014)


def compared(carrier: CarrierAlone, plan: Plan = PLAN) -> Settlement:
    result = PlanResult(plan, Comparison(1, 1, (carrier,)))
    return settle(DAY, result, SettlementSettings(), LookUp(any_price))


def test_what_the_plan_was_compared_with_counts_where_it_is_cheaper() -> None:
    assert account(compared(CarrierAlone("EXP-A", 1, 1, 0, 9_000)), "EXP-A").stand_alone_fen == 9_000
    assert account(compared(CarrierAlone("EXP-A", 1, 1, 0, 20_000)), "EXP-A").stand_alone_fen == 13_014


def test_it_does_not_where_it_is_about_other_goods_or_left_some_behind() -> None:
    assert account(compared(CarrierAlone("EXP-A", 1, 1, 1, 9_000)), "EXP-A").stand_alone_fen == 13_014
    left = replace(
        planned(DAY, {"VAN-T": [("C-1", "AG-T")]}, {"T-BUS": [("C-2", "AG-BUS")]}),
        unserved=(Unserved("C-3", UnservedReason.TOO_LARGE, ""),),
    )
    assert account(compared(CarrierAlone("EXP-B", 2, 1, 0, 9_000), left), "EXP-B").stand_alone_fen == 13_014


def test_all_searches_have_the_same_effort_and_seed_and_some_are_made_again_from_the_next_seed() -> None:
    day = day_of(county(express(Sharing.SHAPLEY)), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2))
    plan = planned(day, {"VAN-A": [("C-1", ""), ("C-2", "AG-A")]})
    solver = LookUp(any_price)
    settlement = settle(day, PlanResult(plan), SettlementSettings(seed=9), solver)
    assert solver.efforts == [SearchEffort(iterations_for(6), 9), SearchEffort(iterations_for(6), 10)]
    assert (settlement.iterations, settlement.seed, settlement.solves) == (iterations_for(6), 9, 6)
    given = settle(day, PlanResult(plan), SettlementSettings(iterations=12), LookUp(any_price))
    assert given.iterations == 12


def test_the_more_searches_the_fewer_iterations_each() -> None:
    efforts = [iterations_for(searches) for searches in (0, 1, 10, 40, 254, 4_095)]
    assert efforts == sorted(efforts, reverse=True)
    assert efforts[-1] > 0


def test_an_empty_plan_settles_to_nothing() -> None:
    nothing = day_of(county())
    settlement = settled(nothing, planned(nothing))
    assert (settlement.entries, settlement.spending, settlement.spent_fen, settlement.solves) == ((), (), 0, 0)
    assert {a.charge_fen for a in settlement.accounts} == {0}


def run_with(**changes: Any) -> Plan:
    return replace(PLAN, runs=(replace(PLAN.runs[0], **changes),))


def carried_under(agreement_id: str) -> Plan:
    first, *rest = PLAN.runs[0].carriages
    carriages = (replace(first, agreement_id=agreement_id), *rest)
    return replace(PLAN, runs=(replace(PLAN.runs[0], carriages=carriages),))


SPOILT: dict[str, tuple[Callable[[], Plan], str]] = {
    "a vehicle's price": (lambda: run_with(vehicle_fen=1), "plan.runs[0].vehicle_fen"),
    "a distance's price": (lambda: run_with(distance_fen=1), "plan.runs[0].distance_fen"),
    "a time's price": (lambda: run_with(time_fen=1), "plan.runs[0].time_fen"),
    "a booking's tariff": (
        lambda: replace(PLAN, bookings=(replace(PLAN.bookings[0], tariff_fen=1),)),
        "plan.bookings[0].tariff_fen",
    ),
    "a shuttle's price": (
        lambda: replace(PLAN, shuttles=(replace(PLAN.shuttles[0], cost_fen=1),)),
        "plan.shuttles[0].cost_fen",
    ),
    "a shuttle that is no transfer": (
        lambda: replace(PLAN, shuttles=(replace(PLAN.shuttles[0], to_node="V-1"),)),
        "plan.shuttles[0]",
    ),
    "goods in a van of somebody else without an agreement": (
        lambda: carried_under(""),
        "plan.runs[0].carriages[0].agreement_id",
    ),
    "goods in a van under an agreement with another operator": (
        lambda: carried_under("AG-BUS"),
        "plan.runs[0].carriages[0].agreement_id",
    ),
    "goods on a trip under an agreement with another operator": (
        lambda: replace(PLAN, bookings=(replace(PLAN.bookings[0], agreement_id="AG-T", tariff_fen=220),)),
        "plan.bookings[0].agreement_id",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_plan_that_the_day_s_rates_and_rights_contradict_is_refused_by_path(name: str) -> None:
    spoil, path = SPOILT[name]
    with pytest.raises(InvalidInputError) as caught:
        settled(DAY, spoil())
    assert [violation.path for violation in caught.value.violations] == [path]


def test_two_tiers_of_one_operator_have_a_shared_cost_each() -> None:
    light = replace(express(Sharing.PROPORTIONAL_PIECES), max_piece_g=2_500)
    heavy = replace(express(Sharing.SHAPLEY), agreement_id="AG-HEAVY")
    day = day_of(county(light, heavy), goods("C-1", "EXP-B"), goods("C-2", "EXP-B", 2))
    settlement = settled(day, planned(day, {"VAN-A": [("C-1", "AG-A"), ("C-2", "AG-HEAVY")]}))
    assert [(s.agreement_id, s.shared_fen) for s in settlement.shared_costs] == [("AG-A", 12_000), ("AG-HEAVY", 12_000)]

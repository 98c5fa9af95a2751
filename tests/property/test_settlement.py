"""Laws of settlement over drawn days: nothing is lost, everything can be computed again, nobody's order matters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.model.agreements import Sharing
from services.model.day import Day, PlanSettings
from services.model.errors import InvalidInputError
from services.model.plan import Plan, PlanResult
from services.model.settlement import CoreVerdict, Purpose, Settlement, SettlementSettings
from services.route.planner import plan_day
from services.settlement.settle import settle
from services.validation.plan import plan_violations
from tests.engines import InProcessEngine
from tests.plans import Case, cases, price
from tests.random_days import last_mile_days, random_days
from tests.recompute import Recomputation
from tests.settlements import LookUp, any_price

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def planned_days(draw: st.DrawFn) -> Case:
    """Draw a day with a plan, each agreement with a rule of its own and some owners changed."""
    case = draw(cases())
    for agreement in case.day.county.agreements:
        case = case.with_agreement(
            agreement.agreement_id,
            sharing=draw(st.sampled_from(Sharing)),
            tariff_piece_fen=draw(st.sampled_from([0, 30, 110])),
            tariff_kg_fen=draw(st.sampled_from([0, 5, 95])),
            tariff_run_fen=draw(st.sampled_from([0, 77, 1_000])),
            minimum_fen=draw(st.sampled_from([0, 30_000])),
        )
    for vehicle in case.day.county.vehicles:
        case = case.with_vehicle(vehicle.vehicle_id, max_trips=max(1, vehicle.max_trips))
    case = case.with_node("HUB", owner=draw(st.sampled_from(["TPL", "EXP-A", ""])))
    return repriced(case)


def repriced(case: Case) -> Case:
    """State the tariffs of bookings as the agreements now have them."""
    trips = {t.trip_id: t for line in case.day.county.lines for t in line.trips}
    goods = {c.consignment_id: c for c in case.day.consignments}
    agreements = {a.agreement_id: a for a in case.day.county.agreements}
    bookings = tuple(
        replace(
            b,
            tariff_fen=goods[b.consignment_id].pieces * rates.tariff_piece_fen
            + (2 * goods[b.consignment_id].weight_g * rates.tariff_kg_fen + 1_000) // 2_000,
        )
        for b in case.plan.bookings
        for rates in [agreements[b.agreement_id] if b.agreement_id else trips[b.trip_id]]
    )
    case = case.with_plan(bookings=bookings)
    return case.with_plan(cost=price(case.day, case.plan))


def settled(day: Day, plan: Plan) -> Settlement:
    return settle(day, PlanResult(plan), SettlementSettings(iterations=1), LookUp(any_price))


@given(planned_days())
@EXAMPLES
def test_a_drawn_plan_is_sound(case: Case) -> None:
    assert plan_violations(case.day, case.plan) == []


@given(planned_days())
@EXAMPLES
def test_entries_add_up_to_zero_all_together_and_in_each_transaction(case: Case) -> None:
    settlement = settled(case.day, case.plan)
    by_transaction: dict[str, int] = defaultdict(int)
    for entry in settlement.entries:
        by_transaction[entry.transaction_id] += entry.fen
    assert sum(entry.fen for entry in settlement.entries) == 0
    assert set(by_transaction.values()) <= {0}
    assert all(entry.fen for entry in settlement.entries)


@given(planned_days())
@EXAMPLES
def test_charges_add_up_to_what_the_plan_really_spends(case: Case) -> None:
    settlement = settled(case.day, case.plan)
    cost = case.plan.cost
    agreements = {a.agreement_id: a for a in case.day.county.agreements}
    trips_fen = sum(s.fen for s in settlement.spending if s.trip_id and not s.node_ids)
    assert settlement.spent_fen == sum(a.charge_fen for a in settlement.accounts)
    assert settlement.spent_fen == (
        cost.vehicles_fen + cost.distance_fen + cost.time_fen + cost.transfers_fen + trips_fen
    )
    at_own_price = [
        b for b in case.plan.bookings if not b.agreement_id or agreements[b.agreement_id].sharing is not Sharing.TARIFF
    ]
    assert bool(trips_fen) <= bool(at_own_price)


@given(planned_days())
@EXAMPLES
def test_every_entry_can_be_computed_again_from_what_it_names(case: Case) -> None:
    settlement = settled(case.day, case.plan)
    again = Recomputation(case.day, case.plan, settlement)
    for entry in settlement.entries:
        assert again.entry(entry) == entry.fen, entry
    for shared in settlement.shared_costs:
        assert again.shared_fen(shared) == shared.shared_fen
    for spending in settlement.spending:
        if spending.kind != "SHUTTLE" or next(n for n in case.day.county.network.nodes if n.kind == "HUB").owner:
            assert again.spending(spending) == spending.fen


@given(planned_days())
@EXAMPLES
def test_every_consignment_under_an_agreement_pays_its_tariff_once_or_is_in_one_shared_cost(case: Case) -> None:
    settlement = settled(case.day, case.plan)
    again = Recomputation(case.day, case.plan, settlement)
    shared: Counter[str] = Counter()
    for cost in settlement.shared_costs:
        shared.update(again.players_goods(cost))
        assert sum(share.pieces for share in cost.shares) == again.pieces(again.players_goods(cost))
    assert set(shared.values()) <= {1}
    for place, name, agreement_id in again.travels:
        if agreement_id and not again.is_tariff(agreement_id):
            assert shared[name] == 1, (place, name)
    for purpose in (Purpose.TARIFF_PIECES, Purpose.COMMISSION, Purpose.SHARED_COST):
        named = Counter(
            (entry.agreement_id, name)
            for entry in settlement.entries
            if entry.purpose is purpose and entry.fen > 0
            for name in entry.consignment_ids
        )
        assert set(named.values()) <= {1}


@given(planned_days())
@EXAMPLES
def test_shares_add_up_and_their_test_of_the_core_is_true(case: Case) -> None:
    for shared in settled(case.day, case.plan).shared_costs:
        assert sum(share.share_fen for share in shared.shares) == shared.shared_fen
        fen = {share.partner_id: share.share_fen for share in shared.shares}
        excesses = {
            c.members: sum(fen[p] for p in c.members) - c.cost_fen
            for c in shared.coalitions
            if len(c.members) < len(fen)
        }
        worst_fen = max(excesses.values(), default=0)
        if shared.core.verdict is CoreVerdict.IN_CORE:
            assert worst_fen < len(fen)  # what rounding may have moved
        else:
            assert excesses[shared.core.leaving] == shared.core.excess_fen > 0
        assert shared.core.least_excess_fen <= max(worst_fen, 0)


@given(planned_days(), st.randoms(use_true_random=False))
@EXAMPLES
def test_the_order_of_agreements_partners_goods_and_runs_does_not_matter(case: Case, random: Random) -> None:
    def shuffled(items: Sequence[object]) -> tuple[object, ...]:
        mixed = list(items)
        random.shuffle(mixed)
        return tuple(mixed)

    first = settled(case.day, case.plan)
    county = case.day.county
    other = case.with_county(agreements=shuffled(county.agreements), partners=shuffled(county.partners))
    other = other.with_day(
        consignments=shuffled(case.day.consignments), admission_sets=shuffled(case.day.admission_sets)
    )
    other = other.with_plan(**{name: shuffled(getattr(case.plan, name)) for name in ("runs", "bookings", "shuttles")})
    assert settled(other.day, other.plan) == first


@given(planned_days())
@settings(EXAMPLES, max_examples=20)
def test_the_same_day_is_settled_the_same_again(case: Case) -> None:
    assert settled(case.day, case.plan) == settled(case.day, case.plan)


@given(planned_days(), st.data())
@settings(EXAMPLES, max_examples=30)
def test_a_plan_that_states_other_amounts_than_its_day_gives_is_refused(case: Case, data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(["vehicle_fen", "distance_fen", "time_fen"]))
    spoilt = case.with_run("VAN-T", **{part: getattr(case.run(), part) + 1})
    with pytest.raises(InvalidInputError) as caught:
        settled(spoilt.day, spoilt.plan)
    position = spoilt.plan.runs.index(spoilt.run())
    assert [violation.path for violation in caught.value.violations] == [f"plan.runs[{position}].{part}"]


@given(random_days() | last_mile_days(), st.data())
@settings(EXAMPLES, max_examples=15)
def test_what_the_planner_makes_of_a_day_can_be_settled(day: Day, data: st.DataObject) -> None:
    rules = st.sampled_from(Sharing)
    agreements = tuple(
        replace(a, sharing=data.draw(rules), tariff_piece_fen=max(1, a.tariff_piece_fen)) for a in day.county.agreements
    )
    day = replace(day, county=replace(day.county, agreements=agreements))
    search = PlanSettings(iterations=4, cores=1, compare=False)
    plan = plan_day(day, search, InProcessEngine(), lambda: False, lambda *_: None).plan

    class Planner:
        """Coalitions really planned."""

        def solve(self, days: Sequence[Day], effort: object) -> list[Plan]:
            small = replace(search, iterations=2, use_waiting=False)
            return [plan_day(d, small, InProcessEngine(), lambda: False, lambda *_: None).plan for d in days]

    settlement = settle(day, PlanResult(plan), SettlementSettings(iterations=2), Planner())
    again = Recomputation(day, plan, settlement)
    assert [again.entry(entry) for entry in settlement.entries] == [entry.fen for entry in settlement.entries]
    assert sum(account.charge_fen for account in settlement.accounts) == settlement.spent_fen

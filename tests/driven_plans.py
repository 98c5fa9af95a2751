"""Days with plans in which vehicles of several owners drive, some twice, and lines carry some villages' goods.

Searched plans of small days mostly take one vehicle; these are drawn, so that there is a run to join.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.day import County, Day
from services.model.network import NodeKind
from services.model.plan import Plan
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.line_ledger import LineUse, use_of
from services.route.options import enumerate_options
from services.route.tours import Trips, make_visit
from tests.plans import Goods, make_case, make_county
from tests.rebuilt import rebuild, roads

FATES = ("VAN-T/0", "VAN-T/1", "VAN-A/0", "VAN-A/1", "VAN-P/0", "BUS", "POST")


@st.composite
def driven_plans(draw: st.DrawFn) -> tuple[Day, Plan]:
    """Draw a county with loose and tight limits, a way for each village, and the plan that comes of it."""
    kinds = draw(
        st.lists(st.sampled_from([NodeKind.VILLAGE_SHOP, NodeKind.VILLAGE_POST_POINT]), min_size=2, max_size=6)
    )
    county = _limited(draw, make_county(kinds, spread=draw(st.integers(1, 25)), is_table=draw(st.booleans())))
    fates = [draw(st.sampled_from(FATES)) for _ in kinds]
    goods = [
        Goods(
            village,
            draw(st.sampled_from(Direction)),
            fates[village],
            carrier=draw(st.sampled_from(["EXP-A", "EXP-B"])),
            pieces=draw(st.integers(1, 9)),
            weight_g=draw(st.integers(9, 20_000)),
            volume_ml=draw(st.integers(0, 50_000)),
        )
        for village in range(len(kinds))
        for _ in range(draw(st.integers(1, 3)))
    ]
    day = make_case(county, goods).day
    # AG-A opens EXP-A's vehicles to EXP-B, not its freight line.
    sets = tuple(
        replace(s, admissions=tuple(a for a in s.admissions if (a.resource_id, a.agreement_id) != ("OWN-O", "AG-A")))
        for s in day.admission_sets
    )
    day = replace(day, admission_sets=sets)
    index, matrix = DayIndex.of(day), roads(day)
    tours, uses = _decided(index, {f"V{i}": fate for i, fate in enumerate(fates)}, matrix.position)
    plan = rebuild(index, matrix, tours, uses)
    assume(check(day, plan) == [])
    return day, plan


def _decided(index: DayIndex, fates: dict[str, str], rows: Any) -> tuple[dict[str, Trips], list[LineUse]]:
    """Each village's goods on their vehicle and trip, or on the line as far as it may take them."""
    at: dict[str, list[Consignment]] = {}
    for consignment in index.day.consignments:
        at.setdefault(consignment.node_ids[0], []).append(consignment)
    tours: dict[str, Trips] = {}
    for fate in sorted(set(fates.values())):
        vehicle, _, trip = fate.partition("/")
        visits = tuple(make_visit(rows[n], goods) for n, goods in at.items() if fates[n] == fate) if trip else ()
        tours[vehicle] = (*tours.get(vehicle, ()), visits) if visits else tours.get(vehicle, ())
    uses: dict[str, LineUse] = {}
    for option in enumerate_options(index):
        if fates[option.consignment.node_ids[0]] == option.line.line_id:
            uses.setdefault(option.consignment.consignment_id, use_of(option))
    return {vehicle: trips for vehicle, trips in tours.items() if trips}, list(uses.values())


def _limited(draw: st.DrawFn, county: County) -> County:
    """Draw hours, handling, capacities, shifts, ranges, daily limits and prices."""
    nodes = []
    for node in county.network.nodes:
        hours = (
            [(0, 86_400), (21_600, 79_200), (30_000, 50_000), (0, 33_000), (42_000, 86_400)]
            if node.village_code
            else [(0, 86_400), (25_200, 80_000)]
        )
        opens_s, closes_s = draw(st.sampled_from(hours))
        by_piece_s = draw(st.sampled_from([0, 8, 40]))
        nodes.append(replace(node, opens_s=opens_s, closes_s=closes_s, service_per_piece_s=by_piece_s))
    vehicles = tuple(
        replace(
            vehicle,
            owner="EXP-A" if vehicle.vehicle_id == "VAN-A" else vehicle.owner,
            capacity_pieces=draw(st.sampled_from([30, 60, 10**6])),
            max_work_s=draw(st.sampled_from([None, 9_000, 14_400, 36_000])),
            max_distance_m=draw(st.sampled_from([None, 120_000])),
            shift_start_s=draw(st.sampled_from([0, 18_000, 28_800])),
            max_trips=draw(st.sampled_from([1, 2, 9])),
            per_hour_fen=draw(st.sampled_from([0, 3_000])),
        )
        for vehicle in county.vehicles
    )
    # An idle vehicle beside each, so that there is one to send instead.
    spare = tuple(replace(v, vehicle_id=f"{v.vehicle_id}-2") for v in vehicles if draw(st.booleans()))
    agreements = tuple(
        replace(
            agreement,
            max_pieces_per_day=draw(st.sampled_from([None, None, 12])),
            minimum_fen=draw(st.sampled_from([0, 5_000])),
        )
        for agreement in county.agreements
    )
    network = replace(county.network, nodes=tuple(nodes))
    return replace(county, network=network, vehicles=(*vehicles, *spare), agreements=agreements)

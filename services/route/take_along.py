"""What a plan with slack left behind, taken along after all: late on some days is better than never.

On the padded day a consignment may fit nowhere; on the real one a run may still reach it. Each is put where that is
cheapest among the runs as they stand, and stays out where that costs more than leaving it or the checker says no.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.plan import Carriage, Plan, Run, Stop, last_mile_runs
from services.route.checker import check
from services.route.day_index import DayIndex
from services.route.retime import price_again
from services.route.roads.source import RoadMatrix
from services.route.run_task import is_for_runs
from services.route.schedule import agreement_on, is_in_time, retime_run

# The checker reads the whole plan: it is asked about the cheapest few places of the dearest few only.
_ASKED: Final = 3
_MOST: Final = 8
_EMPTY: Final = Stop("", 0, 0, 0, 0, (), (), 0, 0, 0)


def take_along(index: DayIndex, matrix: RoadMatrix, plan: Plan) -> Plan:
    """Put unserved consignments into the runs of a plan; what is possible for none stays unserved."""
    dearest = sorted(plan.unserved, key=lambda one: -index.unserved_fen(index.consignments[one.consignment_id]))
    for left in dearest[:_MOST]:
        consignment = index.consignments[left.consignment_id]
        without = replace(plan, unserved=tuple(one for one in plan.unserved if one is not left))
        places = sorted(_places(index, matrix, plan, consignment), key=lambda run: _fen(run, plan))
        for run in places[:_ASKED]:
            runs = tuple(run if one.run_id == run.run_id else one for one in plan.runs)
            with_it = price_again(index, replace(without, runs=runs))
            if with_it.cost.total_fen < plan.cost.total_fen and not check(index.day, with_it):
                plan = with_it
                break
    return plan


def _fen(run: Run, plan: Plan) -> int:
    """What a changed run costs more."""
    before = next(one for one in plan.runs if one.run_id == run.run_id)
    return (run.distance_fen + run.time_fen + run.co2_fen) - (before.distance_fen + before.time_fen + before.co2_fen)


def _places(index: DayIndex, matrix: RoadMatrix, plan: Plan, consignment: Consignment) -> Iterator[Run]:
    """Every run from the hub that may carry a consignment, with it at every place that its hours allow."""
    nodes = index.node_ids[consignment.consignment_id][:1]
    onward = {run.run_id for run in last_mile_runs(plan).values()}
    for run in plan.runs:
        vehicle = index.vehicles[run.vehicle_id]
        if run.run_id in onward or not is_for_runs(index, vehicle) or not nodes:
            continue
        if not index.ways(consignment, ResourceKind.VEHICLE, vehicle.vehicle_id):
            continue
        if consignment.temperature not in vehicle.temperatures or not index.may_call(vehicle, index.nodes[nodes[0]]):
            continue
        carriage = Carriage(consignment.consignment_id, agreement_on(index, consignment, vehicle))
        for stops in _with_call(run.stops, index.hub.node_id, nodes[0], consignment):
            wished = replace(run, stops=stops, carriages=(*run.carriages, carriage))
            changed = retime_run(index, matrix, wished, {})
            if is_in_time(index, changed):
                yield changed


def _with_call(
    stops: tuple[Stop, ...], hub_id: str, node_id: str, consignment: Consignment
) -> Iterator[tuple[Stop, ...]]:
    """The stops with a call at the node between two calls at the hub, or with more to do at one that is there."""
    hubs = [i for i, stop in enumerate(stops) if stop.node_id == hub_id]
    name, inbound = (consignment.consignment_id,), consignment.direction is Direction.INBOUND
    for start, end in pairwise(hubs):
        changed = list(stops)
        at_hub = start if inbound else end
        hub = changed[at_hub]
        changed[at_hub] = replace(hub, take=hub.take + name) if inbound else replace(hub, drop=hub.drop + name)
        here = [i for i in range(start + 1, end) if stops[i].node_id == node_id]
        for i in here or range(start + 1, end + 1):
            call = changed[i] if here else replace(_EMPTY, node_id=node_id)
            call = replace(call, drop=call.drop + name) if inbound else replace(call, take=call.take + name)
            yield (*changed[:i], call, *changed[i + bool(here) :])

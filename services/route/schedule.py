"""From an engine's routes to runs: which calls a vehicle makes, in which order, and under which agreements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.model.agreements import Direction
from services.model.consignments import Consignment, ResourceKind
from services.model.fleet import Vehicle
from services.model.network import Node
from services.model.plan import Carriage, Run
from services.model.units import DAY_S
from services.route.calls import Call, merge_calls, write_run
from services.route.charging import recharge_between_trips_s
from services.route.day_index import DayIndex
from services.route.decision import LastMileTour
from services.route.engines.engine import Route
from services.route.options import BookingOption
from services.route.roads.source import RoadMatrix
from services.route.run_task import RunTask

Within = tuple[int, int]
"""Two times from and until which something is to be."""


def make_run(
    index: DayIndex,
    matrix: RoadMatrix,
    task: RunTask,
    route: Route,
    vehicle: Vehicle,
    run_id: str,
    hand_over_s: Mapping[str, Within] | None = None,
) -> Run:
    """Give a route its stops, times, loads and cost; see ``village_calls`` for ``hand_over_s``."""
    trips = [[[index.consignments[c] for c in task.demands[i]] for i in trip] for trip in route.trips]
    carriages = [
        Carriage(c.consignment_id, agreement_on(index, c, vehicle)) for trip in trips for visit in trip for c in visit
    ]
    return write_run(index, matrix, vehicle, run_id, carriages, _calls(index, matrix, trips, vehicle, hand_over_s))


def make_last_mile_run(
    index: DayIndex, matrix: RoadMatrix, tour: LastMileTour, options: Mapping[str, BookingOption], run_id: str
) -> Run:
    """Give a tour from a station its stops, times, loads and cost; ``options`` are the bookings by consignment.

    It loads what trips bring when that is there, and has unloaded what trips take when that must be ready.
    """
    vehicle = index.vehicles[tour.vehicle_id]
    station = index.nodes[vehicle.depot]
    trips = [[[index.consignments[c] for c in visit] for visit in trip] for trip in tour.trips]
    calls: list[Call] = []
    brought: tuple[Consignment, ...] = ()
    for number, trip in enumerate([*trips, []]):
        goods = [c for visit in trip for c in visit]
        take = tuple(c for c in goods if c.direction is Direction.INBOUND)
        calls.append(
            Call(
                station,
                brought,
                take,
                max([0, *(options[c.consignment_id].available_s for c in take)]),
                min([2 * DAY_S, *(options[c.consignment_id].ready_by_s for c in brought)]),
                recharge_between_trips_s(vehicle) if number and trip else 0,
            )
        )
        calls += village_calls(index, trip)
        brought = tuple(c for c in goods if c.direction is Direction.OUTBOUND)
    carriages = [
        Carriage(c.consignment_id, agreement_on(index, c, vehicle, options[c.consignment_id].agreement_id))
        for trip in trips
        for visit in trip
        for c in visit
    ]
    return write_run(index, matrix, vehicle, run_id, carriages, merge_calls(calls))


def retime_run(index: DayIndex, matrix: RoadMatrix, run: Run, available_s: Mapping[str, int]) -> Run:
    """The same calls with the first at the same time and every other as early as it can be then.

    ``available_s`` says from when booked goods can be loaded at their station.
    """
    calls = [
        Call(
            index.nodes[stop.node_id],
            tuple(index.consignments[c] for c in stop.drop),
            take := tuple(index.consignments[c] for c in stop.take),
            max([0, *(available_s.get(c.consignment_id, 0) for c in take if c.direction is Direction.INBOUND)]),
            recharge_s=stop.recharge_s,
        )
        for stop in run.stops
    ]
    vehicle, start_s = index.vehicles[run.vehicle_id], run.stops[0].start_s
    return write_run(index, matrix, vehicle, run.run_id, run.carriages, calls, start_s=start_s)


def is_in_time(index: DayIndex, run: Run) -> bool:
    """Whether a run ends within its hours and each call within its node's."""
    vehicle = index.vehicles[run.vehicle_id]
    return (
        run.stops[-1].departure_s <= vehicle.shift_end_s
        and (vehicle.max_work_s is None or run.duration_s <= vehicle.max_work_s)
        and all(stop.departure_s <= index.nodes[stop.node_id].closes_s for stop in run.stops if stop.drop or stop.take)
    )


def agreement_on(index: DayIndex, consignment: Consignment, vehicle: Vehicle, booked: str = "") -> str:
    """What the consignment travels under: its carrier's own right, else an agreement without a daily limit.

    The agreement under which it is ``booked`` counts its pieces anyway.
    """
    ways = index.ways(consignment, ResourceKind.VEHICLE, vehicle.vehicle_id)
    return min(ways, key=lambda a: (a != booked and index.counts_towards_limit(consignment, a), a), default="")


def _calls(
    index: DayIndex,
    matrix: RoadMatrix,
    trips: Sequence[Sequence[Sequence[Consignment]]],
    vehicle: Vehicle,
    hand_over_s: Mapping[str, Within] | None,
) -> list[Call]:
    """Depot, hub, villages, hub again for each further trip, depot; calls at one node in a row become one."""
    depot = index.nodes[vehicle.depot]
    calls = [Call(depot)]
    brought: tuple[Consignment, ...] = ()
    for number, trip in enumerate(trips):
        goods = [c for visit in trip for c in visit]
        take = tuple(c for c in goods if c.direction is Direction.INBOUND)
        recharge_s = recharge_between_trips_s(vehicle) if number else 0
        calls.append(Call(index.hub, brought, take, recharge_s=recharge_s))
        calls += village_calls(index, trip, hand_over_s)
        brought = tuple(c for c in goods if c.direction is Direction.OUTBOUND)
    if brought or not is_straight_home_shorter(matrix, calls[-1].node, index.hub, depot):
        calls.append(Call(index.hub, brought))
    calls.append(Call(depot))
    return merge_calls(calls)


def village_calls(
    index: DayIndex, trip: Sequence[Sequence[Consignment]], hand_over_s: Mapping[str, Within] | None = None
) -> list[Call]:
    """A call for each visit of a trip, at the node where its goods are handed over.

    ``hand_over_s`` has for some consignments before which time they are not handed over, and after which only where
    it cannot be sooner: no wait is put before their call to save one behind it. Of a visit's goods the first count.
    """
    known = hand_over_s or {}
    calls = []
    for visit in trip:
        within = [known[c.consignment_id] for c in visit if c.consignment_id in known]
        calls.append(
            Call(
                index.nodes[index.node_ids[visit[0].consignment_id][0]],
                tuple(c for c in visit if c.direction is Direction.INBOUND),
                tuple(c for c in visit if c.direction is Direction.OUTBOUND),
                not_before_s=min((first_s for first_s, _ in within), default=0),
                not_after_s=min((last_s for _, last_s in within), default=2 * DAY_S),
            )
        )
    return calls


def is_straight_home_shorter(matrix: RoadMatrix, last: Node, hub: Node, depot: Node) -> bool:
    """Whether a vehicle goes home from its last call without passing the hub: as far and as long at most."""
    a, h, b = (matrix.position[node.node_id] for node in (last, hub, depot))
    return bool(
        matrix.distance_m[a, b] <= matrix.distance_m[a, h] + matrix.distance_m[h, b]
        and matrix.duration_s[a, b] <= matrix.duration_s[a, h] + matrix.duration_s[h, b]
    )

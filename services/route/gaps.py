"""The gaps between the calls of vehicles' days, with lower bounds of what another visit in each would cost.

The bound is the detour's price (Clarke and Wright, 1964; Solomon, 1987: insertion heuristics), less the waiting that
the visit might fill, for all gaps in one sweep of arrays. What room, hours, range and work surely rule out is left
aside; what is left has to be measured.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from services.model.fleet import Vehicle
from services.route.charging import longest_day_m
from services.route.room import room_on
from services.route.tours import TourMeter, Trips, Visit

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# In place of a position: a trip of its own.
NEW_TRIP: Final = -1
_NO_LIMIT: Final = 10**12
# The price of a run is rounded in three parts, so a difference of prices may be three fen below the exact detour's.
_ROUNDING_FEN: Final = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """One place for a visit; ``position`` in ``trip``, or ``NEW_TRIP`` for a trip of its own before ``trip``.

    The way goes from ``before`` to ``after``, at the end of the day (``is_tail``) by the hub or straight; ``leg_m`` and
    ``leg_s`` are what it takes without the visit. ``ready_s`` is the earliest departure from ``before``, ``by_s`` the
    latest start at ``after``. ``free_before`` and ``free_after`` are room in grams, millilitres and pieces.
    """

    vehicle: int
    trip: int
    position: int
    before: int
    after: int
    is_tail: bool
    leg_m: int
    leg_s: int
    ready_s: int
    by_s: int
    free_before: tuple[int, int, int]
    free_after: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Slack:
    """What a vehicle's day leaves free, and its rates; ``wait_s`` is time that waiting takes and more work may fill."""

    free_m: int
    free_s: int
    wait_s: int
    fixed_fen: int
    fen_per_m: float
    fen_per_s: float


class Gaps:
    """Gaps as columns, with what their vehicles' days leave free."""

    def __init__(self, meter: TourMeter, gaps: Sequence[Gap], slacks: Mapping[int, Slack]) -> None:
        def column(name: str) -> Ints:
            return np.array([getattr(gap, name) for gap in gaps], dtype=np.int64)

        def of_vehicle(name: str) -> Ints:
            return np.array([getattr(slacks[gap.vehicle], name) for gap in gaps], dtype=np.int64)

        self.meter = meter
        self.vehicle, self.trip, self.position = column("vehicle"), column("trip"), column("position")
        self.before, self.after = column("before"), column("after")
        self.is_tail = column("is_tail").astype(bool)
        self.leg_m, self.leg_s = column("leg_m"), column("leg_s")
        self.ready_s, self.by_s = column("ready_s"), column("by_s")
        self.free_before = column("free_before").reshape(len(gaps), 3)
        self.free_after = column("free_after").reshape(len(gaps), 3)
        self.free_m, self.free_s, self.wait_s = of_vehicle("free_m"), of_vehicle("free_s"), of_vehicle("wait_s")
        self.fixed_fen = of_vehicle("fixed_fen")
        self.fen_per_m = np.array([slacks[gap.vehicle].fen_per_m for gap in gaps])
        self.fen_per_s = np.array([slacks[gap.vehicle].fen_per_s for gap in gaps])

    def candidates(self, visit: Visit, allowed: Flags) -> Iterator[tuple[float, int, int, int]]:
        """Give bound, vehicle, trip and position of each gap that may take a visit, the lowest bound first."""
        bound_fen, may = self._bounds(visit)
        left = np.flatnonzero(may & allowed[self.vehicle])
        for i in left[np.argsort(bound_fen[left], kind="stable")].tolist():
            yield float(bound_fen[i]), int(self.vehicle[i]), int(self.trip[i]), int(self.position[i])

    def _bounds(self, visit: Visit) -> tuple[npt.NDArray[np.float64], Flags]:
        """Lower bounds in fen, and whether nothing yet speaks against it."""
        meter, row = self.meter, visit.row
        there_m, there_s = (matrix[self.before, row] for matrix in (meter.matrix.distance_m, meter.matrix.duration_s))
        on_m, on_s = (self._onward(matrix, row) for matrix in (meter.matrix.distance_m, meter.matrix.duration_s))
        # A call that is next to one at the same node becomes one with it, and the node's own time is spent once.
        beside = (self.before == row) | (self.after == row)
        by_piece_s = meter.service_per_piece_s[row] * visit.pieces
        handling_s = np.where(beside, by_piece_s, meter.service_s[row] + by_piece_s)
        opens_s, latest_s = meter.opens_s[row], meter.closes_s[row] - handling_s
        more_m, more_s = there_m + on_m - self.leg_m, there_s + on_s - self.leg_s + handling_s
        start_s = np.maximum(self.ready_s + there_s, opens_s)
        deliver, pick_up = (
            np.array([load.weight_g, load.volume_ml, load.pieces]) for load in (visit.deliver, visit.pick_up)
        )
        may = (
            (self.free_before >= deliver).all(axis=1)
            & (self.free_after >= pick_up).all(axis=1)
            & (more_m <= self.free_m)
            & (more_s <= self.free_s)
            & (start_s <= latest_s)
            & (start_s + handling_s + on_s <= self.by_s)
        )
        fen = self.fixed_fen + more_m * self.fen_per_m + (more_s - self.wait_s) * self.fen_per_s - _ROUNDING_FEN
        return fen, may

    def _onward(self, matrix: Ints, row: int) -> Ints:
        """The way on; at the day's end the shorter of straight and by the hub."""
        straight, hub = matrix[row, self.after], self.meter.hub
        by_hub: Ints = matrix[row, hub] + matrix[hub, self.after]
        onward: Ints = np.where(self.is_tail, np.minimum(straight, by_hub), straight)
        return onward


def gaps_of(meter: TourMeter, number: int, vehicle: Vehicle, trips: Trips) -> tuple[list[Gap], Slack]:
    """List the gaps of one vehicle's day."""
    # What rides in a compartment is left out of account: room that it lacks is found when a gap is measured.
    depot, whole = meter.matrix.position[vehicle.depot], room_on(vehicle).whole
    slack = _slack(meter, vehicle, trips)
    if not trips:
        to_hub_m, to_hub_s = meter.leg(depot, meter.hub)
        # Whatever is carried is loaded or unloaded at the hub.
        way = -to_hub_m, -to_hub_s - meter.service_s[meter.hub], vehicle.shift_start_s + to_hub_s, vehicle.shift_end_s
        return [Gap(number, 0, NEW_TRIP, meter.hub, depot, True, *way, whole, whole)], slack
    calls = meter.calls(vehicle, trips)
    leaves_s = _earliest_departures(meter, vehicle, calls.rows, calls.pieces)
    latest_s = _latest(meter, vehicle, calls.rows, calls.pieces)
    start_s = vehicle.shift_start_s
    gaps = []
    for t, trip in enumerate(trips):
        hub_call = calls.hubs[t]
        # What is handled at the hub before this trip changes, so its time there is left out of account.
        ready_s = leaves_s[hub_call - 1] + meter.leg(calls.rows[hub_call - 1], meter.hub)[1] if hub_call else start_s
        by_s = latest_s[calls.visits[t][0]] - meter.leg(meter.hub, trip[0].row)[1]
        gaps.append(Gap(number, t, NEW_TRIP, meter.hub, meter.hub, False, 0, 0, ready_s, by_s, whole, whole))
        before, after = _free(whole, trip)
        places = [hub_call, *calls.visits[t]]
        end = calls.hubs[t + 1] if t + 1 < len(trips) else None
        for p, place in enumerate(places):
            follower = places[p + 1] if p + 1 < len(places) else end
            row = calls.rows[place]
            if follower is None:
                tail = _tail(meter, calls.rows, place)
                ends = depot, True, *tail, leaves_s[place], vehicle.shift_end_s
            else:
                leg = meter.leg(row, calls.rows[follower])
                ends = calls.rows[follower], False, *leg, leaves_s[place], latest_s[follower]
            gaps.append(Gap(number, t, p, row, *ends, before[p], after[p]))
    last = calls.visits[-1][-1]
    tail_m, tail_s = _tail(meter, calls.rows, last)
    home_m, home_s = meter.leg(calls.rows[last], meter.hub)
    gaps.append(
        Gap(
            *(number, len(trips), NEW_TRIP, meter.hub, depot, True, tail_m - home_m, tail_s - home_s),
            *(leaves_s[last] + home_s, vehicle.shift_end_s, whole, whole),
        )
    )
    return gaps, slack


def _slack(meter: TourMeter, vehicle: Vehicle, trips: Trips) -> Slack:
    measure = meter.measure(vehicle, trips)
    calls = meter.calls(vehicle, trips) if trips else None
    work_s = 0
    if calls is not None:
        work_s = sum(meter.leg(a, b)[1] for a, b in itertools.pairwise(calls.rows))
        work_s += sum(meter.handling_s(row, count) for row, count in zip(calls.rows, calls.pieces, strict=True))
    longest_m = longest_day_m(vehicle)
    return Slack(
        free_m=_NO_LIMIT if longest_m is None else longest_m - measure.distance_m,
        free_s=_NO_LIMIT if vehicle.max_work_s is None else vehicle.max_work_s - work_s,
        wait_s=measure.duration_s - work_s,
        fixed_fen=0 if trips else vehicle.fixed_fen,
        fen_per_m=vehicle.per_km_fen / 1_000 + vehicle.co2_g_per_km * meter.co2_fen_per_kg / 1_000_000,
        fen_per_s=vehicle.per_hour_fen / 3_600,
    )


def _earliest_departures(meter: TourMeter, vehicle: Vehicle, rows: Sequence[int], pieces: Sequence[int]) -> list[int]:
    """Earliest departures of a day's calls."""
    leaves_s = [
        max(vehicle.shift_start_s, meter.window_s(rows[0], pieces[0])[0]) + meter.handling_s(rows[0], pieces[0])
    ]
    for before, row, count in zip(rows, rows[1:], pieces[1:], strict=False):
        start_s = max(leaves_s[-1] + meter.leg(before, row)[1], meter.window_s(row, count)[0])
        leaves_s.append(start_s + meter.handling_s(row, count))
    return leaves_s


def _latest(meter: TourMeter, vehicle: Vehicle, rows: Sequence[int], pieces: Sequence[int]) -> list[int]:
    """Latest starts of a day's calls with which it still ends in its shift."""
    latest = [
        min(vehicle.shift_end_s - meter.handling_s(rows[-1], pieces[-1]), meter.window_s(rows[-1], pieces[-1])[1])
    ]
    for i in range(len(rows) - 2, -1, -1):
        on_s = meter.leg(rows[i], rows[i + 1])[1] + meter.handling_s(rows[i], pieces[i])
        latest.append(min(latest[-1] - on_s, meter.window_s(rows[i], pieces[i])[1]))
    return latest[::-1]


def _tail(meter: TourMeter, rows: Sequence[int], last: int) -> tuple[int, int]:
    """The way from a call to the day's end."""
    legs = [meter.leg(a, b) for a, b in itertools.pairwise(rows[last:])]
    return sum(metres for metres, _ in legs), sum(seconds for _, seconds in legs)


def _free(
    room: tuple[int, int, int], trip: Sequence[Visit]
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
    """Room on all legs up to each gap of a trip, and on all legs from it on."""
    loads = []
    for dimension in ("weight_g", "volume_ml", "pieces"):
        changes = [getattr(v.pick_up, dimension) - getattr(v.deliver, dimension) for v in trip]
        loads.append(list(itertools.accumulate([sum(getattr(v.deliver, dimension) for v in trip), *changes])))
    before = [list(itertools.accumulate(load, max)) for load in loads]
    after = [list(itertools.accumulate(reversed(load), max))[::-1] for load in loads]
    return (
        [(room[0] - g, room[1] - ml, room[2] - n) for g, ml, n in zip(*before, strict=True)],
        [(room[0] - g, room[1] - ml, room[2] - n) for g, ml, n in zip(*after, strict=True)],
    )

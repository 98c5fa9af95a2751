"""A day on which everything takes longer than it does on average: what is planned for it has slack on the real day.

Wang and Lin (2013, see ``forecast``) plan with a shorter working day; here each way and call is longer, so that slack
grows along a run as delays do, and stands before each trip that is to be caught.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Final

from services.model.day import Day, Noise
from services.model.lines import LineKind, Trip
from services.model.network import Network, Node, RoadPair, RoadSettings
from services.route.forecast.draws import mean_delay_s

_PERMILLE: Final = 1_000
# What chance does to single ways and calls evens out along a run; its part of a run is that of the mean of so many.
_CALLS_A_RUN: Final = 25
# Who pays for punctuality expects deliveries by their due time, whatever a minute costs otherwise.
_LATE_FEN_PER_MIN: Final = 200


def padded_day(day: Day, noise: Noise, slack_permille: int) -> Day:
    """The day with ways, handling and connections so many standard deviations longer, in permille."""
    slack = slack_permille / _PERMILLE
    ways = math.hypot(noise.day_permille, noise.leg_permille / math.sqrt(_CALLS_A_RUN)) / _PERMILLE * slack
    calls = noise.dwell_permille / math.sqrt(_CALLS_A_RUN) / _PERMILLE * slack
    one_way = math.hypot(noise.day_permille, noise.leg_permille) / _PERMILLE * slack
    county = day.county
    lines = tuple(
        replace(line, trips=tuple(_longer_handling(trip, noise, slack, one_way) for trip in line.trips))
        for line in county.lines
    )
    late_fen = max(day.objective.late_fen_per_min, _LATE_FEN_PER_MIN)
    return replace(
        day,
        county=replace(county, network=_slower(county.network, ways, calls, one_way), lines=lines),
        objective=replace(day.objective, late_fen_per_min=late_fen),
    )


def _slower(network: Network, ways: float, calls: float, one_way: float) -> Network:
    """Longer durations for ways, calls and shuttles; distances stay."""
    return replace(
        network,
        nodes=tuple(_slower_node(node, calls) for node in network.nodes),
        transfers=tuple(replace(t, duration_s=_longer(t.duration_s, one_way)) for t in network.transfers),
        road_pairs=tuple(_slower_pair(pair, ways) for pair in network.road_pairs),
        roads=_slower_roads(network.roads, ways),
    )


def _slower_node(node: Node, part: float) -> Node:
    service_per_piece_s = _longer(node.service_per_piece_s, part)
    return replace(node, service_s=_longer(node.service_s, part), service_per_piece_s=service_per_piece_s)


def _slower_pair(pair: RoadPair, part: float) -> RoadPair:
    return replace(pair, duration_s=_longer(pair.duration_s, part))


def _slower_roads(roads: RoadSettings, part: float) -> RoadSettings:
    return replace(roads, speed_m_per_h=max(1, math.floor(roads.speed_m_per_h / (1 + part))))


def _longer_handling(trip: Trip, noise: Noise, slack: float, one_way: float) -> Trip:
    """Goods are there earlier and fetched later by what the trip may be late."""
    under_way_s = sum(after.arrival_s - before.departure_s for before, after in pairwise(trip.stop_times))
    strays_s = 0.0 if trip.kind is LineKind.RAIL else one_way * under_way_s
    buffer_s = math.hypot(slack * mean_delay_s(noise, trip.kind), strays_s)
    return replace(trip, handling_s=trip.handling_s + math.ceil(buffer_s))


def _longer(duration_s: int, part: float) -> int:
    return math.ceil(duration_s * (1 + part))

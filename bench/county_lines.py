"""The scheduled lines of a drawn county: buses, postal routes, freight lines, shops' tours and a railway.

What they can carry is drawn between the least and the most that ``gtfs/freight.txt`` of the example county has for
their kind; tariffs and limits of a piece are those there. Buses run two to four times a day each way, postal routes
twice, freight lines, shops' tours and trains once. A line's times follow its road at 40 km/h.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from bench.county_cooperation import EXAMPLE_VILLAGES
from bench.county_map import CountyMap, PlacedVillage, Point, Township
from services.model.lines import Line, LineKind, StopTime, Trip

_SPEED_M_PER_S: Final = 40_000 / 3_600
_DETOUR: Final = 1.32
_HANDLING_S: Final = 900
# A bus passes what lies so near its way; no more villages than this on the way, and so many behind its last township.
_NEAR_M: Final = 2_500
_ON_THE_WAY: Final = 6
_BEYOND: Final = 2
# Eight in ten townships of the example have a bus, four a freight line; one of its postal routes calls at three.
_WITH_BUS: Final = 0.8
_WITH_FREIGHT: Final = 0.4
_OFFICES_A_ROUTE: Final = 3
_SHOP_TOURS: Final = 4
_SHOPS_A_TOUR: Final = 12


@dataclass(frozen=True, slots=True)
class _Service:
    """What a trip of a kind has room for (least and most in grams, millilitres, pieces), and what it asks."""

    room: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    max_piece_g: int
    dwell_s: int
    tariff_piece_fen: int = 0
    tariff_kg_fen: int = 0
    tariff_trip_fen: int = 0


_SERVICES: Final = {
    LineKind.BUS: _Service(((112_000, 186_000), (771_000, 1_303_000), (42, 71)), 15_000, 60, 30),
    LineKind.POSTAL: _Service(((304_000, 391_000), (2_228_000, 3_551_000), (256, 354)), 30_000, 480, 25, 5),
    LineKind.FREIGHT: _Service(((884_000, 1_394_000), (6_712_000, 8_388_000), (744, 1_065)), 50_000, 600, 0, 10, 2_000),
    LineKind.COMMERCE: _Service(((302_000, 410_000), (2_298_000, 2_999_000), (225, 275)), 30_000, 420, 35),
    LineKind.RAIL: _Service(((1_013_000, 1_014_000), (4_372_000, 5_803_000), (315, 367)), 40_000, 300, 15, 5),
}


@dataclass(frozen=True, slots=True)
class Stations:
    """The nodes that lines call at: where they are, in town by kind, and each township's by kind and code."""

    at: Mapping[str, Point]
    village_nodes: Mapping[str, str]
    shops: Mapping[str, Sequence[str]]


def draw_lines(county: CountyMap, stations: Stations, draw: np.random.Generator) -> tuple[Line, ...]:
    """Draw all lines of a county; where a kind of line goes depends on the seed only through what was drawn before."""
    townships = sorted(county.townships, key=lambda t: (-county.town.distance_m(t.seat), t.code))
    lines = [
        *_buses(county, townships, stations, draw),
        *_postal_routes(county, townships, stations, draw),
        *_freight_lines(townships, stations, draw),
        *_shop_tours(county, stations, draw),
    ]
    farthest = townships[0]
    rail = ["RS-0", f"BS-{farthest.code}"]
    lines.append(_line("RAIL-1", "RAIL", LineKind.RAIL, rail, stations, [8 * 3_600], draw))
    return tuple(lines)


def _buses(
    county: CountyMap, townships: Sequence[Township], stations: Stations, draw: np.random.Generator
) -> Iterator[Line]:
    for number, township in enumerate(townships):
        if number and draw.random() >= _WITH_BUS:
            continue
        stops = _bus_stops(county, township, stations, draw)
        trips = int(draw.integers(2, 5))
        starts = sorted(int(s) for s in draw.choice(np.arange(72, 169), trips, replace=False) * 300)
        yield _line(f"BUS-{township.code}", "BUS", LineKind.BUS, stops, stations, starts, draw)


def _bus_stops(county: CountyMap, township: Township, stations: Stations, draw: np.random.Generator) -> list[str]:
    """From the bus station by townships and villages on the way to the township's, and a little farther."""
    town, (east, north) = county.town, county.town.from_here(township.seat)
    length_m = max(1.0, math.hypot(east, north))

    def place(point: Point) -> tuple[float, float]:
        x, y = town.from_here(point)
        return (x * east + y * north) / length_m, abs(x * north - y * east) / length_m

    def on_the_way(point: Point) -> bool:
        along, aside = place(point)
        return 0 < along < length_m and aside < _NEAR_M

    passed = [t for t in county.townships if t.code != township.code and on_the_way(t.seat)]
    villages = [v for t in county.townships for v in t.villages if on_the_way(v.at)]
    behind = sorted(township.villages, key=lambda v: (township.seat.distance_m(v.at), v.code))
    behind = [v for v in behind if place(v.at)[0] >= length_m][:_BEYOND]
    before = _some(villages, _ON_THE_WAY, draw)
    between = [(place(t.seat)[0], f"BS-{t.code}") for t in passed]
    between += [(place(v.at)[0], stations.village_nodes[v.code]) for v in before]
    after = sorted((place(v.at)[0], stations.village_nodes[v.code]) for v in behind)
    return ["BS-0", *(n for _, n in sorted(between)), f"BS-{township.code}", *(n for _, n in after)]


def _some(villages: Sequence[PlacedVillage], most: int, draw: np.random.Generator) -> list[PlacedVillage]:
    count = min(most, len(villages))
    return [villages[int(place)] for place in draw.choice(len(villages), count, replace=False)] if count else []


def _postal_routes(
    county: CountyMap, townships: Sequence[Township], stations: Stations, draw: np.random.Generator
) -> Iterator[Line]:
    """Neighbouring post offices by direction, each route from the near ones to the far ones."""

    def angle(township: Township) -> float:
        east, north = county.town.from_here(township.seat)
        return math.atan2(north, east)

    around = sorted(townships, key=lambda t: (angle(t), t.code))
    for number, first in enumerate(range(0, len(around), _OFFICES_A_ROUTE), start=1):
        on_it = sorted(around[first : first + _OFFICES_A_ROUTE], key=lambda t: county.town.distance_m(t.seat))
        stops = ["PO-0", *(f"PO-{t.code}" for t in on_it)]
        starts = [24_300, 46_800]
        yield _line(f"POST-{number}", "POST", LineKind.POSTAL, stops, stations, starts, draw)


def _freight_lines(townships: Sequence[Township], stations: Stations, draw: np.random.Generator) -> Iterator[Line]:
    for number, township in enumerate(freight_townships(townships), start=1):
        stops = ["FS-0", f"SM-{township.code}"]
        yield _line(f"FRT-{number}", "BUS", LineKind.FREIGHT, stops, stations, [23_400], draw)


def freight_townships(farthest_first: Sequence[Township]) -> Sequence[Township]:
    """The townships with a freight line: the farthest."""
    return farthest_first[: max(1, round(_WITH_FREIGHT * len(farthest_first)))]


def _shop_tours(county: CountyMap, stations: Stations, draw: np.random.Generator) -> Iterator[Line]:
    """A shops' owner drives out from the hub to a dozen of its shops around one of them, always to the nearest next."""
    tours = max(1, round(_SHOP_TOURS * len(stations.village_nodes) / EXAMPLE_VILLAGES))
    for number in range(1, tours + 1):
        owner = ("COOP", "MART")[number % 2]
        shops = list(stations.shops.get(owner, ()))
        if not shops:
            continue
        middle = stations.at[shops[int(draw.integers(len(shops)))]]
        left = sorted(shops, key=lambda shop: (middle.distance_m(stations.at[shop]), shop))[:_SHOPS_A_TOUR]
        stops, at = ["HUB"], stations.at["HUB"]
        while left:
            stops.append(min(left, key=lambda shop: (at.distance_m(stations.at[shop]), shop)))
            left.remove(stops[-1])
            at = stations.at[stops[-1]]
        yield _line(f"SHOP-{number}", owner, LineKind.COMMERCE, stops, stations, [28_800], draw)


def _line(
    line_id: str,
    owner: str,
    kind: LineKind,
    stops: Sequence[str],
    stations: Stations,
    starts_s: Sequence[int],
    draw: np.random.Generator,
) -> Line:
    """A trip out at each start and, but for a shops' tour, one back half an hour after it has arrived."""
    trips = []
    for number, start_s in enumerate(starts_s, start=1):
        out = _times(stops, stations, start_s, _SERVICES[kind].dwell_s)
        trips.append(_trip(f"{line_id}-O{number}", kind, out, draw))
        if kind is not LineKind.COMMERCE:
            back = _times(stops[::-1], stations, out[-1].arrival_s + 1_800, _SERVICES[kind].dwell_s)
            trips.append(_trip(f"{line_id}-R{number}", kind, back, draw))
    return Line(line_id, owner, f"{kind.value} {line_id}", tuple(trips))


def _times(stops: Sequence[str], stations: Stations, start_s: int, dwell_s: int) -> tuple[StopTime, ...]:
    times, now_s = [StopTime(stops[0], start_s, start_s)], start_s
    for here, there in pairwise(stops):
        arrival_s = now_s + max(60, round(stations.at[here].distance_m(stations.at[there]) * _DETOUR / _SPEED_M_PER_S))
        now_s = arrival_s + (dwell_s if there != stops[-1] else 0)
        times.append(StopTime(there, arrival_s, now_s))
    return tuple(times)


def _trip(trip_id: str, kind: LineKind, times: tuple[StopTime, ...], draw: np.random.Generator) -> Trip:
    service = _SERVICES[kind]
    capacity_g, capacity_ml, capacity_pieces = (int(draw.integers(least, most + 1)) for least, most in service.room)
    return Trip(
        trip_id,
        kind,
        times,
        capacity_g,
        capacity_ml,
        capacity_pieces,
        max_piece_g=service.max_piece_g,
        handling_s=_HANDLING_S,
        tariff_piece_fen=service.tariff_piece_fen,
        tariff_kg_fen=service.tariff_kg_fen,
        tariff_trip_fen=service.tariff_trip_fen,
    )

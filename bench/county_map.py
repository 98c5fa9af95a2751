"""Where the villages and townships of the gazetteer are; what has no position there is drawn.

Township seats and villages keep the positions of the gazetteer. A seat without one is drawn within 8 to 25 km of its
county's town, about as far as the known ones are. A village without one is drawn around its seat: half within 4 km,
none beyond 11.6 km, as in the example county.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

_SEAT_M: Final = (8_000, 25_000)
_VILLAGE_MEDIAN_M: Final = 4_000
_VILLAGE_SPREAD: Final = 0.65
_VILLAGE_M: Final = (700, 11_600)
_M_A_DEGREE: Final = 111_195
# The city's districts and zones have one town: its first street with a known position.
_CITY: Final = "2202"
_CITY_TOWN: Final = "220202001"
_FIRST_COUNTY_LEVEL_CODE: Final = 220_221
_ZONES: Final = range(220_270, 220_280)


@dataclass(frozen=True, slots=True)
class Point:
    """A place in WGS-84 degrees."""

    lon: float
    lat: float

    def away(self, distance_m: float, angle: float) -> Point:
        """The place at a distance in a direction, in radians from the east."""
        degrees = distance_m / _M_A_DEGREE
        lon = self.lon + degrees * math.cos(angle) / math.cos(math.radians(self.lat))
        return Point(round(lon, 6), round(self.lat + degrees * math.sin(angle), 6))

    def from_here(self, other: Point) -> tuple[float, float]:
        """Metres to the east and to the north, on a plane that touches the earth here."""
        east = (other.lon - self.lon) * math.cos(math.radians(self.lat))
        return east * _M_A_DEGREE, (other.lat - self.lat) * _M_A_DEGREE

    def distance_m(self, other: Point) -> float:
        """Metres as the crow flies, on that plane."""
        return math.hypot(*self.from_here(other))


@dataclass(frozen=True, slots=True)
class PlacedVillage:
    """A village and where it is."""

    code: str
    name: str
    at: Point


@dataclass(frozen=True, slots=True)
class Township:
    """A township with its seat, its villages and the six digits of the county that plans it."""

    code: str
    name: str
    county_code: str
    seat: Point
    villages: tuple[PlacedVillage, ...]


@dataclass(frozen=True, slots=True)
class CountyMap:
    """The townships that one hub serves, and the town that it stands in."""

    county_id: str
    town: Point
    townships: tuple[Township, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    code: str
    name: str
    above: str
    at: Point | None


def draw_maps(gazetteer: Path, seed: int) -> tuple[CountyMap, ...]:
    """Map all villages of ``townships.csv`` and ``villages.csv``: each county's, then the city's districts as one."""
    seats = list(_rows(gazetteer / "townships.csv", "county_code"))
    villages: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in _rows(gazetteer / "villages.csv", "township_code"):
        villages[row.above].append(row)
    draw = np.random.default_rng([seed, 1])
    counties: defaultdict[str, list[_Row]] = defaultdict(list)
    for seat in seats:
        counties[_planned_by(seat.above)].append(seat)
    return tuple(_map(code, counties[code], villages, draw) for code in sorted(counties, key=lambda c: (len(c) < 6, c)))


def nearest_villages(maps: Sequence[CountyMap], count: int, seed: int) -> CountyMap:
    """Cut out the townships nearest to one of the counties' towns, until there are ``count`` villages.

    Raises
    ------
    ValueError
        When there are not so many.
    """
    rural = [one for one in maps if one.county_id != _CITY]
    chosen = rural[seed % len(rural)]
    every = sorted((t for one in maps for t in one.townships), key=lambda t: (chosen.town.distance_m(t.seat), t.code))
    kept: list[Township] = []
    for township in every:
        left = count - sum(len(t.villages) for t in kept)
        if left > 0:
            kept.append(replace(township, villages=township.villages[:left]))
    if sum(len(t.villages) for t in kept) < count or count < 1:
        raise ValueError(f"the gazetteer has no {count} villages")
    return CountyMap(f"{chosen.county_id}-{count}", chosen.town, tuple(kept))


def _planned_by(county_code: str) -> str:
    is_county = int(county_code) >= _FIRST_COUNTY_LEVEL_CODE and int(county_code) not in _ZONES
    return county_code if is_county else _CITY


def _map(code: str, seats: Sequence[_Row], villages: dict[str, list[_Row]], draw: np.random.Generator) -> CountyMap:
    known = [seat for seat in seats if seat.at is not None]
    town = next((seat.at for seat in known if seat.code == _CITY_TOWN), known[0].at)
    if town is None:
        raise ValueError(f"no township of {code} has a position")
    townships = []
    for seat in seats:
        at = seat.at or town.away(float(draw.uniform(*_SEAT_M)), float(draw.uniform(0, 2 * math.pi)))
        if placed := tuple(_placed(row, at, draw) for row in villages.get(seat.code, [])):
            townships.append(Township(seat.code, seat.name, code, at, placed))
    return CountyMap(code, town, tuple(townships))


def _placed(row: _Row, seat: Point, draw: np.random.Generator) -> PlacedVillage:
    drawn_m = float(np.clip(draw.lognormal(math.log(_VILLAGE_MEDIAN_M), _VILLAGE_SPREAD), *_VILLAGE_M))
    drawn = seat.away(drawn_m, float(draw.uniform(0, 2 * math.pi)))
    return PlacedVillage(row.code, row.name, row.at or drawn)


def _rows(path: Path, above: str) -> Iterator[_Row]:
    with path.open(encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            if record.get("kind", "village") != "village":
                continue
            lon, lat = record["wgs84_lng"], record["wgs84_lat"]
            # Some points of the source are far from where the village is, or several villages'.
            is_known = bool(lon) and record.get("coord_flag", "ok") == "ok"
            at = Point(float(lon), float(lat)) if is_known else None
            yield _Row(record["code"], record["name"], record[above], at)

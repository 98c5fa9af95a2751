"""Whole days of counties of any size, drawn from a seed: the gazetteer's villages, the rest like the example county.

Nothing in them is anybody's real parcel, line or vehicle. The same gazetteer, villages and seed give the same day on
any machine. What is drawn from which figures stands in ``county_map``, ``county_cooperation``, ``county_lines`` and
``county_parcels``; here nodes are set up: a hub and four stations in town with the transfers between them, a post
office, a bus station, an express supermarket and a tricycle for every township, and one station in each village.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from bench.county_cooperation import PARTNERS, agreements_of, tricycle, vehicles_at_the_hub
from bench.county_lines import Stations, draw_lines, freight_townships
from bench.county_map import CountyMap, Point, Township, draw_maps, nearest_villages
from bench.county_parcels import draw_parcels
from services.consolidation.consolidate import consolidate
from services.model.day import County, Day
from services.model.network import Network, Node, NodeKind, Position, Transfer, Village

SERVICE_DATE: Final = date(2026, 11, 23)
# Kinds and owners of village stations, as many of each as the example county has.
_VILLAGE_STATIONS: Final = (
    (43, NodeKind.VILLAGE_POST_POINT, "POST"),
    (43, NodeKind.VILLAGE_COMMITTEE, "TPL"),
    (29, NodeKind.VILLAGE_SHOP, "COOP"),
    (23, NodeKind.VILLAGE_SHOP, "TPL"),
    (18, NodeKind.VILLAGE_SHOP, "MART"),
)
_SUPERMARKETS: Final = ("EXP-A", "EXP-B", "EXP-C", "TPL", "TPL")
_KEEPS_COLD: Final = 0.1
_TRANSFERS: Final = (("BS-0", 900, 800), ("RS-0", 1_200, 1_000), ("FS-0", 720, 700), ("PO-0", 900, 800))


def draw_day(gazetteer: Path, villages: int, seed: int) -> Day:
    """Draw a day of a county of so many villages around one of the county towns.

    Raises
    ------
    ValueError
        When the gazetteer has not so many villages.
    """
    return day_of(nearest_villages(draw_maps(gazetteer, seed), villages, seed), seed)


def draw_city(gazetteer: Path, seed: int) -> tuple[Day, ...]:
    """Draw a day for every county of the gazetteer, and one for the districts of the city together."""
    return tuple(day_of(one, seed) for one in draw_maps(gazetteer, seed))


def day_of(county_map: CountyMap, seed: int) -> Day:
    """Draw the day of the villages on a map."""
    draw = np.random.default_rng([seed, 2])
    county = _county(county_map, draw)
    villages = [
        Village(v.code, v.name, t.code, t.name, t.county_code, county_map.county_id)
        for t in county_map.townships
        for v in t.villages
    ]
    parcels = draw_parcels([village.code for village in villages], draw)
    pooled = consolidate(county, SERVICE_DATE, villages, parcels)
    if pooled.held.height:
        raise ValueError(f"{pooled.held.height} drawn parcels are held: {pooled.held.row(0)}")
    return Day(county, SERVICE_DATE, pooled.consignments, pooled.admission_sets)


def _county(county_map: CountyMap, draw: np.random.Generator) -> County:
    nodes = [*_town_nodes(county_map.town)]
    for township in county_map.townships:
        nodes += _township_nodes(township, draw)
        nodes += _village_nodes(township, draw)
    shops: dict[str, list[str]] = {}
    for node in nodes:
        if node.kind is NodeKind.VILLAGE_SHOP:
            shops.setdefault(node.owner, []).append(node.node_id)
    stations = Stations(
        at={node.node_id: Point(node.lon, node.lat) for node in nodes},
        village_nodes={node.village_code: node.node_id for node in nodes if node.village_code},
        shops=shops,
    )
    count = len(stations.village_nodes)
    transfers = [Transfer(*ends, s, fen) for node, s, fen in _TRANSFERS for ends in (("HUB", node), (node, "HUB"))]
    townships = sorted(county_map.townships, key=lambda t: (-county_map.town.distance_m(t.seat), t.code))
    with_freight = {township.code for township in freight_townships(townships)}
    tricycles = (
        tricycle(f"TRI-{t.code}", ("POST", "TPL")[int(draw.integers(2))], _tricycle_station(t, with_freight, draw))
        for t in county_map.townships
    )
    return County(
        county_id=county_map.county_id,
        network=Network(tuple(nodes), tuple(transfers)),
        partners=PARTNERS,
        agreements=agreements_of(count),
        lines=draw_lines(county_map, stations, draw),
        vehicles=(*vehicles_at_the_hub(count), *tricycles),
    )


def _tricycle_station(township: Township, with_freight: set[str], draw: np.random.Generator) -> str:
    """Its post office, where the postal route calls, or its supermarket, where a freight line does."""
    is_at_supermarket = township.code in with_freight and draw.random() < 0.5
    return f"{'SM' if is_at_supermarket else 'PO'}-{township.code}"


def _town_nodes(town: Point) -> Iterator[Node]:
    """The hub and the stations, 1 to 2 km from it and from one another."""
    opens_s, closes_s = 19_800, 75_600
    yield Node(
        *("HUB", NodeKind.HUB, "县级共配中心", town.lon, town.lat),
        owner="TPL",
        opens_s=18_000,
        closes_s=79_200,
        service_s=600,
        keeps_cold=True,
    )
    for place, (node_id, kind, name, owner) in enumerate(
        (
            ("BS-0", NodeKind.BUS_STATION, "客运站", "BUS"),
            ("RS-0", NodeKind.RAIL_STATION, "火车站", "RAIL"),
            ("FS-0", NodeKind.FREIGHT_STATION, "货运站", "BUS"),
            ("PO-0", NodeKind.POST_OFFICE, "邮政分公司", "POST"),
        )
    ):
        at = town.away(1_500, place * math.pi / 2)
        yield Node(node_id, kind, name, at.lon, at.lat, "", "", owner, opens_s, closes_s, 240, 8)


def _township_nodes(township: Township, draw: np.random.Generator) -> Iterator[Node]:
    """Its post office, bus station and supermarket, within a kilometre of its seat."""
    supermarket = _SUPERMARKETS[int(draw.integers(len(_SUPERMARKETS)))]
    for prefix, kind, name, owner in (
        ("PO", NodeKind.POST_OFFICE, "邮政所", "POST"),
        ("BS", NodeKind.BUS_STATION, "客运站", "BUS"),
        ("SM", NodeKind.EXPRESS_SUPERMARKET, "快递超市", supermarket),
    ):
        at = township.seat.away(float(draw.uniform(100, 1_000)), float(draw.uniform(0, 2 * math.pi)))
        yield Node(
            *(f"{prefix}-{township.code}", kind, township.name + name, at.lon, at.lat),
            township_code=township.code.ljust(12, "0"),
            owner=owner,
            opens_s=25_200,
            closes_s=68_400,
            service_s=240,
            service_per_piece_s=8,
            position=Position.NEAR_SOURCE,
        )


def _village_nodes(township: Township, draw: np.random.Generator) -> Iterator[Node]:
    shares = np.array([count for count, _, _ in _VILLAGE_STATIONS])
    for village in township.villages:
        _, kind, owner = _VILLAGE_STATIONS[int(draw.choice(len(shares), p=shares / shares.sum()))]
        is_committee = kind is NodeKind.VILLAGE_COMMITTEE
        yield Node(
            *(f"V-{village.code}", kind, f"{village.name}服务站", village.at.lon, village.at.lat),
            village_code=village.code,
            township_code=township.code.ljust(12, "0"),
            owner=owner,
            opens_s=28_800 if is_committee else 25_200,
            closes_s=61_200 if is_committee else 72_000,
            service_s=240,
            service_per_piece_s=8,
            keeps_cold=bool(draw.random() < _KEEPS_COLD),
            position=Position.PLACED,
        )

"""The day of a coalition: only its goods, only its means, as the day of one carrier that owns them all.

Partners that act together need no agreements with each other. Written as one partner's, equal coalitions are equal days
whatever their members are called, so that each has to be planned once. Goods that would travel together anyway are one
consignment, as large as the smallest of the means takes: a plan of them is found sooner and costs the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.model.agreements import Direction, Partner, Role, Temperature
from services.model.consignments import Admission, AdmissionSet, Consignment, Goods, ResourceKind
from services.model.day import County, Day
from services.model.fleet import Vehicle
from services.model.lines import Line, Trip
from services.model.network import Network, NodeKind
from services.settlement.sharing import Ridden

COALITION: Final = "COALITION"
# A postal partner, since only in what the post owns may room be kept for mail.
_PARTNER: Final = Partner(COALITION, "联盟", Role.POSTAL)

_Key = tuple[str, Direction, Temperature, tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Means:
    """What a coalition may use: kinds of vehicle, each as many times as ``count`` says, and an operator's trips."""

    kinds: tuple[Vehicle, ...]
    trips: tuple[Trip, ...]


def coalition_day(day: Day, goods: Sequence[Ridden], means: Means, count: int) -> Day:
    """Write the day of a coalition with ``count`` vehicles of each kind.

    Parameters
    ----------
    day
        The whole day: roads, prices and places are taken from it.
    goods
        What the coalition has to have carried; at least one.
    means
        What it has.
    count
        Vehicles a kind.
    """
    vehicles = tuple(
        replace(kind, vehicle_id=f"{kind.vehicle_id}/{number}", owner=COALITION)
        for kind in means.kinds
        for number in range(1, count + 1)
    )
    lines = (Line(COALITION, COALITION, COALITION, means.trips),) if means.trips else ()
    consignments = _merged(goods, means)
    temperatures = sorted({c.temperature for c in consignments})
    network = _network(day.county.network, consignments, vehicles, means.trips)
    stations = [node.node_id for node in network.nodes]
    return Day(
        county=County(day.county.county_id, network, (_PARTNER,), (), lines, vehicles),
        service_date=day.service_date,
        consignments=consignments,
        admission_sets=tuple(_admissions(t, vehicles, means.trips, stations) for t in temperatures),
        # Nobody pays the prices of carbon dioxide and of being late: they are not among what a coalition would spend.
        objective=replace(day.objective, co2_fen_per_kg=0, late_fen_per_min=0),
    )


def _merged(goods: Iterable[Ridden], means: Means) -> tuple[Consignment, ...]:
    """Put goods of the same places, direction, temperature and way together, first come first filled."""
    rooms = {temperature: _room(means, temperature) for temperature in Temperature}
    bins: dict[_Key, list[_Bin]] = {}
    for ridden in sorted(goods, key=lambda r: r.consignment.consignment_id):
        c = ridden.consignment
        way = (ridden.trip_id, ridden.board_index, ridden.alight_index)
        groups = bins.setdefault((ridden.node_id, c.direction, c.temperature, way), [])
        if not any(group.takes(c, rooms[c.temperature]) for group in groups):
            groups.append(_Bin([c], c.weight_g, c.volume_ml, c.pieces))
    merged = [(key[0], group) for key in sorted(bins) for group in bins[key]]
    return tuple(_as_one(group, node_id, f"C{number}") for number, (node_id, group) in enumerate(merged, start=1))


@dataclass(slots=True)
class _Bin:
    """Consignments that become one, and their size."""

    consignments: list[Consignment]
    weight_g: int
    volume_ml: int
    pieces: int

    def takes(self, more: Consignment, room: tuple[int, int, int]) -> bool:
        """Take one more where the room allows it."""
        size = self.weight_g + more.weight_g, self.volume_ml + more.volume_ml, self.pieces + more.pieces
        if size[0] > room[0] or size[1] > room[1] or size[2] > room[2]:
            return False
        self.consignments.append(more)
        self.weight_g, self.volume_ml, self.pieces = size
        return True


def _as_one(group: _Bin, node_id: str, name: str) -> Consignment:
    first = group.consignments[0]
    return Consignment(
        consignment_id=name,
        direction=first.direction,
        hub_id=first.hub_id,
        village_code=first.village_code,
        node_ids=(node_id,),
        temperature=first.temperature,
        due_date=min(c.due_date for c in group.consignments),
        emergency=False,
        pieces=group.pieces,
        weight_g=group.weight_g,
        volume_ml=group.volume_ml,
        max_piece_g=max(c.max_piece_g for c in group.consignments),
        carrier_id=COALITION,
        admission_set_id=first.temperature.value,
        goods=Goods.PARCEL,
        max_piece_ml=max(c.max_piece_ml for c in group.consignments),
    )


def _room(means: Means, temperature: Temperature) -> tuple[int, int, int]:
    """What the smallest of the means for a temperature takes, in grams, millilitres and pieces; nothing without any."""
    rooms = [_room_in(kind, temperature) for kind in means.kinds if temperature in kind.temperatures]
    rooms += [_room_left(trip) for trip in means.trips if trip.keeps_cold or not temperature.is_cold]
    return (
        min((room[0] for room in rooms), default=0),
        min((room[1] for room in rooms), default=0),
        min((room[2] for room in rooms), default=0),
    )


def _room_in(vehicle: Vehicle, temperature: Temperature) -> tuple[int, int, int]:
    """What a vehicle takes of one temperature: its compartment where these goods ride in it, else its main hold."""
    weight_g, volume_ml, pieces = _room_left(vehicle)
    if vehicle.keeps_apart(temperature):
        return vehicle.cold_capacity_g or 0, vehicle.cold_capacity_ml or 0, pieces
    return weight_g, volume_ml, pieces


def _room_left(means: Vehicle | Trip) -> tuple[int, int, int]:
    return (
        means.capacity_g - means.mail_g,
        means.capacity_ml - means.mail_ml,
        means.capacity_pieces - means.mail_pieces,
    )


def _network(
    network: Network, consignments: Sequence[Consignment], vehicles: Sequence[Vehicle], trips: Sequence[Trip]
) -> Network:
    """The places that matter, all the coalition's own: an owner's consent is not what a plan of its would lack."""
    calls = {stop.node_id for trip in trips for stop in trip.stop_times}
    used = {*calls, *(v.depot for v in vehicles), *(node_id for c in consignments for node_id in c.node_ids)}
    # Detours round closed roads pass nodes that are nobody's goal.
    kept = {node.node_id for node in network.nodes} if network.closed_roads else used
    nodes = [node for node in network.nodes if node.node_id in kept or node.kind is NodeKind.HUB]
    known = {node.node_id for node in nodes}
    return Network(
        nodes=tuple(replace(node, owner=COALITION, max_pieces=None, max_volume_ml=None) for node in nodes),
        transfers=tuple(t for t in network.transfers if trips and {t.from_node, t.to_node} <= known),
        road_pairs=tuple(p for p in network.road_pairs if p.from_node in known and p.to_node in known),
        roads=network.roads,
        closed_roads=network.closed_roads,
    )


def _admissions(
    temperature: Temperature, vehicles: Sequence[Vehicle], trips: Sequence[Trip], stations: Sequence[str]
) -> AdmissionSet:
    keeping = [v.vehicle_id for v in vehicles if temperature in v.temperatures]
    running = [t.trip_id for t in trips if t.keeps_cold or not temperature.is_cold]
    # A node only matters to what a trip leaves there.
    waiting = stations if running else ()
    return AdmissionSet(
        temperature.value,
        (
            *(Admission(ResourceKind.VEHICLE, name) for name in keeping),
            *(Admission(ResourceKind.TRIP, name) for name in running),
            *(Admission(ResourceKind.NODE, name) for name in waiting),
        ),
    )

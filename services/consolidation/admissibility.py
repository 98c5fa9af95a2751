"""The one rule of who may use what.

A parcel of carrier c may use resource r if and only if c owns r, or an agreement in force has c among its principals,
r's owner as its operator, r of a kind that the model covers, and the parcel within its scope. Emergency parcels may
use every resource whose operator accepts them: for those an agreement's principals, directions, townships, weekdays
and excluded goods do not count, its dates, temperatures and piece limit do.

Resources that the rule cannot tell apart form one *way*; the rule is evaluated once for each way and all parcels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from itertools import chain, islice
from operator import and_
from typing import Final

import polars as pl

from services.consolidation.goods import is_excluded
from services.model.agreements import Agreement, CooperationModel, Temperature
from services.model.consignments import Admission, ResourceKind
from services.model.day import County
from services.model.errors import Violation
from services.model.lines import LineKind
from services.model.network import NodeKind

MAX_WAYS: Final = 1_024

_TRIPS: Final[dict[CooperationModel, frozenset[LineKind]]] = {
    CooperationModel.POSTAL: frozenset({LineKind.POSTAL}),
    CooperationModel.EXPRESS: frozenset(),
    CooperationModel.TRANSIT: frozenset({LineKind.BUS, LineKind.FREIGHT, LineKind.RAIL}),
    CooperationModel.COMMERCE: frozenset({LineKind.COMMERCE}),
    CooperationModel.THIRD_PARTY: frozenset({LineKind.FREIGHT}),
}
_NODES: Final[dict[CooperationModel, frozenset[NodeKind]]] = {
    CooperationModel.POSTAL: frozenset({NodeKind.POST_OFFICE, NodeKind.VILLAGE_POST_POINT, NodeKind.PARCEL_LOCKER}),
    CooperationModel.EXPRESS: frozenset(
        {
            NodeKind.EXPRESS_OUTLET,
            NodeKind.EXPRESS_SUPERMARKET,
            NodeKind.VILLAGE_SHOP,
            NodeKind.VILLAGE_COMMITTEE,
            NodeKind.PARCEL_LOCKER,
        }
    ),
    CooperationModel.TRANSIT: frozenset({NodeKind.BUS_STATION, NodeKind.RAIL_STATION, NodeKind.FREIGHT_STATION}),
    CooperationModel.COMMERCE: frozenset({NodeKind.VILLAGE_SHOP, NodeKind.EXPRESS_SUPERMARKET, NodeKind.PARCEL_LOCKER}),
    CooperationModel.THIRD_PARTY: frozenset(NodeKind),
}
_WITHOUT_VEHICLES: Final = frozenset({CooperationModel.TRANSIT})


@dataclass(frozen=True, slots=True)
class ResourceClass:
    """Resources of one owner that the rule treats alike."""

    kind: ResourceKind
    owner: str
    subkind: LineKind | NodeKind | None
    temperatures: frozenset[Temperature]
    max_piece_g: int | None
    max_piece_ml: int | None
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A class of resources and what opens it: an agreement, or ``None`` for the owner's own parcels."""

    resources: ResourceClass
    agreement: Agreement | None

    def admissions(self) -> Iterator[Admission]:
        """The resources one by one, each with what opens it."""
        agreement_id = self.agreement.agreement_id if self.agreement else ""
        return (Admission(self.resources.kind, resource_id, agreement_id) for resource_id in self.resources.ids)


def covers(model: CooperationModel, resources: ResourceClass) -> bool:
    """Whether a cooperation model covers resources of this kind."""
    if resources.kind is ResourceKind.VEHICLE:
        return model not in _WITHOUT_VEHICLES
    return resources.subkind in (_TRIPS if resources.kind is ResourceKind.TRIP else _NODES)[model]


def find_ways(county: County, service_date: date) -> list[Way]:
    """List every class of resources with everything that opens it on the day."""
    return list(_ways(county, service_date))


def way_violations(county: County, service_date: date) -> list[Violation]:
    """Report agreements that open resources in too many ways: the rule is evaluated for each way and each parcel."""
    if next(islice(_ways(county, service_date), MAX_WAYS, None), None) is None:
        return []
    return [Violation("county.agreements", f"open resources in more than {MAX_WAYS} different ways")]


def _ways(county: County, service_date: date) -> Iterator[Way]:
    in_force = [agreement for agreement in county.agreements if agreement.is_in_force(service_date)]
    for resources in _resource_classes(county):
        opened_by = (a for a in in_force if a.operator == resources.owner and covers(a.model, resources))
        for agreement in chain([None], opened_by):
            yield Way(resources, agreement)


def is_admissible(way: Way, service_date: date) -> pl.Expr:
    """The rule for one way as an expression over parcels.

    It reads ``carrier_id``, ``direction``, ``temperature``, ``piece_g``, ``piece_ml``, ``category``,
    ``township_code``, ``emergency`` and ``scanned``.
    """
    fits = _within(pl.col("temperature"), sorted(t.value for t in way.resources.temperatures))
    if way.resources.max_piece_g is not None:
        fits &= pl.col("piece_g") <= way.resources.max_piece_g
    if way.resources.max_piece_ml is not None:
        fits &= pl.col("piece_ml") <= way.resources.max_piece_ml
    if way.agreement is None:
        return fits & (pl.col("carrier_id") == way.resources.owner)
    return fits & _may_travel_under(way.agreement, service_date)


def _may_travel_under(agreement: Agreement, service_date: date) -> pl.Expr:
    always = [_within(pl.col("temperature"), [t.value for t in agreement.temperatures])]
    if agreement.max_piece_g is not None:
        always.append(pl.col("piece_g") <= agreement.max_piece_g)
    if agreement.max_piece_ml is not None:
        always.append(pl.col("piece_ml") <= agreement.max_piece_ml)
    if agreement.model is CooperationModel.TRANSIT:
        always += [pl.col("scanned"), ~is_excluded(["LIQUID"])]
    scope = [
        pl.col("carrier_id").is_in(list(agreement.principals)),
        _within(pl.col("direction"), [d.value for d in agreement.directions]),
        _within(pl.col("township_code"), list(agreement.townships)),
        ~is_excluded(agreement.excluded_categories),
        pl.lit(not agreement.weekdays or service_date.isoweekday() in agreement.weekdays),
    ]
    in_scope = reduce(and_, scope)
    if agreement.emergency:
        in_scope |= pl.col("emergency")
    return reduce(and_, always) & in_scope


def _within(column: pl.Expr, values: list[str]) -> pl.Expr:
    return column.is_in(values) if values else pl.lit(True)


def _resource_classes(county: County) -> list[ResourceClass]:
    groups: dict[ResourceClass, list[str]] = {}

    def put(resources: ResourceClass, resource_id: str) -> None:
        groups.setdefault(resources, []).append(resource_id)

    for vehicle in county.vehicles:
        keeps = frozenset(vehicle.temperatures)
        put(ResourceClass(ResourceKind.VEHICLE, vehicle.owner, None, keeps, None, None, ()), vehicle.vehicle_id)
    for line in county.lines:
        for trip in line.trips:
            keeps = frozenset(Temperature) if trip.keeps_cold else frozenset({Temperature.AMBIENT})
            limits = trip.max_piece_g, trip.max_piece_ml
            put(ResourceClass(ResourceKind.TRIP, line.owner, trip.kind, keeps, *limits, ()), trip.trip_id)
    for node in county.network.nodes:
        if node.owner:
            keeps = frozenset(Temperature)
            put(ResourceClass(ResourceKind.NODE, node.owner, node.kind, keeps, None, None, ()), node.node_id)
    return [replace(key, ids=tuple(ids)) for key, ids in groups.items()]

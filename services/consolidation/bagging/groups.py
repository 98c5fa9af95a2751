"""Which goods may share a bag: those that ride together and are handed over together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from services.consolidation.legs import Leg, RunLeg, find_legs
from services.model.agreements import Direction, Temperature
from services.model.bags import BagLimits, BagRules
from services.model.consignments import Consignment, Goods
from services.model.day import Day
from services.model.lines import Trip
from services.model.plan import Plan


@dataclass(frozen=True, slots=True, order=True)
class Togetherness:
    """What goods of one bag have in common.

    ``rides`` names each run or trip with the positions of the stops where they board and leave; before there is a plan
    it names the admission set instead.
    """

    direction: Direction
    village_code: str
    temperature: Temperature
    fragile: bool
    goods: Goods
    from_node: str
    to_node: str
    run_id: str
    trip_id: str
    rides: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Consignments that may share bags, in the order of their ids, and what such a bag holds."""

    key: Togetherness
    consignments: tuple[Consignment, ...]
    limits: BagLimits


def group_consignments(day: Day, plan: Plan | None, rules: BagRules) -> tuple[list[Group], tuple[str, ...]]:
    """Group a day's consignments by what they have in common, in a stable order.

    A bag is one piece to a trip: where the trip or an agreement limits a piece, it limits the bag.

    Returns
    -------
    tuple[list[Group], tuple[str, ...]]
        The groups, and the consignments that the plan leaves behind.
    """
    legs = find_legs(plan) if plan else {}
    members: defaultdict[Togetherness, list[Consignment]] = defaultdict(list)
    left = []
    for consignment in sorted(day.consignments, key=lambda c: c.consignment_id):
        if plan is None:
            members[_before_the_plan(consignment)].append(consignment)
        elif ridden := legs.get(consignment.consignment_id):
            members[_planned(consignment, ridden)].append(consignment)
        else:
            left.append(consignment.consignment_id)
    piece_limits = _PieceLimits(day)
    groups = [
        Group(key, tuple(found), piece_limits.tighten(rules.fragile if key.fragile else rules.normal, found, legs))
        for key, found in sorted(members.items(), key=lambda item: item[0])
    ]
    return groups, tuple(left)


def _before_the_plan(consignment: Consignment) -> Togetherness:
    ends = consignment.hub_id, consignment.node_ids[0]
    is_inbound = consignment.direction is Direction.INBOUND
    from_node, to_node = ends if is_inbound else (ends[1], ends[0])
    return _key(consignment, from_node, to_node, "", "", ((consignment.admission_set_id, 0, 0),))


def _planned(consignment: Consignment, legs: tuple[Leg, ...]) -> Togetherness:
    rides = tuple(
        (leg.run.run_id, leg.take_index, leg.drop_index)
        if isinstance(leg, RunLeg)
        else (leg.booking.trip_id, leg.booking.board_index, leg.booking.alight_index)
        for leg in legs
    )
    run_id = next((leg.run.run_id for leg in legs if isinstance(leg, RunLeg)), "")
    trip_id = next((leg.booking.trip_id for leg in legs if not isinstance(leg, RunLeg)), "")
    return _key(consignment, legs[0].from_node, legs[-1].to_node, run_id, trip_id, rides)


def _key(
    consignment: Consignment,
    from_node: str,
    to_node: str,
    run_id: str,
    trip_id: str,
    rides: tuple[tuple[str, int, int], ...],
) -> Togetherness:
    return Togetherness(
        direction=consignment.direction,
        village_code=consignment.village_code,
        temperature=consignment.temperature,
        fragile=consignment.fragile,
        goods=consignment.goods,
        from_node=from_node,
        to_node=to_node,
        run_id=run_id,
        trip_id=trip_id,
        rides=rides,
    )


class _PieceLimits:
    """The largest piece that trips and agreements take."""

    def __init__(self, day: Day) -> None:
        self._trips: dict[str, Trip] = {trip.trip_id: trip for line in day.county.lines for trip in line.trips}
        self._agreements = {agreement.agreement_id: agreement for agreement in day.county.agreements}

    def tighten(
        self, limits: BagLimits, consignments: list[Consignment], legs: Mapping[str, tuple[Leg, ...]]
    ) -> BagLimits:
        """Lower a bag's limits to those of the trips that it rides."""
        weights_g, volumes_ml = [limits.weight_g], [limits.volume_ml]
        for consignment in consignments:
            for leg in legs.get(consignment.consignment_id, ()):
                if isinstance(leg, RunLeg):
                    continue
                for limited in (self._trips[leg.booking.trip_id], self._agreements.get(leg.booking.agreement_id)):
                    weights_g += [limited.max_piece_g] if limited and limited.max_piece_g is not None else []
                    volumes_ml += [limited.max_piece_ml] if limited and limited.max_piece_ml is not None else []
        return BagLimits(min(weights_g), min(volumes_ml))

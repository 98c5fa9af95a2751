"""The plan 运行计划: runs 共配车次, bookings 搭载, shuttles, what is unserved and why, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from services.model.changes import Changes, TripRisk
from services.model.explanations import Explanation
from services.model.forecast import Forecast
from services.model.ways import ModeShare, VillageWay


@dataclass(frozen=True, slots=True)
class Carriage:
    """A consignment on a run and the agreement it travels under (empty: its carrier owns the vehicle)."""

    consignment_id: str
    agreement_id: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """One call of a run, in seconds from midnight: ``arrival_s <= start_s <= departure_s``.

    ``leg_distance_m`` is the road from the stop before (0 at the first); on it the driver rests for ``rest_s``, and
    passes the nodes ``via`` where the straight way is closed.
    ``drop`` leaves the vehicle here and ``take`` boards it; at the hub, inbound goods board and outbound goods leave.
    The load is that on departure; ``cold_load_g`` and ``cold_load_ml`` of it ride in a cold compartment.
    Where ``recharge_s`` is above 0 the vehicle recharges for so long, while goods are handled.
    """

    node_id: str
    arrival_s: int
    start_s: int
    departure_s: int
    leg_distance_m: int
    drop: tuple[str, ...]
    take: tuple[str, ...]
    load_g: int
    load_ml: int
    load_pieces: int
    rest_s: int = 0
    cold_load_g: int = 0
    cold_load_ml: int = 0
    recharge_s: int = 0
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One vehicle's tour of the day from its depot and back, with reloading at the hub where it has several trips.

    The cost parts follow the vehicle's own rates over the whole run.
    """

    run_id: str
    vehicle_id: str
    stops: tuple[Stop, ...]
    carriages: tuple[Carriage, ...]
    distance_m: int
    duration_s: int
    vehicle_fen: int
    distance_fen: int
    time_fen: int
    co2_fen: int


@dataclass(frozen=True, slots=True)
class Booking:
    """A consignment on a trip from one stop to another.

    ``board_index`` and ``alight_index`` count the trip's stop times from 0. Goods are at the boarding stop by
    ``ready_by_s`` and can be fetched at the alighting stop from ``available_s``. ``tariff_fen`` is what its pieces
    and kilograms cost; charges that a trip or an agreement's minimum adds stand in the plan's cost.
    """

    booking_id: str
    consignment_id: str
    line_id: str
    trip_id: str
    agreement_id: str
    board_node: str
    alight_node: str
    board_index: int
    alight_index: int
    ready_by_s: int
    departure_s: int
    arrival_s: int
    available_s: int
    tariff_fen: int


@dataclass(frozen=True, slots=True)
class Shuttle:
    """A transfer between hub and station for the goods of one trip, paid once."""

    trip_id: str
    from_node: str
    to_node: str
    departure_s: int
    arrival_s: int
    cost_fen: int
    consignment_ids: tuple[str, ...]


class UnservedReason(StrEnum):
    """Which limit keeps a consignment out of the plan."""

    NO_ADMISSIBLE_RESOURCE = "NO_ADMISSIBLE_RESOURCE"  # no vehicle or trip may carry it
    NO_COLD_RESOURCE = "NO_COLD_RESOURCE"  # what may carry it does not keep it cold
    TOO_LARGE = "TOO_LARGE"  # larger than every vehicle and trip that may carry it, or than its node can keep
    OUT_OF_REACH = (
        "OUT_OF_REACH"  # no vehicle can go there and back within its range, shift and the node's hours and days
    )
    FLEET_EXHAUSTED = "FLEET_EXHAUSTED"  # it would fit alone, but what may carry or keep it is used up by others
    ROAD_CLOSED = "ROAD_CLOSED"  # closed roads cut its node off from the hub
    STRANDED = "STRANDED"  # it is in a vehicle that broke down, or that can no longer bring it to its node


@dataclass(frozen=True, slots=True)
class Unserved:
    """A consignment that the plan leaves behind, with the limit and what would change it, in words."""

    consignment_id: str
    reason: UnservedReason
    detail: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A consignment that waits for tomorrow within its promise, the price of that, and why, in words.

    ``saved_fen`` is its part of what waiting saves today: the difference in cost to the plan with nothing waiting, the
    prices of waiting left out, shared among villages in proportion to what each would have cost.
    """

    consignment_id: str
    wait_fen: int
    saved_fen: int
    detail: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What the cooperation as a whole spends, by part, in fen."""

    vehicles_fen: int = 0
    distance_fen: int = 0
    time_fen: int = 0
    tariffs_fen: int = 0
    transfers_fen: int = 0
    lateness_fen: int = 0
    unserved_fen: int = 0
    co2_fen: int = 0
    waiting_fen: int = 0

    @property
    def total_fen(self) -> int:
        """The sum of all parts."""
        return sum(getattr(self, part.name) for part in fields(self))


@dataclass(frozen=True, slots=True)
class Plan:
    """One county's day: runs, bookings and shuttles, what is unserved, what waits, and the cost by part.

    ``as_of_s`` is the time up to which it was lived through when it was revised; ``None`` for a plan made beforehand.
    """

    county_id: str
    service_date: date
    runs: tuple[Run, ...]
    bookings: tuple[Booking, ...]
    shuttles: tuple[Shuttle, ...]
    unserved: tuple[Unserved, ...]
    cost: Cost
    waiting: tuple[Waiting, ...] = ()
    as_of_s: int | None = None


def last_mile_runs(plan: Plan) -> dict[str, Run]:
    """By consignment that is booked and on a run as well: the run that does the rest of its way 末端接驳."""
    booked = {booking.consignment_id for booking in plan.bookings}
    return {c.consignment_id: run for run in plan.runs for c in run.carriages if c.consignment_id in booked}


@dataclass(frozen=True, slots=True)
class CarrierAlone:
    """What one carrier would spend without any cooperation."""

    carrier_id: str
    consignments: int
    runs: int
    unserved: int
    cost_fen: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same day without lines, without any cooperation, and with nothing left waiting (0 where nothing could)."""

    shared_runs_fen: int
    alone_fen: int
    alone: tuple[CarrierAlone, ...]
    all_today_fen: int = 0


class BoundMethod(StrEnum):
    """How a bound was found."""

    FLOW = "FLOW"  # a linear program of vehicles' flows and shares of goods, with whole numbers of vehicles
    ENUMERATION = "ENUMERATION"  # all plans of a small day, by the laws that are known to matter on it


@dataclass(frozen=True, slots=True)
class Bound:
    """What any plan of the day costs at least 成本下界.

    ``gap_permille`` is the part of the plan's cost that a better plan could save at most, rounded up. ``is_exact`` says
    that the bound is what the best plan costs.
    """

    lower_fen: int
    gap_permille: int
    method: BoundMethod
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A checked plan with what belongs to it.

    Where asked for: what it is compared with, by which ways goods come into the villages, how much better any other
    plan could be, why what is unserved is, what it would cost if a booked trip failed, how punctual it is. Where it is
    a revision: what that changed.
    """

    plan: Plan
    comparison: Comparison | None = None
    ways: tuple[VillageWay, ...] = ()
    mode_shares: tuple[ModeShare, ...] = ()
    bound: Bound | None = None
    explanations: tuple[Explanation, ...] = ()
    trip_risks: tuple[TripRisk, ...] = ()
    changes: Changes | None = None
    forecast: Forecast | None = None

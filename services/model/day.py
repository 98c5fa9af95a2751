"""A county and one planning day of it: everything that a call to a service carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.model.agreements import Agreement, Partner
from services.model.consignments import AdmissionSet, Consignment
from services.model.fleet import Vehicle
from services.model.held import HeldParcel
from services.model.lines import Line
from services.model.network import Network


@dataclass(frozen=True, slots=True)
class County:
    """What stays the same from parcel to parcel: places, partners, agreements, the day's lines, vehicles."""

    county_id: str
    network: Network
    partners: tuple[Partner, ...]
    agreements: tuple[Agreement, ...] = ()
    lines: tuple[Line, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()


@dataclass(frozen=True, slots=True)
class Objective:
    """The prices, in fen, that are not in the county's own rates.

    An unserved consignment costs ``unserved_fen`` plus ``unserved_fen_per_piece`` for each piece; ten times that when
    it is an emergency, else five times when it is universal-service mail, which goes before parcels. An inbound
    consignment that is handed over after its node's ``due_by_s`` costs ``late_fen_per_min`` for each minute.
    """

    unserved_fen: int = 20_000
    unserved_fen_per_piece: int = 1_000
    co2_fen_per_kg: int = 10
    late_fen_per_min: int = 0


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """Whether consignments may be left until tomorrow, and what a piece due tomorrow costs when it is."""

    is_offered: bool = True
    fen_per_piece: int = 60


@dataclass(frozen=True, slots=True)
class Day:
    """All the input of one county and date that a plan is made from, and what is held of it: no plan needs that."""

    county: County
    service_date: date
    consignments: tuple[Consignment, ...]
    admission_sets: tuple[AdmissionSet, ...]
    objective: Objective = Objective()
    held: tuple[HeldParcel, ...] = ()


@dataclass(frozen=True, slots=True)
class Noise:
    """How far a day strays from its plan; ``docs/decisions/0042-forecast.md`` says where each number comes from.

    ``day_permille``, ``leg_permille`` and ``dwell_permille`` are coefficients of variation in permille of lognormal
    factors with mean 1: one for all roads of a day (weather, traffic), one for each way between two calls, one for the
    handling at each call. Trips leave late by an exponential time of mean ``bus_delay_s`` and so on; on their way they
    stray as vehicles do, trains excepted, and never run ahead of the timetable.
    """

    day_permille: int = 100
    leg_permille: int = 150
    dwell_permille: int = 500
    bus_delay_s: int = 200
    postal_delay_s: int = 200
    freight_delay_s: int = 300
    rail_delay_s: int = 120
    commerce_delay_s: int = 300


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """How to look for a plan.

    ``iterations`` replaces the time budget and makes the plan repeat for the same ``seed``. ``compare`` also plans
    the day without lines' help and for every carrier alone. ``use_waiting`` lets what has a price for it wait until
    tomorrow. ``explain`` looks for the limits of what is left behind, with searches of its own.

    The plan is driven on ``forecast_days`` simulated days of such ``noise``, none for no forecast. Where less than
    ``on_time_target_permille`` of what is due is then on time, a plan with more slack is looked for within the same
    budget; 0 for no target. A village is promised that a call begins ``promise_tolerance_s`` after the planned time at
    the latest.
    """

    time_budget_s: int = 20
    iterations: int | None = None
    seed: int = 1
    engine: str = "search"
    use_lines: bool = True
    compare: bool = True
    cores: int = 2
    use_waiting: bool = True
    explain: bool = False
    on_time_target_permille: int = 0
    forecast_days: int = 2_000
    noise: Noise = Noise()
    promise_tolerance_s: int = 900

"""The partners, agreements and vehicles of a drawn county: the example county's, as many as its villages need.

Five carriers in place of six; rates, limits and tariffs are those of ``agreements.csv`` and ``vehicles.csv`` there, and
what is counted (vehicles, pieces a day) grows with the villages, of which the example has 156.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from services.model.agreements import (
    Agreement,
    CooperationModel,
    Direction,
    Partner,
    Role,
    Sharing,
    Temperature,
)
from services.model.fleet import Energy, Vehicle

EXAMPLE_VILLAGES: Final = 156
CARRIERS: Final = ("EXP-A", "EXP-B", "EXP-C", "EXP-D", "EXP-E")
# What each brings of a hundred parcels there.
CARRIER_SHARES: Final = (27, 24, 18, 16, 15)
PARTNERS: Final = (
    *(Partner(p, f"{c}速递", Role.EXPRESS) for p, c in zip(CARRIERS, "甲乙丙丁戊", strict=True)),
    Partner("POST", "邮政分公司", Role.POSTAL),
    Partner("BUS", "客运公司", Role.TRANSIT),
    Partner("RAIL", "铁路货场", Role.TRANSIT),
    Partner("COOP", "供销社", Role.COMMERCE),
    Partner("MART", "连锁商超", Role.COMMERCE),
    Partner("TPL", "第三方共配公司", Role.THIRD_PARTY),
)
_BOTH: Final = (Direction.INBOUND, Direction.OUTBOUND)
_AMBIENT: Final = (Temperature.AMBIENT,)


def agreements_of(villages: int) -> tuple[Agreement, ...]:
    """All five models, each with the scope and tariff that it has in the example county."""

    def pieces(of_the_example: int) -> int:
        return math.ceil(of_the_example * max(1.0, villages / EXAMPLE_VILLAGES))

    def express(number: int, among: tuple[str, ...], operator: str, sharing: Sharing) -> Agreement:
        return Agreement(
            f"AG-{number}", CooperationModel.EXPRESS, among, operator, sharing, _BOTH, _AMBIENT, max_piece_g=30_000
        )

    return (
        express(1, CARRIERS[:4], "EXP-A", Sharing.SHAPLEY),
        express(2, CARRIERS[:4], "EXP-B", Sharing.SHAPLEY),
        express(3, CARRIERS[3:], "EXP-E", Sharing.PROPORTIONAL_WEIGHT),
        express(4, CARRIERS[2:], "EXP-C", Sharing.NUCLEOLUS),
        Agreement(
            *("AG-5", CooperationModel.POSTAL, CARRIERS, "POST", Sharing.TARIFF, _BOTH, _AMBIENT),
            max_piece_g=30_000,
            max_pieces_per_day=pieces(1_200),
            tariff_piece_fen=25,
            tariff_kg_fen=5,
            emergency=True,
        ),
        Agreement(
            *("AG-6", CooperationModel.TRANSIT, CARRIERS, "BUS", Sharing.TARIFF, _BOTH, _AMBIENT),
            max_piece_g=15_000,
            excluded_categories=("LIQUID", "FRAGILE", "LIVE"),
            tariff_piece_fen=30,
            emergency=True,
        ),
        Agreement(
            *("AG-7", CooperationModel.TRANSIT, (*CARRIERS, "POST"), "RAIL", Sharing.TARIFF, _BOTH, _AMBIENT),
            max_piece_g=40_000,
            tariff_piece_fen=15,
            tariff_kg_fen=5,
        ),
        Agreement(
            *("AG-8", CooperationModel.COMMERCE, CARRIERS, "COOP", Sharing.TARIFF, _BOTH, _AMBIENT),
            max_piece_g=20_000,
            max_pieces_per_day=pieces(400),
            tariff_piece_fen=35,
        ),
        Agreement(
            *("AG-9", CooperationModel.COMMERCE, CARRIERS[:2], "MART", Sharing.TARIFF, (Direction.INBOUND,), _AMBIENT),
            max_piece_g=20_000,
            max_pieces_per_day=pieces(300),
            tariff_piece_fen=35,
        ),
        Agreement(
            *("AG-10", CooperationModel.THIRD_PARTY, (*CARRIERS, "POST"), "TPL", Sharing.TARIFF, _BOTH),
            max_piece_g=50_000,
            tariff_piece_fen=110,
            minimum_fen=30_000,
            emergency=True,
        ),
    )


def vehicles_at_the_hub(villages: int) -> Iterator[Vehicle]:
    """The vans and lorries in town."""

    def many(of_the_example: int, kind: Vehicle) -> Iterator[Vehicle]:
        for number in range(1, math.ceil(of_the_example * villages / EXAMPLE_VILLAGES) + 1):
            yield _named(kind, f"{kind.vehicle_id}{number}")

    for carrier, count in zip(CARRIERS, (3, 3, 2, 2, 2), strict=True):
        yield from many(count, _van(f"VAN-{carrier[-1]}", carrier, "MINIVAN", "HUB"))
    yield from many(4, _van("BOX-", "TPL", "BOX_TRUCK", "HUB"))
    yield from many(2, _van("COLD-", "TPL", "CHILLED_VAN", "HUB"))
    yield from many(3, _van("EV-", "TPL", "ELECTRIC_VAN", "HUB"))
    yield from many(2, _van("PVAN-", "POST", "POSTAL_VAN", "PO-0"))


def tricycle(vehicle_id: str, owner: str, station: str) -> Vehicle:
    """A township's small vehicle for the last mile."""
    return Vehicle(
        *(vehicle_id, owner, "ELECTRIC_TRICYCLE", station, 200_000, 1_500_000, 120, 2_500, 20, 2_200, 70_000),
        shift_start_s=27_000,
        shift_end_s=64_800,
        max_work_s=36_000,
        max_trips=3,
        energy=Energy.ELECTRIC,
        co2_g_per_km=15,
    )


# Grams, millilitres, pieces; fen a day, a kilometre, an hour; metres a day; grams of CO2 a kilometre.
_KINDS: Final = {
    "MINIVAN": ((700_000, 4_500_000, 450, 12_000, 95, 3_000, 320_000), 180),
    "BOX_TRUCK": ((1_800_000, 14_000_000, 1_600, 20_000, 150, 3_400, 400_000), 290),
    "CHILLED_VAN": ((900_000, 5_500_000, 450, 21_000, 135, 3_200, 350_000), 240),
    "ELECTRIC_VAN": ((800_000, 5_500_000, 500, 13_000, 45, 3_000, 160_000), 60),
    "POSTAL_VAN": ((900_000, 6_000_000, 600, 12_000, 100, 3_000, 320_000), 180),
}


def _van(vehicle_id: str, owner: str, kind: str, depot: str) -> Vehicle:
    figures, co2_g_per_km = _KINDS[kind]
    return Vehicle(
        *(vehicle_id, owner, kind, depot, *figures),
        temperatures=tuple(Temperature) if kind == "CHILLED_VAN" else _AMBIENT,
        shift_start_s=21_600,
        shift_end_s=66_600,
        max_work_s=36_000,
        max_trips=3,
        energy=Energy.ELECTRIC if kind == "ELECTRIC_VAN" else Energy.DIESEL,
        co2_g_per_km=co2_g_per_km,
    )


def _named(vehicle: Vehicle, vehicle_id: str) -> Vehicle:
    return replace(vehicle, vehicle_id=vehicle_id)

"""Partners 合作方 and the agreements 合作协议 between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Role(StrEnum):
    """The one role of a partner."""

    EXPRESS = "EXPRESS"
    POSTAL = "POSTAL"
    TRANSIT = "TRANSIT"
    COMMERCE = "COMMERCE"
    THIRD_PARTY = "THIRD_PARTY"


class CooperationModel(StrEnum):
    """The five ways to share: 快邮, 快快, 快交, 快商, 快递+第三方."""

    POSTAL = "POSTAL"
    EXPRESS = "EXPRESS"
    TRANSIT = "TRANSIT"
    COMMERCE = "COMMERCE"
    THIRD_PARTY = "THIRD_PARTY"


class Sharing(StrEnum):
    """How an agreement divides its cost."""

    TARIFF = "TARIFF"
    SHAPLEY = "SHAPLEY"
    NUCLEOLUS = "NUCLEOLUS"
    PROPORTIONAL_WEIGHT = "PROPORTIONAL_WEIGHT"
    PROPORTIONAL_PIECES = "PROPORTIONAL_PIECES"
    EQUAL_PROFIT = "EQUAL_PROFIT"


class Direction(StrEnum):
    """Which way a parcel goes."""

    INBOUND = "INBOUND"  # 进村: hub to village
    OUTBOUND = "OUTBOUND"  # 出村: village to hub


class Temperature(StrEnum):
    """The temperature class a parcel must be kept at."""

    AMBIENT = "AMBIENT"  # 常温
    CHILLED = "CHILLED"  # 冷藏
    FROZEN = "FROZEN"  # 冷冻

    @property
    def is_cold(self) -> bool:
        """Whether the goods may only wait where a node keeps them cold."""
        return self is not Temperature.AMBIENT


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation that takes part, with one role."""

    partner_id: str
    name: str
    role: Role


def ids_by_name(partners: Sequence[Partner]) -> dict[str, str]:
    """Give each partner's id by its id, and by its name where that is no other's."""
    names = Counter(partner.name for partner in partners)
    by_name = {partner.name: partner.partner_id for partner in partners if names[partner.name] == 1}
    return by_name | {partner.partner_id: partner.partner_id for partner in partners}


@dataclass(frozen=True, slots=True)
class Agreement:
    """A cooperation model in force between principals (whose parcels) and an operator (whose resources).

    An empty tuple or ``None`` in the scope leaves that side of it open. ``weekdays`` are ISO numbers, Monday = 1.
    """

    agreement_id: str
    model: CooperationModel
    principals: tuple[str, ...]
    operator: str
    sharing: Sharing
    directions: tuple[Direction, ...] = ()
    temperatures: tuple[Temperature, ...] = ()
    max_piece_g: int | None = None
    max_piece_ml: int | None = None
    excluded_categories: tuple[str, ...] = ()
    townships: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    max_pieces_per_day: int | None = None
    tariff_piece_fen: int = 0
    tariff_kg_fen: int = 0
    tariff_run_fen: int = 0
    minimum_fen: int = 0
    emergency: bool = False

    def is_in_force(self, service_date: date) -> bool:
        """Whether the agreement's dates cover the day. Its weekdays are scope, which emergency parcels pass."""
        return (self.valid_from is None or self.valid_from <= service_date) and (
            self.valid_to is None or service_date <= self.valid_to
        )

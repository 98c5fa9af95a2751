"""How goods come into each village 进村方式: by which mode, under which model, at what cost, and what else could be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.model.agreements import CooperationModel
from services.model.apportion import apportion
from services.model.lines import LineKind


class TransportMode(StrEnum):
    """What goods travel by."""

    BUS = "BUS"  # 客运
    RAIL = "RAIL"  # 铁路
    POST = "POST"  # 邮路
    SHOP = "SHOP"  # 商贸: a delivery tour of shops
    FREIGHT = "FREIGHT"  # 货运
    SHARED_RUN = "SHARED_RUN"  # 共配车次


class Terms(StrEnum):
    """By what right goods travel: on what their carrier owns, or by one of the five cooperation models."""

    OWN = "OWN"  # 自有
    POSTAL = "POSTAL"  # 快邮
    EXPRESS = "EXPRESS"  # 快快
    TRANSIT = "TRANSIT"  # 快交
    COMMERCE = "COMMERCE"  # 快商
    THIRD_PARTY = "THIRD_PARTY"  # 快递+第三方


MODE_OF_LINE: Final[dict[LineKind, TransportMode]] = {
    LineKind.BUS: TransportMode.BUS,
    LineKind.RAIL: TransportMode.RAIL,
    LineKind.POSTAL: TransportMode.POST,
    LineKind.COMMERCE: TransportMode.SHOP,
    LineKind.FREIGHT: TransportMode.FREIGHT,
}


def terms_of(model: CooperationModel | None) -> Terms:
    """Name the terms of a cooperation model; ``None`` is the carrier's own right.

    >>> terms_of(None), terms_of(CooperationModel.TRANSIT)
    (<Terms.OWN: 'OWN'>, <Terms.TRANSIT: 'TRANSIT'>)
    """
    return Terms.OWN if model is None else Terms(model.value)


@dataclass(frozen=True, slots=True)
class UsedWay:
    """What comes to and goes from a village by one mode on the same terms, and its part of the plan's cost."""

    mode: TransportMode
    terms: Terms
    pieces_in: int
    pieces_out: int
    cost_fen: int


@dataclass(frozen=True, slots=True)
class NextBest:
    """The cheapest other way for all that a village has on the plan.

    ``cost_fen`` is what the plan without the village would cost more with the village by this way; ``detail`` names the
    run, vehicle or trips.
    """

    mode: TransportMode
    terms: tuple[Terms, ...]
    cost_fen: int
    detail: str


@dataclass(frozen=True, slots=True)
class VillageWay:
    """By which ways a village's goods travel on a plan, and the next best.

    ``marginal_fen`` is what the plan would save without the village's goods: the figure to hold the next best's cost
    against. The costs of ``used`` are shares of the plan's cost, which add up over all villages; they include a part of
    what the villages of a run have in common. ``why_none`` says in words why there is no other way.
    """

    village_code: str
    used: tuple[UsedWay, ...]
    marginal_fen: int
    next_best: NextBest | None = None
    why_none: str = ""

    @property
    def cost_fen(self) -> int:
        """The village's part of the plan's cost."""
        return sum(way.cost_fen for way in self.used)

    @property
    def saved_fen(self) -> int | None:
        """What this choice saves against the next best; negative where the next best would be cheaper."""
        return None if self.next_best is None else self.next_best.cost_fen - self.marginal_fen


@dataclass(frozen=True, slots=True)
class ModeShare:
    """Pieces carried by one mode, and their share of all pieces carried, in permille."""

    mode: TransportMode
    pieces_in: int
    pieces_out: int
    permille: int


def mode_shares(ways: Iterable[VillageWay]) -> tuple[ModeShare, ...]:
    """Count pieces by mode, all modes in their order; the shares add up to 1,000. Nothing carried: no shares."""
    pieces = {mode: [0, 0] for mode in TransportMode}
    for way in ways:
        for used in way.used:
            pieces[used.mode][0] += used.pieces_in
            pieces[used.mode][1] += used.pieces_out
    totals = [sum(both) for both in pieces.values()]
    if not sum(totals):
        return ()
    return tuple(
        ModeShare(mode, both[0], both[1], permille)
        for (mode, both), permille in zip(pieces.items(), apportion(1_000, totals), strict=True)
    )

"""Shares by mode."""

from __future__ import annotations

from services.model.ways import Terms, TransportMode, UsedWay, VillageWay, mode_shares


def way(mode: TransportMode, pieces_in: int, pieces_out: int = 0) -> VillageWay:
    return VillageWay(f"{mode}", (UsedWay(mode, Terms.OWN, pieces_in, pieces_out, 0),), 0)


def test_shares_of_thirds_add_up_to_a_hundred_percent() -> None:
    shares = mode_shares([way(TransportMode.BUS, 1), way(TransportMode.RAIL, 0, 1), way(TransportMode.SHOP, 1)])
    assert [share.mode for share in shares] == list(TransportMode)
    assert [share.permille for share in shares] == [334, 333, 0, 333, 0, 0]
    assert (shares[1].pieces_in, shares[1].pieces_out) == (0, 1)


def test_where_nothing_is_carried_there_are_no_shares() -> None:
    assert mode_shares([]) == ()

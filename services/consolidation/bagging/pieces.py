"""The pieces of consignments, each with its parcel, its number and its size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from services.model.consignments import Consignment


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """One piece: ``number`` counts from 1 within its parcel, or within the consignment where no parcel is named."""

    consignment_id: str
    parcel_id: str
    number: int
    weight_g: int
    volume_ml: int


def pieces_of(consignment: Consignment) -> Iterator[Piece]:
    """Give a consignment's pieces; their weights and volumes add up to its own.

    Pieces of one parcel are of equal size, the remainder on the first. Where the parcels' sizes are not given, the
    consignment's are shared out in the same way; where it is not even known how many pieces each parcel has, they are
    the consignment's pieces and name no parcel.
    """
    for name, count, weight_g, volume_ml in _parcels(consignment):
        for number in range(1, count + 1):
            first = number == 1
            yield Piece(
                consignment.consignment_id,
                name,
                number,
                weight_g // count + (weight_g % count if first else 0),
                volume_ml // count + (volume_ml % count if first else 0),
            )


def _parcels(consignment: Consignment) -> Iterator[tuple[str, int, int, int]]:
    """Give each parcel's name, pieces, weight and volume."""
    names, pieces = consignment.parcel_ids, consignment.parcel_pieces
    if not pieces and len(names) == consignment.pieces:
        pieces = (1,) * consignment.pieces
    elif not pieces and len(names) == 1:
        pieces = (consignment.pieces,)
    if not names or not pieces:
        yield "", consignment.pieces, consignment.weight_g, consignment.volume_ml
        return
    weights_g = consignment.parcel_g or share(consignment.weight_g, pieces)
    volumes_ml = consignment.parcel_ml or share(consignment.volume_ml, pieces)
    yield from zip(names, pieces, weights_g, volumes_ml, strict=True)


def share(amount: int, pieces: tuple[int, ...]) -> tuple[int, ...]:
    """Share an amount out by pieces, whole units only, so that it adds up.

    >>> share(10, (1, 2))
    (3, 7)
    """
    total = sum(pieces)
    ends = [amount * n // total for n in accumulate(pieces)]
    return tuple(end - start for start, end in zip([0, *ends], ends, strict=False))

"""Bags 集包袋: what a day's consignments are packed into, each with a code, a seal and a manifest."""

from __future__ import annotations

from dataclasses import dataclass

from services.model.agreements import Direction, Temperature
from services.model.consignments import Goods


@dataclass(frozen=True, slots=True)
class BagLimits:
    """What a bag holds at most."""

    weight_g: int = 20_000
    volume_ml: int = 80_000


@dataclass(frozen=True, slots=True)
class BagRules:
    """What bags hold: fragile goods are packed lighter."""

    normal: BagLimits = BagLimits()
    fragile: BagLimits = BagLimits(weight_g=10_000)


@dataclass(frozen=True, slots=True)
class BagSeal:
    """A seal 封签 put on a bag."""

    code: str
    seal: str


@dataclass(frozen=True, slots=True)
class BagContent:
    """A line of a bag's manifest: pieces of one parcel, counted from 1 as on their labels.

    ``parcel_id`` is empty where the consignment does not say which parcels its pieces are; they are then counted
    through the consignment.
    """

    consignment_id: str
    parcel_id: str
    piece_numbers: tuple[int, ...]
    weight_g: int
    volume_ml: int


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag with its manifest. ``code`` names it; ``seal`` is empty until it is sealed."""

    code: str
    seal: str
    pieces: int
    weight_g: int
    volume_ml: int
    contents: tuple[BagContent, ...]


@dataclass(frozen=True, slots=True)
class BagGroup:
    """Goods that ride together and are handed over together, and the bags that they fill.

    They are loaded at ``from_node`` and handed over at ``to_node``, by run ``run_id`` or trip ``trip_id``, both where
    one brings to the other, neither before there is a plan. ``loose`` are pieces larger than a bag 散件. No packing
    needs less than ``bound`` bags.
    """

    direction: Direction
    village_code: str
    from_node: str
    to_node: str
    temperature: Temperature
    fragile: bool
    goods: Goods
    run_id: str
    trip_id: str
    limits: BagLimits
    bags: tuple[Bag, ...]
    loose: tuple[BagContent, ...]
    bound: int


@dataclass(frozen=True, slots=True)
class Bagging:
    """All bags of a day. ``left`` are the consignments that stay, unserved or waiting, and so are not packed."""

    groups: tuple[BagGroup, ...]
    left: tuple[str, ...] = ()

    @property
    def bags(self) -> int:
        """Bags in all groups."""
        return sum(len(group.bags) for group in self.groups)

    @property
    def loose_pieces(self) -> int:
        """Pieces in no bag."""
        return sum(len(content.piece_numbers) for group in self.groups for content in group.loose)

    @property
    def bound(self) -> int:
        """How many bags no packing does without."""
        return sum(group.bound for group in self.groups)

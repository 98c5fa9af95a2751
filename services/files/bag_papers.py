"""Bags on paper: the list of bags 装袋单, and which bag a parcel or a consignment is in for other papers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from services.files.sheet import Row, sheet, thousandths
from services.files.words import DIRECTIONS, GOODS, TEMPERATURES
from services.model.bags import Bag, BagContent, Bagging, BagGroup
from services.model.day import Day

BAG_LIST_FILE: Final = "装袋单.csv"
LOOSE: Final = "散件"
BAG_LIST_HEADER: Final = (
    "车次",
    "班次",
    "方向",
    "装车点",
    "交接点",
    "袋号",
    "封签号",
    "温层",
    "易碎",
    "类别",
    "袋内件数",
    "袋重(kg)",
    "袋体积(L)",
    "快递公司",
    "运单号",
    "换单号",
    "件数",
    "件序",
    "合配件组",
)


def bag_list(day: Day, bagging: Bagging) -> bytes:
    """Write every bag with its manifest, a row for each parcel in it, and what travels loose, as CSV.

    Bags stand by run and trip, then by where they are handed over. 件序 says which pieces of a parcel these are.
    """
    writer = _ListWriter(day)
    groups = sorted(bagging.groups, key=lambda g: (g.run_id, g.trip_id, g.direction, g.village_code))
    return sheet([BAG_LIST_HEADER, *(row for group in groups for row in writer.rows(group))])


class BagBook:
    """Which bags goods are in."""

    def __init__(self, bagging: Bagging) -> None:
        self._of_parcels: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._of_consignments: defaultdict[str, dict[str, Bag]] = defaultdict(dict)
        self._loose: defaultdict[str, int] = defaultdict(int)
        for group in bagging.groups:
            for bag in group.bags:
                for content in bag.contents:
                    self._of_parcels[content.consignment_id, content.parcel_id].append(bag.code)
                    self._of_consignments[content.consignment_id][bag.code] = bag
            for content in group.loose:
                self._of_parcels[content.consignment_id, content.parcel_id].append(LOOSE)
                self._loose[content.consignment_id] += len(content.piece_numbers)

    def of_parcel(self, consignment_id: str, parcel_id: str) -> str:
        """Name the bags that a parcel is in, and say where pieces of it are loose."""
        known = self._of_parcels.get((consignment_id, parcel_id)) or self._of_parcels.get((consignment_id, ""), [])
        return "、".join(known)

    def of_goods(self, consignment_ids: Iterable[str]) -> list[Bag]:
        """Give the bags with goods of these consignments, in the order of their codes."""
        found: dict[str, Bag] = {}
        for consignment_id in consignment_ids:
            found |= self._of_consignments.get(consignment_id, {})
        return [found[code] for code in sorted(found)]

    def loose_pieces(self, consignment_ids: Iterable[str]) -> int:
        """Count the pieces of these consignments that are in no bag."""
        return sum(self._loose.get(consignment_id, 0) for consignment_id in consignment_ids)


class _ListWriter:
    """Rows of the list of bags."""

    def __init__(self, day: Day) -> None:
        self._nodes = {node.node_id: node.name for node in day.county.network.nodes}
        self._partners = {partner.partner_id: partner.name for partner in day.county.partners}
        self._carriers = {c.consignment_id: c.carrier_id for c in day.consignments}
        self._second = {r.parcel_id: r.new_id for c in day.consignments for r in c.relabelled}

    def rows(self, group: BagGroup) -> Iterator[Row]:
        ends = self._nodes[group.from_node], self._nodes[group.to_node]
        way = (group.run_id, group.trip_id, DIRECTIONS[group.direction], *ends)
        kind = TEMPERATURES[group.temperature], "是" if group.fragile else "否", GOODS[group.goods]
        for bag in group.bags:
            sums = bag.pieces, thousandths(bag.weight_g), thousandths(bag.volume_ml)
            yield from self._lines((*way, bag.code, bag.seal, *kind, *sums), bag.contents)
        for content in group.loose:
            sums = len(content.piece_numbers), thousandths(content.weight_g), thousandths(content.volume_ml)
            yield from self._lines((*way, LOOSE, "", *kind, *sums), [content])

    def _lines(self, head: Row, contents: Sequence[BagContent]) -> Iterator[Row]:
        for content in contents:
            carrier_id = self._carriers[content.consignment_id]
            yield (
                *head,
                self._partners.get(carrier_id, carrier_id),
                content.parcel_id.removeprefix(f"{carrier_id}/"),
                self._second.get(content.parcel_id, ""),
                len(content.piece_numbers),
                _ranges(content.piece_numbers),
                content.consignment_id,
            )


def _ranges(numbers: Sequence[int]) -> str:
    """Write numbers as ranges.

    >>> _ranges((1, 2, 3, 5))
    '1至3、5'
    """
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1][-1] = number
        else:
            parts.append([number, number])
    return "、".join(str(first) if first == last else f"{first}至{last}" for first, last in parts)

"""The story of bagging a day: group, pack, number, list."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from services.consolidation.bagging.codes import bag_code, code_prefix
from services.consolidation.bagging.effort import PackingEffort
from services.consolidation.bagging.groups import Group, group_consignments
from services.consolidation.bagging.packing import pack_all
from services.consolidation.bagging.pieces import Piece, pieces_of
from services.consolidation.bagging.problem import Packing, Size, make_problem
from services.model.bags import Bag, BagContent, Bagging, BagGroup, BagRules, BagSeal
from services.model.day import Day
from services.model.errors import InvalidInputError, Violation
from services.model.plan import Plan


def bag_day(day: Day, plan: Plan | None, rules: BagRules | None = None, effort: PackingEffort | None = None) -> Bagging:
    """Pack what a plan carries into bags; before there is a plan, what may travel alike to each village.

    The same day and plan, in whatever order their consignments stand, give the same bags with the same codes.
    """
    groups, left = group_consignments(day, plan, rules or BagRules())
    sorted_out = [_fitting(group) for group in groups]
    problems = [
        make_problem([_size(piece) for piece in fitting], group.limits.weight_g, group.limits.volume_ml)
        for group, (fitting, _) in zip(groups, sorted_out, strict=True)
    ]
    numbers: Counter[str] = Counter()
    made = []
    for group, (fitting, loose), packing in zip(groups, sorted_out, pack_all(problems, effort), strict=True):
        key = group.key
        prefix = code_prefix(
            day.county.county_id, day.service_date, key.direction, key.village_code, key.temperature, key.fragile
        )
        bags = []
        for pieces in _hand_out(fitting, packing):
            numbers[prefix] += 1
            bags.append(_bag(bag_code(prefix, numbers[prefix]), pieces))
        made.append(
            BagGroup(
                direction=key.direction,
                village_code=key.village_code,
                from_node=key.from_node,
                to_node=key.to_node,
                temperature=key.temperature,
                fragile=key.fragile,
                goods=key.goods,
                run_id=key.run_id,
                trip_id=key.trip_id,
                limits=group.limits,
                bags=tuple(bags),
                loose=_contents(loose),
                bound=packing.bound,
            )
        )
    return Bagging(tuple(made), left)


def seal_bags(bagging: Bagging, seals: Sequence[BagSeal]) -> Bagging:
    """Put seals on bags by their codes.

    Raises
    ------
    InvalidInputError
        When a code is no bag's, or a bag or a seal is named twice.
    """
    violations: list[Violation] = []
    codes = {bag.code for group in bagging.groups for bag in group.bags}
    by_code: dict[str, str] = {}
    used: set[str] = set()
    for index, one in enumerate(seals):
        path = f"seals[{index}]"
        if one.code not in codes:
            violations.append(Violation(f"{path}.code", f"{one.code[:60]!r} is no bag of this plan"))
        if one.code in by_code:
            violations.append(Violation(f"{path}.code", "stands twice"))
        if not one.seal.strip():
            violations.append(Violation(f"{path}.seal", "is empty"))
        if one.seal in used:
            violations.append(Violation(f"{path}.seal", "is on another bag"))
        by_code[one.code] = one.seal
        used.add(one.seal)
    if violations:
        raise InvalidInputError(violations)
    groups = (
        replace(group, bags=tuple(replace(bag, seal=by_code.get(bag.code, bag.seal)) for bag in group.bags))
        for group in bagging.groups
    )
    return replace(bagging, groups=tuple(groups))


def _size(piece: Piece) -> Size:
    return piece.weight_g, piece.volume_ml


def _fitting(group: Group) -> tuple[list[Piece], list[Piece]]:
    """Part the pieces that fit into a bag from those that travel loose."""
    fitting: list[Piece] = []
    loose: list[Piece] = []
    for consignment in group.consignments:
        for piece in pieces_of(consignment):
            fits = piece.weight_g <= group.limits.weight_g and piece.volume_ml <= group.limits.volume_ml
            (fitting if fits else loose).append(piece)
    return fitting, loose


def _hand_out(pieces: Sequence[Piece], packing: Packing) -> Iterable[list[Piece]]:
    """Fill bags as the packing says: pieces of equal size are taken in order, so that parcels stay together."""
    by_size: defaultdict[Size, list[Piece]] = defaultdict(list)
    for piece in sorted(pieces, reverse=True):
        by_size[_size(piece)].append(piece)
    sizes = sorted(by_size, reverse=True)
    for pattern in sorted(packing.patterns):
        yield [by_size[sizes[index]].pop() for index, count in pattern for _ in range(count)]


def _bag(code: str, pieces: Sequence[Piece]) -> Bag:
    return Bag(
        code=code,
        seal="",
        pieces=len(pieces),
        weight_g=sum(piece.weight_g for piece in pieces),
        volume_ml=sum(piece.volume_ml for piece in pieces),
        contents=_contents(pieces),
    )


def _contents(pieces: Iterable[Piece]) -> tuple[BagContent, ...]:
    """Write a manifest: a line a parcel, in the order of their names."""
    parcels: defaultdict[tuple[str, str], list[Piece]] = defaultdict(list)
    for piece in sorted(pieces):
        parcels[piece.consignment_id, piece.parcel_id].append(piece)
    return tuple(
        BagContent(
            consignment_id,
            parcel_id,
            tuple(piece.number for piece in found),
            sum(piece.weight_g for piece in found),
            sum(piece.volume_ml for piece in found),
        )
        for (consignment_id, parcel_id), found in parcels.items()
    )

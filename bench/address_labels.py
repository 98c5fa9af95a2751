"""What a careful reader can know of an address: the labels of the set that bench/address_set.py draws.

The reader knows the gazetteer, the home counties (which an address means that names no county), and that a slip of the
pen spoils at most one character: wrong, missing, too many, or two neighbours exchanged. What was written is compared
with every village of the county, name by name, apart from the code that is measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from services.model.network import Village


class Label(StrEnum):
    """What can be known of an address.

    ``CLEAR``
        One village fits with the fewest slips, and it is the one meant. These count for recall.
    ``OPEN``
        Several fit equally (a namesake without its township, a slip between two neighbours); or what is written
        contradicts itself (the township of one village, the name of another); or it is of a county that the address
        does not name; or it is a hamlet, street or place that no gazetteer has. These must be held: an answer counts as
        wrong, even the one meant. Where a village was meant, it should be among the candidates.
    ``LOST``
        It is the correct address of another village than the one meant: a slip led from one name to another of the same
        township, or a village of another county was written without it. Nothing in the address tells, so that no reader
        can do better than to believe it. These are shown, and left out of precision and recall.
    """

    CLEAR = "CLEAR"
    OPEN = "OPEN"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Written:
    """What an address says: county and township are empty where it does not name them.

    ``is_open_ended``: what follows the village is no number, so that only a 村 shows where its name ends.
    """

    county: str
    township: str
    village: str
    is_open_ended: bool = False


def plain(name: str) -> str:
    """A village's name without the gazetteer's remarks.

    >>> plain("永胜村（天岗石材开发区）（省级）"), plain("驿马村委")
    ('永胜村', '驿马村')
    """
    return name.split("（", maxsplit=1)[0].replace("省级特殊村", "").replace("村委", "村")


@lru_cache(maxsize=1_000_000)
def count_slips(written: str, name: str) -> int:
    """0 if they are equal, 1 if they are one slip apart, else 2.

    >>> [count_slips(written, "永兴村") for written in ("永兴村", "永新村", "兴永村", "永村", "大永兴村", "大永新村")]
    [0, 1, 1, 1, 1, 2]
    """
    if written == name:
        return 0
    shorter, longer = sorted((written, name), key=len)
    start = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(longer) > len(shorter):
        return 1 if shorter[start:] == longer[start + 1 :] else 2
    is_swap = written[start : start + 2] == name[start : start + 2][::-1] and written[start + 2 :] == name[start + 2 :]
    return 1 if is_swap or written[start + 1 :] == name[start + 1 :] else 2


class Reader:
    """Labels addresses by comparing them with every village that they could mean."""

    def __init__(self, villages: Sequence[Village], home: frozenset[str]) -> None:
        self._home = home
        self._by_township: dict[tuple[str, str], list[Village]] = defaultdict(list)
        self._by_name: dict[str, list[Village]] = defaultdict(list)
        for village in villages:
            self._by_township[village.county, village.township].append(village)
            self._by_name[plain(village.name)].append(village)

    def label(self, written: Written, meant: Village) -> Label:
        """Say what can be known of an address that was written for a village."""
        scope = {written.county} if written.county else self._home
        namesakes = [v for v in self._by_name[written.village] if v.county in scope]
        if not written.township:
            return _label(namesakes, meant)
        here = [v for county in scope for v in self._by_township.get((county, written.township), ())]
        if begun := [v for v in here if written.village.startswith(plain(v.name))]:
            longest = max(len(plain(v.name)) for v in begun)
            return _label([v for v in begun if len(plain(v.name)) == longest], meant)
        if here and namesakes:
            return Label.OPEN
        if written.is_open_ended and "村" not in written.village:
            return Label.OPEN
        names = {written.village}
        if written.is_open_ended:
            names.add(written.village.split("村")[0] + "村")
        near = [v for v in namesakes if count_slips(written.township, v.township) == 1]
        near += [v for v in here if any(count_slips(name, plain(v.name)) == 1 for name in names)]
        return Label.CLEAR if near == [meant] else Label.OPEN


def _label(fits: Sequence[Village], meant: Village) -> Label:
    """Label what is spelled right."""
    if len(fits) != 1:
        return Label.OPEN
    return Label.CLEAR if fits[0] == meant else Label.LOST

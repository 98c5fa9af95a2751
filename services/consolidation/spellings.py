"""The gazetteer as people write it: counties, townships and villages with all forms of their names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from services.model.network import Village

_COUNTY_ENDINGS: Final = "市县区旗"
_TOWNSHIP_ENDING: Final = re.compile(r"(?:特殊乡镇|特殊街道|街道|镇|乡)$")
# 朝鲜族乡 and the like; the peoples of the townships and villages of China's north-east and north.
_PEOPLE: Final = r"(?:满族|朝鲜族|蒙古族|回族|锡伯族|达斡尔族|鄂温克族|鄂伦春族|赫哲族)"
PEOPLE_OF_A_TOWNSHIP: Final = rf"{_PEOPLE}+(乡|镇)"
_PEOPLE_OF_A_VILLAGE: Final = re.compile(rf"(?<=.){_PEOPLE}+(?=村$)")
# Statistics number development zones from 71 to 79; the county that an address names there is the one around them.
_ZONE_CODE: Final = re.compile(r"\d{4}7[1-9]")

_REMARK: Final = re.compile(r"[（(].*$")
_COMMITTEE: Final = re.compile(r"(?<=村)委会?$")

_COUNTY_SCHEMA: Final = {"county": pl.String, "stem": pl.String}
_TOWNSHIP_SCHEMA: Final = {
    "township_code": pl.String,
    "county": pl.String,
    "spelled": pl.String,
    "is_short": pl.Boolean,
}
_VILLAGE_SCHEMA: Final = {
    "code": pl.String,
    "township_code": pl.String,
    "county": pl.String,
    "name": pl.String,
    "is_exact": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class Spellings:
    """The names by which an address may mean a place; every frame has a line for each spelling.

    Attributes
    ----------
    counties:
        ``county`` and ``stem``, its name without 市 or 县 (null where nothing would tell it from other words).
    townships:
        ``township_code``, ``county``, ``spelled``, and ``is_short`` where 镇, 乡 or 街道 is left out.
    villages:
        ``code``, ``township_code``, ``county``, ``name``, and ``is_exact`` unless the people 朝鲜族 is left out, which
        often tells a village from its neighbour 汉村.
    zones:
        Names of the counties that exist in statistics only.

    """

    counties: pl.DataFrame
    townships: pl.DataFrame
    villages: pl.DataFrame
    zones: tuple[str, ...]


def spell_villages(villages: Sequence[Village]) -> Spellings:
    """List how the places of a gazetteer are written."""
    counties = {name: _letters(name) for name in {v.county for v in villages}}
    townships = sorted({(v.township_code, v.township, v.county) for v in villages})
    names = [_plain(v.name) for v in villages]
    own_names = {(v.township_code, name) for v, name in zip(villages, names, strict=True)}
    return Spellings(
        counties=pl.DataFrame(
            [(name, _stem(name)) for name in sorted(set(counties.values()))], schema=_COUNTY_SCHEMA, orient="row"
        ),
        townships=pl.DataFrame(
            [
                (code, counties[county], *way)
                for code, name, county in townships
                for way in _township_ways(_letters(name))
            ],
            schema=_TOWNSHIP_SCHEMA,
            orient="row",
        ),
        villages=pl.DataFrame(
            [
                (v.code, v.township_code, counties[v.county], *way)
                for v, name in zip(villages, names, strict=True)
                for way in _village_ways(name)
                if way[0] == name or (v.township_code, way[0]) not in own_names
            ],
            schema=_VILLAGE_SCHEMA,
            orient="row",
        ),
        zones=tuple(sorted({counties[v.county] for v in villages if _ZONE_CODE.match(v.county_code)})),
    )


def _stem(county: str) -> str | None:
    """A county's name as it is shortened.

    >>> _stem("桦甸市"), _stem("吉林经济开发区")
    ('桦甸', None)
    """
    return county[:-1] if len(county) in (3, 4) and county[-1] in _COUNTY_ENDINGS else None


def _township_ways(name: str) -> Iterator[tuple[str, bool]]:
    """A township's spellings, and whether each lacks what says that it is a township.

    >>> list(_township_ways("永吉街道"))
    [('永吉街道', False), ('永吉街道办事处', False), ('永吉街道办', False), ('永吉', True)]
    >>> list(_township_ways("乌林朝鲜族乡"))
    [('乌林乡', False), ('乌林朝鲜族乡', False), ('乌林', True)]
    >>> list(_township_ways("永吉经济开发区特殊乡镇"))
    [('永吉经济开发区特殊乡镇', False), ('永吉经济开发区', True)]
    """
    full = re.sub(PEOPLE_OF_A_TOWNSHIP, r"\1", name)
    yield full, False
    while name != full:  # an address with a slip in 朝鲜族 still has it
        yield name, False
        name = re.sub(f"{_PEOPLE}(乡|镇)$", r"\1", name)
    if full.endswith("街道"):
        yield full + "办事处", False
        yield full + "办", False
    short = _TOWNSHIP_ENDING.sub("", full)
    if short != full and len(short) > 1:
        yield short, True


def _plain(name: str) -> str:
    """A village's name as people write it, without what the gazetteer adds.

    >>> _plain("永胜村（天岗石材开发区）（省级）"), _plain("驿马村委")
    ('永胜村', '驿马村')
    """
    return _COMMITTEE.sub("", _letters(_REMARK.sub("", name)))


def _letters(name: str) -> str:
    """A name as addresses are compared: without spaces and marks."""
    name = unicodedata.normalize("NFKC", name)
    return name if name.isalnum() else "".join(filter(str.isalnum, name))


def _village_ways(name: str) -> Iterator[tuple[str, bool]]:
    """A village's spellings, its own name first, and whether each is exact.

    >>> [way for way, _ in _village_ways("倒木朝鲜族村")], [way for way, _ in _village_ways("朝鲜族村")]
    (['倒木朝鲜族村', '倒木鲜族村', '倒木鲜村', '倒木村'], ['朝鲜族村', '鲜族村'])
    """
    yield name, True
    if name.endswith("省级特殊村"):
        yield name.removesuffix("省级特殊村"), True
    if name.endswith("朝鲜族村"):
        yield name.removesuffix("朝鲜族村") + "鲜族村", True
    shorter = _PEOPLE_OF_A_VILLAGE.sub("", name) if name.endswith("族村") else name
    if shorter != name and name.endswith("朝鲜族村"):
        yield name.removesuffix("朝鲜族村") + "鲜村", True
    if shorter != name:
        yield shorter, False

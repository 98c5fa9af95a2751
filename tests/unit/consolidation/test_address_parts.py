"""What stands before the township, and what follows it."""

from __future__ import annotations

from typing import Final

import polars as pl
import pytest

from services.consolidation.address_parts import either, find_counties, split_heads, tidy
from services.consolidation.spellings import spell_villages
from tests.addresses import CITY

SPELLINGS: Final = spell_villages(CITY)


def split(address: str) -> set[tuple[str | None, str]]:
    counties = find_counties(pl.DataFrame({"address": [address]}), SPELLINGS)
    return set(split_heads(counties, SPELLINGS).select("named", "rest").iter_rows())


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("吉林省吉林市桦甸市桦郊乡", "桦甸市"),
        ("吉林桦甸桦郊乡", "桦甸市"),
        ("吉林吉林桦甸桦郊乡", "桦甸市"),
        ("中国吉林省桦甸县桦郊乡", "桦甸市"),
        ("吉林市桦甸桦郊乡", "桦甸市"),
        ("桦甸市桦甸市桦郊乡", "桦甸市"),
    ],
)
def test_a_county_is_split_off_however_it_is_written(address: str, named: str) -> None:
    assert (named, "桦郊乡") in split(address)


@pytest.mark.parametrize("address", ["桦郊乡", "吉林省桦郊乡", "吉林省吉林市桦郊乡", "吉林桦郊乡", "中国吉林市桦郊乡"])
def test_province_and_city_are_split_off(address: str) -> None:
    assert (None, "桦郊乡") in split(address)


def test_a_township_called_like_a_county_or_a_province_stays_whole() -> None:
    assert split("永吉街道渔业村") == {(None, "永吉街道渔业村")}
    assert (None, "河南街道新立村") in split("河南街道新立村")
    assert split("舒兰站村") == {(None, "舒兰站村")}


def test_what_might_be_a_county_or_a_township_is_split_both_ways() -> None:
    assert split("永吉莲花村") == {("永吉县", "莲花村"), (None, "永吉莲花村")}


def test_an_address_in_two_counties_is_not_split() -> None:
    assert split("桦甸市蛟河市桦郊乡") == set()


@pytest.mark.parametrize(
    ("address", "tidied"),
    [
        (" 桦甸市，桦郊乡（永兴村）-５组\u200b12# ", "桦甸市桦郊乡永兴村5组12"),
        ("乌林朝鲜族乡", "乌林乡"),
        ("土城子满族朝鲜族乡", "土城子乡"),
        ("朝鲜族村", "朝鲜族村"),
        (None, None),
    ],
)
def test_tidy_leaves_letters_and_ordinary_digits(address: str | None, tidied: str | None) -> None:
    written = pl.DataFrame({"address": [address]}, schema={"address": pl.String})
    assert written.select(tidy(pl.col("address"))).item() == tidied


def test_either_of_no_names_fits_nothing() -> None:
    nothing = pl.Series([], dtype=pl.String)
    assert not pl.select(pl.lit("桦甸市").str.contains(f"^(?:{either(nothing)})")).item()

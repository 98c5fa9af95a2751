"""How the places of a gazetteer are written."""

from __future__ import annotations

from services.consolidation.spellings import spell_villages
from services.model.network import Village
from tests.addresses import CITY


def test_every_village_is_spelled_by_its_own_name_first() -> None:
    spellings = spell_villages(CITY)
    assert spellings.villages.filter("is_exact")["code"].n_unique() == len(CITY) == 1_384
    assert spellings.villages["county"].n_unique() == spellings.counties.height == 12
    full = spellings.townships.filter(~spellings.townships["is_short"])
    assert full["township_code"].n_unique() == len({v.township_code for v in CITY})


def test_zones_are_the_counties_of_statistics_only() -> None:
    assert spell_villages(CITY).zones == ("吉林中国新加坡食品区", "吉林经济开发区", "吉林高新技术产业开发区")


def test_a_short_form_that_is_a_neighbour_s_name_is_the_neighbour_s_only() -> None:
    names = spell_villages(CITY).villages.filter(spell_villages(CITY).villages["name"] == "倒木村")
    assert names["is_exact"].to_list() == [True]


def test_names_are_compared_without_marks() -> None:
    village = Village("110111101200", "甲·乙 村（省级）", "110111101", "丙 镇", "110111", "丁·区")
    spellings = spell_villages([village])
    assert spellings.villages["name"].to_list() == ["甲乙村"]
    assert spellings.townships["spelled"].to_list() == ["丙镇"]
    assert spellings.counties.rows() == [("丁区", None)]


def test_no_villages_have_no_spellings() -> None:
    assert spell_villages([]).villages.is_empty()

"""Which village a parcel is for: a law over the whole city's villages, and the ways in which addresses are written."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.address_labels import count_slips, plain
from services.model.held import HeldReason
from services.model.network import Village
from tests.addresses import (
    CITY,
    CODES,
    HOME,
    NOWHERE,
    YONGXING,
    found,
    held_as_ambiguous,
    resolve,
    resolve_address,
)


def test_every_full_address_of_the_city_names_its_own_village() -> None:
    answers = resolve(*(("", f"吉林省吉林市{v.county}{v.township}{v.name}") for v in CITY))
    assert [a[:2] for a in answers] == [found(v.code)[:2] for v in CITY]


@pytest.mark.parametrize(
    "form", ["{county}{township}{name}3组12号", "{county} {township} {name}委会", "{township}{name}"]
)
def test_every_home_village_is_found_without_province_or_county(form: str) -> None:
    home = [v for v in CITY if v.county == HOME]
    answers = resolve(*(("", form.format(county=v.county, township=v.township, name=v.name)) for v in home))
    assert [a[:2] for a in answers] == [(v.code, None) for v in home]


def test_a_village_name_that_its_county_has_once_is_enough_and_one_that_it_has_twice_is_not() -> None:
    plain = [(v, v.name.split("（")[0]) for v in CITY]
    namesakes: dict[tuple[str, str], list[str]] = {}
    for village, name in plain:
        namesakes.setdefault((village.county, name), []).append(village.code)
    assert Counter(len(codes) for codes in namesakes.values())[2] > 14
    answers = resolve(*(("", f"吉林省吉林市{v.county}{name}") for v, name in plain))
    for (village, name), answer in zip(plain, answers, strict=True):
        codes = namesakes[village.county, name]
        assert answer[0] == (codes[0] if len(codes) == 1 else None), (village, answer)
        if len(codes) > 1:
            assert answer == held_as_ambiguous(*codes)


def test_a_code_counts_before_the_address() -> None:
    assert resolve((YONGXING, "桦甸市桦郊乡友谊村")) == [found(YONGXING)]


def test_a_code_that_is_nowhere_leaves_it_to_the_address() -> None:
    assert resolve(("220299999999", "桦甸市桦郊乡永兴村5组"), ("220299999999", "吉林省吉林市")) == [
        found(YONGXING),
        NOWHERE,
    ]


def test_a_served_code_needs_no_gazetteer() -> None:
    assert resolve((YONGXING, ""), ("", "桦郊乡永兴村"), villages=()) == [found(YONGXING), NOWHERE]


def test_a_code_of_another_county_is_not_served() -> None:
    shulan = next(v.code for v in CITY if v.county == "舒兰市")
    assert resolve((shulan, ""))[0][:2] == (shulan, HeldReason.VILLAGE_NOT_SERVED)


@pytest.mark.parametrize(
    "address",
    [
        "吉林省吉林市桦甸市桦郊乡永兴村",
        "中国吉林省吉林市桦甸市桦郊乡永兴村5组",
        "吉林桦甸市桦郊乡永兴村",
        "桦甸市桦郊乡永兴村",
        "桦郊乡永兴村委会",
        "吉林市桦郊乡永兴村",
        " 吉林省  吉林市,桦甸市，桦郊乡·永兴村 5组\n",
        "吉林省-吉林市-桦甸市-桦郊乡-永兴村",
        "桦甸市永兴村",
        "永兴村5组",
    ],
)
def test_an_address_may_leave_out_what_is_clear(address: str) -> None:
    assert resolve_address(address) == found(YONGXING)


@pytest.mark.parametrize("township", ["横道河子乡", "八道河子镇"])
def test_a_township_tells_namesakes_of_one_county_apart(township: str) -> None:
    assert resolve_address(f"桦甸市{township}复兴村8组") == found(CODES[HOME, township, "复兴村"])


@pytest.mark.parametrize("address", ["桦甸市复兴村", "复兴村", "吉林省吉林市桦甸市复兴村8组"])
def test_namesakes_of_one_county_without_a_township_are_all_candidates(address: str) -> None:
    both = [v.code for v in CITY if v.county == HOME and v.name == "复兴村"]
    assert len(both) == 2
    assert resolve_address(address) == held_as_ambiguous(*both)


def test_a_namesake_that_has_no_station_is_still_a_candidate() -> None:
    served = next(v for v in CITY if v.code == YONGXING)
    unserved = Village("220282999999", "永兴村", "220282999", "新镇", "220282", HOME)
    answer = resolve_address("桦甸市永兴村", villages=(served, unserved))
    assert answer == held_as_ambiguous(served.code, unserved.code)


def test_the_county_tells_townships_of_the_same_name_apart() -> None:
    here = Village("220282003200", "南村", "220282003", "河南街道", "220282", HOME)
    there = Village("220281003200", "南村", "220281003", "河南街道", "220281", "蛟河市")
    both = (*CITY, here, there)
    assert resolve_address("蛟河市河南街道南村", villages=both)[0] == there.code
    assert resolve_address("桦甸市河南街道南村", villages=both)[0] == here.code
    assert resolve_address("河南街道南村", villages=both)[0] == here.code


def test_a_township_called_like_a_county_is_no_county() -> None:
    yuye = CODES[HOME, "永吉街道", "渔业村"]
    for address in ("吉林省吉林市桦甸市永吉街道渔业村8组", "永吉街道渔业村"):
        assert resolve_address(address) == found(yuye)


@pytest.mark.parametrize(
    "address",
    [
        "桦甸市金沙镇永兴村",  # 金沙镇 has no 永兴村
        "永吉县桦郊乡永兴村",  # 桦郊乡 lies in 桦甸市
    ],
)
def test_a_contradictory_address_is_held_with_what_it_might_mean(address: str) -> None:
    assert resolve_address(address) == held_as_ambiguous(YONGXING)


@pytest.mark.parametrize(
    "address",
    [
        "桦甸市大永兴村",  # the tail of another name
        "桦甸市新设镇永兴村",  # a township that the gazetteer does not know
        "吉林省长春市农安县永兴村",
        "吉林省长春市农安县桦郊乡永兴村",
        "延边朝鲜族自治州敦化市桦郊乡永兴村",
        "吉林省长春市榆树市桦郊乡永兴村",
        "辽宁省沈阳市和平区永兴村",
        "长春市永兴村",
    ],
)
def test_what_only_looks_like_a_village_is_a_candidate_and_no_answer(address: str) -> None:
    assert resolve_address(address)[0] is None
    assert resolve_address(address)[1] == HeldReason.VILLAGE_AMBIGUOUS
    assert YONGXING in resolve_address(address)[2]


@pytest.mark.parametrize("address", ["", "   ", "桦甸市某村", "桦甸市", "吉林省吉林市", "桦郊乡", "某乡某村", "???"])
def test_an_address_without_a_known_village_is_unknown(address: str) -> None:
    assert resolve_address(address) == NOWHERE


def test_two_villages_in_one_address_are_candidates() -> None:
    youyi = CODES[HOME, "桦郊乡", "友谊村"]
    assert resolve_address("桦郊乡永兴村转桦郊乡友谊村") == held_as_ambiguous(YONGXING, youyi)


@pytest.mark.parametrize("address", ["蛟河市天岗镇永胜村3组", "蛟河市天岗镇永胜村（天岗石材开发区）（省级）"])
def test_a_remark_of_the_gazetteer_is_no_part_of_a_name(address: str) -> None:
    code = next(v.code for v in CITY if v.township == "天岗镇" and v.name.startswith("永胜村"))
    assert resolve_address(address)[0] == code


def test_no_parcels_have_no_villages() -> None:
    assert resolve() == []


_words = st.lists(
    st.sampled_from([*(v.name for v in CITY[:40]), *sorted({v.township for v in CITY}), HOME, "永吉县", "某", "5组"]),
    max_size=5,
)


@settings(deadline=None, max_examples=20)
@given(st.lists(_words, min_size=1, max_size=20))
def test_an_answer_is_always_a_village_that_the_address_names_but_for_one_character(written: list[list[str]]) -> None:
    names = {v.code: plain(v.name) for v in CITY}
    addresses = ["".join(words) for words in written]
    answers = resolve(*(("", address) for address in addresses))
    for address, (village, reason, candidates) in zip(addresses, answers, strict=True):
        parts = {address[i:j] for i in range(len(address)) for j in range(i + 1, min(i + 20, len(address)) + 1)}
        for code in (*candidates, *([village] if village else [])):
            assert any(count_slips(part, names[code]) <= 1 for part in parts), address
        assert (village is None) == (reason in (HeldReason.VILLAGE_UNKNOWN, HeldReason.VILLAGE_AMBIGUOUS))
        assert (reason == HeldReason.VILLAGE_UNKNOWN) == (village is None and not candidates)


def test_an_address_counts_the_same_among_others_and_written_twice() -> None:
    addresses = [
        "桦郊乡永兴村",
        "桦甸市桦郊乡友宜村",
        "桦甸市某村",
        "",
        "桦郊乡永兴村",
        "桦甸市复兴村",
        "桦甸市桦郊乡友宜村",
    ]
    assert resolve(*(("", address) for address in addresses)) == [resolve_address(address) for address in addresses]

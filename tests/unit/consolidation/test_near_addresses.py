"""One slip of the pen is forgiven where a single village fits; where several do, all of them are candidates."""

from __future__ import annotations

from typing import Final

import pytest

from tests.addresses import CITY, CODES, HOME, NOWHERE, YONGXING, found, held_as_ambiguous, resolve, resolve_address

_NAMES: Final = {name: code for (_, township, name), code in CODES.items() if township == "桦郊乡"}


@pytest.mark.parametrize("head", ["吉林省吉林市桦甸市桦郊乡", "桦甸市桦郊乡", "桦郊乡", "吉林桦甸桦郊乡"])
def test_a_slip_in_the_village_is_forgiven_where_its_township_is_known(head: str) -> None:
    meant = {
        "友宜村5组": "友谊村",  # wrong
        "沙合子村": "沙河子村",
        "关门砬村三组": "关门砬子村",  # missing
        "友谊": "友谊村",
        "友谊5组12号": "友谊村",
        "晓晓光村": "晓光村",  # too many
        "的晓光村村委会": "晓光村",
        "锋先村": "先锋村",  # exchanged
        "先村锋5组": "先锋村",
        "友谊材": "友谊村",
        "友谊材委会": "友谊村",
        "友宜村民委员会": "友谊村",
        "友宜村东屯3组": "友谊村",
    }
    answers = resolve(*(("", head + written) for written in meant))
    assert dict(zip(meant, answers, strict=True)) == {written: found(_NAMES[name]) for written, name in meant.items()}


@pytest.mark.parametrize("head", ["吉林省吉林市桦甸市", "桦甸市", "", "桦甸", "吉林省吉林市"])
def test_a_slip_in_the_township_is_forgiven_where_its_village_is_known(head: str) -> None:
    townships = ("桦效乡", "桦郊镇", "桦乡", "桦郊郊乡", "郊桦乡", "桦乡郊", "桦郊")
    answers = resolve(*(("", f"{head}{township}永兴村5组") for township in townships))
    assert dict(zip(townships, answers, strict=True)) == dict.fromkeys(townships, found(YONGXING))


def test_a_slip_between_two_villages_of_the_township_leaves_both_as_candidates() -> None:
    both = held_as_ambiguous(_NAMES["永兴村"], _NAMES["永隆村"])
    assert resolve_address("桦甸市桦郊乡永新村5组") == both
    assert resolve_address("桦郊乡永村") == both


def test_a_slip_between_two_townships_that_have_the_village_leaves_both_as_candidates() -> None:
    both = [CODES["蛟河市", township, "新立村"] for township in ("河南街道", "河北街道")]
    assert resolve_address("蛟河市河西街道新立村") == held_as_ambiguous(*both)
    assert resolve_address("蛟河市河南街倒新立村") == found(both[0])


@pytest.mark.parametrize("address", ["桦甸市桦效乡友宜村", "桦甸市华效乡永兴村", "桦甸市桦郊乡幽宜村", "某郊乡某某村"])
def test_two_slips_are_too_many(address: str) -> None:
    assert resolve_address(address)[0] is None


def test_a_slip_that_is_another_village_of_the_township_is_that_village() -> None:
    assert resolve_address("桦郊乡三道村") == found(_NAMES["三道村"])
    assert resolve_address("桦郊乡二道村") == found(_NAMES["二道村"])


def test_a_name_that_another_township_has_is_no_slip_but_a_contradiction() -> None:
    village, _, candidates = resolve_address("桦甸市金沙镇新胜村")
    assert village is None
    assert {CODES[HOME, "八道河子镇", "新胜村"], CODES[HOME, "金沙镇", "密胜村"]} <= set(candidates)
    assert resolve_address("蛟河市河北街道安乐村") == held_as_ambiguous(CODES["蛟河市", "河南街道", "安乐村"])


def test_a_longer_name_that_another_township_has_is_no_slip() -> None:
    assert resolve_address("桦甸市金沙镇大顶子村")[0] is None
    assert resolve_address("桦郊乡西大顶子村")[0] is None


@pytest.mark.parametrize("place", ["友谊屯5组", "友谊路12号", "友谊街道", "友谊小学", "友谊前屯"])
def test_a_hamlet_or_a_road_is_no_slip_but_its_namesake_is_a_candidate(place: str) -> None:
    assert resolve_address(f"桦甸市桦郊乡{place}") == held_as_ambiguous(_NAMES["友谊村"])


@pytest.mark.parametrize("address", ["桦甸市关门砬村", "关门砬村5组", "桦甸关门砬村"])
def test_a_slip_in_a_village_without_its_township_leaves_candidates(address: str) -> None:
    assert resolve_address(address) == held_as_ambiguous(_NAMES["关门砬子村"])


@pytest.mark.parametrize(
    "address",
    [
        "永吉县桦郊乡友宜村",  # 桦郊乡 lies in 桦甸市
        "吉林省长春市农安县桦郊乡友宜村",
        "吉林省长春市农安县桦效乡永兴村",
        "舒兰市蛟河市桦效乡永兴村",
        "桦甸市桦郊乡友宜村转永吉街道渔业村",
        "桦甸市桦郊乡友宜村安乐村",
    ],
)
def test_no_slip_is_forgiven_where_the_rest_contradicts(address: str) -> None:
    assert resolve_address(address)[0] != _NAMES["友谊村"]
    assert resolve_address(address)[0] != YONGXING


def test_a_village_of_another_county_is_found_through_a_slip_if_its_county_is_named() -> None:
    luoquan = CODES["蛟河市", "乌林朝鲜族乡", "罗圈崴子村"]
    for rest in ("乌林朝鲜族乡罗圈葳子村", "乌林乡罗圈子村", "鸟林乡罗圈崴子村", "乌林朝放族乡罗圈崴子村"):
        assert resolve_address(f"蛟河市{rest}") == resolve_address(f"蛟河{rest}") == found(luoquan)
    assert resolve_address("乌林乡罗圈葳子村") == held_as_ambiguous(luoquan)


@pytest.mark.parametrize(
    "address",
    ["桦甸市桦郊永兴村", "桦郊永兴村5组", "吉林省吉林市桦郊永兴村", "桦甸桦郊永兴村", "吉林桦甸永兴村", "桦甸县永兴村"],
)
def test_a_township_or_county_may_be_shortened(address: str) -> None:
    assert resolve_address(address) == found(YONGXING)


@pytest.mark.parametrize("township", ["永吉街道办事处", "永吉街道办", "永吉街道", "永吉"])
def test_a_street_may_be_called_by_its_office(township: str) -> None:
    assert resolve_address(f"桦甸市{township}渔业村3组") == found(CODES[HOME, "永吉街道", "渔业村"])


def test_a_short_name_that_is_a_county_s_and_a_township_s_tells_only_what_one_of_them_has() -> None:
    lotus = [v.code for v in CITY if v.name == "莲花村" and (v.county == "永吉县" or v.township == "永吉街道")]
    assert len(lotus) == 3
    assert resolve_address("永吉莲花村") == held_as_ambiguous(*lotus)
    assert resolve_address("永吉渔业村") == found(CODES[HOME, "永吉街道", "渔业村"])
    assert resolve_address("永吉北大湖镇南沟村") == found(CODES["永吉县", "北大湖镇", "南沟村"])


def test_a_short_county_that_contradicts_the_township_holds_the_address() -> None:
    assert resolve_address("磐石桦郊乡永兴村") == held_as_ambiguous(YONGXING)


def test_a_people_may_be_left_out_unless_it_tells_a_village_from_its_neighbour() -> None:
    han, korean = (CODES["磐石市", "吉昌镇", name] for name in ("烧锅汉村", "烧锅朝鲜族村"))
    assert resolve_address("蛟河市乌林乡友谊村") == found(CODES["蛟河市", "乌林朝鲜族乡", "友谊村"])
    assert resolve_address("磐石市吉昌镇烧锅鲜族村") == found(korean)
    assert resolve_address("磐石市吉昌镇倒木鲜村") == found(CODES["磐石市", "吉昌镇", "倒木朝鲜族村"])
    assert resolve_address("磐石市吉昌镇倒木村") == found(CODES["磐石市", "吉昌镇", "倒木村"])
    village, _, candidates = resolve_address("磐石市吉昌镇烧锅村")
    assert village is None
    assert {han, korean} <= set(candidates)


def test_a_township_of_a_statistical_zone_may_stand_under_the_county_around_it() -> None:
    village = next(v for v in CITY if v.township == "岔路河镇")
    assert village.county == "吉林中国新加坡食品区"
    assert resolve_address(f"永吉县岔路河镇{village.name}") == found(village.code)
    assert resolve_address(f"吉林省吉林市{village.county}岔路河镇{village.name}") == found(village.code)


@pytest.mark.parametrize(
    "address",
    [
        "桦甸市(桦郊乡)永兴村",
        "桦甸市【桦郊乡】永兴村（５组）",
        "桦甸市/桦郊乡/永兴村#5",
        "桦甸市　桦郊乡　永兴村",
        "桦甸市桦郊乡“永兴村”",
    ],
)
def test_marks_and_wide_characters_do_not_count(address: str) -> None:
    assert resolve_address(address) == found(YONGXING)


def test_places_of_two_counties_in_one_address_are_candidates() -> None:
    other = CODES["蛟河市", "天岗镇", "红星村"]
    assert resolve_address("桦甸市桦郊乡永兴村转天岗镇红星村") == held_as_ambiguous(YONGXING, other)


@pytest.mark.parametrize("address", ["桦甸市桦郊乡", "桦甸市桦郊乡5组", "桦甸桦郊", "永吉街道办事处", "桦郊乡村"])
def test_a_township_without_a_village_is_unknown(address: str) -> None:
    assert resolve_address(address) == NOWHERE

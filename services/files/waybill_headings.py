"""How waybill exports call their columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from services.files.headers import Wanted
from services.files.plain_text import heading_key
from services.files.quantities import GRAMS, LITRE_ML, MILLILITRES

WAYBILL: Final = "运单号"
CARRIER: Final = "快递公司"
DIRECTION: Final = "方向"
VILLAGE_CODE: Final = "村代码"
ADDRESS: Final = "收件地址"
WEIGHT: Final = "重量(kg)"
VOLUME: Final = "体积(L)"
PIECES: Final = "件数"
TEMPERATURE: Final = "温层"
LAST_DATE: Final = "最晚日期"
CATEGORY: Final = "品类"
ORIGINAL_WAYBILL: Final = "原运单号"
ORIGINAL_CARRIER: Final = "原快递公司"
EMERGENCY: Final = "应急"
INSPECTED: Final = "收寄验视"
REAL_NAME: Final = "实名收寄"
SCANNED: Final = "过机安检"

REQUIRED: Final = (WAYBILL, CARRIER, DIRECTION, WEIGHT)
OPTIONAL: Final = (
    VILLAGE_CODE,
    ADDRESS,
    VOLUME,
    PIECES,
    TEMPERATURE,
    LAST_DATE,
    CATEGORY,
    EMERGENCY,
    INSPECTED,
    REAL_NAME,
    SCANNED,
    ORIGINAL_WAYBILL,
    ORIGINAL_CARRIER,
)
PERSONAL_WORDS: Final = (
    *("收件人", "寄件人", "发件人", "收货人", "发货人", "取件人", "联系人", "联系方式", "电话", "手机", "姓名"),
    *("身份证", "证件", "微信", "邮箱", "phone", "mobile", "email", "contact"),
)

_SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    WAYBILL: ("运单编号", "运单号码", "快递单号", "快递运单号", "物流单号", "面单号"),
    CARRIER: ("承运商", "承运公司", "快递品牌", "快递企业", "物流公司"),
    # An address is not personal, though whose it is may be part of its name; phone numbers in it are cut out.
    # The last four are 地址 under a merged cell.
    ADDRESS: (
        *("收货地址", "收件人地址", "收货人地址", "收件详细地址", "收件人详细地址"),
        *("收件信息地址", "收件人信息地址", "收货信息地址", "收货人信息地址"),
    ),
    LAST_DATE: ("签收截止", "签收截止日期", "承诺日期", "承诺签收日期", "最晚签收日期", "最晚送达日期"),
    CATEGORY: ("物品", "品名", "货物名称", "物品名称", "物品类别"),
    ORIGINAL_WAYBILL: ("原运单编号", "原快递单号", "原物流单号"),
    ORIGINAL_CARRIER: ("原承运商", "原快递品牌"),
}
_WEIGHTS: Final = ("重量", "实际重量", "货物重量", "实重")
_VOLUMES: Final = ("体积", "实际体积", "货物体积")


def _with_units(names: Iterable[str], units: Mapping[str, int]) -> dict[str, int]:
    """Spell each name with each unit in the usual ways, by key, with what the unit is worth."""
    return {
        heading_key(form.format(name, unit)): worth
        for name in names
        for unit, worth in units.items()
        for form in ("{}({})", "{}[{}]", "{}{}", "{}/{}", "{}_{}", "{}:{}")
    }


_WEIGHT_UNITS: Final = _with_units(_WEIGHTS, GRAMS)
_VOLUME_UNITS: Final = _with_units(_VOLUMES, MILLILITRES)

WANTED: Final = Wanted(
    REQUIRED,
    OPTIONAL,
    PERSONAL_WORDS,
    aliases={
        **{heading: name for name, headings in _SYNONYMS.items() for heading in headings},
        **dict.fromkeys(_WEIGHT_UNITS, WEIGHT),
        **dict.fromkeys(_VOLUME_UNITS, VOLUME),
    },
    unclear={**dict.fromkeys(_WEIGHTS, WEIGHT), **dict.fromkeys(_VOLUMES, VOLUME)},
)


def weight_unit_g(keys: Mapping[str, str]) -> int:
    """Give the unit of the weight column by the headings' keys, in grams."""
    return _WEIGHT_UNITS[keys[WEIGHT]]


def volume_unit_ml(keys: Mapping[str, str]) -> int:
    """Give the unit of the volume column by the headings' keys, in millilitres; litres where there is no column."""
    return _VOLUME_UNITS[keys[VOLUME]] if VOLUME in keys else LITRE_ML

"""What the categories 品类 that carriers write mean for carriage.

Prohibited goods follow the State Post Bureau's catalogue of items that may not be delivered (禁止寄递物品指导目录,
2016); traits are what agreements exclude by: LIQUID (leaks), FRAGILE, LIVE.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

PROHIBITED_CATEGORIES: Final = (
    "烟花爆竹",
    "枪支弹药",
    "管制器具",
    "爆炸物品",
    "易燃易爆",
    "压缩气体",
    "易燃液体",
    "易燃固体",
    "氧化剂",
    "毒品",
    "毒性物质",
    "生化制品",
    "传染性物质",
    "感染性物质",
    "放射性物质",
    "腐蚀性物质",
    "非法出版物",
    "间谍器材",
    "非法伪造物品",
    "侵权假冒",
    "濒危野生动物制品",
    "禁止进出境物品",
)

TRAITS: Final[dict[str, tuple[str, ...]]] = {
    "LIQUID": ("蜂蜜", "饮料", "白酒", "酒水", "食用油", "豆油", "酱油", "液体", "化妆水"),
    "FRAGILE": ("玻璃", "陶瓷", "瓷器", "鸡蛋", "鲜蛋", "易碎品"),
    "LIVE": ("活禽", "活鱼", "水产活鲜", "苗木", "种苗", "活体"),
}


def excluded_categories(exclusions: Iterable[str]) -> list[str]:
    """Spell out what an agreement excludes: traits become the categories that have them.

    >>> excluded_categories(["书籍", "LIVE"])[:2]
    ['书籍', '活禽']
    """
    return [category for exclusion in exclusions for category in TRAITS.get(exclusion, (exclusion,))]

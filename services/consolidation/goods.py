"""What the categories 品类 that carriers write mean for carriage.

Prohibited goods follow the State Post Bureau's catalogue of items that may not be delivered (禁止寄递物品指导目录,
2016); traits are what agreements exclude by: LIQUID (leaks), FRAGILE, LIVE. Carriers write what they like, so a word
of these lists counts wherever it stands in a category: 散装白酒 is 白酒. What contains no known word travels as
ordinary goods and is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

from services.model.agreements import Role
from services.model.consignments import Goods

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

# 普遍服务: letters, registered mail, ordinary parcels and printed matter that the post must carry everywhere.
MAIL_CATEGORIES: Final = (
    *("平信", "信函", "信件", "明信片", "挂号", "印刷品", "报刊", "报纸", "普通包裹", "普服", "义务兵", "盲人读物"),
    *("机要", "汇款通知"),
)
# 循环中转袋 and what else goes back empty.
REUSABLE_BAG_CATEGORIES: Final = ("循环中转袋", "循环袋", "循环箱", "中转袋", "周转袋", "周转箱", "空袋")
# Ordinary goods by the words that waybills use; only to tell what is known from what is not.
ORDINARY_CATEGORIES: Final = (
    *("服装", "衣", "鞋", "帽", "袜", "布", "纺织", "家纺", "箱包", "包", "饰品", "首饰", "手表", "眼镜"),
    *("电器", "电子", "数码", "手机", "电脑", "家电", "灯", "配件", "五金", "工具", "汽配", "建材", "家具", "家居"),
    *(
        "日用",
        "百货",
        "洗护",
        "洗衣",
        "纸",
        "化妆",
        "护肤",
        "美妆",
        "母婴",
        "奶粉",
        "玩具",
        "文具",
        "办公",
        "体育",
        "户外",
    ),
    *(
        "食品",
        "零食",
        "粮",
        "米",
        "面",
        "豆",
        "油",
        "茶",
        "干货",
        "山货",
        "山野菜",
        "野菜",
        "木耳",
        "蘑菇",
        "菌",
        "人参",
    ),
    *("蔬菜", "水果", "果", "肉", "蛋", "奶", "海鲜", "水产", "冷鲜", "速冻", "生鲜", "农产品", "特产", "酸菜", "玉米"),
    *(
        "农资",
        "种子",
        "化肥",
        "农药",
        "饲料",
        "农具",
        "农机",
        "苗",
        "书",
        "图书",
        "教材",
        "文件",
        "单证",
        "票据",
        "样品",
    ),
    *("药", "医疗", "保健", "礼品", "花", "宠物", "中药材", "救灾", "物资"),
)


def _holds(words: Iterable[str]) -> pl.Expr:
    """Whether a category contains one of the words."""
    listed = [word for word in words if word]
    return pl.col("category").str.contains_any(listed) if listed else pl.lit(False)


def describe_goods(categories: pl.Series) -> pl.DataFrame:
    """Tell what each entry means: ``is_prohibited``, ``is_bags``, ``is_mail``, ``fragile``.

    Words are looked for once in each distinct category: a day has a million entries and a few dozen of these.
    """
    distinct = categories.rename("category").unique().to_frame()
    known = distinct.with_columns(
        is_prohibited=_holds(PROHIBITED_CATEGORIES),
        is_bags=_holds(REUSABLE_BAG_CATEGORIES),
        is_mail=_holds(MAIL_CATEGORIES),
        fragile=_holds(TRAITS["FRAGILE"]),
    )
    joined = categories.rename("category").to_frame().join(known, on="category", how="left", maintain_order="left")
    return joined.drop("category")


def is_excluded(exclusions: Sequence[str]) -> pl.Expr:
    """Whether goods are among what an agreement excludes, categories or traits, over ``category``."""
    return _holds(excluded_categories(exclusions))


def is_known() -> pl.Expr:
    """Whether a category says something that these lists know, over ``category``; nothing written is not unknown."""
    traits = (word for words in TRAITS.values() for word in words)
    known = (*PROHIBITED_CATEGORIES, *MAIL_CATEGORIES, *REUSABLE_BAG_CATEGORIES, *ORDINARY_CATEGORIES, *traits)
    return (pl.col("category") == "") | _holds(known)


def goods_of() -> pl.Expr:
    """What a parcel is (a ``Goods``), over ``is_bags``, ``is_mail`` and ``carrier_role``: only the post has mail."""
    return (
        pl.when("is_bags")
        .then(pl.lit(Goods.REUSABLE_BAGS.value))
        .when((pl.col("carrier_role") == Role.POSTAL.value) & pl.col("is_mail"))
        .then(pl.lit(Goods.MAIL.value))
        .otherwise(pl.lit(Goods.PARCEL.value))
    )


def excluded_categories(exclusions: Iterable[str]) -> list[str]:
    """Spell out what an agreement excludes: traits become the categories that have them.

    >>> excluded_categories(["书籍", "LIVE"])[:2]
    ['书籍', '活禽']
    """
    return [category for exclusion in exclusions for category in TRAITS.get(exclusion, (exclusion,))]

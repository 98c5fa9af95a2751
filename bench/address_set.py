"""A labelled set of addresses, drawn from the table of villages: the kinds that people write.

Each kind draws villages and writes them in one way; bench/address_labels.py says what may be made of it. Slips of the
pen hit every character of a village's or township's name alike; half of the wrong characters sound or look like the
right one, the others come from anywhere in the table.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.address_labels import Label, Reader, Written, count_slips, plain
from services.model.network import Village

# What an input method or a tired eye takes for another: the same sound or nearly the same shape.
_ALIKE: Final = {
    **{"兴": "新星心", "新": "兴欣辛", "永": "勇咏水", "安": "按岸案", "平": "苹坪瓶", "河": "何荷合", "沟": "钩狗构"},
    **{"山": "三杉出", "岭": "领铃玲", "屯": "囤吞", "村": "材寸存", "东": "冬栋车", "家": "佳加嘉", "子": "字仔"},
    **{
        "胜": "盛圣",
        "林": "临琳淋",
        "民": "明敏",
        "和": "合何",
        "富": "福付副",
        "镇": "真振",
        "乡": "香相",
        "大": "太犬",
    },
    **{"道": "到倒", "石": "实右", "江": "将姜", "桦": "华花", "甸": "旬店", "桥": "乔侨", "柳": "流抑", "杨": "扬阳"},
    **{"树": "数村", "红": "洪宏", "旗": "其期", "团": "困", "结": "节接", "丰": "风封", "太": "大泰", "双": "又霜"},
    **{"向": "象响", "阳": "杨扬", "福": "富复", "金": "今全", "北": "背比", "南": "男难", "西": "希四", "土": "士"},
}
_OTHER_PLACES: Final = "屯组社队沟岭堡街路区镇乡"  # 永兴屯 is a hamlet and no slip for 永兴村
_NUMERALS: Final = "一二三四五六七八九十"
_DETAILS: Final = (
    "",
    "",
    "{n}组",
    "{n}组{m}号",
    "{n}社",
    "{m}号",
    "{i}组",
    "{n}队",
    "东屯",
    "后屯3组",
    "小学旁",
    "王家屯12号",
)
_AROUND: Final = {"吉林中国新加坡食品区": "永吉县"}  # a zone of statistics, and the county in which people say it lies
_ELSEWHERE: Final = (
    *("吉林省长春市农安县", "吉林省长春市榆树市", "吉林省四平市梨树县", "吉林省延边朝鲜族自治州敦化市"),
    *("辽宁省沈阳市沈北新区", "黑龙江省哈尔滨市五常市", "辽宁省抚顺市清原满族自治县", "吉林省通化市辉南县"),
)
_NO_VILLAGE: Final = ("某村", "", "人民路12号", "中心医院住院部", "客运站", "新华街与人民路交汇", "火车站站前广场")
_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")

Drawn = tuple[str, Village | None, Label]  # an address, the village meant, what can be known


@dataclass(frozen=True, slots=True)
class Sample:
    """An address, the kind that it was drawn as, the code of the village meant (or empty), and its label."""

    kind: str
    address: str
    meant: str
    label: Label


def draw_addresses(villages: Sequence[Village], home: frozenset[str], count: int, seed: int) -> list[Sample]:
    """Draw labelled addresses of villages at home (a fifth: of other counties), as many of each kind as of any other.

    The same seed gives the same ones.
    """
    kinds = list(_Writer(villages, home, random.Random(seed)).kinds().items())
    samples = []
    for i in range(count):
        kind, draw = kinds[i % len(kinds)]
        address, meant, label = draw()
        samples.append(Sample(kind, address, meant.code if meant else "", label))
    return samples


class _Writer:
    """Writes addresses of many kinds for drawn villages."""

    def __init__(self, villages: Sequence[Village], home: frozenset[str], rng: random.Random) -> None:
        self._villages = villages
        self._home = [v for v in villages if v.county in home]
        self._away = [v for v in villages if v.county not in home]
        self._label = Reader(villages, home).label
        self._rng = rng
        self._characters = sorted({c for v in villages for c in plain(v.name) + v.township})
        count = Counter((v.county, plain(v.name)) for v in self._home)
        self._namesakes = [v for v in self._home if count[v.county, plain(v.name)] > 1]
        self._of_peoples = [v for v in self._home if "族" in v.township + v.name]
        self._in_short = [v for v in self._home if len(v.county) == 3]

    def kinds(self) -> dict[str, Callable[[], Drawn]]:
        """All ways to draw that these counties allow."""
        kinds: dict[str, Callable[[], Drawn]] = {
            "full": lambda: self._spelled(("吉林省吉林市",), True),
            "without province": lambda: self._spelled(("", "吉林市"), True),
            "province and city, no county": lambda: self._spelled(("吉林省吉林市", "吉林市", "吉林省"), False),
            "township and village": lambda: self._spelled(("",), False),
            "county and village": lambda: self._alone(True),
            "village alone": lambda: self._alone(False),
            "村委, 村委会, 村民委员会": self._committee,
            "township shortened (桦郊)": self._short_township,
            "spaces, marks, wide digits": self._marked,
        }
        if self._in_short:
            kinds["county shortened (吉林桦甸)"] = self._short_county
        if self._of_peoples:
            kinds["people left out (乌林乡)"] = self._short_people
        if self._namesakes:
            kinds["namesakes of one county"] = lambda: self._namesake(True)
            kinds["namesakes, no township"] = lambda: self._namesake(False)
        for how, slip in _SLIPS.items():
            kinds[f"village: {how}"] = lambda slip=slip: self._village_slip(slip)  # type: ignore[misc]
        for how, slip in _SLIPS.items():
            kinds[f"township: {how}"] = lambda slip=slip: self._township_slip(slip)  # type: ignore[misc]
        return kinds | {
            "zone under the county around": self._zone,
            "township of another village": self._wrong_township,
            "county of another village": self._wrong_county,
            "two villages": self._two_villages,
            "another city": self._another_city,
            "no village": self._no_village,
        }

    def _village(self) -> Village:
        return self._rng.choice(self._away if self._away and self._rng.random() < 0.2 else self._home)

    def _detail(self) -> str:
        n, m, i = self._rng.randint(1, 12), self._rng.randint(1, 400), self._rng.choice(_NUMERALS)
        return self._rng.choice(_DETAILS).format(n=n, m=m, i=i)

    def _head(self, village: Village, *, may_lack_county: bool = True) -> tuple[str, str]:
        """The beginning of an address, and the county that it names."""
        if may_lack_county and self._rng.random() < 0.3:
            return self._rng.choice(("", "吉林省吉林市")), ""
        return self._rng.choice(("吉林省吉林市", "", "吉林省", "吉林市")) + village.county, village.county

    def _spelled(self, heads: Sequence[str], with_county: bool) -> Drawn:
        village = self._village()
        county, name = village.county if with_county else "", plain(village.name)
        address = f"{self._rng.choice(heads)}{county}{village.township}{name}{self._detail()}"
        return address, village, self._label(Written(county, village.township, name), village)

    def _alone(self, with_county: bool) -> Drawn:
        village = self._village()
        name = plain(village.name)
        head, county = self._head(village, may_lack_county=False) if with_county else ("", "")
        return f"{head}{name}{self._detail()}", village, self._label(Written(county, "", name), village)

    def _committee(self) -> Drawn:
        village = self._village()
        name, (head, county) = plain(village.name), self._head(village)
        old = name.removesuffix("村") + self._rng.choice(("村委会", "村民委员会", "村委"))
        label = self._label(Written(county, village.township, name), village)
        return f"{head}{village.township}{old}", village, label

    def _short_county(self) -> Drawn:
        village = self._rng.choice(self._in_short)
        name, stem = plain(village.name), village.county[:-1]
        head = self._rng.choice((f"吉林{stem}", stem, f"吉林省{stem}", f"吉林吉林{stem}", f"{stem}县", f"吉林市{stem}"))
        if self._rng.random() < 0.8:
            label = self._label(Written(village.county, village.township, name), village)
            return f"{head}{village.township}{name}{self._detail()}", village, label
        # 永吉 is a county, and a street in another one: 永吉小城子村 may lie in either.
        namesakes = (v for v in self._home if v != village and plain(v.name) == name)
        if head.endswith(stem) and any(v.township == f"{stem}街道" for v in namesakes):
            return f"{head}{name}", village, Label.OPEN
        return f"{head}{name}", village, self._label(Written(village.county, "", name), village)

    def _short_township(self) -> Drawn:
        village = self._village()
        name, (head, county) = plain(village.name), self._head(village)
        short = _without_peoples(village.township)
        if short.endswith("街道") and self._rng.random() < 0.5:
            short += self._rng.choice(("办事处", "办"))
        else:
            short = short.replace("特殊乡镇", "").replace("特殊街道", "").removesuffix("街道").rstrip("镇乡")
        address = f"{head}{short}{name}{self._detail()}"
        if not county and any(v.county[:-1] == short and plain(v.name) == name for v in self._villages):
            return address, village, Label.OPEN  # 永吉 again
        return address, village, self._label(Written(county, village.township, name), village)

    def _short_people(self) -> Drawn:
        village = self._rng.choice(self._of_peoples)
        name, (head, county) = plain(village.name), self._head(village)
        short = name.replace("朝鲜族", self._rng.choice(("", "鲜族", "鲜"))) if name != "朝鲜族村" else "鲜族村"
        address = f"{head}{_without_peoples(village.township)}{short}{self._detail()}"
        neighbours = [plain(v.name) for v in self._villages if v.township == village.township and v != village]
        if short in neighbours:
            return address, village, Label.LOST  # 倒木村 lies beside 倒木朝鲜族村
        if "鲜" not in short and short != name and any(count_slips(short, neighbour) == 1 for neighbour in neighbours):
            return address, village, Label.OPEN  # 烧锅村: 烧锅朝鲜族村 or 烧锅汉村
        return address, village, self._label(Written(county, village.township, name), village)

    def _marked(self) -> Drawn:
        village = self._village()
        name, detail = plain(village.name), self._detail().translate(_FULL_WIDTH)
        parts = ["吉林省", "吉林市", village.county, village.township, name, detail]
        if self._rng.random() < 0.4:
            parts = [village.county, f"({village.township})", f"【{name}】", f"（{detail}）"]
        mark = self._rng.choice((" ", "  ", ",", "，", "-", "·", "/", "\u3000", "、"))
        return mark.join(parts), village, self._label(Written(village.county, village.township, name), village)

    def _namesake(self, with_township: bool) -> Drawn:
        village = self._rng.choice(self._namesakes)
        name, (head, county) = plain(village.name), self._head(village, may_lack_county=with_township)
        township = village.township if with_township else ""
        label = self._label(Written(county, township, name), village)
        return f"{head}{township}{name}{self._detail()}", village, label

    def _spoil(self, name: str, slip: _Slip) -> str:
        """Make one slip that changes a name."""
        spoiled = name
        while spoiled == name:
            place = self._rng.randrange(len(name))
            alike = _ALIKE.get(name[place], "")
            is_alike = alike != "" and self._rng.random() < 0.5
            spoiled = slip(name, place, self._rng.choice(alike) if is_alike else self._rng.choice(self._characters))
        return spoiled

    def _ordinary_village(self) -> Village:
        while not plain((village := self._village()).name).endswith("村"):
            pass
        return village

    def _village_slip(self, slip: _Slip) -> Drawn:
        village = self._ordinary_village()
        head, county = self._head(village, may_lack_county=village in self._home)
        name, detail = self._spoil(plain(village.name), slip), self._detail()
        address = f"{head}{village.township}{name}{detail}"
        if name[:-1] == plain(village.name)[:-1] and name[-1] in _OTHER_PLACES:
            return address, village, Label.OPEN
        is_open_ended = detail != "" and not detail[0].isdigit() and detail[0] not in _NUMERALS
        return address, village, self._label(Written(county, village.township, name, is_open_ended), village)

    def _township_slip(self, slip: _Slip) -> Drawn:
        village = self._ordinary_village()
        head, county = self._head(village, may_lack_county=village in self._home)
        name, township = plain(village.name), self._spoil(village.township, slip)
        label = self._label(Written(county, township, name), village)
        return f"{head}{township}{name}{self._detail()}", village, label

    def _zone(self) -> Drawn:
        village = self._rng.choice([v for v in self._villages if v.county in _AROUND])
        name = plain(village.name)
        address = f"{self._rng.choice(('吉林省吉林市', ''))}{_AROUND[village.county]}{village.township}{name}"
        return address, village, self._label(Written(village.county, village.township, name), village)

    def _wrong_township(self) -> Drawn:
        village = self._village()
        name = plain(village.name)
        others = {v.township for v in self._villages if v.county == village.county} - {village.township}
        if not others:
            return self._wrong_township()
        township = self._rng.choice(sorted(others))
        label = self._label(Written(village.county, township, name), village)
        return f"{village.county}{township}{name}{self._detail()}", village, label

    def _wrong_county(self) -> Drawn:
        village = self._rng.choice([v for v in self._villages if not v.county.startswith("吉林")])
        name = plain(village.name)
        county = self._rng.choice(sorted({v.county for v in self._villages if len(v.county) == 3} - {village.county}))
        label = self._label(Written(county, village.township, name), village)
        return f"{county}{village.township}{name}{self._detail()}", village, label

    def _two_villages(self) -> Drawn:
        village, other = self._rng.sample(self._home, 2)
        first, second = (f"{v.township}{plain(v.name)}" for v in (village, other))
        address = self._rng.choice(("", village.county)) + first + self._rng.choice(("转", "或", "")) + second
        return address, village, Label.OPEN

    def _another_city(self) -> Drawn:
        village = self._village()
        township = self._rng.choice(("", "兴隆镇", "太平乡", village.township))
        return f"{self._rng.choice(_ELSEWHERE)}{township}{plain(village.name)}{self._detail()}", None, Label.OPEN

    def _no_village(self) -> Drawn:
        village = self._village()
        head = self._rng.choice((village.county, "", village.county + village.township))
        return head + self._rng.choice(_NO_VILLAGE), None, Label.OPEN


_Slip = Callable[[str, int, str], str]  # a name, a place in it and another character

_SLIPS: Final[dict[str, _Slip]] = {
    "wrong character": lambda name, i, other: name[:i] + other + name[i + 1 :],
    "missing character": lambda name, i, other: name[:i] + name[i + 1 :],
    "extra character": lambda name, i, other: name[:i] + other + name[i:],
    "exchanged characters": lambda name, i, other: name[:i] + name[i : i + 2][::-1] + name[i + 2 :],
}


def _without_peoples(name: str) -> str:
    return name.replace("满族", "").replace("朝鲜族", "")

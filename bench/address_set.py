"""A labelled set of addresses, drawn from the table of villages: what people write, and what may be made of it.

Every address comes with the village it was written for and with what a careful reader can know of it. The reader knows
the gazetteer, the home county (which an address means that names no county), and that a slip of the pen spoils at most
one character: wrong, missing, too many, or two neighbours exchanged. The label is found by comparing what was written
with every village of the county, name by name, apart from the code that is measured:

``CLEAR``
    One village fits with the fewest slips, and it is the one meant. These count for recall.
``OPEN``
    Several fit equally (a namesake without its township, a slip between two neighbours); or what is written contradicts
    itself (the township of one village, the name of another); or it is of a county that the address does not name; or
    it is a hamlet, street or place that no gazetteer has. These must be held; an answer counts as wrong, even the
    one meant. Where a village was meant, it should be among the candidates.
``LOST``
    A slip has made it the correct address of another village of the same township or county. Nothing in the address
    tells, so no reader can do better than to believe it; these are shown and left out of precision and recall.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Final

from services.model.network import Village

# What an input method or a tired eye takes for another: the same sound or nearly the same shape.
_ALIKE: Final = {
    **{"兴": "新星心", "新": "兴欣辛", "永": "勇咏水", "安": "按岸案", "平": "苹坪瓶", "河": "何荷合", "沟": "钩狗构"},
    **{"山": "三杉出", "岭": "领铃玲", "屯": "囤吞", "村": "材寸存", "东": "冬栋车", "家": "佳加嘉", "子": "字仔"},
    **{"胜": "盛圣", "林": "临琳淋", "民": "明敏", "和": "合何", "富": "福付副", "镇": "真振", "乡": "香相", "大": "太犬"},
    **{"道": "到倒", "石": "实右", "江": "将姜", "桦": "华花", "甸": "旬店", "桥": "乔侨", "柳": "流抑", "杨": "扬阳"},
    **{"树": "数村", "红": "洪宏", "旗": "其期", "团": "困", "结": "节接", "丰": "风封", "太": "大泰", "双": "又霜"},
    **{"向": "象响", "阳": "杨扬", "福": "富复", "金": "今全", "北": "背比", "南": "男难", "西": "希四", "土": "士"},
}
# A hamlet, group or road is no village, whatever village it is called after.
_PLACES_OF_OTHER_KINDS: Final = "屯组社队沟岭堡街路区镇乡"
_NUMERALS: Final = "一二三四五六七八九十"
_AROUND: Final = {"吉林中国新加坡食品区": "永吉县"}  # a zone of statistics, and the county in which people say it lies
_ELSEWHERE: Final = (
    *("吉林省长春市农安县", "吉林省长春市榆树市", "吉林省四平市梨树县", "吉林省延边朝鲜族自治州敦化市"),
    *("辽宁省沈阳市沈北新区", "黑龙江省哈尔滨市五常市", "辽宁省抚顺市清原满族自治县", "吉林省通化市辉南县"),
)
_NO_VILLAGE: Final = ("某村", "", "人民路12号", "中心医院住院部", "客运站", "新华街与人民路交汇", "火车站站前广场")
_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")


class Label(StrEnum):
    """What can be known of an address."""

    CLEAR = "CLEAR"
    OPEN = "OPEN"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Sample:
    """An address, the kind that it was drawn as, the code of the village meant (or empty), and its label."""

    kind: str
    address: str
    meant: str
    label: Label


@dataclass(frozen=True, slots=True)
class Written:
    """What an address says: county and township are empty where it does not name them."""

    county: str
    township: str
    village: str


def plain(name: str) -> str:
    """A village's name without the gazetteer's remarks."""
    return name.split("（")[0].replace("省级特殊村", "").replace("村委", "村")


def slips(written: str, name: str) -> int:
    """0 if they are equal, 1 if one slip apart, else 2.

    >>> [slips("永新村", name) for name in ("永新村", "永兴村", "新永村", "永新", "永新屯村", "新兴村")]
    [0, 1, 1, 1, 1, 2]
    """
    if written == name:
        return 0
    shorter, longer = sorted((written, name), key=len)
    if len(longer) > len(shorter) + 1:
        return 2
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
        self._slips = cache(slips)

    def label(self, written: Written, meant: Village, is_open_ended: bool = False) -> Label:
        """Say what can be known of an address written for a village.

        ``is_open_ended``: what follows the village is no number, so that only a 村 shows where its name ends.
        """
        scope = {written.county} if written.county else self._home
        if not written.township:
            fits = [v for v in self._by_name[written.village] if v.county in scope]
            return _label_of(fits, meant)
        townships = [
            members
            for (county, township), members in self._by_township.items()
            if county in scope and township == written.township
        ]
        here = [v for members in townships for v in members]
        if begun := [v for v in here if written.village.startswith(plain(v.name))]:
            longest = max(len(plain(v.name)) for v in begun)
            fits = [v for v in begun if len(plain(v.name)) == longest]
            return _label_of(fits, meant)
        names = {written.village}
        if is_open_ended:
            if "村" not in written.village:
                return Label.OPEN
            names.add(written.village.split("村")[0] + "村")
        exact = [v for v in self._by_name[written.village] if v.county in scope]
        near = [v for v in exact if self._slips(written.township, v.township) == 1]
        near += [v for v in here if any(self._slips(name, plain(v.name)) == 1 for name in names)]
        contradicts = bool(exact) and bool(here)
        return Label.CLEAR if near == [meant] and not contradicts else Label.OPEN


def _label_of(fits: Sequence[Village], meant: Village) -> Label:
    if len(fits) != 1:
        return Label.OPEN
    return Label.CLEAR if fits[0] == meant else Label.LOST


class Writer:
    """Writes addresses of many kinds for drawn villages."""

    def __init__(self, villages: Sequence[Village], home: frozenset[str], rng: random.Random) -> None:
        self._villages = villages
        self._home = [v for v in villages if v.county in home]
        self._away = [v for v in villages if v.county not in home]
        self._reader = Reader(villages, home)
        self._rng = rng
        self._characters = sorted({c for v in villages for c in plain(v.name) + v.township})
        self._namesakes = self._find_namesakes()
        self._townships = sorted({(v.county, v.township) for v in villages})
        self.kinds: Final[dict[str, Callable[[], Sample]]] = {
            "full": lambda: self._spelled("full", self._long_head),
            "without province": lambda: self._spelled("without province", lambda v: self._county(v)),
            "province and city, no county": lambda: self._spelled("province and city, no county", self._city_head, ""),
            "township and village": lambda: self._spelled("township and village", lambda v: "", ""),
            "county and village": self._county_and_village,
            "village alone": self._village_alone,
            "村委, 村委会, 村民委员会": self._committee,
            "county shortened (吉林桦甸)": self._short_county,
            "township shortened (桦郊)": self._short_township,
            "people left out (乌林乡)": self._short_people,
            "spaces, marks, wide digits": self._marked,
            "namesakes of one county": lambda: self._namesake("namesakes of one county", True),
            "namesakes, no township": lambda: self._namesake("namesakes, no township", False),
            "village: wrong character": lambda: self._slip("village: wrong character", "wrong", in_village=True),
            "village: missing character": lambda: self._slip("village: missing character", "missing", in_village=True),
            "village: extra character": lambda: self._slip("village: extra character", "extra", in_village=True),
            "village: exchanged": lambda: self._slip("village: exchanged", "exchanged", in_village=True),
            "township: wrong character": lambda: self._slip("township: wrong character", "wrong", in_village=False),
            "township: missing character": lambda: self._slip(
                "township: missing character", "missing", in_village=False
            ),
            "township: extra character": lambda: self._slip("township: extra character", "extra", in_village=False),
            "township: exchanged": lambda: self._slip("township: exchanged", "exchanged", in_village=False),
            "zone under its county": self._zone,
            "another township's": self._wrong_township,
            "another county's": self._wrong_county,
            "another city's": self._another_city,
            "two villages": self._two_villages,
            "no village at all": self._no_village,
        }

    def write(self, count: int) -> Iterator[Sample]:
        """Write addresses, as many of each kind as of any other."""
        for i in range(count):
            yield list(self.kinds.values())[i % len(self.kinds)]()

    def _village(self) -> Village:
        pool = self._away if self._away and self._rng.random() < 0.2 else self._home
        return self._rng.choice(pool)

    def _detail(self) -> str:
        n, m = self._rng.randint(1, 12), self._rng.randint(1, 400)
        ways = ("", "", f"{n}组", f"{n}组{m}号", f"{n}社", f"{m}号", f"{self._rng.choice(_NUMERALS)}组", f"{n}队")
        return self._rng.choice((*ways, "东屯", "后屯3组", "小学旁", "村部", "卫生所对面", "王家屯12号"))

    def _county(self, village: Village) -> str:
        return village.county

    def _long_head(self, village: Village) -> str:
        return f"吉林省吉林市{village.county}"

    def _city_head(self, village: Village) -> str:
        return self._rng.choice(("吉林省吉林市", "吉林市", "吉林省", "中国吉林省吉林市"))

    def _any_head(self, village: Village) -> tuple[str, str]:
        """A head of an address, and the county that it names."""
        if village in self._home and self._rng.random() < 0.3:
            return self._rng.choice(("", "吉林省吉林市")), ""
        head = self._rng.choice(("吉林省吉林市", "", "吉林省", "吉林市"))
        return head + village.county, village.county

    def _sample(self, kind: str, address: str, meant: Village, written: Written) -> Sample:
        return Sample(kind, address, meant.code, self._reader.label(written, meant))

    def _spelled(self, kind: str, head: Callable[[Village], str], county: str | None = None) -> Sample:
        village = self._village()
        name = plain(village.name)
        written = Written(village.county if county is None else county, village.township, name)
        return self._sample(kind, f"{head(village)}{village.township}{name}{self._detail()}", village, written)

    def _county_and_village(self) -> Sample:
        village = self._village()
        name = plain(village.name)
        head = self._rng.choice((self._county, self._long_head))(village)
        return self._sample(
            "county and village", f"{head}{name}{self._detail()}", village, Written(village.county, "", name)
        )

    def _village_alone(self) -> Sample:
        village = self._village()
        name = plain(village.name)
        return self._sample("village alone", f"{name}{self._detail()}", village, Written("", "", name))

    def _committee(self) -> Sample:
        village = self._village()
        name, (head, county) = plain(village.name), self._any_head(village)
        old = name.removesuffix("村") + self._rng.choice(("村委会", "村民委员会", "村委"))
        written = Written(county, village.township, name)
        return self._sample("村委, 村委会, 村民委员会", f"{head}{village.township}{old}", village, written)

    def _short_county(self) -> Sample:
        kind = "county shortened (吉林桦甸)"
        village = self._rng.choice([v for v in self._home if len(v.county) == 3])
        name, stem = plain(village.name), village.county[:-1]
        head = self._rng.choice((f"吉林{stem}", stem, f"吉林省{stem}", f"吉林吉林{stem}", f"{stem}县", f"吉林市{stem}"))
        if self._rng.random() < 0.2:
            sample = self._sample(kind, f"{head}{name}", village, Written(village.county, "", name))
            is_other = head.endswith(stem) and self._is_also_township(stem, name, village)
            return replace(sample, label=Label.OPEN) if is_other else sample
        written = Written(village.county, village.township, name)
        address = f"{head}{village.township}{name}{self._detail()}"
        return self._sample(kind, address, village, written)

    def _is_also_township(self, stem: str, name: str, meant: Village) -> bool:
        """Whether a county's short name and a village's are those of a township and a village of it, too: 永吉."""
        others = (v for v in self._home if v != meant and plain(v.name) == name)
        return any(v.township.removesuffix("街道") == stem for v in others)

    def _short_township(self) -> Sample:
        kind = "township shortened (桦郊)"
        village = self._village()
        name, (head, county) = plain(village.name), self._any_head(village)
        short = village.township.replace("满族", "").replace("朝鲜族", "")
        if short.endswith("街道") and self._rng.random() < 0.5:
            short += self._rng.choice(("办事处", "办"))
        else:
            short = short.replace("特殊乡镇", "").replace("特殊街道", "").removesuffix("街道").rstrip("镇乡")
        written = Written(county, village.township, name)
        sample = self._sample(kind, f"{head}{short}{name}{self._detail()}", village, written)
        counties = {v.county[:-1] for v in self._villages if plain(v.name) == name}
        return replace(sample, label=Label.OPEN) if not county and short in counties else sample

    def _short_people(self) -> Sample:
        people = [v for v in self._home if "族" in v.township + v.name] or self._home
        village = self._rng.choice(people)
        head, county = self._any_head(village)
        township = village.township.replace("满族", "").replace("朝鲜族", "")
        name = plain(village.name)
        short = name.replace("朝鲜族", self._rng.choice(("", "鲜族", "鲜"))) if name != "朝鲜族村" else "鲜族村"
        is_another = any(v.township == village.township and plain(v.name) == short for v in self._villages)
        written = Written(county, village.township, short if is_another else name)
        return self._sample("people left out (乌林乡)", f"{head}{township}{short}{self._detail()}", village, written)

    def _marked(self) -> Sample:
        village = self._village()
        name = plain(village.name)
        mark = self._rng.choice((" ", "  ", ",", "，", "-", "·", "/", "\u3000", "、"))
        detail = self._detail().translate(_FULL_WIDTH)
        parts = ["吉林省", "吉林市", village.county, village.township, name, detail]
        if self._rng.random() < 0.4:
            parts = [village.county, f"({village.township})", f"【{name}】", f"（{detail}）"]
        written = Written(village.county, village.township, name)
        return self._sample("spaces, marks, wide digits", mark.join(parts), village, written)

    def _find_namesakes(self) -> list[Village]:
        by_name: dict[tuple[str, str], list[Village]] = defaultdict(list)
        for village in self._home:
            by_name[village.county, plain(village.name)].append(village)
        return [village for members in by_name.values() if len(members) > 1 for village in members]

    def _namesake(self, kind: str, with_township: bool) -> Sample:
        village = self._rng.choice(self._namesakes)
        name, (head, county) = plain(village.name), self._any_head(village)
        township = village.township if with_township else ""
        if not with_township:
            head = "" if not county else head
        written = Written(county, township, name)
        return self._sample(kind, f"{head}{township}{name}{self._detail()}", village, written)

    def _spoil(self, name: str, how: str) -> str:
        """Make one slip."""
        for _ in range(100):
            i = self._rng.randrange(len(name))
            alike = _ALIKE.get(name[i], "")
            other = self._rng.choice(alike if alike and self._rng.random() < 0.5 else self._characters)
            spoiled = {
                "wrong": name[:i] + other + name[i + 1 :],
                "missing": name[:i] + name[i + 1 :],
                "extra": name[:i] + self._rng.choice((name[i], other)) + name[i:],
                "exchanged": name[:i] + name[i : i + 2][::-1] + name[i + 2 :],
            }[how]
            if spoiled != name:
                return spoiled
        raise ValueError(f"{name} cannot be spoiled")

    def _slip(self, kind: str, how: str, *, in_village: bool) -> Sample:
        village = self._village()
        if not plain(village.name).endswith("村"):
            return self._slip(kind, how, in_village=in_village)
        name, (head, county) = plain(village.name), self._any_head(village)
        if not county and village not in self._home:
            head, county = village.county, village.county
        township, detail = village.township, self._detail()
        if in_village:
            name = self._spoil(name, how)
        else:
            township = self._spoil(township, how)
        if "村" not in name and detail.startswith("村"):
            detail = ""
        address = f"{head}{township}{name}{detail}"
        if in_village and how == "wrong" and name[:-1] == plain(village.name)[:-1] and name[-1] in _PLACES_OF_OTHER_KINDS:
            return Sample(kind, address, village.code, Label.OPEN)
        is_open_ended = in_village and detail != "" and not detail[0].isdigit() and detail[0] not in _NUMERALS
        written = Written(county, township, name)
        return Sample(kind, address, village.code, self._reader.label(written, village, is_open_ended))

    def _zone(self) -> Sample:
        village = self._rng.choice([v for v in self._villages if v.county in _AROUND])
        name, around = plain(village.name), _AROUND[village.county]
        head = self._rng.choice(("吉林省吉林市", "")) + around
        address = f"{head}{village.township}{name}{self._detail()}"
        return self._sample("zone under its county", address, village, Written(village.county, village.township, name))

    def _wrong_township(self) -> Sample:
        village = self._village()
        others = [t for c, t in self._townships if c == village.county and t != village.township]
        if not others:
            return self._wrong_township()
        name, township = plain(village.name), self._rng.choice(others)
        written = Written(village.county, township, name)
        return self._sample("another township's", f"{village.county}{township}{name}{self._detail()}", village, written)

    def _wrong_county(self) -> Sample:
        village = self._village()
        others = sorted({v.county for v in self._villages} - {village.county} - set(_AROUND))
        county, name = self._rng.choice(others), plain(village.name)
        written = Written(county, village.township, name)
        address = f"{county}{village.township}{name}{self._detail()}"
        sample = self._sample("another county's", address, village, written)
        # Statistics' own counties stand in no address; the county before their townships says little.
        return sample if village.county[:2] != "吉林" else replace(sample, label=Label.CLEAR)

    def _another_city(self) -> Sample:
        village = self._village()
        township = self._rng.choice(("", "兴隆镇", "太平乡", village.township))
        address = f"{self._rng.choice(_ELSEWHERE)}{township}{plain(village.name)}{self._detail()}"
        return Sample("another city's", address, "", Label.OPEN)

    def _two_villages(self) -> Sample:
        village, other = self._rng.sample(self._home, 2)
        county = self._rng.choice(("", village.county))
        parts = (f"{v.township}{plain(v.name)}" for v in (village, other))
        return Sample("two villages", county + self._rng.choice(("转", "或", "")).join(parts), village.code, Label.OPEN)

    def _no_village(self) -> Sample:
        village = self._village()
        head = self._rng.choice((village.county, "", village.county + village.township))
        return Sample("no village at all", head + self._rng.choice(_NO_VILLAGE), "", Label.OPEN)


def draw_addresses(villages: Sequence[Village], home: frozenset[str], count: int, seed: int) -> list[Sample]:
    """Draw labelled addresses; the same seed gives the same ones."""
    return list(Writer(villages, home, random.Random(seed)).write(count))

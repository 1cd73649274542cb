"""Which administrative division a text means: 广东省-广州市, 北京 朝阳, 北京市朝阳区建国路 1 号.

Files write places in full and in short, with and without the province. A division counts only where the
text leaves no doubt; what lies below the last certain level is reported, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from keqing.reference.models import Division

_SIGNS = re.compile(r"[\s\-－—_/、,，.·|>:：]+")
_PEOPLES = (
    "(?<!内)蒙古族|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克|傣族|黎族|傈僳族|佤族|畲族|"
    "拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯|塔吉克|怒族|"
    "保安族|裕固族|鄂伦春族|独龙族|门巴族|珞巴族|各族|(?<!内)蒙古"
)
_KIND = "特别行政区|自治区|自治州|自治县|自治旗|地区|林区|特区|省|市|盟|州|县|区|旗"
# 内蒙古 and 蒙古族 share a word: the peoples fall away only before 自治州 and the like
_SUFFIX = re.compile(rf"(?:(?:{_PEOPLES})+(?=自治))?(?:{_KIND})$")
_KINDS = frozenset("省市州县区盟旗")
_MIDDLE = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
_STREET = re.compile(r"[东西南北中]?(?:路|街|大道|大街|巷|里|胡同|道)")
# words that begin like a city and are none, in names of institutions
_NO_PLACE = ("中山大学", "中山医", "大同医", "平安", "三明治", "东方", "和平", "同仁")

# districts merged away that lists still name: 北京 2010, 上海 2009 – 2015, 天津 2009, 广州 2005 – 2014 (decisions of the State Council)
_MERGED = {
    "崇文区": "110101", "宣武区": "110102", "塘沽区": "120116", "汉沽区": "120116", "大港区": "120116",
    "卢湾区": "310101", "闸北区": "310106", "南汇区": "310115", "东山区": "440104", "芳村区": "440103", "萝岗区": "440112",
}

Table = dict[str, list["Place"]]


@dataclass(frozen=True)
class Place:
    code: str
    level: int


@dataclass(frozen=True)
class Region:
    """A division found; ``rest`` is the part of the text that named something we could not place."""

    code: str
    name: str
    rest: str = ""


class Regions:
    """The divisions in force on a day, read once (one query) for many texts."""

    def __init__(self, *, today: date) -> None:
        rows = list(Division.objects.current(today).values_list("code", "level", "name", "full_name"))
        self._full = {code: full for code, _, _, full in rows}
        self._tables: dict[str, Table] = {}
        self._memo: dict[tuple[str, ...], Region | None] = {}
        for code, level, name, _ in rows:
            self._add(Place(code, level), name)
        for name, code in _MERGED.items():
            if code in self._full:
                self._add(Place(code, 3), name)

    def full_name(self, code: str) -> str:
        return self._full.get(code, "")

    def known(self, code: str) -> str:
        """The code if it is one of a division in force, with zeros to six digits; else empty."""
        padded = code.strip().ljust(6, "0")
        return padded if padded in self._full else ""

    def resolve(self, *texts: str) -> Region | None:
        """The smallest division the texts name together, given from the largest to the smallest; None if none."""
        if texts not in self._memo:
            self._memo[texts] = self._resolve("".join(dict.fromkeys(_SIGNS.sub("", t) for t in texts if t)))
        return self._memo[texts]

    def within(self, text: str) -> Region | None:
        """The division that an address or the name of an institution begins with."""
        plain = _SIGNS.sub("", text)
        if not plain or plain.startswith(_NO_PLACE):
            return None
        found = self._resolve(plain, free=True)
        return Region(found.code, found.name) if found else None

    def mentioned(self, text: str) -> Region | None:
        """The one province that the name of an institution mentions anywhere: 首都医科大学附属北京安贞医院."""
        plain = _SIGNS.sub("", text).replace("首都", "北京")
        found = {
            place.code
            for name, places in self._tables.get("1", {}).items()
            for place in places
            if (at := plain.find(name)) >= 0 and not _STREET.match(plain, at + len(name))
        }
        code = next(iter(found)) if len(found) == 1 else ""
        return Region(code, self._full[code]) if code else None

    def _add(self, place: Place, name: str) -> None:
        if name in _MIDDLE:
            return
        # scopes: 1 provinces, 2 cities, 3 districts by full name of the country; then those of a province, of a city
        short = _SUFFIX.sub("", name)
        scopes = {1: ["1"], 2: ["2", "2" + place.code[:2]], 3: ["3" + place.code[:2], "3" + place.code[:4]]}
        for scope in scopes[place.level]:
            for each in {name, short}:
                if len(each) > 1:
                    self._tables.setdefault(scope, {}).setdefault(each, []).append(place)
        if place.level == 3:
            self._tables.setdefault("3", {}).setdefault(name, []).append(place)

    def _resolve(self, text: str, *, free: bool = False) -> Region | None:
        if not text:
            return None
        province, rest = self._start(text, "1", free=free)
        if province is None:
            return self._without_province(text, free=free)
        rest = self._without_repeat(rest, province)
        city, after = self._start(rest, "2" + province.code[:2], free=free)
        if city is not None:
            return self._below_city(city, after, free=free)
        district, after = self._start(rest, "3" + province.code[:2], free=free)
        if district is not None:
            return Region(district.code, self._full[district.code], after)
        return Region(province.code, self._full[province.code], rest)

    def _without_province(self, text: str, *, free: bool) -> Region | None:
        city, after = self._start(text, "2", free=free)
        if city is not None:
            return self._below_city(city, after, free=free)
        district, after = self._start(text, "3", free=free)
        return Region(district.code, self._full[district.code], after) if district else None

    def _below_city(self, city: Place, text: str, *, free: bool) -> Region:
        district, after = self._start(text, "3" + city.code[:4], free=free)
        found = district or city
        return Region(found.code, self._full[found.code], after if district else text)

    def _start(self, text: str, scope: str, *, free: bool) -> tuple[Place | None, str]:
        """The one place of the scope that the text begins with, longest name first; two of a name are none."""
        table: Mapping[str, list[Place]] = self._tables.get(scope, {})
        for length in range(min(len(text), 16), 1, -1):
            places = table.get(text[:length])
            if not places or len(places) != 1 or (free and _STREET.match(text, length)):
                continue
            if text.startswith("地区", length):
                # a prefecture that became a city since; where only a district kept the name, its city
                found = places[0] if places[0].level < 3 else Place(places[0].code[:4] + "00", 2)
                return found, text[length + 2 :]
            other_kind = text[length : length + 1] in _KINDS and text[:length] + text[length] not in table
            if not other_kind:
                return places[0], text[length:]
            # a county that became a city or a district since; higher up it is another place: 朝阳区 is not 朝阳市
            if len(scope) > 1 and scope[0] == "3":
                return places[0], text[length + 1 :]
        return None, text

    def _without_repeat(self, rest: str, province: Place) -> str:
        """北京市北京市朝阳区, 北京市市辖区朝阳区: the municipality once more in the place of the city."""
        for name in (self._full[province.code], *sorted(_MIDDLE, key=len, reverse=True)):
            if rest.startswith(name):
                return rest[len(name) :]
        return rest

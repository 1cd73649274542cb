"""One row of an organisations' file turned into the values of a record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from keqing.interchange.registry import SourceRow
from keqing.kit.search import normalise
from keqing.people import choices, known
from keqing.people.imports import cleaning
from keqing.people.models import Organisation
from keqing.reference.regions import Regions

TEXTS = {
    "short_name": (60, "简称"), "code": (40, "编码"), "hco_code": (22, "医疗机构代码"), "address": (200, "地址"),
    "specialties": (400, "特色专科"), "hours": (60, "营业时间"), "license_no": (40, "许可证号"), "gsp_scope": (400, "经营范围"),
    "coverage": (200, "覆盖区域"), "warehouses": (200, "仓库"), "delivery_terms": (100, "配送时效"),
    "agent_products": (200, "代理产品"), "agent_area": (200, "代理区域"), "remark": (500, "备注"),
}
COUNTS = {"beds": ("床位", 20000), "outpatients_day": ("日门诊量", 100000), "store_count": ("门店数", 100000)}
FLAGS = {"is_medicare": "医保定点", "is_dtp": "DTP 药房"}
DAYS = {"license_expires_on": "许可证有效期至", "authorised_until": "授权期限"}
PLACES = ("region", "province", "city", "district")
CHOICES = {
    "store_class": {"a": "a", "b": "b", "c": "c", "a类": "a", "b类": "b", "c类": "c"},
    "lifecycle": {
        **{label: value for value, label in choices.Stage.choices}, "待识别": "unidentified", "潜在": "prospect",
        "机会": "opportunity",
    },
    "tier": {"一级": "first", "1": "first", "二级": "second", "2": "second"},
}
NAME_LIMIT = 120
COMPANIES = ("distributor", "maker", "chain", "agent")
OTHERS = {"distributor": ("生产", "maker"), "maker": ("批发|经营|配送|商业|经销", "distributor")}
"""By kind: what the category of a row that is the other kind reads like, and that kind."""


class OrganisationCleaner:
    """Reads what a file needs once (regions, chains), then cleans row by row without the database."""

    def __init__(self, *, kind: str, regions: Regions, rows: Sequence[SourceRow]) -> None:
        self._kind, self._regions = kind, regions
        self._fitted: dict[str, Callable[[str, list[str]], Any]] = {
            name: self._fit(limit, label) for name, (limit, label) in TEXTS.items()
        }
        chains = {normalise(row.values.get("chain", "")) for row in rows} - {""}
        self._chains = known.known_organisations(kinds=[choices.Kind.CHAIN], names=chains)

    def clean(self, row: Mapping[str, str], notes: list[str]) -> dict[str, Any]:
        """Values by model field. Raises ``ValueError`` with every fault of the row; remarks go to ``notes``."""
        faults: list[str] = []
        values: dict[str, Any] = {}

        def keep(name: str, work: Callable[[], Any]) -> None:
            try:
                value = work()
            except ValueError as fault:
                faults.append(str(fault))
            else:
                if value not in (None, "", []):
                    values[name] = value

        self._clean_name(row, values, faults, notes)
        faults += self._other_kind(row)
        keep("region_id", lambda: self._region(row, notes))
        for name in row.keys() & self._fitted.keys():
            keep(name, lambda name=name: self._fitted[name](row[name], notes))  # type: ignore[misc]
        self._clean_special(row, keep, notes)
        if faults:
            raise ValueError("；".join(faults))
        return values

    def _clean_special(
        self, row: Mapping[str, str], keep: Callable[[str, Callable[[], Any]], None], notes: list[str]
    ) -> None:
        text = {key: value for key, value in row.items() if value}
        if "phone" in text:
            keep("phone", lambda: cleaning.clean_any_phone(text["phone"], notes))
        if "uscc" in text:
            keep("uscc", lambda: cleaning.clean_uscc_or_empty(text["uscc"]))
        if "level" in text:
            keep("level", lambda: cleaning.clean_level(text["level"], text.get("grade", "")))
        if "category" in text or "category_minor" in text:
            keep("category", lambda: cleaning.clean_category(text.get("category", ""), text.get("category_minor", "")))
        if "ownership" in text:
            keep("ownership", lambda: cleaning.clean_ownership(text["ownership"]))
        if "chain" in text:
            keep("chain_id", lambda: self._chain(text["chain"], notes))
        for name in text.keys() & COUNTS.keys():
            keep(name, lambda name=name: cleaning.clean_count(text[name], *COUNTS[name]))  # type: ignore[misc]
        for name in text.keys() & FLAGS.keys():
            keep(name, lambda name=name: cleaning.clean_yes_no(text[name], FLAGS[name]))  # type: ignore[misc]
        for name in text.keys() & DAYS.keys():
            keep(name, lambda name=name: cleaning.clean_day(text[name], DAYS[name]))  # type: ignore[misc]
        for name in text.keys() & CHOICES.keys():
            keep(name, lambda name=name: self._choice(name, text[name], notes))  # type: ignore[misc]

    def _clean_name(self, row: Mapping[str, str], values: dict[str, Any], faults: list[str], notes: list[str]) -> None:
        text = row.get("name", "")
        if not text.strip():
            faults.append("名称为空")
            return
        if self._kind in COMPANIES:
            name, aliases, extra = cleaning.split_company(text)
            if extra:
                notes.append(f"名称后面的“{extra}”不作为名称")
        else:
            name, aliases = cleaning.split_name(cleaning.halfwidth(text))
        if len(name) > NAME_LIMIT:
            faults.append(f"名称超过 {NAME_LIMIT} 字")
            return
        values["name"] = name
        aliases += [part.strip() for part in cleaning.parts_of(row.get("aliases", "")) if part.strip() != name]
        if aliases:
            values["aliases"] = [cleaning.fitted(alias, 120, "别名", notes) for alias in dict.fromkeys(aliases)]

    def _other_kind(self, row: Mapping[str, str]) -> list[str]:
        """Why a row of a list of several kinds does not belong to this one."""
        if self._kind not in OTHERS:
            return []
        own, (pattern, other) = choices.Kind(self._kind).label, OTHERS[self._kind]
        faults = []
        if re.search(pattern, row.get("role", "")):
            faults.append(f"类别是“{row['role']}”，不是{own}；请把这个文件再按“{choices.Kind(other).label}”导入一次")
        if row.get("member", "").strip().lower() in cleaning.NO:
            faults.append(f"文件注明不是{own}")
        if row.get("is_closed", "").strip().lower() in cleaning.YES:
            faults.append("文件注明已禁用")
        return faults

    def _region(self, row: Mapping[str, str], notes: list[str]) -> str | None:
        """From the code, else from the columns of places, else from where address or name begin."""
        if code := self._regions.known(row.get("region_code", "")):
            return code
        texts = [cleaning.halfwidth(row[key]) for key in PLACES if row.get(key)]
        if not texts:
            places = (self._regions.within(cleaning.halfwidth(row.get(key, ""))) for key in ("address", "name"))
            return next((place.code for place in places if place), None)
        found = self._regions.resolve(*texts)
        if found is not None and not found.rest:
            return found.code
        # a district alone may be that of several cities, or gone since: the address may know better
        by_address = self._regions.within(row.get("address", ""))
        if by_address and (found is None or known.is_wider(found.code, by_address.code)):
            return by_address.code
        if found is None:
            notes.append(f"地区“{' '.join(texts)}”没有找到，留空")
            return None
        notes.append(f"“{found.rest}”不在现行区划中，按{found.name}处理")
        return found.code

    def _chain(self, text: str, notes: list[str]) -> int | None:
        found: list[Organisation] = self._chains.get(normalise(text), [])
        if not found:
            notes.append(f"连锁总部“{text}”没有找到，留空")
            return None
        return found[0].pk

    def _choice(self, name: str, text: str, notes: list[str]) -> str:
        value = CHOICES[name].get(text.strip().lower(), "")
        if not value:
            notes.append(f"“{text}”不是可选项，留空")
        return value

    def _fit(self, limit: int, label: str) -> Callable[[str, list[str]], str]:
        return lambda text, notes: cleaning.fitted(cleaning.halfwidth(text), limit, label, notes)

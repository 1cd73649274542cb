"""Market news from a file."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from keqing.access.models import Staff
from keqing.interchange.registry import (
    DUPLICATE,
    ERROR,
    NEW,
    Applied,
    Context,
    Field,
    ImportSpec,
    Plan,
    Planned,
    SourceRow,
    Undone,
)
from keqing.kit.formats import business_date
from keqing.news.actions import import_intel, withdraw_imported
from keqing.news.models import Topic
from keqing.news.permissions import Can
from keqing.news.queries import spellings, titles_known
from keqing.news.words import folded, split, wrong
from keqing.people.imports import cleaning

LIMITS = {"title": (120, "标题"), "source": (60, "来源"), "summary": (4000, "摘要"), "url": (500, "原文链接")}


class IntelImport(ImportSpec):
    """A row is an item; one with the same title of the same day is there already."""

    key = "news"
    label = "市场动态"
    about = "每行一条动态；关注的人照常收到。"
    undo_means = "没有改过的动态删除，改过的保留"
    fields = (
        Field(key="title", label="标题", synonyms=("题目", "新闻标题", "动态"), required=True, examples=("示例替尼新适应症获批",)),
        Field(key="topic", label="主题", synonyms=("分类", "领域", "治疗领域"), required=True, hint="系统里已有的主题", examples=("肿瘤",)),
        Field(key="summary", label="摘要", synonyms=("内容", "正文", "简介"), required=True, examples=("说明书新增一项适应症。",)),
        Field(key="source", label="来源", synonyms=("出处", "媒体", "发布机构"), required=True, examples=("国家药监局",)),
        Field(key="published_on", label="发布日期", synonyms=("日期", "发布时间", "时间"), required=True, hint="如 2026-11-20", examples=("2026-11-20",)),
        Field(key="products", label="相关产品", synonyms=("产品", "品种", "药品"), hint="几个用顿号隔开", examples=("示例替尼",)),
        Field(key="url", label="原文链接", synonyms=("链接", "网址", "原文")),
    )

    def allowed(self, staff: Staff) -> bool:
        return super().allowed(staff) and staff.may(Can.MANAGE)

    def plan(self, *, rows: Sequence[SourceRow], context: Context) -> Plan:
        topics = {topic.name: topic for topic in Topic.objects.filter(closed_on__isnull=True)}
        known = titles_known({row.values.get("title", "").strip() for row in rows})
        seen: dict[tuple[str, date], int] = {}
        spelled = spellings()
        planned = []
        for at, row in enumerate(rows):
            context.tell(at // 2)
            one = _planned(row, topics, known, seen, today=business_date(context.at))
            if one.payload:
                one.payload["products"] = [spelled.get(folded(word), word) for word in one.payload["products"]]
            planned.append(one)
        return Plan(planned)

    def apply(self, *, plan: Plan, context: Context) -> None:
        new = [row for row in plan.rows if row.outcome == NEW]
        made = import_intel(items=[row.payload for row in new], by=context.by, at=context.at)
        for row, intel in zip(new, made, strict=True):
            row.target_id = intel.pk

    def beyond(self, *, rows: Sequence[Applied], by: Staff) -> set[int]:
        """Who manages news manages all of it."""
        return set() if by.may(Can.MANAGE) else {row.number for row in rows}

    def undo(self, *, rows: Sequence[Applied], by: Staff, at: datetime) -> Undone:
        kept = withdraw_imported(ids=[row.target_id for row in rows if row.target_id], by=by, at=at)
        return Undone({row.number: "导入后改过，没有删除。" for row in rows if row.target_id in kept})


def _planned(
    row: SourceRow, topics: Mapping[str, Topic], known: set[tuple[str, date]], seen: dict[tuple[str, date], int], *,
    today: date,
) -> Planned:
    planned = Planned(row.number, ERROR, row.values.get("title", "").strip()[:120] or "（没有标题）")
    notes: list[str] = []
    try:
        planned.payload = values = _clean(row.values, topics, today, notes)
    except ValueError as fault:
        planned.reason = str(fault)
        return planned
    mark = (values["title"], values["published_on"])
    earlier = seen.setdefault(mark, row.number)
    if earlier != row.number or mark in known:
        planned.outcome = DUPLICATE
        planned.reason = f"与第 {earlier} 行重复" if earlier != row.number else "已有同一天的同名动态"
        return planned
    planned.outcome, planned.reason = NEW, "；".join(notes)
    return planned


def _clean(row: Mapping[str, str], topics: Mapping[str, Topic], today: date, notes: list[str]) -> dict[str, Any]:
    """Values of an item; raises ``ValueError`` with what is wrong."""
    text = {key: value.strip() for key, value in row.items()}
    for key, (_limit, label) in LIMITS.items():
        if key != "url" and not text.get(key):
            raise ValueError(f"{label}为空")
    topic = topics.get(text.get("topic", ""))
    if topic is None:
        raise ValueError(f"没有主题“{text.get('topic', '')}”")
    day = cleaning.clean_day(text.get("published_on", ""), "发布日期") if text.get("published_on") else None
    if day is None or day > today:
        raise ValueError("发布日期为空" if day is None else "发布日期晚于今天")
    words = split(text.get("products", ""))
    if sentence := wrong(words):
        raise ValueError(sentence)
    url = text.get("url", "")
    if url and not url.startswith(("http://", "https://")):
        notes.append(f"原文链接“{url[:30]}”不是网址，留空")
        url = ""
    values = {key: cleaning.fitted(text[key], limit, label, notes) for key, (limit, label) in LIMITS.items() if key != "url"}
    return values | {"topic": topic, "published_on": day, "products": words, "url": url[:500]}

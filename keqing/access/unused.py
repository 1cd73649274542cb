"""长期未用的权限 (T41): positions whose holder has not used a right of the role for ninety days."""

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keqing.access.labels import WORDS, word_label
from keqing.access.models import Holding, Position, WordUse
from keqing.access.standing import roles
from keqing.access.tables import role_name
from keqing.kit.addresses import address
from keqing.kit.formats import business_date, format_date
from keqing.kit.formula_guard import guarded
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec, Preset

UNUSED_DAYS = 90


def unused_since(today: date) -> date:
    return today - timedelta(days=UNUSED_DAYS)


def long_held(today: date) -> QuerySet[Position]:
    """Positions somebody has held for ninety days: before, nothing can have lain unused so long."""
    held = Holding.objects.filter(position=OuterRef("pk"), to_on__isnull=True).order_by().values("from_on")[:1]
    uses = WordUse.objects.filter(staff=OuterRef("holder")).order_by().values("staff").annotate(n=Max("last_on")).values("n")
    rows = Position.objects.current().filter(holder__isnull=False).annotate(held_from=Subquery(held), used_on=Subquery(uses))
    return rows.filter(held_from__lt=unused_since(today)).select_related("holder", "unit")


@dataclass(frozen=True)
class Grants:
    """What of one position's role its holder did not use."""

    unused: Sequence[str]
    total: int

    @property
    def share(self) -> str:
        return f"{len(self.unused)}/{self.total}"

    @property
    def text(self) -> str:
        return "、".join(word_label(word) for word in self.unused)


def grants_of(positions: Collection[Position], *, today: date) -> dict[int, Grants]:
    """Word by word, in the order of the catalogue; one statement for a page."""
    recent: dict[int, set[str]] = defaultdict(set)
    holders = [position.holder_id for position in positions]
    uses = WordUse.objects.filter(staff__in=holders, last_on__gte=unused_since(today))
    for staff_id, word in uses.values_list("staff", "word"):
        recent[staff_id].add(word)
    found = {}
    for position in positions:
        words = [word for word in WORDS if position.role in roles() and word in roles()[position.role].words]
        found[position.pk] = Grants([word for word in words if word not in recent[position.holder_id or 0]], len(words))
    return found


class UnusedList(ListSpec):
    key = "unused-grants"
    title = _("长期未用的权限")
    noun = _("个岗位")
    default_sort = "unit"
    columns = [
        Column(key="holder", label=_("任职人"), hideable=False, cell=lambda row, _t: row.holder.name),
        Column(key="unit", label=_("组织"), sort="unit__path", cell=lambda row, _t: row.unit.name),
        Column(key="role", label=_("角色"), cell=lambda row, _t: row.role_title),
        Column(
            key="used", label=_("最近使用"), css="figures",
            cell=lambda row, _t: Cell(format_date(row.used_on) if row.used_on else "没有用过", label="使用"),
        ),
        Column(key="count", label=_("未用"), numeric=True, cell=lambda row, _t: Cell(row.grants.share, label="未用")),
        Column(
            key="words", label=_("90 天没有用过的权限"), css="max-w-lg truncate",
            cell=lambda row, _t: Cell(row.grants.text, title=row.grants.text),
        ),
    ]  # fmt: skip
    presets = [
        Preset(
            key="never", label=_("全部未用"),
            condition=lambda a: Q(used_on__isnull=True) | Q(used_on__lt=unused_since(a.today)),
        )
    ]  # fmt: skip
    empty_text = _("没有任职满 90 天的岗位，还看不出哪些权限长期未用。")
    file_columns = (
        FileColumn(key="holder", paths=("holder__name",)), FileColumn(key="unit", paths=("unit__name",)),
        FileColumn(key="role", paths=("role",), value=role_name), FileColumn(key="used", paths=("used_on",)),
        FileColumn(key="count"), FileColumn(key="words"),
    )  # fmt: skip

    def url_of(self, row: Position) -> str:
        return address("access:position", row.pk)

    def beside(self, keys: Sequence[int], wanted: Collection[str]) -> Mapping[str, Mapping[int, Any]]:
        if not {"count", "words"} & set(wanted):
            return {}
        found = grants_of(list(Position.objects.filter(pk__in=keys)), today=business_date(timezone.now()))
        return {
            "count": {pk: one.share for pk, one in found.items()},
            "words": {pk: one.text for pk, one in found.items()},
        }


def as_csv(rows: QuerySet[Position], *, today: date) -> str:
    """The quarterly review on one sheet: who holds what and did not use it."""
    positions = list(rows.order_by("unit__path", "code"))
    found = grants_of(positions, today=today)
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(["任职人", "组织", "岗位", "角色", "最近使用", "未用", "90 天没有用过的权限"])
    for row in positions:
        grants, used = found[row.pk], row.used_on  # type: ignore[attr-defined]
        values = [row.holder.name if row.holder else "", row.unit.name, row.name, row.role_title, f"{used or '没有用过'}"]
        writer.writerow([guarded(value) for value in (*values, grants.share, grants.text)])
    return "\ufeff" + sheet.getvalue()


def dress(rows: Sequence[Any], *, today: date) -> None:
    found = grants_of(rows, today=today)
    for row in rows:
        row.grants = found[row.pk]


def open_unused(request: HttpRequest, _argument: str = "") -> OpenList:
    """For the security administrator: the positions themselves, no customer among them."""
    rows = long_held(business_date(timezone.now()))
    return OpenList(UnusedList(), rows.filter(pk__in=Position.objects.visible_to(request.user).values("pk")))

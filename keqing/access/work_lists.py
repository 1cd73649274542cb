"""The lists of proxies, transfers, what a transfer moved, and grants nobody used."""

import re
from collections.abc import Mapping
from datetime import date
from itertools import product
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from keqing.access import handover
from keqing.access.labels import kind_label
from keqing.access.models import Proxy, Staff, Transfer, TransferItem
from keqing.access.permissions import Can
from keqing.access.tables import status
from keqing.access.work_forms import duties_of
from keqing.kit.addresses import address
from keqing.kit.formats import format_date, format_datetime
from keqing.kit.forms import Form
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec, Preset

NUMBERED = re.compile(r"客户 #(\d+)")
STATES = {
    "waiting": "waiting", "scheduled": "waiting", "done": "done", "undone": "draft", "declined": "draft", "cancelled": "draft",
    "failed": "waiting",
}  # fmt: skip


def scope_of(words: Any, kinds: Any) -> str:
    """整个岗位, or what it is limited to."""
    parts = [duties_of(words)] if words else []
    if kinds:
        parts.append("、".join(kind_label(kind) for kind in kinds))
    return "；".join(parts) or "整个岗位"


def _proxy_state(row: Proxy, today: date) -> str:
    text = row.state(today)
    return status({"代理中": "done", "未开始": "waiting"}.get(text, "draft"), text)


class PeopleFilter(Form):
    q = forms.CharField(label=_("姓名或岗位"), required=False, max_length=40)


class ProxyList(ListSpec):
    key = "proxies"
    title = _("工作代理")
    noun = _("项")
    filter_form = PeopleFilter
    default_sort = "-starts"
    columns = [
        Column(key="from", label=_("被代理人"), hideable=False, cell=lambda row, _t: row.from_staff.name),
        Column(key="to", label=_("代理人"), cell=lambda row, _t: row.to_staff.name),
        Column(key="position", label=_("岗位"), cell=lambda row, _t: f"{row.position.unit.name} · {row.position.name}"),
        Column(
            key="starts", label=_("开始"), sort="starts_on", css="figures",
            cell=lambda row, _t: Cell(format_date(row.starts_on), label="开始"),
        ),
        Column(key="ends", label=_("结束"), css="figures", cell=lambda row, _t: Cell(format_date(row.ends_on), label="结束")),
        Column(key="scope", label=_("范围"), cell=lambda row, _t: scope_of(row.words, row.kinds)),
        Column(key="reason", label=_("事由"), cell=lambda row, _t: row.reason),
        Column(key="by", label=_("安排人"), cell=lambda row, _t: row.made_by.name),
        Column(key="state", label=_("状态"), cell=lambda row, today: _proxy_state(row, today)),
    ]
    presets = [
        Preset(
            key="now", label=_("代理中"),
            condition=lambda a: Q(starts_on__lte=a.today, ends_on__gte=a.today, ended_at__isnull=True),
        ),
        Preset(key="later", label=_("未开始"), condition=lambda a: Q(starts_on__gt=a.today, ended_at__isnull=True)),
        Preset(key="over", label=_("已结束"), condition=lambda a: Q(ends_on__lt=a.today) | Q(ended_at__isnull=False)),
    ]  # fmt: skip
    empty_text = _("还没有安排过工作代理。请假或出差前，把岗位交给同事代理几天。")
    file_columns = (
        FileColumn(key="from", paths=("from_staff__name",)), FileColumn(key="to", paths=("to_staff__name",)),
        FileColumn(key="position", paths=("position__unit__name", "position__name"), value=lambda unit, name: f"{unit} · {name}"),
        FileColumn(key="starts", paths=("starts_on",)), FileColumn(key="ends", paths=("ends_on",)),
        FileColumn(key="scope", paths=("words", "kinds"), value=scope_of), FileColumn(key="reason", paths=("reason",)),
        FileColumn(key="by", paths=("made_by__name",)),
        FileColumn(key="state", paths=("ended_at",), value=lambda ended: "已提前结束" if ended else "按期"),
    )  # fmt: skip

    def url_of(self, row: Proxy) -> str:
        return address("access:proxy", row.pk)

    def filter(self, queryset: QuerySet[Proxy], cleaned: Mapping[str, Any]) -> QuerySet[Proxy]:
        if text := cleaned.get("q", "").strip():
            names = Q(from_staff__name__contains=text) | Q(to_staff__name__contains=text) | Q(position__name__contains=text)
            queryset = queryset.filter(names)
        return queryset


class TransferList(ListSpec):
    key = "transfers"
    title = _("工作转移")
    noun = _("项")
    default_sort = "-made"
    columns = [
        Column(key="from", label=_("转出岗位"), hideable=False, cell=lambda row, _t: from_names(row)),
        Column(key="reason", label=_("原因"), cell=lambda row, _t: row.get_reason_display()),
        Column(key="to", label=_("其余移交给"), cell=lambda row, _t: Cell(row.rest_to.label if row.rest_to else "--", label="移交给")),
        Column(key="on", label=_("生效日期"), css="figures", cell=lambda row, _t: Cell(format_date(row.effective_on), label="生效")),
        Column(key="moved", label=_("移交数量"), cell=lambda row, _t: Cell(moved_text(row.counts), label="已移交")),
        Column(key="by", label=_("发起人"), cell=lambda row, _t: Cell(row.made_by.name, label="发起人")),
        Column(
            key="made", label=_("发起时间"), sort="made_at", css="figures",
            cell=lambda row, _t: Cell(format_datetime(row.made_at), label="发起"),
        ),
        Column(key="state", label=_("状态"), cell=lambda row, _t: status(STATES[row.state], row.get_state_display())),
    ]
    presets = [
        Preset(key="waiting", label=_("待批准"), condition=lambda _a: Q(state="waiting")),
        Preset(key="scheduled", label=_("待执行"), condition=lambda _a: Q(state="scheduled")),
        Preset(key="done", label=_("已完成"), condition=lambda _a: Q(state="done")),
        Preset(key="failed", label=_("未完成"), condition=lambda _a: Q(state="failed")),
    ]
    empty_text = _("还没有工作转移。人员离职或调整辖区时，在这里把全部工作一次移交。")
    file_columns = (
        FileColumn(key="from", paths=("pk",), value=lambda pk: f"工作转移 {pk}"),
        FileColumn(key="reason", paths=("reason",), value=lambda value: str(Transfer.Reason(value).label)),
        FileColumn(key="to", paths=("rest_to__name",)), FileColumn(key="on", paths=("effective_on",)),
        FileColumn(key="moved", paths=("counts",), value=lambda counts: moved_text(counts)),
        FileColumn(key="by", paths=("made_by__name",)), FileColumn(key="made", paths=("made_at",)),
        FileColumn(key="state", paths=("state",), value=lambda value: str(Transfer.State(value).label)),
    )  # fmt: skip

    def url_of(self, row: Transfer) -> str:
        return address("access:transfer", row.pk)


class ItemList(ListSpec):
    """What one transfer moved, row by row: the report of a handover."""

    title = _("移交清单")
    noun = _("条")
    columns = [
        Column(key="title", label=_("内容"), hideable=False, cell=lambda row, _t: named(row.title, row.key, row.object_id)),
        Column(key="sort", label=_("类别"), cell=lambda row, _t: sort_label(row.key)),
        Column(key="from", label=_("转出岗位"), cell=lambda row, _t: row.from_position.name),
        Column(key="to", label=_("移交给"), cell=lambda row, _t: row.to_position.label),
        Column(
            key="state", label=_("结果"),
            cell=lambda row, _t: status("draft", "已撤销") if row.is_undone else status("done", "已移交"),
        ),
    ]
    presets = [
        Preset(key="customers", label=_("客户"), condition=lambda _a: Q(key__in=[m.key for m in handover.movables() if m.is_customer])),
        Preset(key="undone", label=_("已撤销"), condition=lambda _a: Q(is_undone=True)),
    ]
    empty_text = _("这次转移还没有移交任何工作。")
    file_columns = (
        FileColumn(key="title", paths=("title", "key", "object_id"), value=lambda title, key, pk: named(title, key, pk)),
        FileColumn(key="sort", paths=("key",), value=lambda key: sort_label(key)),
        FileColumn(key="from", paths=("from_position__name",)),
        FileColumn(
            key="to", paths=("to_position__name", "to_position__holder__name"),
            value=lambda name, holder: f"{holder}（{name}）" if holder else name,
        ),
        FileColumn(key="state", paths=("is_undone",), value=lambda undone: "已撤销" if undone else "已移交"),
    )  # fmt: skip

    def __init__(self, pk: int) -> None:
        self.key = f"transfer-items:{pk}"


def from_names(row: Transfer) -> str:
    names = [source.position.label for source in row.sources.all()]
    return "、".join(names[:3]) + (f" 等 {len(names)} 个" if len(names) > 3 else "")


def moved_text(counts: Mapping[str, int]) -> str:
    return "，".join(f"{label} {count}" for label, count in counts.items()) or "--"


def sort_label(key: str) -> str:
    return next((one.label for one in handover.movables() if one.key == key), key)


def named(title: str, key: str, pk: int) -> str:
    """Not everything that moves has a name: a call of which only the number is known."""
    return title or f"{sort_label(key)} #{pk}"


def open_proxies(request: HttpRequest, _argument: str = "") -> OpenList:
    rows = Proxy.objects.visible_to(request.user).select_related("from_staff", "to_staff", "made_by", "position__unit")
    return OpenList(ProxyList(), rows)


def open_transfers(request: HttpRequest, _argument: str = "") -> OpenList:
    rows = Transfer.objects.visible_to(request.user).select_related("made_by", "rest_to__holder")
    return OpenList(TransferList(), rows.prefetch_related("sources__position__holder"))


def open_items(request: HttpRequest, argument: str) -> OpenList:
    """For who may see the transfer and customers at all: all of it for who made or decided on it, else what their
    positions give, get or have in their reach. Administrators who agree to transfers see no customer's name."""
    pk = int(argument) if argument.isdecimal() and len(argument) < 10 else 0
    transfer = Transfer.objects.visible_to(request.user).filter(pk=pk).first()
    staff: Staff = request.user  # type: ignore[assignment]
    if transfer is None or not staff.may("organisation.view"):
        raise Http404
    rows = TransferItem.objects.filter(transfer=transfer).select_related("from_position", "to_position__holder").order_by("pk")
    return OpenList(ItemList(pk), rows.filter(_in_sight(staff, transfer)))


def told(*, transfer: Transfer, staff: Staff) -> str:
    """What the transfer says of itself: customers by number, by name to whoever may read what moved."""
    ids = {int(number) for number in NUMBERED.findall(transfer.message)}
    if not ids or not staff.may("organisation.view"):
        return transfer.message
    tables = [one.key for one in handover.movables() if one.is_customer]
    rows = TransferItem.objects.filter(_in_sight(staff, transfer), key__in=tables, customer_id__in=ids)
    names = dict(rows.values_list("customer_id", "title"))
    return NUMBERED.sub(lambda found: f"“{names[int(found[1])]}”" if int(found[1]) in names else found[0], transfer.message)


def _in_sight(staff: Staff, transfer: Transfer) -> Q:
    words = (Can.MAKE_TRANSFER, Can.APPROVE_TRANSFER)
    if staff.pk in (transfer.made_by_id, transfer.decided_by_id) or any(staff.standing.reaches_everything(word) for word in words):
        return Q()
    mine = staff.standing.position_ids
    seen = Q(from_position__in=mine) | Q(to_position__in=mine)
    for word, side in product(words, ("from_position", "to_position")):
        seen |= staff.standing.rows(word, kind=f"{side}__role", owner=f"{side}_id", unit=f"{side}__unit_id")
    return seen

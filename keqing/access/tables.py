"""The lists of the administration pages."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from keqing.access.forms import PositionFilter, StaffFilter
from keqing.access.labels import kind_label
from keqing.access.models import Position, Staff, TerritoryRule
from keqing.access.standing import roles
from keqing.kit.addresses import address
from keqing.kit.formats import format_date, format_datetime
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec, Preset
from keqing.kit.masks import mask_phone


def status(state: str, label: str) -> str:
    """The mark the component ``status`` draws, in a row."""
    tone = {"done": "badge-soft badge-success", "waiting": "badge-soft badge-warning"}.get(state, "badge-ghost")
    return format_html('<span class="badge badge-sm {}">{}</span>', tone, label)


def role_name(role: str) -> str:
    return roles()[role].title if role in roles() else role


def _positions(row: Staff) -> Cell:
    names = "、".join(f"{position.unit.name} · {position.role_title}" for position in row.positions.all())
    return Cell(names or "无岗位", "" if names else "text-muted")


def _position_name(row: Position) -> Cell:
    return Cell(row.name, badge="负责人" if row.is_head else "", tone="primary")


def _holder(row: Position) -> str:
    if row.closed_on:
        return status("draft", "已撤销")
    return row.holder.name if row.holder else status("waiting", "空缺")


def _division(row: TerritoryRule) -> str:
    return format_html('{} <span class="text-muted figures">{}</span>', row.division.full_name, row.division_prefix)


def _end_button(row: TerritoryRule, today: date) -> str:
    """停用, for a rule in force; the page of territories carries the form it belongs to."""
    if row.valid_to and row.valid_to <= today:
        return format_html("<span></span>")
    url = address("access:territory_end", row.pk)
    return format_html('<button class="btn btn-sm btn-ghost" form="territory-end" formaction="{}">停用</button>', url)


class StaffList(ListSpec):
    key = "staff"
    title = _("员工")
    noun = _("人")
    filter_form = StaffFilter
    default_sort = "name"
    columns = [
        Column(key="name", label=_("姓名"), sort="initials", letters=True, hideable=False),
        Column(key="login", label=_("登录名"), sort="login_name", cell=lambda row, _today: row.login_name),
        Column(key="positions", label=_("岗位"), cell=lambda row, _today: _positions(row)),
        Column(key="employee_no", label=_("工号"), sort="employee_no", css="figures"),
        Column(key="mobile", label=_("手机"), css="figures", cell=lambda row, _today: mask_phone(row.mobile) if row.mobile else ""),
        Column(key="state", label=_("状态"), cell=lambda row, _today: status("done", "在用") if row.is_active else status("draft", "已停用")),
        Column(
            key="last", label=_("最近登录"), sort="last_login", css="figures",
            cell=lambda row, _today: Cell(format_datetime(row.last_login) if row.last_login else "", label="登录"),
        ),
    ]
    presets = [
        Preset(key="active", label=_("在用"), condition=lambda _: Q(is_active=True)),
        Preset(key="left", label=_("已停用"), condition=lambda _: Q(is_active=False)),
        Preset(key="loose", label=_("无岗位"), condition=lambda _: Q(is_active=True, positions__isnull=True)),
    ]
    empty_text = _("还没有员工。")
    file_columns = (
        FileColumn(key="name", paths=("name",)), FileColumn(key="login", paths=("login_name",)), FileColumn(key="positions"),
        FileColumn(key="employee_no", paths=("employee_no",)),
        FileColumn(key="mobile", paths=("mobile",), value=lambda phone: mask_phone(phone) if phone else ""),
        FileColumn(key="state", paths=("is_active",), value=lambda active: "在用" if active else "已停用"),
        FileColumn(key="last", paths=("last_login",)),
    )  # fmt: skip

    def beside(self, keys: Sequence[int], wanted: Collection[str]) -> Mapping[str, Mapping[int, Any]]:
        held = Position.objects.current().filter(holder__in=keys).order_by("code").values_list("holder", "unit__name", "role")
        found: dict[int, list[str]] = defaultdict(list)
        for holder, unit, role in held if "positions" in wanted else ():
            found[holder].append(f"{unit} · {role_name(role)}")
        return {"positions": {key: "、".join(found[key]) or "无岗位" for key in keys}}

    def url_of(self, row: Staff) -> str:
        return address("access:staff", row.pk)

    def filter(self, queryset: QuerySet[Staff], cleaned: Mapping[str, Any]) -> QuerySet[Staff]:
        if text := cleaned.get("q", "").strip():
            queryset = queryset.filter(
                Q(name__contains=text) | Q(login_name__icontains=text) | Q(employee_no__icontains=text)
                | Q(initials__startswith=text.lower())
            )  # fmt: skip
        if role := cleaned.get("role"):
            queryset = queryset.filter(pk__in=Position.objects.current().filter(role=role).values("holder"))
        return queryset


class PositionList(ListSpec):
    key = "positions"
    title = _("岗位")
    noun = _("个")
    filter_form = PositionFilter
    default_sort = "code"
    columns = [
        Column(key="name", label=_("岗位名称"), sort="name", hideable=False, cell=lambda row, _today: _position_name(row)),
        Column(key="code", label=_("编号"), sort="code", css="figures"),
        Column(key="unit", label=_("所属组织"), sort="unit__path", cell=lambda row, _today: row.unit.name),
        Column(key="role", label=_("角色"), sort="role", cell=lambda row, _today: row.role_title),
        Column(key="holder", label=_("任职人"), cell=lambda row, _today: _holder(row)),
        Column(
            key="opened", label=_("设岗日期"), sort="opened_on", css="figures",
            cell=lambda row, _today: Cell(format_date(row.opened_on), label="设岗"),
        ),
    ]
    presets = [
        Preset(key="current", label=_("在用"), condition=lambda _: Q(closed_on__isnull=True)),
        Preset(key="vacant", label=_("空缺"), condition=lambda _: Q(closed_on__isnull=True, holder__isnull=True)),
        Preset(key="closed", label=_("已撤销"), condition=lambda _: Q(closed_on__isnull=False)),
    ]
    empty_text = _("还没有岗位。")
    file_columns = (
        FileColumn(key="name", paths=("name",)), FileColumn(key="code", paths=("code",)),
        FileColumn(key="unit", paths=("unit__name",)), FileColumn(key="role", paths=("role",), value=role_name),
        FileColumn(
            key="holder", paths=("holder__name", "closed_on"),
            value=lambda holder, closed: "已撤销" if closed else holder or "空缺",
        ),
        FileColumn(key="opened", paths=("opened_on",)),
    )  # fmt: skip

    def url_of(self, row: Position) -> str:
        return address("access:position", row.pk)

    def filter(self, queryset: QuerySet[Position], cleaned: Mapping[str, Any]) -> QuerySet[Position]:
        if text := cleaned.get("q", "").strip():
            queryset = queryset.filter(
                Q(name__contains=text) | Q(code__icontains=text) | Q(holder__name__contains=text)
            )
        if role := cleaned.get("role"):
            queryset = queryset.filter(role=role)
        if unit := cleaned.get("unit"):
            queryset = queryset.filter(unit__path__startswith=unit.path)
        return queryset


class TerritoryList(ListSpec):
    key = "territories"
    title = _("辖区")
    default_sort = "place"
    columns = [
        Column(key="place", label=_("行政区划"), sort="division_prefix", hideable=False, cell=lambda row, _today: _division(row)),
        Column(key="kinds", label=_("客户类型"), cell=lambda row, _today: row.kind_labels or _("全部类型")),
        Column(key="position", label=_("负责岗位"), cell=lambda row, _today: f"{row.position.unit.name} · {row.position.label}"),
        Column(
            key="from", label=_("启用"), sort="valid_from", css="figures",
            cell=lambda row, _today: Cell(format_date(row.valid_from), label="启用"),
        ),
        Column(
            key="to", label=_("停用"), sort="valid_to", css="figures",
            cell=lambda row, _today: Cell(format_date(row.valid_to) if row.valid_to else "", label="停用"),
        ),
        Column(key="end", label=_("操作"), cell=lambda row, today: _end_button(row, today)),
    ]
    presets = [
        Preset(
            key="now", label=_("在用"),
            condition=lambda asked: Q(valid_from__lte=asked.today)
            & (Q(valid_to__isnull=True) | Q(valid_to__gte=asked.today)),
        ),
        Preset(key="later", label=_("未启用"), condition=lambda asked: Q(valid_from__gt=asked.today)),
        Preset(key="over", label=_("已停用"), condition=lambda asked: Q(valid_to__lt=asked.today)),
    ]  # fmt: skip
    empty_text = _("还没有辖区规则。没有规则时，新客户进入导入人的待分配队列。")
    file_columns = (
        FileColumn(
            key="place", paths=("division__full_name", "division_prefix"), value=lambda name, prefix: f"{name} {prefix}"
        ),
        FileColumn(key="kinds", paths=("kinds",), value=lambda kinds: "、".join(map(kind_label, kinds)) or "全部类型"),
        FileColumn(
            key="position", paths=("position__unit__name", "position__name", "position__holder__name"),
            value=lambda unit, position, holder: f"{unit} · {holder or f'{position}（空缺）'}",
        ),
        FileColumn(key="from", paths=("valid_from",)), FileColumn(key="to", paths=("valid_to",)),
    )  # fmt: skip

    def url_of(self, row: TerritoryRule) -> str:
        return address("access:position", row.position_id)

    @staticmethod
    def rows(rules: QuerySet[TerritoryRule]) -> QuerySet[TerritoryRule]:
        return rules.select_related("division", "position__holder", "position__unit")


def open_staff(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(StaffList(), Staff.objects.visible_to(request.user).prefetch_related("positions__unit"))


def open_positions(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(PositionList(), Position.objects.visible_to(request.user).select_related("unit", "holder"))


def open_territories(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(TerritoryList(), TerritoryList.rows(TerritoryRule.objects.visible_to(request.user)))

"""The lists of the administration pages."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from keqing.access.forms import PositionFilter, StaffFilter
from keqing.access.models import Position, Staff, TerritoryRule
from keqing.kit.list_registry import OpenList
from keqing.kit.lists import Column, ListSpec, Preset


class StaffList(ListSpec):
    key = "staff"
    title = _("员工")
    row_template = "access/_staff_row.html"
    noun = _("人")
    filter_form = StaffFilter
    default_sort = "name"
    columns = [
        Column(key="name", label=_("姓名"), sort="initials", letters=True, hideable=False),
        Column(key="login", label=_("登录名"), sort="login_name"),
        Column(key="positions", label=_("岗位")),
        Column(key="employee_no", label=_("工号"), sort="employee_no"),
        Column(key="mobile", label=_("手机")),
        Column(key="state", label=_("状态")),
        Column(key="last", label=_("最近登录"), sort="last_login", css="figures"),
    ]
    presets = [
        Preset(key="active", label=_("在用"), condition=lambda _: Q(is_active=True)),
        Preset(key="left", label=_("已停用"), condition=lambda _: Q(is_active=False)),
        Preset(key="loose", label=_("无岗位"), condition=lambda _: Q(is_active=True, positions__isnull=True)),
    ]
    empty_text = _("还没有员工。")

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
    row_template = "access/_position_row.html"
    noun = _("个")
    filter_form = PositionFilter
    default_sort = "code"
    columns = [
        Column(key="code", label=_("编号"), sort="code", hideable=False),
        Column(key="name", label=_("岗位名称"), sort="name"),
        Column(key="unit", label=_("所属组织"), sort="unit__path"),
        Column(key="role", label=_("角色"), sort="role"),
        Column(key="holder", label=_("任职人")),
        Column(key="opened", label=_("设岗日期"), sort="opened_on", css="figures"),
    ]
    presets = [
        Preset(key="current", label=_("在用"), condition=lambda _: Q(closed_on__isnull=True)),
        Preset(key="vacant", label=_("空缺"), condition=lambda _: Q(closed_on__isnull=True, holder__isnull=True)),
        Preset(key="closed", label=_("已撤销"), condition=lambda _: Q(closed_on__isnull=False)),
    ]
    empty_text = _("还没有岗位。")

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
    row_template = "access/_territory_row.html"
    default_sort = "place"
    columns = [
        Column(key="place", label=_("行政区划"), sort="division_prefix", hideable=False),
        Column(key="kinds", label=_("客户类型")),
        Column(key="position", label=_("负责岗位")),
        Column(key="from", label=_("启用"), sort="valid_from", css="figures"),
        Column(key="to", label=_("停用"), sort="valid_to", css="figures"),
        Column(key="end", label=_("操作")),
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

    @staticmethod
    def rows(rules: QuerySet[TerritoryRule]) -> QuerySet[TerritoryRule]:
        return rules.select_related("division", "position__holder", "position__unit")


def open_staff(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(StaffList(), Staff.objects.visible_to(request.user).prefetch_related("positions__unit"))


def open_positions(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(PositionList(), Position.objects.visible_to(request.user).select_related("unit", "holder"))


def open_territories(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(TerritoryList(), TerritoryList.rows(TerritoryRule.objects.visible_to(request.user)))

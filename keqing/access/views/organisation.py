"""The org tree, positions and territories."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqing.access import handover, queries
from keqing.access.actions import positions as position_actions
from keqing.access.actions import territories as territory_actions
from keqing.access.actions import units as unit_actions
from keqing.access.actions.common import AdminRefused, Stale
from keqing.access.forms import (
    AppointForm,
    PositionForm,
    TerritoryForm,
    UnitEditForm,
    UnitForm,
    VacateForm,
)
from keqing.access.gate import allow, fetch
from keqing.access.models import OrgUnit, Position, TerritoryRule
from keqing.access.permissions import Can
from keqing.access.tables import TerritoryList, open_positions, open_territories
from keqing.kit import lists, pages
from keqing.kit.formats import business_date


@require_GET
@allow(Can.MANAGE_ORG, Can.VIEW_STAFF)
def units(request: HttpRequest) -> HttpResponse:
    """The tree of the company with heads and positions."""
    context = {"rows": queries.org_tree(), "may_manage": request.user.may(Can.MANAGE_ORG)}
    return pages.render(request=request, template="access/units.html", context=context)


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE_ORG)
def unit_new(request: HttpRequest) -> HttpResponse:
    form = UnitForm(request.POST or None, initial={"parent": request.GET.get("parent"), "kind": OrgUnit.Kind.AREA})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = _try(
            form,
            lambda: unit_actions.create_unit(
                name=data["name"], kind=data["kind"], parent=data["parent"], by=request.user, at=timezone.now()
            ),
        )
        if done:
            messages.success(request, _("已建立“%(name)s”。") % {"name": data["name"]})
            return redirect("access:units")
    return _form(request, form, title=_("新建组织"), back="access:units")


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE_ORG)
def unit_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename and move, in one step."""
    unit = fetch(OrgUnit, pk, request)
    initial = {"name": unit.name, "parent": unit.parent_id, "version": unit.version}
    form = UnitEditForm(request.POST or None, unit=unit, initial=initial)
    status = None
    if request.method == "POST" and form.is_valid():
        unit.version = form.cleaned_data["version"]
        try:
            unit_actions.edit_unit(
                unit=unit, name=form.cleaned_data["name"], parent=form.cleaned_data.get("parent"), by=request.user,
                at=timezone.now(),
            )  # fmt: skip
        except Stale as stale:
            theirs = {"name": stale.theirs.name, "parent": stale.theirs.parent_id}
            form.show_conflict(current={n: theirs[n] for n in form.fields if n in theirs}, version=stale.theirs.version)
            status = 409
        except AdminRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已保存。"))
            return redirect("access:units")
    return _form(request, form, title=_("修改组织"), back="access:units", status=status, closing=unit)


@require_POST
@allow(Can.MANAGE_ORG)
def unit_close(request: HttpRequest, pk: int) -> HttpResponse:
    unit = fetch(OrgUnit, pk, request)
    _say(request, lambda: unit_actions.close_unit(unit=unit, by=request.user, at=timezone.now()), _("组织已停用。"))
    return redirect("access:units")


@require_GET
@allow(Can.MANAGE_ORG, Can.VIEW_STAFF)
def positions(request: HttpRequest) -> HttpResponse:
    opened = open_positions(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return lists.respond(
        request=request, page=page, template="access/positions.html",
        context={"may_manage": request.user.may(Can.MANAGE_ORG)},
    )  # fmt: skip


@require_GET
@allow(Can.MANAGE_ORG, Can.VIEW_STAFF)
def position(request: HttpRequest, pk: int) -> HttpResponse:
    """One position: who holds and held it, its territories, its open work, what can be done."""
    found = fetch(Position.objects.select_related("unit", "holder"), pk, request)
    today = business_date(timezone.now())
    context = {
        "position": found,
        "holdings": found.holdings.select_related("staff"),
        "territories": TerritoryList.rows(found.territory_rules.all()),
        "work": position_actions.describe(handover.open_work(positions=[found])),
        "manager": position_actions.manager_of(found),
        "may_manage": request.user.may(Can.MANAGE_ORG) and found.closed_on is None,
        "appoint_form": AppointForm(initial={"version": found.version, "on": today}, auto_id="appoint_%s"),
        "vacate_form": VacateForm(initial={"version": found.version, "on": today}, auto_id="vacate_%s"),
    }
    return pages.render(request=request, template="access/position.html", context=context)


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE_ORG)
def position_new(request: HttpRequest) -> HttpResponse:
    form = PositionForm(request.POST or None, initial={"unit": request.GET.get("unit")})
    if request.method == "POST" and form.is_valid():
        made = _try(
            form,
            lambda: position_actions.create_position(values=form.values(), by=request.user, at=timezone.now()),
        )
        if made:
            messages.success(request, _("岗位已建立，可以任命任职人。"))
            return redirect("access:position", made.pk)
    return _form(request, form, title=_("新建岗位"), back="access:positions")


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE_ORG)
def position_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetch(Position.objects.select_related("unit"), pk, request)
    initial = {"name": found.name, "unit": found.unit_id, "role": found.role, "is_head": found.is_head}
    form = PositionForm(request.POST or None, new=False, initial={**initial, "version": found.version})
    status = None
    if request.method == "POST" and form.is_valid():
        found.version = form.cleaned_data["version"]
        try:
            position_actions.edit_position(
                position=found, values=form.values(), by=request.user, at=timezone.now()
            )
        except Stale as stale:
            theirs = stale.theirs
            current = {"name": theirs.name, "unit": theirs.unit_id, "role": theirs.role, "is_head": theirs.is_head}
            form.show_conflict(current=current, version=theirs.version)
            status = 409
        except AdminRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已保存。"))
            return redirect("access:position", pk)
    return _form(request, form, title=_("修改岗位"), back="access:positions", status=status)


@require_POST
@allow(Can.MANAGE_ORG)
def position_appoint(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetch(Position.objects.select_related("unit", "holder"), pk, request)
    form = AppointForm(request.POST)
    if not form.is_valid():
        return _form(request, form, title=_("任命 · %(name)s") % {"name": found.name}, back="access:positions")
    found.version = form.cleaned_data["version"]
    _say(
        request,
        lambda: position_actions.appoint(
            position=found, staff=form.cleaned_data["staff"], on=form.cleaned_data["on"], by=request.user,
            at=timezone.now(),
        ),
        _("任命已生效。"),
    )  # fmt: skip
    return redirect("access:position", pk)


@require_POST
@allow(Can.MANAGE_ORG)
def position_vacate(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetch(Position.objects.select_related("unit", "holder"), pk, request)
    form = VacateForm(request.POST)
    if not form.is_valid():
        return _form(request, form, title=_("卸任 · %(name)s") % {"name": found.name}, back="access:positions")
    found.version = form.cleaned_data["version"]
    _say(
        request,
        lambda: position_actions.vacate(
            position=found, on=form.cleaned_data["on"], by=request.user, at=timezone.now()
        ),
        _("岗位已空缺，客户在上级的待办里。"),
    )
    return redirect("access:position", pk)


@require_POST
@allow(Can.MANAGE_ORG)
def position_close(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetch(Position, pk, request)
    _say(
        request,
        lambda: position_actions.close_position(position=found, by=request.user, at=timezone.now()),
        _("岗位已撤销。"),
    )
    return redirect("access:position", pk)


@require_GET
@allow(Can.MANAGE_ORG)
def territories(request: HttpRequest) -> HttpResponse:
    today = business_date(timezone.now())
    opened = open_territories(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    return lists.respond(request=request, page=page, template="access/territories.html", context={"today": today})


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE_ORG)
def territory_new(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    initial = {"valid_from": business_date(at), "position": request.GET.get("position")}
    form = TerritoryForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = _try(
            form,
            lambda: territory_actions.create_territory(
                position=data["position"], division=data["division_code"], kinds=data["kinds"],
                valid_from=data["valid_from"], valid_to=data["valid_to"], by=request.user, at=at,
            ),
        )  # fmt: skip
        if made:
            messages.success(request, _("辖区规则已建立，今后的新客户按它分配。"))
            return redirect("access:territories")
    return _form(request, form, title=_("新建辖区规则"), back="access:territories")


@require_POST
@allow(Can.MANAGE_ORG)
def territory_end(request: HttpRequest, pk: int) -> HttpResponse:
    """The rule holds for the last time today."""
    rule = fetch(TerritoryRule, pk, request)
    at = timezone.now()
    _say(
        request,
        lambda: territory_actions.end_territory(rule=rule, on=business_date(at), by=request.user, at=at),
        _("规则从明天起停用。"),
    )
    return redirect("access:territories")


def _try(form: Any, action: Callable[[], Any]) -> Any:
    """The action's result, or None with the refusal as the form's error."""
    try:
        return action()
    except AdminRefused as refusal:
        form.add_error(None, str(refusal))
        return None


def _say(request: HttpRequest, action: Callable[[], Any], done: str) -> None:
    try:
        action()
    except AdminRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)


def _form(
    request: HttpRequest, form: Any, *, title: str, back: str, status: int | None = None, closing: OrgUnit | None = None
) -> HttpResponse:
    return pages.render(
        request=request, template="access/admin_form.html",
        context={"form": form, "heading": title, "cancel_url": reverse(back), "closing": closing},
        status=status or (422 if form.errors else 200),
    )  # fmt: skip

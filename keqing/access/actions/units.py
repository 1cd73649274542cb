"""Writing the org tree."""

from datetime import datetime

from django.db import transaction

from keqing.access import handover
from keqing.access.actions.common import AdminRefused, keep, locked, subject_of
from keqing.access.models import OrgUnit, Staff
from keqing.audit import actions as audit
from keqing.kit.formats import business_date

Kind = OrgUnit.Kind
MAY_LIE_UNDER = {Kind.REGION: {Kind.COMPANY}, Kind.AREA: {Kind.COMPANY, Kind.REGION}}


@transaction.atomic
def create_unit(*, name: str, kind: str, parent: OrgUnit | None, by: Staff | None, at: datetime) -> OrgUnit:
    """Add a unit to the tree. Refuses a second company, a kind in the wrong place and a name used beside it."""
    if parent is not None:
        parent = OrgUnit.objects.select_for_update().get(pk=parent.pk)
    _check_place(kind, parent)
    _check_name(name, parent)
    unit = OrgUnit(name=name, kind=kind, parent=parent, valid_from=business_date(at))
    unit.save(force_insert=True)
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    audit.record(
        action="unit.created", by=by, at=at, subject=subject_of(unit),
        changes={"name": [None, name], "parent": [None, parent.name if parent else None]},
    )
    return unit


@transaction.atomic
def rename_unit(*, unit: OrgUnit, name: str, by: Staff, at: datetime) -> OrgUnit:
    stored = locked(unit)
    if stored.name == name:
        return stored
    _check_name(name, stored.parent, besides=stored)
    old, stored.name = stored.name, name
    keep(stored, ["name"])
    audit.record(action="unit.renamed", by=by, at=at, subject=subject_of(stored), changes={"name": [old, name]})
    return stored


@transaction.atomic
def move_unit(*, unit: OrgUnit, parent: OrgUnit, by: Staff, at: datetime) -> OrgUnit:
    """Hang a unit with everything under it below another one; paths follow, and with them everybody's reach."""
    stored = locked(unit)
    # the whole tree is small; locking it keeps two moves from making a ring
    list(OrgUnit.objects.select_for_update().order_by("pk").values_list("pk", flat=True))
    parent = OrgUnit.objects.get(pk=parent.pk)
    if stored.parent_id == parent.pk:
        return stored
    if stored.parent is None:
        raise AdminRefused("公司不能移动。")
    if parent.path.startswith(stored.path):
        raise AdminRefused("不能移到自己之下。")
    _check_place(stored.kind, parent)
    _check_name(stored.name, parent, besides=stored)
    old_parent, old_path = stored.parent, stored.path
    stored.parent, stored.path = parent, f"{parent.path}{stored.pk}/"
    keep(stored, ["parent", "path"])
    below = list(OrgUnit.objects.filter(path__startswith=old_path).exclude(pk=stored.pk))
    for each in below:
        each.path = stored.path + each.path.removeprefix(old_path)
    OrgUnit.objects.bulk_update(below, ["path"])
    audit.record(
        action="unit.moved", by=by, at=at, subject=subject_of(stored),
        changes={"parent": [old_parent.name, parent.name]},
    )
    return stored


@transaction.atomic
def edit_unit(*, unit: OrgUnit, name: str, parent: OrgUnit | None, by: Staff, at: datetime) -> OrgUnit:
    """``rename_unit`` and ``move_unit`` in one step, for the form that shows both."""
    stored = rename_unit(unit=unit, name=name, by=by, at=at)
    return stored if parent is None else move_unit(unit=stored, parent=parent, by=by, at=at)


@transaction.atomic
def close_unit(*, unit: OrgUnit, by: Staff, at: datetime) -> OrgUnit:
    """End a unit. Refuses while units, positions or waiting customers are in it."""
    stored = locked(unit)
    today = business_date(at)
    if stored.parent_id is None:
        raise AdminRefused("公司不能停用。")
    if stored.valid_to is not None:
        raise AdminRefused("这个组织已经停用。")
    if stored.children.filter(valid_to__isnull=True).exists():
        raise AdminRefused("还有下级组织，请先移走或停用它们。")
    if stored.positions.filter(closed_on__isnull=True).exists():
        raise AdminRefused("还有在用的岗位，请先移走或撤销它们。")
    if waiting := handover.waiting_in(unit=stored):
        names = "，".join(f"{one.label} {one.count}" for one in waiting)
        raise AdminRefused(f"还有待分配的工作（{names}），请先分配。")
    stored.valid_to = today
    keep(stored, ["valid_to"])
    audit.record(
        action="unit.closed", by=by, at=at, subject=subject_of(stored), changes={"valid_to": [None, today.isoformat()]}
    )
    return stored


def _check_place(kind: str, parent: OrgUnit | None) -> None:
    if kind == Kind.COMPANY:
        if parent is not None or OrgUnit.objects.filter(kind=Kind.COMPANY).exists():
            raise AdminRefused("只能有一个公司，且在最上层。")
        return
    if parent is None or parent.kind not in MAY_LIE_UNDER.get(Kind(kind), set()):
        raise AdminRefused(f"{Kind(kind).label}不能设在“{parent.name if parent else '最上层'}”之下。")
    if parent.valid_to is not None:
        raise AdminRefused(f"“{parent.name}”已停用。")


def _check_name(name: str, parent: OrgUnit | None, besides: OrgUnit | None = None) -> None:
    same = OrgUnit.objects.filter(parent=parent, name=name, valid_to__isnull=True)
    if besides is not None:
        same = same.exclude(pk=besides.pk)
    if same.exists():
        raise AdminRefused(f"同一上级之下已有“{name}”。")

"""Writing positions and who holds them (decision 2)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from keqing.access import handover
from keqing.access.actions.common import AdminRefused, keep, locked, require_security_admin, subject_of, take_over
from keqing.access.models import Holding, OrgUnit, Position, Staff
from keqing.access.standing import roles
from keqing.audit import actions as audit
from keqing.kit.formats import business_date


@transaction.atomic
def create_position(*, values: Mapping[str, Any], by: Staff, at: datetime) -> Position:
    """Open a position: ``name, unit, role`` and perhaps ``code, is_head, opened_on``.

    Refuses an unknown role, a closed unit, a second head and a code in use.
    """
    position = Position(**{"opened_on": business_date(at), "code": "", **values})
    position.code = position.code or _next_code()
    _check(position)
    if Position.objects.filter(code=position.code).exists():
        raise AdminRefused(f"岗位编号“{position.code}”已在使用。")
    position.save(force_insert=True)
    audit.record(
        action="position.created", by=by, at=at, subject=subject_of(position),
        changes={"unit": [None, str(position.unit)], "role": [None, position.role]},
    )
    return position


@transaction.atomic
def edit_position(*, position: Position, values: Mapping[str, Any], by: Staff, at: datetime) -> Position:
    """Change name, unit, role or headship. A move to another unit takes the position's customers along."""
    stored = locked(position)
    if stored.closed_on is not None:
        raise AdminRefused("已撤销的岗位不能修改。")
    old_role = stored.role
    changes = take_over(stored, values)
    if not changes:
        return stored
    _check(stored)
    if "role" in changes and stored.holder_id == by.pk and "staff.manage" in roles()[old_role].words:
        raise AdminRefused("不能修改自己的安全管理员岗位，请另一位安全管理员来做。")
    keep(stored, list(changes))
    if "unit" in changes:
        handover.rehome(position=stored, unit=stored.unit, by=by, at=at)
    if "role" in changes:
        require_security_admin()
    audit.record(action="position.edited", by=by, at=at, subject=subject_of(stored), changes=changes)
    return stored


@transaction.atomic
def appoint(*, position: Position, staff: Staff, on: date, by: Staff, at: datetime) -> Position:
    """Put a person into a position from ``on``; the one before leaves it that day.

    Refuses people who left, closed positions, days in the future and days before the last change of holder.
    """
    staff = Staff.objects.select_for_update().get(pk=staff.pk)
    stored = locked(position)
    if stored.closed_on is not None:
        raise AdminRefused(f"岗位“{stored.name}”已撤销，不能任职。")
    if not staff.is_active:
        raise AdminRefused(f"{staff.name} 已离职，不能任职。")
    if on > business_date(at):
        raise AdminRefused("任职日期不能在今天之后。")
    if stored.holder_id == staff.pk:
        raise AdminRefused(f"{staff.name} 已经在这个岗位上。")
    before = stored.holder
    _end_holding(stored, on)
    Holding.objects.create(position=stored, staff=staff, from_on=on)
    stored.holder = staff
    keep(stored, ["holder"])
    require_security_admin()
    audit.record(
        action="position.appointed", by=by, at=at, subject=subject_of(stored),
        changes={"holder": [before.name if before else None, staff.name], "from_on": [None, on.isoformat()]},
    )
    return stored


@transaction.atomic
def vacate(*, position: Position, on: date, by: Staff, at: datetime) -> Position:
    """Empty a position. Its customers stay with it and appear on the manager's worklist."""
    stored = locked(position)
    if stored.holder is None:
        raise AdminRefused("这个岗位已经空缺。")
    if on > business_date(at):
        raise AdminRefused("离任日期不能在今天之后。")
    if stored.holder_id == by.pk and "staff.manage" in _words(stored.role):
        raise AdminRefused("不能卸任自己的安全管理员岗位，请另一位安全管理员来做。")
    before = stored.holder
    _end_holding(stored, on)
    stored.holder = None
    keep(stored, ["holder"])
    require_security_admin()
    audit.record(
        action="position.vacated", by=by, at=at, subject=subject_of(stored),
        changes={"holder": [before.name, None], "to_on": [None, on.isoformat()]},
    )
    return stored


@transaction.atomic
def close_position(*, position: Position, by: Staff, at: datetime) -> Position:
    """End a vacant position for good. Refuses while somebody holds it, work is open or a territory names it."""
    stored = locked(position)
    today = business_date(at)
    if stored.closed_on is not None:
        raise AdminRefused("这个岗位已经撤销。")
    if stored.holder_id is not None:
        raise AdminRefused("岗位上还有人，请先卸任。")
    if work := handover.open_work(positions=[stored]):
        raise AdminRefused(f"岗位还有未移交的工作（{describe(work)}），请先移交。")
    if stored.territory_rules.filter(valid_to__isnull=True).exists():
        raise AdminRefused("还有辖区规则指向这个岗位，请先停用规则。")
    stored.closed_on = today
    keep(stored, ["closed_on"])
    audit.record(
        action="position.closed", by=by, at=at, subject=subject_of(stored),
        changes={"closed_on": [None, today.isoformat()]},
    )
    return stored


def manager_of(position: Position) -> Staff | None:
    """Who answers for a position: the head of its unit or of the nearest unit above that has one."""
    above = [int(pk) for pk in position.unit.path.strip("/").split("/") if pk]
    heads = {
        head.unit_id: head.holder
        for head in Position.objects.current().filter(unit__in=above, is_head=True, holder__is_active=True)
        .exclude(pk=position.pk).exclude(holder=position.holder_id).select_related("holder")
    }  # fmt: skip
    return next((heads[pk] for pk in reversed(above) if pk in heads), None)


def describe(work: list[handover.OpenWork]) -> str:
    """``客户 214，待办 3``"""
    totals: dict[str, int] = {}
    for one in work:
        totals[one.label] = totals.get(one.label, 0) + one.count
    return "，".join(f"{label} {count}" for label, count in totals.items())


def _end_holding(position: Position, on: date) -> None:
    last = position.holdings.order_by("-from_on", "-pk").first()
    if last is None:
        return
    if on < (last.to_on or last.from_on):
        raise AdminRefused(f"日期不能早于上一次任职变动（{last.to_on or last.from_on:%Y-%m-%d}）。")
    if last.to_on is None:
        last.to_on = on
        last.save(update_fields=["to_on"])


def _check(position: Position) -> None:
    if position.role not in roles():
        raise AdminRefused("没有这个角色。")
    unit = OrgUnit.objects.select_for_update().get(pk=position.unit_id)
    if unit.valid_to is not None:
        raise AdminRefused(f"组织“{unit.name}”已停用。")
    heads = Position.objects.current().filter(unit=unit, is_head=True).exclude(pk=position.pk)
    if position.is_head and (head := heads.first()):
        raise AdminRefused(f"“{unit.name}”已有负责人岗位“{head.name}”。")


def _words(role: str) -> Mapping[str, Any]:
    return roles()[role].words if role in roles() else {}


def first_free_number() -> int:
    """The number from which on codes made by us (P0001) are free."""
    last = Position.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    made = Position.objects.filter(code__regex=r"^P\d{4,9}$").values_list("code", flat=True)
    return max([last, *(int(code[1:]) for code in made)]) + 1


def _next_code() -> str:
    return f"P{first_free_number():04d}"

"""Writing staff: people come, change, leave and come back."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from keqing.access import handover
from keqing.access.actions.common import AdminRefused, keep, locked, require_security_admin, subject_of, take_over
from keqing.access.actions.positions import appoint, describe, manager_of, vacate
from keqing.access.models import Position, Staff
from keqing.audit import actions as audit
from keqing.kit.formats import business_date

# no 0/O, 1/l/I: these are read aloud or copied from paper
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


class OpenWorkLeft(AdminRefused):
    """Somebody who leaves still has work; ``work`` by position, for the form that offers who takes over."""

    def __init__(self, staff: Staff, work: list[handover.OpenWork]) -> None:
        super().__init__(f"{staff.name} 的岗位还有未移交的工作（{describe(work)}），请选择由谁接手。")
        self.work = work


def one_time_password() -> str:
    """Three groups of four readable signs, about 59 bits."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(3))


@transaction.atomic
def create_staff(*, values: Mapping[str, Any], by: Staff | None, at: datetime) -> tuple[Staff, str]:
    """Give a person an account: ``login_name, name`` and perhaps employee number, mobile, e-mail, rep filing.

    Returns the account and its one-time password, which is stored nowhere and must be changed at first sign-in.
    """
    password = one_time_password()
    staff = Staff(**{"must_change_password": True, **values})
    staff.login_name = staff.login_name.strip()
    staff.set_password(password)
    _save_new(staff)
    audit.record(
        action="staff.created", by=by, at=at, subject=subject_of(staff),
        changes={"login_name": [None, staff.login_name], "name": [None, staff.name]},
    )
    return staff, password


@transaction.atomic
def edit_staff(*, staff: Staff, values: Mapping[str, Any], by: Staff, at: datetime) -> Staff:
    """Change a person's facts. Refuses a login name or employee number in use."""
    stored = locked(staff)
    changes = take_over(stored, values)
    if not changes:
        return stored
    try:
        with transaction.atomic():
            keep(stored, [*changes, "initials"])
    except IntegrityError as error:
        raise clash(error) from error
    audit.record(action="staff.edited", by=by, at=at, subject=subject_of(stored), changes=changes)
    return stored


@transaction.atomic
def reset_password(*, staff: Staff, by: Staff, at: datetime) -> str:
    """A new one-time password, shown once. Every session of the person ends, a lock is lifted."""
    from keqing.access.actions.sessions import forget_tries

    stored = Staff.objects.select_for_update().get(pk=staff.pk)
    if not stored.is_active:
        raise AdminRefused(f"{stored.name} 已停用，不能重置密码。")
    password = one_time_password()
    stored.set_password(password)
    stored.must_change_password = True
    keep(stored, ["password", "must_change_password"])
    forget_tries(login_name=stored.login_name)
    audit.record(action="staff.password_reset", by=by, at=at, subject=subject_of(stored))
    return password


@transaction.atomic
def deactivate_staff(
    *, staff: Staff, by: Staff, at: datetime, successor: Staff | None = None, manager_takes_over: bool = False
) -> Staff:
    """A person leaves: positions are emptied or handed on, the account closes with the next request.

    Positions with open work go to ``successor``, or each to its manager; ``OpenWorkLeft`` when nobody is named.
    """
    stored = locked(staff)
    if stored.pk == by.pk:
        raise AdminRefused("不能停用自己的账号。")
    if not stored.is_active:
        raise AdminRefused(f"{stored.name} 已经停用。")
    today = business_date(at)
    positions = list(Position.objects.current().filter(holder=stored).select_related("unit", "holder"))
    work = handover.open_work(positions=positions)
    if work and successor is None and not manager_takes_over:
        raise OpenWorkLeft(stored, work)
    for position in positions:
        heir = _heir(position, successor, manager_takes_over) if handover.open_work(positions=[position]) else None
        if heir is not None:
            appoint(position=position, staff=heir, on=today, by=by, at=at)
        else:
            vacate(position=position, on=today, by=by, at=at)
    stored.is_active, stored.left_on = False, today
    keep(stored, ["is_active", "left_on"])
    require_security_admin()
    audit.record(
        action="staff.deactivated", by=by, at=at, subject=subject_of(stored),
        changes={"is_active": [True, False], "left_on": [None, today.isoformat()]},
        reason=f"移交：{describe(work)}" if work else "",
    )
    return stored


@transaction.atomic
def reactivate_staff(*, staff: Staff, by: Staff, at: datetime) -> str:
    """A person comes back, without positions and with a new one-time password, which is returned."""
    stored = locked(staff)
    if stored.is_active:
        raise AdminRefused(f"{stored.name} 的账号在用。")
    stored.is_active, stored.left_on = True, None
    keep(stored, ["is_active", "left_on"])
    audit.record(
        action="staff.reactivated", by=by, at=at, subject=subject_of(stored), changes={"is_active": [False, True]}
    )
    return reset_password(staff=stored, by=by, at=at)


def _heir(position: Position, successor: Staff | None, manager_takes_over: bool) -> Staff:
    if successor is not None:
        if successor.pk == position.holder_id:
            raise AdminRefused("接手人不能是离开的人。")
        return successor
    manager = manager_of(position)
    if manager is None:
        raise AdminRefused(f"岗位“{position.name}”之上没有在任的负责人，请另选接手人。")
    return manager


def _save_new(staff: Staff) -> None:
    try:
        with transaction.atomic():
            staff.save(force_insert=True)
    except IntegrityError as error:
        raise clash(error) from error


def clash(error: IntegrityError) -> AdminRefused:
    """What a login name or employee number in use is to the user."""
    if "employee_no" in str(error):
        return AdminRefused("这个工号已有人使用。")
    if "login_name" in str(error):
        return AdminRefused("这个登录名已有人使用。")
    raise error

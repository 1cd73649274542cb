"""Many people and positions at once, as a file brings them; the rules are those of the single actions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from keqing.access import handover
from keqing.access.actions.common import AdminRefused, Stale, require_security_admin, subject_of, take_over
from keqing.access.actions.positions import first_free_number
from keqing.access.actions.staff import clash
from keqing.access.models import Holding, OrgUnit, Position, Staff, TerritoryRule
from keqing.access.standing import roles
from keqing.audit import actions as audit
from keqing.kit.formats import business_date
from keqing.kit.pinyin import initials


@dataclass
class Arrival:
    """A person, a position, or a person in a position. ``new_position`` are the values of one to open."""

    person: Mapping[str, Any]
    position: Position | None = None
    new_position: Mapping[str, Any] | None = None
    staff: Staff | None = None
    """Set by ``welcome``."""


@transaction.atomic(savepoint=False)
def welcome(*, arrivals: Sequence[Arrival], by: Staff, at: datetime) -> None:
    """Accounts, positions and appointments of many people. Effects: rows, one audit entry for each of the three.

    The accounts have no usable password: each person gets a one-time password from the staff page. Refuses what
    ``create_staff``, ``create_position`` and ``appoint`` refuse, with all of it.
    """
    people = [arrival for arrival in arrivals if arrival.person]
    for arrival in people:
        arrival.staff = _account(arrival.person)
    opening = [arrival for arrival in arrivals if arrival.new_position is not None]
    _open_positions(opening, at)
    made = [arrival.staff for arrival in people if arrival.staff is not None]
    try:
        with transaction.atomic():
            Staff.objects.bulk_create(made)
    except IntegrityError as error:
        raise clash(error) from error
    audit.record_all(
        audit.entry_for(
            action="staff.created", by=by, at=at, subject=subject_of(staff),
            changes={"login_name": [None, staff.login_name], "name": [None, staff.name]},
        )
        for staff in made
    )
    _store_positions(opening, by, at)
    _appoint([a for a in people if a.position is not None], by, at)


@transaction.atomic(savepoint=False)
def edit_many(*, changes: Sequence[tuple[Staff, Mapping[str, Any]]], by: Staff, at: datetime) -> None:
    """Change facts of many people; refuses all when one was changed since, or a name or number is in use."""
    stored = {s.pk: s for s in Staff.objects.select_for_update().filter(pk__in=[s.pk for s, _ in changes])}
    entries, fields = [], {"version", "initials"}
    for seen, values in changes:
        staff = stored[seen.pk]
        if staff.version != seen.version:
            raise Stale(staff)
        diff = take_over(staff, values)
        staff.version += 1
        staff.initials = initials(staff.name, person=True)[:40]
        fields |= diff.keys()
        entries.append(audit.entry_for(action="staff.edited", by=by, at=at, subject=subject_of(staff), changes=diff))
    try:
        with transaction.atomic():
            Staff.objects.bulk_update(stored.values(), sorted(fields), batch_size=1000)
    except IntegrityError as error:
        raise clash(error) from error
    audit.record_all(entries)


@transaction.atomic(savepoint=False)
def take_leave(*, staff: Collection[Staff], opened: Collection[int], by: Staff, at: datetime) -> dict[int, str]:
    """Unused accounts close, their positions are emptied, and those in ``opened`` are closed too.

    Returns position id → why it keeps its holder and stays. Whoever holds one of those keeps the account.
    """
    today = business_date(at)
    ids = [one.pk for one in staff]
    held = Position.objects.current().select_for_update(of=("self",)).select_related("unit", "holder")
    positions = list(held.filter(holder__in=ids)) + list(held.filter(pk__in=opened).exclude(holder__in=ids))
    kept = _with_work(positions)
    staying = {p.holder_id for p in positions if p.pk in kept}
    leaving = [one for one in staff if one.pk not in staying and one.pk != by.pk and one.is_active]
    gone = {one.pk for one in leaving}
    vacated = [p for p in positions if p.holder_id in gone]
    entries = [
        audit.entry_for(
            action="position.vacated", by=by, at=at, subject=subject_of(p),
            changes={"holder": [p.label, None], "to_on": [None, today.isoformat()]},
        )
        for p in vacated
    ]
    Holding.objects.filter(position__in=vacated, to_on__isnull=True).update(to_on=today)
    ruled = set(
        TerritoryRule.objects.filter(position__in=opened, valid_to__isnull=True).values_list("position_id", flat=True)
    )
    for position in vacated:
        position.holder = None
        position.version += 1
    closing = [p for p in positions if p.pk in opened and p.pk not in kept and p.holder_id is None and p.pk not in ruled]
    for position in closing:
        position.closed_on = today
        position.version += 1
        entries.append(
            audit.entry_for(
                action="position.closed", by=by, at=at, subject=subject_of(position),
                changes={"closed_on": [None, today.isoformat()]},
            )
        )
    Position.objects.bulk_update({p.pk: p for p in (*vacated, *closing)}.values(), ["holder", "closed_on", "version"])
    for one in leaving:
        one.is_active, one.left_on = False, today
        one.version += 1
        entries.append(
            audit.entry_for(
                action="staff.deactivated", by=by, at=at, subject=subject_of(one),
                changes={"is_active": [True, False], "left_on": [None, today.isoformat()]},
            )
        )
    Staff.objects.bulk_update(leaving, ["is_active", "left_on", "version"])
    require_security_admin()
    audit.record_all(entries)
    return {**dict.fromkeys(ruled, "还有辖区规则指向这个岗位"), **kept}


def _account(values: Mapping[str, Any]) -> Staff:
    staff = Staff(**{"must_change_password": True, **values})
    staff.login_name = staff.login_name.strip()
    staff.password = make_password(None)
    staff.initials = initials(staff.name, person=True)[:40]
    return staff


def _open_positions(arrivals: Sequence[Arrival], at: datetime) -> None:
    """New positions on the arrivals, not stored yet; refuses what the rules of a single position refuse."""
    number = first_free_number() if arrivals else 0
    for arrival in arrivals:
        position = Position(**{"opened_on": business_date(at), "code": "", **(arrival.new_position or {})})
        if not position.code:
            position.code, number = f"P{number:04d}", number + 1
        if position.role not in roles():
            raise AdminRefused("没有这个角色。")
        arrival.position = position
    new = [a.position for a in arrivals if a.position is not None]
    codes = [p.code for p in new]
    if taken := Position.objects.filter(code__in=codes).values_list("code", flat=True).first() if codes else None:
        raise AdminRefused(f"岗位编号“{taken}”已在使用。")
    units = {u.pk: u for u in OrgUnit.objects.select_for_update().filter(pk__in={p.unit_id for p in new})} if new else {}
    for unit in units.values():
        if unit.valid_to is not None:
            raise AdminRefused(f"组织“{unit.name}”已停用。")
    heads = [p for p in new if p.is_head]
    have = dict(Position.objects.current().filter(unit__in=units, is_head=True).values_list("unit_id", "name")) if heads else {}
    for head in heads:
        if head.unit_id in have:
            raise AdminRefused(f"“{head.unit.name}”已有负责人岗位“{have[head.unit_id]}”。")
        have[head.unit_id] = head.name


def _store_positions(arrivals: Sequence[Arrival], by: Staff, at: datetime) -> None:
    made = Position.objects.bulk_create([a.position for a in arrivals if a.position is not None])
    audit.record_all(
        audit.entry_for(
            action="position.created", by=by, at=at, subject=subject_of(p),
            changes={"unit": [None, str(p.unit)], "role": [None, p.role]},
        )
        for p in made
    )


def _appoint(arrivals: Sequence[Arrival], by: Staff, at: datetime) -> None:
    today = business_date(at)
    ids = [a.position.pk for a in arrivals if a.position is not None]
    stored = {p.pk: p for p in Position.objects.select_for_update().filter(pk__in=ids)}
    last = {h.position_id: h for h in Holding.objects.filter(position__in=ids).order_by("from_on", "pk")}
    holdings, entries = [], []
    for arrival in arrivals:
        assert arrival.position is not None and arrival.staff is not None  # noqa: S101 the caller chose these
        position = stored[arrival.position.pk]
        if position.closed_on is not None or position.holder_id is not None:
            raise AdminRefused(f"岗位“{position.name}”在检查之后已被别人担任或撤销，请重新检查。")
        before = last.get(position.pk)
        if before is not None and today < (before.to_on or before.from_on):
            raise AdminRefused(f"岗位“{position.name}”上一次任职变动在今天之后，不能任职。")
        position.holder = arrival.staff
        position.version += 1
        holdings.append(Holding(position=position, staff=arrival.staff, from_on=today))
        entries.append(
            audit.entry_for(
                action="position.appointed", by=by, at=at, subject=subject_of(position),
                changes={"holder": [None, arrival.staff.name], "from_on": [None, today.isoformat()]},
            )
        )
    Holding.objects.bulk_create(holdings)
    Position.objects.bulk_update(stored.values(), ["holder", "version"], batch_size=1000)
    audit.record_all(entries)


def _with_work(positions: Sequence[Position]) -> dict[int, str]:
    """Position id → what is open on it. Halves the positions as long as there is work among them."""
    work = handover.open_work(positions=positions) if positions else []
    if not work:
        return {}
    if len(positions) == 1:
        said = "，".join(f"{one.label} {one.count}" for one in work)
        return {positions[0].pk: f"岗位还有未移交的工作（{said}）"}
    middle = len(positions) // 2
    return {**_with_work(positions[:middle]), **_with_work(positions[middle:])}

"""Letting colleagues see a customer too, until a day (R-288). The table lies in ``access``: it decides rights."""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from keqing.access.models import OrgUnit, Position, Share, Staff
from keqing.audit import actions as audit
from keqing.kit.formats import business_date
from keqing.people.models import Organisation, Person
from keqing.timeline import actions as timeline
from keqing.timeline.models import Entry

LABEL = "access.share"
LONGEST_DAYS = 366


class SharingRefused(Exception):
    """The customer cannot be shared so; the text is for the user."""


def subject_of(share: Share) -> audit.Subject:
    return audit.Subject(LABEL, share.pk, str(share), share.customer_id)


@transaction.atomic
def share_customer(
    *, customer: Organisation | Person, position: Position | None = None, unit: OrgUnit | None = None, from_on: date,
    to_on: date, may_write: bool, reason: str = "", by: Staff, at: datetime,
) -> Share:
    """A position, or everybody in and under a unit, sees the customer with all that hangs on it, from day to day.

    Refuses days that are over or too many, the owner, vacant or closed positions and a second share for the same
    days. Effects: the share, one audit and one timeline entry.
    """
    _check(customer, position, unit, from_on, to_on, business_date(at))
    share = Share(
        customer_id=customer.pk, customer_name=customer.name, position=position, unit=unit, from_on=from_on, to_on=to_on,
        may_write=may_write, reason=reason.strip(), made_by=by, made_at=at,
    )
    try:
        with transaction.atomic():
            share.save(force_insert=True)
    except IntegrityError as error:
        if "one_share_" not in str(error):
            raise
        raise SharingRefused(f"这几天已经共享给{share.with_whom}，请先收回再改。") from error
    changes = {"with": [None, share.with_whom], "right": [None, share.right], "to_on": [None, f"{to_on}"]}
    audit.record(action="customer.shared", by=by, at=at, subject=subject_of(share), changes=changes, reason=share.reason)
    _tell(share, f"共享给{share.with_whom}，{share.right}，到 {to_on}", share.reason, by, at)
    return share


@transaction.atomic
def revoke_share(*, share: Share, by: Staff, at: datetime) -> Share:
    """Nobody sees the customer by this share any more, from the next request on. Refuses one that is over."""
    stored = Share.objects.select_for_update(of=("self",)).select_related("position__holder", "unit").get(pk=share.pk)
    if stored.revoked_at is not None or stored.to_on < business_date(at):
        raise SharingRefused("这项共享已经结束。")
    stored.revoked_at, stored.revoked_by = at, by
    stored.save(update_fields=["revoked_at", "revoked_by"])
    audit.record(
        action="customer.unshared", by=by, at=at, subject=subject_of(stored), changes={"with": [stored.with_whom, None]}
    )
    _tell(stored, f"收回对{stored.with_whom}的共享", "", by, at)
    return stored


def _check(
    customer: Organisation | Person, position: Position | None, unit: OrgUnit | None, from_on: date, to_on: date, today: date
) -> None:
    if (position is None) == (unit is None):
        raise SharingRefused("请选择共享给一位同事，或一个组织。")
    if to_on < from_on:
        raise SharingRefused("结束日期不能早于开始日期。")
    if to_on < today:
        raise SharingRefused("共享的日期已经过去。")
    if to_on - from_on >= timedelta(days=LONGEST_DAYS):
        raise SharingRefused("共享最长一年；更久请改由对方负责。")
    if position is not None and position.pk == customer.owner_position_id:
        raise SharingRefused("这家客户本来就由对方负责。")
    if position is not None and (position.closed_on is not None or position.holder is None):
        raise SharingRefused(f"岗位“{position.name}”没有人，不能共享。")
    if unit is not None and unit.valid_to is not None:
        raise SharingRefused(f"组织“{unit.name}”已停用，不能共享。")


def _tell(share: Share, title: str, text: str, by: Staff, at: datetime) -> None:
    timeline.add_entry(
        customer_id=share.customer_id, at=at, kind=Entry.Kind.HANDOVER, icon="users", title=title, text=text,
        actor_id=by.pk, actor_name=by.name,
    )

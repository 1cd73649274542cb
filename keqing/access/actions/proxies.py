"""Arranging who does somebody's work for some days (R-189)."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import IntegrityError, transaction

from keqing.access.actions.common import AdminRefused, subject_of
from keqing.access.delegated import APART
from keqing.access.models import Position, Proxy, Staff
from keqing.audit import actions as audit
from keqing.kit.formats import business_date

LONGEST_DAYS = 184


@transaction.atomic
def arrange_proxy(
    *, position: Position, deputy: Staff, starts_on: date, ends_on: date, words: Collection[str] = (),
    kinds: Collection[str] = (), reason: str = "", by: Staff, at: datetime,
) -> Proxy:
    """From ``starts_on`` to ``ends_on`` the deputy does the work of ``position``, or the chosen words and kinds of it.

    Refuses days that are over or too many, vacant positions, administrators, people who left, a second deputy
    for the same days and two who would represent each other. The owner stays the owner.
    """
    stored = Position.objects.select_for_update(of=("self",), no_key=True).select_related("holder", "unit").get(pk=position.pk)
    person = _represented(stored, deputy, starts_on, ends_on, business_date(at))
    # two who arrange crossing proxies at once wait for each other here, and the second sees the first
    list(Staff.objects.select_for_update(no_key=True).filter(pk__in=[deputy.pk, person.pk]).order_by("pk"))
    _refuse_circles(person, deputy, starts_on, ends_on)
    proxy = Proxy(
        position=stored, from_staff=person, to_staff=deputy, starts_on=starts_on, ends_on=ends_on,
        words=sorted(words), kinds=sorted(kinds), reason=reason.strip(), made_by=by, made_at=at,
    )
    try:
        with transaction.atomic():
            proxy.save(force_insert=True)
    except IntegrityError as error:
        if "one_proxy_at_a_time" not in str(error):
            raise
        raise AdminRefused(_taken(stored, starts_on, ends_on)) from error
    audit.record(
        action="proxy.arranged", by=by, at=at, subject=subject_of(proxy), reason=proxy.reason,
        changes={"to_staff": [None, deputy.name], "starts_on": [None, f"{starts_on}"], "ends_on": [None, f"{ends_on}"]},
    )
    return proxy


@transaction.atomic
def end_proxy(*, proxy: Proxy, by: Staff, at: datetime) -> Proxy:
    """The person is back: the deputy has nothing of it from the next request on. Refuses one that is over."""
    stored = Proxy.objects.select_for_update(of=("self",)).select_related("position", "from_staff", "to_staff").get(pk=proxy.pk)
    if stored.ended_at is not None or stored.ends_on < business_date(at):
        raise AdminRefused("这项代理已经结束。")
    stored.ended_at, stored.ended_by = at, by
    stored.version += 1
    stored.save(update_fields=["ended_at", "ended_by", "version"])
    audit.record(
        action="proxy.ended", by=by, at=at, subject=subject_of(stored), changes={"ends_on": [f"{stored.ends_on}", "提前结束"]}
    )
    return stored


def _represented(position: Position, deputy: Staff, starts_on: date, ends_on: date, today: date) -> Staff:
    """Who is represented; refuses what cannot be arranged."""
    if position.closed_on is not None:
        raise AdminRefused(f"岗位“{position.name}”已撤销，不需要代理。")
    if position.holder is None:
        raise AdminRefused(f"岗位“{position.name}”空缺，请先任命，不能代理。")
    if ends_on < starts_on:
        raise AdminRefused("结束日期不能早于开始日期。")
    if ends_on < today:
        raise AdminRefused("代理的日期已经过去。")
    if (ends_on - starts_on).days >= LONGEST_DAYS:
        raise AdminRefused(f"代理最长 {LONGEST_DAYS} 天；更久请用工作转移。")
    if deputy.pk == position.holder_id:
        raise AdminRefused("代理人不能是本人。")
    if not deputy.is_active:
        raise AdminRefused(f"{deputy.name} 已离职，不能代理。")
    roles = set(Position.objects.current().filter(holder=deputy).values_list("role", flat=True))
    if not roles:
        raise AdminRefused(f"{deputy.name} 没有岗位，不能代理。")
    if APART & {position.role, *roles}:
        raise AdminRefused("系统、安全、审计管理员的岗位互相分立，不能代理别人，也不能由别人代理。")
    return position.holder


def _refuse_circles(person: Staff, deputy: Staff, starts_on: date, ends_on: date) -> None:
    """Whoever is represented by the deputy, directly or by others in these days, cannot represent them back."""
    same_days = Proxy.objects.filter(ended_at__isnull=True, starts_on__lte=ends_on, ends_on__gte=starts_on)
    names: dict[int, str] = {}
    seen, asked = {deputy.pk}, [deputy.pk]
    while asked:
        found = same_days.filter(from_staff__in=asked).select_related("from_staff", "to_staff")
        asked = []
        for proxy in found:
            names[proxy.to_staff_id] = f"{proxy.from_staff.name} 这几天由 {proxy.to_staff.name} 代理（{proxy.starts_on} 至 {proxy.ends_on}）"
            if proxy.to_staff_id == person.pk:
                raise AdminRefused(f"不能互相代理：{names[person.pk]}。请另选代理人。")
            if proxy.to_staff_id not in seen:
                seen.add(proxy.to_staff_id)
                asked.append(proxy.to_staff_id)


def _taken(position: Position, starts_on: date, ends_on: date) -> str:
    other = (
        Proxy.objects.filter(position=position, ended_at__isnull=True, starts_on__lte=ends_on, ends_on__gte=starts_on)
        .select_related("to_staff").first()
    )
    if other is None:
        return "这几天刚由别人安排了代理，请刷新后再看。"
    return f"“{position.name}”在 {other.starts_on} 至 {other.ends_on} 已由 {other.to_staff.name} 代理，日期不能重叠。"

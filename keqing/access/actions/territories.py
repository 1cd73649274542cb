"""Writing territory rules: which position new customers of a place go to."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from keqing.access.actions.common import AdminRefused, subject_of
from keqing.access.models import Position, Staff, TerritoryRule
from keqing.audit import actions as audit
from keqing.kit.formats import business_date
from keqing.reference.models import Division


@transaction.atomic
def create_territory(
    *, position: Position, division: Division, kinds: Collection[str], valid_from: date, by: Staff, at: datetime,
    valid_to: date | None = None,
) -> TerritoryRule:
    """Give a place (all kinds when ``kinds`` is empty) to a position. Existing customers stay where they are.

    Refuses a closed position, wrong dates, and a rule that names a place and kind another rule has in those days.
    """
    stored = Position.objects.select_for_update().get(pk=position.pk)
    if stored.closed_on is not None:
        raise AdminRefused(f"岗位“{stored.name}”已撤销。")
    if valid_to is not None and valid_to < valid_from:
        raise AdminRefused("停用日期不能早于启用日期。")
    if clash := _clash(division, set(kinds), valid_from, valid_to):
        raise AdminRefused(f"“{division}”在这段时间已由“{clash.position.name}”负责同样的客户类型。")
    rule = TerritoryRule(
        position=stored, division=division, kinds=sorted(kinds), valid_from=valid_from, valid_to=valid_to
    )
    rule.save(force_insert=True)
    audit.record(
        action="territory.created", by=by, at=at, subject=subject_of(rule),
        changes={"kinds": [None, rule.kinds], "valid_from": [None, valid_from.isoformat()]},
    )
    return rule


@transaction.atomic
def end_territory(*, rule: TerritoryRule, on: date, by: Staff, at: datetime) -> TerritoryRule:
    """A rule holds up to and including ``on``; a rule not yet begun ends the day before it begins."""
    stored = TerritoryRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
    if stored.valid_to is not None and stored.valid_to < business_date(at):
        raise AdminRefused("这条规则已经停用。")
    if on < stored.valid_from:
        on = date.fromordinal(stored.valid_from.toordinal() - 1)
    old, stored.valid_to = stored.valid_to, on
    stored.save(update_fields=["valid_to"])
    audit.record(
        action="territory.ended", by=by, at=at, subject=subject_of(stored),
        changes={"valid_to": [old.isoformat() if old else None, on.isoformat()]},
    )
    return stored


def _clash(division: Division, kinds: set[str], first: date, last: date | None) -> TerritoryRule | None:
    beside = TerritoryRule.objects.filter(division=division).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=first))
    if last is not None:
        beside = beside.filter(valid_from__lte=last)
    for rule in beside.select_related("position"):
        # a rule for one kind may stand beside one for all kinds: the more exact one wins
        if set(rule.kinds) & kinds or (not rule.kinds and not kinds):
            return rule
    return None

"""Making, changing and ordering the assignment rules. Their text changes leads' ways, so every change is on record."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from keqing.access.models import Position, Staff
from keqing.audit import actions as audit
from keqing.compliance.rules import Hit, check_labels
from keqing.kit.formats import business_date
from keqing.leads.models import LeadRule

LABEL = "leads.leadrule"
Target = LeadRule.Target
FIELDS = (
    "name", "valid_from", "valid_to", "regions", "words", "kinds", "channels", "campaigns", "least_score", "target", "unit",
    "position",
)  # fmt: skip


class RuleRefused(Exception):
    """The rule cannot be so; the text is for the user."""


class StaleRule(RuleRefused):
    def __init__(self, theirs: LeadRule) -> None:
        super().__init__("这条规则刚被别人改过，请核对后再保存。")
        self.theirs = theirs


class WordRefused(RuleRefused):
    """A name or word is on the deny list; whoever catches it logs ``hit`` outside the transaction."""

    def __init__(self, hit: Hit) -> None:
        super().__init__(hit.sentence)
        self.hit = hit


@transaction.atomic
def create_rule(*, values: Mapping[str, Any], members: Sequence[Position], by: Staff, at: datetime) -> LeadRule:
    """A new rule at the end of the list; ``values`` by the names of ``FIELDS``. One audit entry."""
    last = LeadRule.objects.aggregate(last=Max("place"))["last"] or 0
    rule = LeadRule(place=last + 1, made_by=by, updated_at=at, **values)
    _check(rule, members)
    rule.save(force_insert=True)
    rule.members.set(members)
    audit.record(
        action="leadrule.created", by=by, at=at, subject=_subject(rule),
        changes={name: [None, value] for name, value in _plain(rule, members).items() if value not in (None, [], "")},
    )
    return rule


@transaction.atomic
def change_rule(
    *, rule: LeadRule, values: Mapping[str, Any], members: Sequence[Position], by: Staff, at: datetime
) -> LeadRule:
    """The next version of a rule; decisions made before keep naming theirs. One audit entry with what changed."""
    stored = _locked(rule)
    before = _plain(stored, list(stored.members.all()))
    for name in FIELDS:
        setattr(stored, name, values[name])
    _check(stored, members)
    changes = {name: [before[name], value] for name, value in _plain(stored, members).items() if before[name] != value}
    if not changes:
        return stored
    _next_version(stored, by, at)
    stored.members.set(members)
    audit.record(action="leadrule.changed", by=by, at=at, subject=_subject(stored), changes=changes)
    return stored


@transaction.atomic
def end_rule(*, rule: LeadRule, by: Staff, at: datetime) -> LeadRule:
    """It counts no more from now on. One audit entry."""
    stored = _locked(rule)
    yesterday = business_date(at) - timedelta(days=1)
    if stored.valid_to is not None and stored.valid_to <= yesterday:
        raise RuleRefused("这条规则已经停用。")
    changes = {"valid_to": [stored.valid_to.isoformat() if stored.valid_to else None, yesterday.isoformat()]}
    stored.valid_to = yesterday
    if stored.valid_from > yesterday:  # made today or for later: it never counted
        stored.valid_from = yesterday
    _next_version(stored, by, at)
    audit.record(action="leadrule.ended", by=by, at=at, subject=_subject(stored), changes=changes)
    return stored


@transaction.atomic
def move_rule(*, rule: LeadRule, step: int, by: Staff, at: datetime) -> None:
    """One place up (-1) or down (1) in the list of all rules. One audit entry when it moved."""
    rows = list(LeadRule.objects.select_for_update().in_order())
    at_now = next(index for index, row in enumerate(rows) if row.pk == rule.pk)
    to = min(max(at_now + step, 0), len(rows) - 1)
    if to == at_now:
        return
    rows.insert(to, rows.pop(at_now))
    for place, row in enumerate(rows, start=1):
        row.place = place
    LeadRule.objects.bulk_update(rows, ["place"])
    audit.record(action="leadrule.moved", by=by, at=at, subject=_subject(rule), changes={"place": [at_now + 1, to + 1]})


def _check(rule: LeadRule, members: Sequence[Position]) -> None:
    if rule.valid_to is not None and rule.valid_to < rule.valid_from:
        raise RuleRefused("停用日期不能早于启用日期。")
    if rule.target == Target.POSITION and rule.position is None:
        raise RuleRefused("请选择分配给哪个岗位。")
    if rule.target in (Target.TURN, Target.LOAD) and not members:
        raise RuleRefused("请至少选择一个参与的岗位。")
    if hits := check_labels([rule.name, *rule.words]):
        raise WordRefused(hits[0])


def _locked(rule: LeadRule) -> LeadRule:
    stored = LeadRule.objects.select_for_update(of=("self",)).select_related("unit", "position").get(pk=rule.pk)
    if stored.version != rule.version:
        raise StaleRule(stored)
    return stored


def _next_version(rule: LeadRule, by: Staff, at: datetime) -> None:
    rule.version += 1
    rule.made_by, rule.updated_at = by, at
    rule.save()


def _subject(rule: LeadRule) -> audit.Subject:
    return audit.Subject(LABEL, rule.pk, f"{rule.name}（规则 {rule.pk}）")


def _plain(rule: LeadRule, members: Sequence[Position]) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(rule, name) for name in FIELDS}
    values |= {name: values[name].isoformat() for name in ("valid_from", "valid_to") if values[name]}
    values |= {name: values[name].name for name in ("unit", "position") if values[name]}
    return {**values, "members": sorted(one.name for one in members)}

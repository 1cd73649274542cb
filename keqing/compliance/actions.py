"""Writing rules and refusals."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.compliance.matching import Hit
from keqing.compliance.models import Refusal, RuleVersion
from keqing.compliance.rules import delivered_rules
from keqing.kit.formats import business_date

LABEL = "compliance.ruleversion"


class RuleRefused(Exception):
    """The rule cannot be changed so; the text is for the user."""


class StaleRule(RuleRefused):
    def __init__(self, theirs: RuleVersion) -> None:
        super().__init__("这条规则刚有了新版本，请核对后再保存。")
        self.theirs = theirs


@transaction.atomic(durable=True)
def log_refusal(*, hit: Hit, by: Staff | None, at: datetime, where: str) -> Refusal:
    """Keep that a rule refused something. Effects: one refusal row, one audit entry.

    Call it outside the refused action's transaction (it insists): the record survives what was rolled back.
    """
    refusal = Refusal.objects.create(
        at=at, rule_id=hit.rule_id, rule_version=hit.version, word=hit.word[:200], sentence=hit.sentence[:500],
        where=where[:120], actor_id=by.pk if by else None, actor_name=by.name if by else "系统",
    )
    audit.record(
        action="compliance.refused", by=by, at=at, rule=hit.rule_id, reason=hit.sentence,
        subject=audit.Subject("compliance.refusal", refusal.pk, where),
    )
    return refusal


@transaction.atomic
def load_rules(*, today: date, at: datetime) -> list[RuleVersion]:
    """Bring delivered rules that changed into force from today; words the company added or removed stay so."""
    made = []
    for rule_id, raw in delivered_rules().items():
        latest = RuleVersion.objects.select_for_update().latest_of(rule_id)
        if latest is not None and latest.delivered == raw:
            continue
        parameters = raw.get("parameters", {})
        if latest is not None:
            parameters = _merged(parameters, old=latest.delivered.get("parameters", {}), own=latest.parameters)
        version = RuleVersion(
            rule_id=rule_id, title=raw["title"], severity=raw["severity"], action=raw["action"], text_zh=raw["text"],
            basis=raw["basis"], source_url=raw["source_url"], parameters=parameters, test_cases=raw.get("tests", {}),
            delivered=raw, reason="随系统交付",
        )
        made.append(_begin(version, latest, valid_from=today, by=None, at=at))
    return made


@transaction.atomic
def revise_rule(
    *, rule: RuleVersion, parameters: Mapping[str, Any], valid_from: date, reason: str, by: Staff, at: datetime
) -> RuleVersion:
    """A new version of a rule with other parameters. Effects: the old version ends, one audit entry.

    Refuses a day in the past, unchanged parameters, an empty deny list, and a version somebody else followed up.
    """
    latest = RuleVersion.objects.select_for_update().latest_of(rule.rule_id)
    if latest is None or latest.pk != rule.pk:
        raise StaleRule(latest or rule)
    if valid_from < max(business_date(at), latest.valid_from):
        raise RuleRefused("启用日期不能早于今天，也不能早于现行版本的启用日期。")
    if dict(parameters) == latest.parameters:
        raise RuleRefused("参数没有变化，不产生新版本。")
    if latest.parameters.get("words") and not parameters.get("words"):
        raise RuleRefused("禁用词不能全部删除。")
    version = RuleVersion(
        rule_id=latest.rule_id, title=latest.title, severity=latest.severity, action=latest.action,
        text_zh=latest.text_zh, basis=latest.basis, source_url=latest.source_url, parameters=dict(parameters),
        test_cases=latest.test_cases, delivered=latest.delivered, reason=reason, made_by_name=by.name,
    )
    return _begin(version, latest, valid_from=valid_from, by=by, at=at)


def _begin(
    version: RuleVersion, latest: RuleVersion | None, *, valid_from: date, by: Staff | None, at: datetime
) -> RuleVersion:
    version.version = latest.version + 1 if latest else 1
    version.valid_from = valid_from
    if latest is not None:
        latest.valid_to = max(valid_from, latest.valid_from)
        version.valid_from = latest.valid_to
        latest.save(update_fields=["valid_to"])
    version.save(force_insert=True)
    old = latest.parameters if latest else {}
    changes = {
        name: [old.get(name), version.parameters.get(name)]
        for name in sorted({*old, *version.parameters})
        if old.get(name) != version.parameters.get(name)
    }
    audit.record(
        action="compliance.rule_versioned", by=by, at=at, rule=version.rule_id, reason=version.reason,
        changes={**changes, "valid_from": [None, version.valid_from.isoformat()]},
        subject=audit.Subject(LABEL, version.pk, str(version)),
    )
    return version


def _merged(new: Mapping[str, Any], *, old: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The delivered lists, less what the company took out, plus what it put in."""
    merged = dict(new)
    for name, mine in own.items():
        before = old.get(name)
        if isinstance(mine, list) and isinstance(merged.get(name), list):
            removed = set(before or ()) - set(mine)
            added = [word for word in mine if word not in set(before or ()) and word not in merged[name]]
            merged[name] = [word for word in merged[name] if word not in removed] + added
        elif mine != before:
            merged[name] = mine
    return merged

"""The list of assignment rules, and which of them would take a lead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from keqing.access.models import OrgUnit, Staff
from keqing.leads import rules
from keqing.leads.actions.rulebook import Decision, Rulebook
from keqing.leads.models import Lead, LeadRule, RuleCount
from keqing.leads.permissions import Can

Target = LeadRule.Target


@dataclass(frozen=True)
class RuleRow:
    """One rule as the list shows it."""

    rule: LeadRule
    place: int
    condition: str
    goes_to: str
    hits: int
    last_hit_at: datetime | None
    state: str
    findings: Sequence[str]
    may_change: bool
    is_first: bool = False
    is_last: bool = False


@dataclass(frozen=True)
class Trial:
    """What would happen to a lead: the decision, and every rule that matches with whether somebody could take it."""

    decision: Decision
    matching: Sequence[tuple[LeadRule, str]]


def rule_rows(*, staff: Staff, today: date) -> list[RuleRow]:
    """All rules in their order, with what is odd about them. The same few statements however many rules."""
    book = Rulebook.read(today=today)
    counts = {row.rule_id: row for row in RuleCount.objects.all()}
    odd: dict[int, list[str]] = {}
    for finding in rules.findings(list(book.plain.values()), today=today):
        odd.setdefault(finding.rule_id, []).append(finding.text)
    rows = []
    for place, (pk, rule) in enumerate(book.stored.items(), start=1):
        count = counts.get(pk)
        texts = odd.get(pk, [])
        if book.plain[pk].in_force(today) and book.place_of(rule) is None:
            texts.append("现在没有人可接，线索会顺延到后面的规则。")
        rows.append(
            RuleRow(
                rule=rule, place=place, condition=rules.described(book.plain[pk], book.names), goes_to=goes_to(rule),
                hits=count.hits if count else 0, last_hit_at=count.last_hit_at if count else None,
                state=_state(rule, today), findings=texts, may_change=rule.allows(staff, Can.MANAGE), is_first=place == 1,
                is_last=place == len(book.stored),
            )
        )
    return rows


def goes_to(rule: LeadRule) -> str:
    """Where a rule leads, in words."""
    if rule.target == Target.QUEUE:
        return f"“{rule.unit.name}”队列"
    if rule.target == Target.POSITION:
        return rule.position.label if rule.position else ""
    names = "、".join(one.label for one in rule.members.all())
    return f"{rule.get_target_display()}：{names}"


def try_rules(*, values: Mapping[str, Any], at: datetime, today: date) -> Trial:
    """What would become of a lead like this; nothing is stored and no turn is used up."""
    lead = Lead(
        region=values.get("region"), need=values.get("text", ""), kind=values.get("kind", ""), source_channel=values["channel"],
        campaign=values.get("campaign"), score=values.get("score") or 0, unit=OrgUnit.objects.get(kind=OrgUnit.Kind.COMPANY),
        first_touch_at=at,
    )
    book = Rulebook.read(today=today)
    found = book.matching(lead)
    book.look([rule.pk for rule in found])
    decision = book.decide(lead, matching=found)
    passed = set(decision.passed)
    said = [
        (rule, "由它决定" if decision.rule == rule else "无人可接，顺延" if rule.pk in passed else "排在后面，用不到") for rule in found
    ]
    return Trial(decision, said)


def _state(rule: LeadRule, today: date) -> str:
    if rule.valid_from > today:
        return "later"
    return "over" if rule.valid_to is not None and rule.valid_to < today else "now"

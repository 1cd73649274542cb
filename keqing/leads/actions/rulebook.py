"""The rules of the company with whoever can take a lead now; read once for many leads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Prefetch, QuerySet

from keqing.access.models import OrgUnit, Position
from keqing.leads import rules
from keqing.leads.models import Campaign, Channel, Lead, LeadRule, RuleCount
from keqing.people.choices import CUSTOMER_KINDS
from keqing.reference.models import Division

Target = LeadRule.Target


@dataclass(frozen=True)
class Place:
    """Where a lead goes: to a position, or (None) into the queue of a unit."""

    unit: OrgUnit
    position: Position | None = None

    @property
    def name(self) -> str:
        if self.position is not None:
            return self.position.label
        return f"“{self.unit.name}”队列"

    @property
    def key(self) -> tuple[int | None, int]:
        return (self.position.pk if self.position else None, self.unit.pk)


@dataclass(frozen=True)
class Decision:
    """What became of one lead, by which rule, and why, in a sentence; ``passed`` are rules nobody could take it for."""

    place: Place
    reason: str
    rule: LeadRule | None = None
    passed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Avoid:
    """Where a lead has been in vain: who returned it or let it lie."""

    positions: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()


NOWHERE = Avoid()


@dataclass
class Rulebook:
    """``decide`` says where a lead goes. Between ``read(lock=True)`` and the end of the transaction nobody else's turn
    is counted, so that 轮流 and 最少 hold for two who assign at the same moment.
    """

    today: date
    stored: dict[int, LeadRule]
    matcher: rules.Matcher
    plain: dict[int, rules.Rule]
    names: rules.Names
    top: OrgUnit
    counts: dict[int, RuleCount] = field(default_factory=dict)
    loads: dict[int, int] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, *, today: date) -> Rulebook:
        """A handful of statements, however many rules."""
        members = Position.objects.select_related("holder", "unit").order_by("code")
        stored = {
            rule.pk: rule
            for rule in LeadRule.objects.in_order()
            .select_related("unit", "position__holder", "position__unit")
            .prefetch_related(Prefetch("members", queryset=members))
        }
        plain = {pk: plain_rule(rule) for pk, rule in stored.items()}
        return cls(
            today=today, stored=stored, matcher=rules.Matcher(plain.values(), today=today), plain=plain,
            names=names_for(stored.values()), top=OrgUnit.objects.get(kind=OrgUnit.Kind.COMPANY),
        )  # fmt: skip

    @property
    def is_empty(self) -> bool:
        return not any(rule.in_force(self.today) for rule in self.plain.values())

    def matching(self, lead: Lead) -> list[LeadRule]:
        """The stored rules that take a lead, in order."""
        return [self.stored[rule.id] for rule in self.matcher.matching(facts_of(lead))]

    def lock(self, rule_ids: Collection[int]) -> None:
        """Hold the counts of these rules until the transaction ends; always in the order of their ids."""
        wanted = sorted(set(rule_ids))
        RuleCount.objects.bulk_create([RuleCount(rule_id=pk) for pk in wanted], ignore_conflicts=True)
        self._count(wanted, RuleCount.objects.select_for_update())

    def look(self, rule_ids: Collection[int]) -> None:
        """Whose turn it would be, without holding anything: for a trial."""
        self._count(sorted(set(rule_ids)), RuleCount.objects.all())

    def _count(self, wanted: Sequence[int], rows: QuerySet[RuleCount]) -> None:
        self.counts = {row.rule_id: row for row in rows.filter(rule_id__in=wanted).order_by("rule_id")}
        sharing = {p.pk for pk in wanted if self.stored[pk].target == Target.LOAD for p in self.stored[pk].members.all()}
        self.loads = dict.fromkeys(sharing, 0)
        if sharing:
            held = Lead.objects.open().filter(position__in=sharing).values("position").annotate(n=Count("pk")).order_by()
            self.loads |= {row["position"]: row["n"] for row in held}

    def decide(
        self, lead: Lead, *, matching: Sequence[LeadRule] | None = None, avoid: Avoid = NOWHERE,
        otherwise: Place | None = None,
    ) -> Decision:
        """The first matching rule with somebody to take it; else ``otherwise``, else the queue of the company."""
        passed: list[LeadRule] = []
        for rule in self.matching(lead) if matching is None else matching:
            place = self.place_of(rule, avoid)
            if place is None:
                passed.append(rule)
                continue
            reason = rules.why(self.plain[rule.pk], facts_of(lead), self.names)
            return Decision(
                place, f"规则 {rule.pk}“{rule.name}”第 {rule.version} 版：{reason}{_skipped(passed)}", rule,
                tuple(one.pk for one in passed),
            )
        place = otherwise or Place(lead.unit if self.is_empty else self.top)
        said = "还没有启用的分配规则" if self.is_empty else "没有规则能接"
        tail = "，交给上级" if otherwise and otherwise.position else "，留在队列等待分配"
        return Decision(place, said + _skipped(passed) + tail, passed=tuple(one.pk for one in passed))

    def place_of(self, rule: LeadRule, avoid: Avoid = NOWHERE) -> Place | None:
        """Whoever takes the next lead of a rule; None when nobody can. Counts the turn."""
        if rule.target == Target.QUEUE:
            closed = rule.unit.valid_to is not None or rule.unit_id in avoid.units
            return None if closed else Place(rule.unit)
        if rule.target == Target.POSITION:
            chosen = rule.position if rule.position and _takes(rule.position, avoid) else None
        else:
            able = [one for one in rule.members.all() if _takes(one, avoid)]
            chosen = self._next(rule, able) if able else None
        return Place(chosen.unit, chosen) if chosen else None

    def _next(self, rule: LeadRule, able: Sequence[Position]) -> Position:
        if rule.target == Target.LOAD:
            chosen = min(able, key=lambda one: (self.loads.get(one.pk, 0), one.code))
            self.loads[chosen.pk] = self.loads.get(chosen.pk, 0) + 1
            return chosen
        count = self.counts.setdefault(rule.pk, RuleCount(rule_id=rule.pk))
        # after the one whose turn it was last, also when that one is not among them any more
        order = sorted(able, key=lambda one: one.pk)
        chosen = next((one for one in order if one.pk > (count.last_position_id or 0)), order[0])
        count.last_position_id = chosen.pk
        self.touched.add(rule.pk)
        return chosen


def store_counts(*, book: Rulebook, hits: dict[int, int], at: datetime) -> None:
    """Keep whose turn it was and how often each rule decided; the rows are locked by ``Rulebook.lock``."""
    rows = [book.counts[pk] for pk in sorted({*hits, *book.touched})]
    for row in rows:
        row.hits += hits.get(row.rule_id, 0)
        row.last_hit_at = max(row.last_hit_at or at, at) if row.rule_id in hits else row.last_hit_at
    RuleCount.objects.bulk_update(rows, ["hits", "last_hit_at", "last_position_id"], batch_size=500)


def facts_of(lead: Lead) -> rules.Facts:
    return rules.Facts(
        region=lead.region_id or "", text=f"{lead.products}\n{lead.need}", kind=lead.kind,
        channel=_channel_key(lead), campaign=lead.campaign_id, score=lead.score,
    )


def plain_rule(rule: LeadRule) -> rules.Rule:
    """The rule as the matcher reads it."""
    return rules.Rule(
        id=rule.pk, name=rule.name, version=rule.version, prefixes=tuple(map(prefix_of, rule.regions)),
        words=tuple(rule.words), kinds=frozenset(rule.kinds), channels=frozenset(rule.channels),
        campaigns=frozenset(rule.campaigns), least_score=rule.least_score, valid_from=rule.valid_from,
        valid_to=rule.valid_to, goes_to=(rule.target, rule.unit_id, rule.position_id, frozenset(one.pk for one in rule.members.all())),
    )


def prefix_of(code: str) -> str:
    """440000 → 44, 440100 → 4401: what all codes inside a division begin with."""
    while code.endswith("00"):
        code = code[:-2]
    return code


def names_for(stored: Iterable[LeadRule]) -> rules.Names:
    codes = {code for rule in stored for code in rule.regions}
    campaigns = {pk for rule in stored for pk in rule.campaigns}
    return rules.Names(
        regions={prefix_of(code): name for code, name in Division.objects.filter(pk__in=codes).values_list("pk", "full_name")},
        kinds={str(key): str(label) for key, label in CUSTOMER_KINDS},
        channels=dict(Channel.objects.values_list("key", "name")),
        campaigns=dict(Campaign.objects.filter(pk__in=campaigns).values_list("pk", "name")) if campaigns else {},
    )


def _channel_key(lead: Lead) -> str:
    return str(lead.source_channel.key)


def _takes(position: Position, avoid: Avoid) -> bool:
    holder = position.holder
    return position.closed_on is None and holder is not None and holder.is_active and position.pk not in avoid.positions


def _skipped(passed: Sequence[LeadRule]) -> str:
    if not passed:
        return ""
    names = "、".join(f"“{rule.name}”" for rule in passed[:3])
    return f"（规则{names}{'等' if len(passed) > 3 else ''}此时无人可接，顺延）"

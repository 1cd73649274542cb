"""Coverage, activities without effect, losses and the result of targets, for screens."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from keqing.access.models import Position, Staff
from keqing.followups.models import ContactRecord
from keqing.kit.formats import percent_of
from keqing.lifecycle.coverage import Coverage, coverage, weighted
from keqing.lifecycle.models import Effect, PipelineGoal, StageChange, Target
from keqing.lifecycle.permissions import Can
from keqing.lifecycle.policy import policy
from keqing.lifecycle.quarters import Quarter, quarter_of
from keqing.people.choices import Stage
from keqing.people.models import Organisation


@dataclass(frozen=True)
class CoverageLine:
    goal: PipelineGoal
    won: int
    counts: Mapping[str, int]
    result: Coverage


def goal_positions(staff: Staff) -> QuerySet[Position]:
    """Positions this person may set goals for: in reach of the word, and no medical representatives (REP-01)."""
    rows = Position.objects.current().exclude(role="representative").exclude(holder__is_medical_rep_filed=True)
    if not staff.standing.reaches_everything(Can.PLAN):
        rows = rows.filter(staff.standing.rows(Can.PLAN, names=False, owner="pk", unit="unit_id"))
    return rows.select_related("unit", "holder").order_by("unit__path", "pk")


def coverage_lines(*, staff: Staff, month: date, next_month: date) -> list[CoverageLine]:
    """Every goal of the month within reach with what covers its gap: three statements.

    A head answers for the customers of the whole unit, others for their own.
    """
    goals = list(
        PipelineGoal.objects.filter(month=month, position__in=goal_positions(staff).order_by())
        .select_related("position__unit", "position__holder").order_by("position__unit__path", "position__pk")
    )
    if not goals:
        return []
    weights = policy().weights
    rows = Organisation.objects.alive().reached_by(staff, Can.VIEW).filter(lifecycle__in=weights).order_by()
    here = list(rows.values_list("unit__path", "owner_position_id", "lifecycle").annotate(n=Count("pk")))
    won = list(
        StageChange.objects.filter(to_stage=Stage.ORDER_CUSTOMER, on__gte=month, on__lt=next_month, owner_position__isnull=False)
        .order_by().values_list("owner_position__unit__path", "owner_position_id").annotate(n=Count("customer_id", distinct=True))
    )
    return [_coverage_line(goal, here, won) for goal in goals]


def _coverage_line(goal: PipelineGoal, here: Sequence[Any], won: Sequence[Any]) -> CoverageLine:
    position = goal.position

    def answers(path: str, owner_id: int | None) -> bool:
        return path.startswith(position.unit.path) if position.is_head else owner_id == position.pk

    counts: dict[str, int] = defaultdict(int)
    for path, owner_id, stage, number in here:
        if answers(path, owner_id):
            counts[stage] += number
    done = sum(number for path, owner_id, number in won if answers(path, owner_id))
    rules = policy()
    result = coverage(
        gap=goal.wanted - done, weighted=weighted(counts, rules.weights), target=rules.coverage_target, poor=rules.coverage_poor
    )
    return CoverageLine(goal, done, dict(counts), result)


@dataclass(frozen=True)
class EffectLine:
    """One person's activities of a period: how many are over, how many of those moved nothing."""

    tracker_id: int
    name: str
    activities: int
    over: int
    without: int
    stages: int
    completeness: int

    @property
    def share(self) -> int | None:
        return percent_of(self.without, self.over)


def total_line(lines: Sequence[EffectLine]) -> EffectLine:
    """All of them together."""
    columns = ("activities", "over", "without", "stages", "completeness")
    return EffectLine(0, "", *(sum(getattr(line, name) for line in lines) for name in columns))


def effect_lines(*, staff: Staff, first: date, last: date) -> list[EffectLine]:
    """By who recorded them, customers within reach only; most activities without effect first. One statement."""
    over = Q(is_closed=True)
    nothing = over & Q(d_stage__lte=0, d_completeness__lte=0, d_level__lte=0)
    rows = (
        Effect.objects.visible_to(staff).filter(on__gte=first, on__lte=last).order_by().values("tracker_id", "tracker__name")
        .annotate(
            n=Count("pk"), over=Count("pk", filter=over), nothing=Count("pk", filter=nothing), up=Sum("d_stage", filter=over),
            filled=Sum("d_completeness", filter=over),
        ).order_by("-nothing", "-n", "tracker_id")
    )
    return [
        EffectLine(r["tracker_id"], r["tracker__name"], r["n"], r["over"], r["nothing"], r["up"] or 0, r["filled"] or 0) for r in rows
    ]


@dataclass(frozen=True)
class LossLine:
    label: str
    counts: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class LossBoard:
    quarters: Sequence[Quarter]
    reasons: Sequence[LossLine]
    competitors: Sequence[LossLine]
    totals: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.totals)


def loss_board(*, staff: Staff, quarters: Sequence[Quarter]) -> LossBoard:
    """Customers lost, by reason and by competitor, quarter by quarter. One statement."""
    rows = (
        StageChange.objects.visible_to(staff)
        .filter(to_stage=Stage.LOST, on__gte=quarters[0].first, on__lte=quarters[-1].last)
        .order_by().values_list("loss_reason__name", "competitor__name", "on").annotate(n=Count("pk"))
    )
    place = {quarter: at for at, quarter in enumerate(quarters)}
    reasons: dict[str, list[int]] = defaultdict(lambda: [0] * len(quarters))
    rivals: dict[str, list[int]] = defaultdict(lambda: [0] * len(quarters))
    totals = [0] * len(quarters)
    for reason, rival, on, number in rows:
        at = place[quarter_of(on)]
        reasons[reason][at] += number
        totals[at] += number
        if rival:
            rivals[rival][at] += number
    return LossBoard(quarters, _ranked(reasons), _ranked(rivals), totals)


def _ranked(found: Mapping[str, Sequence[int]]) -> list[LossLine]:
    return sorted((LossLine(label, counts) for label, counts in found.items()), key=lambda line: -line.total)


@dataclass(frozen=True)
class OpenTarget:
    target: Target
    last: ContactRecord | None


@dataclass(frozen=True)
class TargetResult:
    """Planned versus reached of the targets due in a quarter (R-285)."""

    quarter: Quarter
    planned: int
    reached: int
    by_kind: Sequence[tuple[str, int, int]]
    by_owner: Sequence[tuple[str, int, int]]
    missed: Sequence[OpenTarget]

    @property
    def rate(self) -> int | None:
        return percent_of(self.reached, self.planned)

    @property
    def unreached(self) -> int:
        return self.planned - self.reached

    @property
    def more(self) -> int:
        """How many of those not reached are not listed."""
        return self.unreached - len(self.missed)


MOST = 200


def in_time(quarter: Quarter) -> Q:
    """Reached by the end of the quarter: what comes later is the next one's work."""
    return Q(reached_on__lte=quarter.last)


def targets_missed(*, staff: Staff, quarter: Quarter) -> QuerySet[Target]:
    """Those due in the quarter and not reached in it, the earliest first."""
    rows = Target.objects.visible_to(staff).due_within(quarter.first, quarter.last).exclude(in_time(quarter))
    return rows.select_related("position__holder").order_by("due_on", "pk")


def target_result(*, staff: Staff, quarter: Quarter, listed: Iterable[Target] | None = None) -> TargetResult:
    """Four statements, however many targets: sums by kind and by position, who holds those, the first ``MOST`` not
    reached (or those ``listed``), and the last contact with each of their customers.
    """
    rows = Target.objects.visible_to(staff).due_within(quarter.first, quarter.last)
    sums = list(
        rows.order_by().values_list("kind", "position_id").annotate(n=Count("pk"), reached=Count("pk", filter=in_time(quarter)))
        .order_by("kind", "position_id")
    )
    missed = list(targets_missed(staff=staff, quarter=quarter)[:MOST] if listed is None else listed)
    last = last_contacts([one.customer_id for one in missed])
    holders = Position.objects.select_related("holder").in_bulk({position_id for _kind, position_id, _n, _reached in sums})
    return TargetResult(
        quarter=quarter, planned=sum(n for *_of, n, _reached in sums), reached=sum(reached for *_of, reached in sums),
        by_kind=_split([(str(Target.Kind(kind).label), n, reached) for kind, _position, n, reached in sums]),
        by_owner=_split([(holders[position].label, n, reached) for _kind, position, n, reached in sums]),
        missed=[OpenTarget(one, last.get(one.customer_id)) for one in missed],
    )


def last_contacts(customer_ids: Sequence[int]) -> dict[int, ContactRecord]:
    """The last contact with each: one statement."""
    rows = ContactRecord.objects.filter(customer_id__in=customer_ids).select_related("tracker")
    return {one.customer_id: one for one in rows.order_by("customer_id", "-track_on", "-pk").distinct("customer_id")}


def _split(rows: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Label, planned, reached: added up, most planned first."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for label, planned, reached in rows:
        found[label][0] += planned
        found[label][1] += reached
    return sorted(((label, planned, reached) for label, (planned, reached) in found.items()), key=lambda one: -one[1])

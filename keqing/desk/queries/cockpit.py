"""经理驾驶舱 (R-177): what each person does, where the customers move, who is at risk, whom to sit down with."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q

from keqing.access.models import Staff
from keqing.desk.queries.team import Member, team_members
from keqing.followups.models import Commitment
from keqing.kit.formats import business_date, day_bounds
from keqing.leads.choices import State
from keqing.leads.models import Lead
from keqing.leads.queries import TermsKept, terms_kept
from keqing.lifecycle.models import StageChange
from keqing.lifecycle.queries.reports import EffectLine, effect_lines
from keqing.people.choices import Stage
from keqing.people.models import Organisation
from keqing.people.permissions import Can as PeopleCan
from keqing.people.stages import RANKS
from keqing.reference.work_calendar import WorkCalendar, calendar

MOVES_DAYS, EFFECT_DAYS, SILENT_DAYS = 7, 30, 60
AT_RISK = 8  # customers of each stage
WORTH_LOSING = (Stage.USER, Stage.ORDER_CUSTOMER, Stage.OPPORTUNITY)
# when a talk is due: product defaults, each named in the reason shown
QUIET_WORKDAYS, MANY_OVERDUE, FEW_ACTIVITIES, SHARE_WITHOUT_EFFECT = 3, 5, 5, 50


@dataclass(frozen=True)
class Person:
    """One person of the team; ``reasons`` say why the manager should talk with them, empty when there is none."""

    member: Member
    promises: int
    leads: int
    effect: EffectLine | None
    reasons: Sequence[str]


@dataclass(frozen=True)
class Movement:
    """How many customers went from one stage to another; ``is_up`` towards use."""

    former: str
    stage: str
    count: int
    is_up: bool


@dataclass(frozen=True)
class AtRisk:
    customer: Organisation
    reasons: Sequence[str]


@dataclass(frozen=True)
class Cockpit:
    people: Sequence[Person]
    coaching: Sequence[Person]
    movements: Sequence[Movement]
    up: int
    down: int
    at_risk: Sequence[AtRisk]
    contacts_today: int
    overdue: int
    terms: TermsKept


def cockpit(*, staff: Staff, at: datetime) -> Cockpit:
    """Ten short statements, however large the team."""
    today, days = business_date(at), calendar()
    members = team_members(staff=staff, today=today)
    ids = [member.staff_id for member in members]
    promises = dict(
        Commitment.objects.filter(keeper__in=ids, done_on__isnull=True, dropped_on__isnull=True, due_on__lt=today)
        .order_by().values_list("keeper").annotate(n=Count("pk"))
    )
    leads = dict(
        Lead.objects.filter(position__holder__in=ids, state=State.ASSIGNED, due_at__lt=at)
        .order_by().values_list("position__holder").annotate(n=Count("pk"))
    )
    effects = {line.tracker_id: line for line in effect_lines(staff=staff, first=today - timedelta(days=EFFECT_DAYS), last=today)}
    people = [
        _person(member, promises.get(member.staff_id, 0), leads.get(member.staff_id, 0), effects.get(member.staff_id), today, days)
        for member in members
    ]
    coaching: dict[int, Person] = {}
    for one in sorted((one for one in people if one.reasons), key=lambda one: -len(one.reasons)):
        coaching.setdefault(one.member.staff_id, one)
    movements = _movements(staff, today)
    return Cockpit(
        # who worked today on top, then who is late; the quiet are in the queue beside
        people=sorted(people, key=lambda one: (-one.member.today, -one.member.week, -one.member.overdue)),
        coaching=list(coaching.values()),
        movements=movements,
        up=sum(one.count for one in movements if one.is_up),
        down=sum(one.count for one in movements if not one.is_up),
        at_risk=_at_risk(staff, today),
        # once a person, who may hold several positions
        contacts_today=sum({member.staff_id: member.today for member in members}.values()),
        overdue=sum(member.overdue for member in members),
        terms=terms_kept(staff=staff, at=at),
    )


def _person(
    member: Member, promises: int, leads: int, effect: EffectLine | None, today: date, days: WorkCalendar
) -> Person:
    reasons = []
    if member.last_at is None:
        reasons.append("还没有联系记录")
    elif (quiet := days.workdays_between(business_date(member.last_at), today)) > QUIET_WORKDAYS:
        reasons.append(f"{quiet} 个工作日没有联系记录")
    if member.overdue >= MANY_OVERDUE:
        reasons.append(f"{member.overdue} 项跟进逾期")
    if promises:
        reasons.append(f"{promises} 项承诺过期未兑现")
    if leads:
        reasons.append(f"{leads} 条线索超时未处理")
    if effect and effect.over >= FEW_ACTIVITIES and (effect.share or 0) >= SHARE_WITHOUT_EFFECT:
        reasons.append(f"近 {EFFECT_DAYS} 天 {effect.share}% 的活动没有成效")
    return Person(member, promises, leads, effect, reasons)


def _movements(staff: Staff, today: date) -> list[Movement]:
    rows = StageChange.objects.visible_to(staff).filter(at__gte=day_bounds(today - timedelta(days=MOVES_DAYS - 1))[0])
    found: Counter[tuple[str, str]] = Counter()
    for former, stage, count in rows.order_by().values_list("from_stage", "to_stage").annotate(n=Count("pk")):
        found[former, stage] += count
    return [
        Movement(Stage(former).label, Stage(stage).label, count, RANKS[stage] > RANKS[former])
        for (former, stage), count in sorted(found.items(), key=lambda one: (-RANKS[one[0][1]], one[0]))
    ]


def _at_risk(staff: Staff, today: date) -> list[AtRisk]:
    """Customers worth losing nothing of, the longest untouched first: no contact for long, or nothing planned."""
    silent = today - timedelta(days=SILENT_DAYS)
    risky = Q(last_contact_on__lt=silent) | Q(last_contact_on__isnull=True) | Q(next_due_on__isnull=True)
    mine = Organisation.objects.alive().reached_by(staff, PeopleCan.VIEW).filter(risky)
    parts = [mine.filter(lifecycle=stage).order_by("last_activity_at", "pk").values("pk")[:AT_RISK] for stage in WORTH_LOSING]
    first, *others = parts
    chosen = Organisation.objects.filter(pk__in=first.union(*others, all=True)).select_related("owner_position__holder")
    rank = {stage: place for place, stage in enumerate(WORTH_LOSING)}
    ordered = sorted(chosen, key=lambda one: (rank[Stage(one.lifecycle)], one.last_contact_on or date.min))
    return [AtRisk(one, _risks(one, silent, today)) for one in ordered]


def _risks(customer: Organisation, silent: date, today: date) -> list[str]:
    reasons = []
    if customer.last_contact_on is None:
        reasons.append("从未联系")
    elif customer.last_contact_on < silent:
        reasons.append(f"{(today - customer.last_contact_on).days} 天未联系")
    if customer.next_due_on is None:
        reasons.append("没有下一步")
    return reasons

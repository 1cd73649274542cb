"""销售人员管理 (R-287): each salesperson with area, filing, load, customers, plans and results; read across departments."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from keqing.access.models import Holding, Position, Proxy, Staff, Transfer
from keqing.access.standing import roles
from keqing.followups.models import DayTally, MonthTotal, Reminder, of_present_customers
from keqing.insight.periods import months_to
from keqing.people.choices import Kind, Level, Stage
from keqing.people.models import Organisation, Person

AHEAD_DAYS = 14
PLANS_SHOWN = 20
MONTHS = 6


def salespeople(reader: Staff) -> QuerySet[Staff]:
    """Those who work with customers in positions within the reader's reach of ``team.view``, and are here."""
    works = [key for key, role in roles().items() if "contact.record" in role.words]
    reached = reader.standing.rows("team.view", kind="role", owner="pk", unit="unit_id")
    positions = Position.objects.current().filter(reached, role__in=works)
    return Staff.objects.active().filter(pk__in=positions.values("holder"))


@dataclass
class Line:
    """One person in the comparison."""

    units: str = ""
    positions: str = ""
    customers: int = 0
    by_level: Counter[str] = field(default_factory=Counter)
    contacts: int = 0
    open: int = 0
    overdue: int = 0

    @property
    def grades(self) -> str:
        """三级 12 · 二级 30 · 其他 40, the highest first."""
        short: Counter[str] = Counter()
        for label, n in self.levels:
            short[label[:2] if label[1:2] == "级" else "其他"] += n
        return " · ".join(f"{label} {n}" for label, n in short.items())

    @property
    def levels(self) -> list[tuple[str, int]]:
        return sorted(self.by_level.items(), key=lambda one: _place(one[0]))


_LEVELS = [str(label) for _value, label in Level.choices]


def _place(label: str) -> int:
    return _LEVELS.index(label) if label in _LEVELS else len(_LEVELS)


def lines_of(staff_ids: Collection[int], *, today: date) -> dict[int, Line]:
    """The figures of a page of people: five statements, however many they are."""
    lines: dict[int, Line] = {pk: Line() for pk in staff_ids}
    held: dict[int, int] = {}
    names: dict[int, list[Position]] = defaultdict(list)
    for position in Position.objects.current().filter(holder__in=lines).select_related("unit").order_by("code"):
        held[position.pk] = position.holder_id or 0
        names[position.holder_id or 0].append(position)
    for pk, positions in names.items():
        lines[pk].units = "、".join(dict.fromkeys(p.unit.name for p in positions))
        lines[pk].positions = "、".join(p.name for p in positions)
    levels = {value: str(label) for value, label in Level.choices}
    counted = Organisation.objects.alive().filter(owner_position__in=held).order_by()
    for owner, level, n in counted.values_list("owner_position", "level").annotate(n=Count("pk")):
        line = lines[held[owner]]
        line.customers += n
        line.by_level[levels.get(level, "无等级")] += n
    loose = Person.objects.alive().unaffiliated().filter(owner_position__in=held).order_by()
    for owner, n in loose.values_list("owner_position").annotate(n=Count("pk")):
        lines[held[owner]].customers += n
        lines[held[owner]].by_level["个人"] += n
    month = DayTally.objects.filter(tracker__in=lines, starts_on__gte=today.replace(day=1), starts_on__lte=today).order_by()
    for tracker, n in month.values_list("tracker").annotate(n=Sum("count")):
        lines[tracker].contacts = n or 0
    waiting = Reminder.objects.open().filter(of_present_customers(), position__in=held).order_by()
    for position_id, n, late in waiting.values_list("position").annotate(n=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today))):
        lines[held[position_id]].open += n
        lines[held[position_id]].overdue += late
    return lines


@dataclass(frozen=True)
class SalesFile:
    """The page of one salesperson."""

    line: Line
    positions: Sequence[Position]
    kinds: Sequence[tuple[str, int]]
    stages: Sequence[tuple[str, int]]
    plans: Sequence[Reminder]
    months: Sequence[tuple[str, int]]
    holdings: Sequence[Holding]
    given: Sequence[Transfer]
    taken: Sequence[Transfer]
    proxies: Sequence[Proxy]


def sales_file(*, person: Staff, reader: Staff, today: date) -> SalesFile:
    positions = list(Position.objects.current().filter(holder=person).select_related("unit").order_by("code"))
    ids = [position.pk for position in positions]
    owned = Organisation.objects.alive().filter(owner_position__in=ids).order_by()
    kinds, stages = _counted(owned, "kind", Kind.choices), _counted(owned, "lifecycle", Stage.choices)
    plans = Reminder.objects.open().visible_to(reader).filter(
        of_present_customers(), position__in=ids, due_on__lte=today + timedelta(days=AHEAD_DAYS)
    )
    since = months_to(today, count=MONTHS)
    tallied = MonthTotal.objects.filter(tracker=person, starts_on__gte=since[0].first).order_by()
    sums = dict(tallied.values_list("starts_on").annotate(n=Sum("count")))
    transfers = Transfer.objects.visible_to(reader).filter(state__in=("done", "undone")).select_related("made_by").order_by("-pk")
    return SalesFile(
        line=lines_of([person.pk], today=today)[person.pk], positions=positions, kinds=kinds, stages=stages,
        plans=list(plans.order_by("due_on", "pk")[:PLANS_SHOWN]),
        months=[(f"{month.first:%Y-%m}", sums.get(month.first, 0)) for month in since],
        holdings=list(person.holdings.select_related("position__unit")),
        given=list(transfers.filter(sources__position__in=ids).distinct()[:PLANS_SHOWN]),
        taken=list(transfers.filter(Q(rest_to__in=ids) | Q(splits__to_position__in=ids)).distinct()[:PLANS_SHOWN]),
        proxies=list(
            Proxy.objects.visible_to(reader).filter(Q(from_staff=person) | Q(to_staff=person))
            .select_related("from_staff", "to_staff", "position")[:PLANS_SHOWN]
        ),
    )  # fmt: skip


def _counted(rows: QuerySet[Any], column: str, choices: Sequence[tuple[Any, Any]]) -> list[tuple[str, int]]:
    found: Mapping[str, int] = dict(rows.values_list(column).annotate(n=Count("pk")))
    return [(str(label), found[value]) for value, label in choices if found.get(value)]

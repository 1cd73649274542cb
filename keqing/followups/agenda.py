"""日历: what stands on the days of a month, a week or a day, for oneself or for somebody of the team."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from keqing.access.models import Position, Staff
from keqing.followups.models import Reminder, of_present_customers
from keqing.followups.permissions import Can
from keqing.followups.schedule import chinese_day
from keqing.reference.work_calendar import calendar

MONTH, WEEK, DAY = "month", "week", "day"
VIEWS = {MONTH: "月", WEEK: "周", DAY: "日"}
MOST = 1000
SHOWN = {MONTH: 4, WEEK: 40, DAY: 200}
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Item:
    """One line on a day; only open ones that may be moved are dragged."""

    reminder: Reminder
    begins: str
    ends: str
    tone: str
    may_drag: bool

    @property
    def note(self) -> str:
        """What the colour says, in words."""
        if self.reminder.done_at is not None:
            return "已取消" if self.reminder.appointment == Reminder.Appointment.CANCELLED else "已完成"
        if self.reminder.appointment:
            return self.reminder.get_appointment_display()
        return "逾期" if self.tone == "over" else ""


@dataclass(frozen=True)
class DayBox:
    day: date
    items: Sequence[Item]
    more: int
    holiday: str
    is_workday: bool
    is_today: bool
    is_inside: bool

    @property
    def label(self) -> str:
        return chinese_day(self.day)

    @property
    def weekday(self) -> str:
        return f"周{WEEKDAYS[self.day.weekday()]}"


@dataclass(frozen=True)
class Person:
    pk: int
    label: str


@dataclass(frozen=True)
class Board:
    """What ``followups/calendar.html`` draws."""

    view: str
    on: date
    first: date
    last: date
    days: Sequence[DayBox]
    title: str
    earlier: date
    later: date
    people: Sequence[Person]
    person_id: int | None
    note: str
    count: int
    may_manage: bool

    @property
    def is_cut(self) -> bool:
        return self.count > MOST


class NobodyOfTheTeam(Exception):
    """The person asked for works in none of the units this person heads."""


def board(*, staff: Staff, view: str, on: date, today: date, person_id: int | None = None) -> Board:
    """At most four statements: the team (for heads), the reminders, the work calendar. Raises ``NobodyOfTheTeam``."""
    team = _team(staff)
    positions: Collection[int] = staff.standing.position_ids
    if person_id is not None and person_id != staff.pk:
        if person_id not in team:
            raise NobodyOfTheTeam
        positions = team[person_id][1]
    first, last = _span(view, on)
    rows = _reminders(staff, positions, first, last)
    may_manage = staff.may(Can.MANAGE_REMINDERS)
    days = _days(rows, view=view, on=on, first=first, last=last, today=today, may_manage=may_manage)
    known = calendar()
    boxes = [
        DayBox(
            day=day, items=items[: SHOWN[view]], more=max(len(items) - SHOWN[view], 0),
            holiday=known.days[day].name if day in known.days else "", is_workday=known.is_workday(day),
            is_today=day == today, is_inside=view != MONTH or day.month == on.month,
        )
        for day, items in days
    ]
    earlier, later = _beside(view, on)
    return Board(
        view=view, on=on, first=first, last=last, days=boxes, title=_title(view, on, first, last), earlier=earlier, later=later,
        people=[Person(pk, label) for pk, (label, _positions) in team.items() if pk != staff.pk],
        person_id=person_id if person_id != staff.pk else None, note=known.notes([first, last]), count=len(rows),
        may_manage=may_manage,
    )


def _team(staff: Staff) -> Mapping[int, tuple[str, list[int]]]:
    """Who works in the units this person heads, with their positions there; no statement for who heads none."""
    headed = staff.standing.headed_unit_ids
    found: dict[int, tuple[str, list[int]]] = {}
    if not headed:
        return found
    rows = Position.objects.current().filter(unit_id__in=headed, holder__isnull=False)
    for pk, holder, name, unit in rows.order_by("unit__path", "holder__name").values_list(
        "pk", "holder_id", "holder__name", "unit__name"
    ):
        found.setdefault(holder, (f"{name}（{unit}）", []))[1].append(pk)
    return found


def _reminders(staff: Staff, positions: Collection[int], first: date, last: date) -> list[Reminder]:
    """Open and done ones, appointments called off too; of what is in sight."""
    rows = Reminder.objects.visible_to(staff).filter(of_present_customers())
    rows = rows.filter(position_id__in=list(positions), due_on__gte=first, due_on__lte=last)
    return list(rows.order_by("due_on", "starts_at", "pk")[: MOST + 1])


def _days(
    rows: Sequence[Reminder], *, view: str, on: date, first: date, last: date, today: date, may_manage: bool
) -> list[tuple[date, list[Item]]]:
    by_day: dict[date, list[Item]] = defaultdict(list)
    for row in rows:
        by_day[row.due_on].append(_item(row, today, may_manage))
    length = (last - first).days + 1
    # open ones first, those with hours in their order before those without
    return [
        (day, sorted(by_day[day], key=lambda item: (item.reminder.done_at is not None, not item.begins, item.begins)))
        for day in (first + timedelta(days=number) for number in range(length))
    ]


def _item(row: Reminder, today: date, may_manage: bool) -> Item:
    begins, ends = (timezone.localtime(one).strftime("%H:%M") if one else "" for one in (row.starts_at, row.ends_at))
    is_open = row.done_at is None
    tone = "done" if not is_open else "over" if row.due_on < today else str(row.origin)
    # a promise moves with its reason, on a form of its own
    return Item(row, begins, ends, tone, may_manage and is_open and row.commitment_id is None)


def _span(view: str, on: date) -> tuple[date, date]:
    """The days shown; a month with the rest of its first and last week."""
    if view == DAY:
        return on, on
    if view == WEEK:
        monday = on - timedelta(days=on.weekday())
        return monday, monday + timedelta(days=6)
    first = on.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())


def _beside(view: str, on: date) -> tuple[date, date]:
    if view == MONTH:
        first = on.replace(day=1)
        return (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=31)).replace(day=1)
    step = timedelta(days=7 if view == WEEK else 1)
    return on - step, on + step


def _title(view: str, on: date, first: date, last: date) -> str:
    if view == MONTH:
        return f"{on.year} 年 {on.month} 月"
    if view == DAY:
        return f"{on.year} 年 {chinese_day(on)}"
    return f"{first.year} 年 {first.month} 月 {first.day} 日 – {last.month} 月 {last.day} 日"

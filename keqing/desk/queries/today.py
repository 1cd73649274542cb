"""今日: what one person has to do on this day, read from the departments below."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from keqing.access.directory import seat
from keqing.access.models import CardRate, Position, Staff
from keqing.audit.models import Entry
from keqing.compliance.models import Refusal
from keqing.desk.queries.team import Member, team_members
from keqing.followups.models import Comment, Reminder, of_present_customers
from keqing.followups.schedule import chinese_day
from keqing.interchange.models import Import
from keqing.kit import counts
from keqing.kit.formats import day_bounds
from keqing.leads.choices import State
from keqing.leads.models import Lead
from keqing.people.models import Organisation, Person
from keqing.playbooks.queries import steps_of_reminders
from keqing.service.models import Feedback

AHEAD_DAYS = 7
# what is shown of each part before "全部" leads to the list of it
OVERDUE, DUE, COMING, COMMENTS = 20, 30, 10, 10
RECENT = 6
TEAM = 12
ALARM_DAYS = 6


@dataclass(frozen=True)
class Figure:
    """A number that leads to the list behind it; ``view`` is a URL name."""

    label: str
    number: int
    view: str
    query: str = ""


@dataclass(frozen=True)
class TodayBoard:
    day: str
    today: date
    reminders: Sequence[Reminder]
    comments: Sequence[Comment]
    recent: Sequence[Organisation | Person]
    entrusted_ids: frozenset[int]
    proxied_ids: frozenset[int]
    overdue_count: int
    due_count: int
    coming_count: int
    unread_count: int
    team: Sequence[Member]
    figures: Sequence[Figure]
    imports: Sequence[Import]
    runs_imports: bool
    may_manage: bool
    may_record: bool
    sees_team: bool

    @cached_property
    def overdue(self) -> list[Reminder]:
        return [r for r in self.reminders if r.due_on < self.today]

    @cached_property
    def due(self) -> list[Reminder]:
        return [r for r in self.reminders if r.due_on == self.today]

    @cached_property
    def coming(self) -> list[Reminder]:
        return [r for r in self.reminders if r.due_on > self.today]

    @cached_property
    def plans(self) -> list[tuple[str, int, int]]:
        """Plans with steps on this page: title, how many steps, how many of them late."""
        found: dict[str, list[int]] = {}
        for one in self.reminders:
            if plan := one.plan:  # type: ignore[attr-defined]
                numbers = found.setdefault(plan.title, [0, 0])
                numbers[0] += 1
                numbers[1] += one.due_on < self.today
        return [(title, *numbers) for title, numbers in sorted(found.items(), key=lambda item: -item[1][0])]  # type: ignore[misc]

    @property
    def nothing_to_do(self) -> bool:
        return not self.reminders and not self.comments


@dataclass(frozen=True)
class Asked:
    """What the page asks of the database, written once while the person's rights and the day stay the same."""

    entrusted_ids: frozenset[int]
    figures: Sequence[Figure]
    numbers: counts.Statement
    lines: counts.Statement
    unread: counts.Statement


def _asked(staff: Staff, today: date) -> Asked:
    entrusted = entrusted_positions(staff)
    mine = Reminder.objects.open().at_positions(staff.standing.position_ids | entrusted)
    until = today + timedelta(days=AHEAD_DAYS)
    overdue, due = mine.filter(due_on__lt=today), mine.filter(due_on=today)
    coming = mine.filter(due_on__gt=today, due_on__lte=until)
    figures = _figures(staff, today)
    unread = Comment.objects.unread_by(staff).visible_to(staff)
    # overdue ones, oldest first, must not push today's out of sight: each part has its own limit
    parts = [(overdue, OVERDUE), (due, DUE), (coming, COMING)]
    return Asked(
        entrusted_ids=entrusted,
        figures=[figure for figure, _rows in figures],
        numbers=counts.counting(querysets=[overdue, due, coming, unread, *(rows for _figure, rows in figures)]),
        lines=counts.keys(querysets=[rows.order_by("due_on", "pk")[:limit] for rows, limit in parts]),
        unread=counts.keys(querysets=[unread.order_by("-at")[:COMMENTS]]),
    )


def today_board(*, staff: Staff, today: date) -> TodayBoard:
    """The whole page; a manager also answers for the vacant positions nobody else heads (decision 2)."""
    asked = staff.recall(("today", today), lambda: _asked(staff, today))
    works = staff.may("reminder.view") or staff.may("contact.view")
    overdue, due, coming, not_read, *numbers = asked.numbers.numbers()
    return TodayBoard(
        day=chinese_day(today),
        today=today,
        reminders=_with_plans(_reminders(asked.lines, staff)) if works and overdue + due + coming else (),
        comments=_comments(asked.unread) if not_read else (),
        recent=_recent(staff) if works else (),
        entrusted_ids=asked.entrusted_ids,
        proxied_ids=frozenset(one.position.pk for one in staff.standing.deputyships),
        overdue_count=overdue,
        due_count=due,
        coming_count=coming,
        unread_count=not_read,
        team=_team(staff, today),
        figures=[replace(figure, number=number) for figure, number in zip(asked.figures, numbers, strict=True)],
        imports=list(Import.objects.visible_to(staff).newest_first()[:3]) if staff.may("import.run") else (),
        runs_imports=staff.may("import.run"),
        may_manage=staff.may("reminder.manage"),
        may_record=staff.may("contact.record"),
        sees_team=staff.may("team.view"),
    )


def entrusted_positions(staff: Staff) -> frozenset[int]:
    """Vacant positions under this person's units whose nearest occupied head is this person; one statement."""
    standing = staff.standing
    heads = [p for p in standing.positions if p.is_head]
    if not heads or not staff.may("reminder.manage"):
        return frozenset()
    rows = list(
        Position.objects.current()
        .filter(unit_id__in=standing.headed_unit_ids)
        .exclude(holder__isnull=False, is_head=False)
        .values_list("pk", "unit__path", "is_head", "holder_id")
    )
    headed = {path: holder for _pk, path, is_head, holder in rows if is_head and holder is not None}
    return frozenset(
        pk for pk, path, _head, holder in rows if holder is None and _nearest_head(path, headed) == staff.pk
    )


def _nearest_head(path: str, headed: dict[str, int]) -> int | None:
    while path.strip("/"):
        if path in headed:
            return headed[path]
        path = path.rstrip("/").rpartition("/")[0] + "/"
    return None


def _reminders(lines: counts.Statement, staff: Staff) -> list[Reminder]:
    found = Reminder.objects.select_related("contact").filter(pk__in=[pk for (pk,) in lines.rows()])
    reminders = sorted(found, key=lambda one: (one.due_on, one.pk))
    seat(reminders, staff=staff, name="position")
    return reminders


def _comments(lines: counts.Statement) -> list[Comment]:
    found = Comment.objects.filter(pk__in=[pk for (pk,) in lines.rows()])
    return list(found.select_related("author", "contact").order_by("-at"))


def _with_plans(reminders: list[Reminder]) -> list[Reminder]:
    """Beside a step of a plan: which plan, which step, how much of it is done. One statement, none without such steps."""
    steps = steps_of_reminders([one.pk for one in reminders if one.origin == Reminder.Origin.PLAYBOOK])
    for one in reminders:
        one.plan = steps.get(one.pk)  # type: ignore[attr-defined]
    return reminders


def _recent(staff: Staff) -> Sequence[Organisation | Person]:
    known = Organisation.objects.alive().reached_by(staff, "organisation.view")
    found = list(known.order_by("-last_activity_at", "-pk")[:RECENT])
    if found or not staff.may("person.view"):
        return found
    people = Person.objects.alive().unaffiliated().reached_by(staff, "person.view")
    return list(people.order_by("-last_activity_at", "-pk")[:RECENT])


def _team(staff: Staff, today: date) -> list[Member]:
    """Who needs a word today: most overdue first, then the quietest."""
    if not staff.may("team.view"):
        return []
    return sorted(team_members(staff=staff, today=today), key=lambda member: -member.overdue)[:TEAM]


def _figures(staff: Staff, today: date) -> list[tuple[Figure, QuerySet[Any]]]:
    """Numbers of the day for those whose work is not customers, and for managers; what they ask must hold all day."""
    since, before = day_bounds(today)
    found: list[tuple[Figure, QuerySet[Any]]] = []
    if staff.may("organisation.assign"):
        waiting = Organisation.objects.alive().unassigned().reached_by(staff, "organisation.assign")
        found.append((Figure("待分配客户", 0, "people:organisations", "?preset=waiting"), waiting))
    if staff.may("feedback.handle"):
        owed = Feedback.objects.visible_to(staff).filter(of_present_customers())
        found.append((Figure("待办结的客户反馈", 0, "service:feedback_list", "?preset=open"), owed.open()))
        found.append((Figure("超时的客户反馈", 0, "service:feedback_list", "?preset=late"), owed.late(Now())))
    if staff.may("lead.handle"):
        given = Lead.objects.filter(position__in=staff.standing.position_ids, state=State.ASSIGNED)
        found.append((Figure("待接受的线索", 0, "leads:leads", "?preset=mine&state=assigned"), given))
    if staff.may("lead.assign"):
        reached = Lead.objects.open().reached_by(staff, "lead.assign")
        found.append((Figure("线索超时", 0, "leads:leads", "?preset=escalated"), reached.filter(is_escalated=True)))
        found.append((Figure("待分配的线索", 0, "leads:leads", "?state=new"), reached.filter(state=State.NEW)))
    if staff.may("staff.manage"):
        found.append((Figure("空缺岗位", 0, "access:positions"), Position.objects.vacant()))
        new = Staff.objects.active().filter(must_change_password=True)
        found.append((Figure("还没改初始密码的员工", 0, "access:staff_list"), new))
        recent = CardRate.objects.waiting().filter(blocked_at__gte=since - timedelta(days=ALARM_DAYS))
        found.append((Figure("近 7 天未解除的安全告警", 0, "access:alarms"), recent))
    if staff.may("audit.search"):
        entries = Entry.objects.filter(at__gte=since, at__lt=before)
        found.append((Figure("今天的审计记录", 0, "desk:audit"), entries))
    if staff.may("refusal.view"):
        refused = Refusal.objects.filter(at__gte=since, at__lt=before)
        found.append((Figure("今天的合规拒绝", 0, "compliance:refusals"), refused))
    return found

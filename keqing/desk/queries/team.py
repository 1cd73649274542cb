"""团队动态: the records of a manager's team, newest first, and a row per person (R-198, R-177)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery

from keqing.access.models import Position, Staff
from keqing.access.standing import roles
from keqing.followups.models import Comment, ContactRecord, Reminder, of_present_customers
from keqing.followups.queries import comments_on, uncommented
from keqing.kit.formats import day_bounds
from keqing.kit.keyset import Sort
from keqing.kit.keyset import page as keyset_page

PAGE = 20
PEOPLE = 100
NEWEST = Sort(key="submitted", path="submitted_at", descending=True)
STATES = (("", "全部"), ("to_comment", "待批注"), ("unread", "批注未读"), ("replied", "有新回复"))


@dataclass(frozen=True)
class Member:
    """One person of the team: what was done lately and what is overdue."""

    staff_id: int
    name: str
    unit: str
    today: int
    week: int
    overdue: int
    last_at: datetime | None


@dataclass(frozen=True)
class FeedLine:
    contact: ContactRecord
    comments: Sequence[Comment]


@dataclass(frozen=True)
class Feed:
    lines: Sequence[FeedLine]
    after: str
    before: str


def team_members(*, staff: Staff, today: date) -> list[Member]:
    """People holding a position under this manager, the quietest first; one statement."""
    since, until = day_bounds(today)
    week, _ = day_bounds(today - timedelta(days=6))
    writes = [key for key, role in roles().items() if "contact.record" in role.words]
    records = ContactRecord.objects.filter(tracker=OuterRef("holder"))
    theirs = records.order_by().values("tracker")
    overdue = Reminder.objects.open().filter(of_present_customers(), position=OuterRef("pk"), due_on__lt=today)
    late = overdue.order_by().values("position")
    positions = (
        _positions(staff)
        .filter(role__in=writes)
        .exclude(holder=staff)
        .annotate(
            # the first of an index; a maximum of a group would read all records of everybody
            last_at=Subquery(records.order_by("-submitted_at", "-pk").values("submitted_at")[:1]),
            done_today=_number(theirs.filter(submitted_at__gte=since, submitted_at__lt=until)),
            done_week=_number(theirs.filter(submitted_at__gte=week, submitted_at__lt=until)),
            late=_number(late),
        )
        .select_related("holder", "unit")
        .order_by(F("last_at").asc(nulls_first=True), "code")
    )
    return [
        Member(
            p.holder_id, p.holder.name, p.unit.name, p.done_today or 0, p.done_week or 0, p.late or 0, p.last_at
        )
        for p in positions[:PEOPLE]
    ]


def team_feed(*, staff: Staff, filters: Mapping[str, Any], after: str = "", before: str = "") -> Feed:
    """Records the team wrote about customers this manager sees, with their comments: two statements."""
    rows = ContactRecord.objects.visible_to(staff).exclude(tracker=staff).select_related("tracker")
    rows = rows.filter(
        staff.standing.rows("team.view", kind="tracker_position__role", owner="tracker_position_id", unit="tracker_unit_id")
    )
    page = keyset_page(queryset=_filtered(rows, staff, filters), sort=NEWEST, size=PAGE, after=after, before=before)
    comments = comments_on(contact.pk for contact in page.rows)
    return Feed([FeedLine(c, comments.get(c.pk, ())) for c in page.rows], page.after, page.before)


def _filtered(rows: QuerySet[ContactRecord], staff: Staff, filters: Mapping[str, Any]) -> QuerySet[ContactRecord]:
    paths = {"person": "tracker_id", "method": "method", "first": "track_on__gte", "last": "track_on__lte"}
    rows = rows.filter(**{paths[name]: value for name, value in filters.items() if name in paths and value})
    on_it = Comment.objects.filter(contact=OuterRef("pk"), read_at__isnull=True)
    conditions: dict[str, Any] = {
        "to_comment": uncommented(),
        "unread": Exists(on_it.filter(author=staff)),
        "replied": Exists(on_it.filter(addressee=staff)),
    }
    condition = conditions.get(filters.get("state", ""))
    return rows if condition is None else rows.filter(condition)


def _positions(staff: Staff) -> QuerySet[Position]:
    """Filled positions within the word's reach: a proxy for reminders alone heads units, and shows no team."""
    under = staff.standing.rows("team.view", kind="role", owner="pk", unit="unit_id")
    return Position.objects.current().filter(under, holder__isnull=False)


def _number(rows: QuerySet[Any]) -> Subquery:
    return Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField())

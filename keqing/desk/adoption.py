"""系统使用情况 (R-098): sign-ins and records of each person, and how far they have come with the system.

The stage follows the source's deny – resist – accept – engage: nobody who never signed in can be said to use it,
who signs in and writes nothing resists it, who writes now and then accepts it, who writes on most workdays lives in it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from keqing.access.models import Position, Staff
from keqing.audit.models import Entry
from keqing.kit.formats import business_date, day_bounds, format_datetime, format_number
from keqing.kit.forms import Form
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Asked, Column, ListSpec, Preset

DAYS = 14
ENGAGED_DAYS = 6  # days with records among the last 14, which hold ten workdays
# the first sign-in changes the password: that alone is no use of the system
NO_RECORD = (
    "staff.password_changed", "person.phone_revealed", "lead.phone_revealed", "comment.read", "duplicate.checked", "grants.exported",
    "cards.blocked", "compliance.refused", "messaging.reach_changed", "news.subscribed", "feed.made", "feed.revoked",
)
STAGES = ("未启用", "观望", "试用", "常用")


@dataclass(frozen=True)
class Use:
    """What one person did in the system within ``DAYS``."""

    sign_ins: int = 0
    records: int = 0
    days: int = 0

    def stage(self, *, ever: bool) -> str:
        if self.days >= ENGAGED_DAYS:
            return STAGES[3]
        if self.records:
            return STAGES[2]
        return STAGES[1] if ever else STAGES[0]


def recorded(*, since: Any) -> QuerySet[Entry]:
    """What a person put into the system: audited deeds. Signing in, looking, taking out and one's own account are none."""
    aside = Q(action__startswith="session.") | Q(action__startswith="export.") | Q(action__in=NO_RECORD)
    return Entry.objects.filter(~aside, at__gte=since)


def uses_of(staff_ids: Collection[int], *, today: date) -> dict[int, Use]:
    """Two statements for a page of people."""
    since, _ = day_bounds(today - timedelta(days=DAYS - 1))
    signed = Entry.objects.filter(action="session.began", at__gte=since, actor_id__in=staff_ids).order_by()
    sign_ins = dict(signed.values_list("actor_id").annotate(n=Count("pk")))
    rows = recorded(since=since).filter(actor_id__in=staff_ids).order_by().values_list("actor_id")
    counted = {pk: (n, days) for pk, n, days in rows.annotate(n=Count("pk"), days=Count("at__date", distinct=True))}
    return {pk: Use(sign_ins.get(pk, 0), *counted.get(pk, (0, 0))) for pk in staff_ids}


def _unused(asked: Asked) -> Q:
    since, _ = day_bounds(asked.today - timedelta(days=DAYS - 1))
    return ~Q(Exists(recorded(since=since).filter(actor_id=OuterRef("pk"))))


class AdoptionFilter(Form):
    q = forms.CharField(label="姓名、拼音首字母、工号", required=False, max_length=40)


class AdoptionList(ListSpec):
    key = "adoption"
    title = "系统使用情况"
    noun = "人"
    filter_form = AdoptionFilter
    default_sort = "name"
    columns = (
        Column(key="name", label="姓名", sort="initials", hideable=False),
        Column(key="stage", label="使用阶段", cell=lambda row, _today: row.use.stage(ever=row.last_login is not None)),
        Column(key="sign_ins", label="14 天登录", numeric=True, cell=lambda row, _t: Cell(format_number(row.use.sign_ins), label="登录")),
        Column(key="records", label="14 天记录", numeric=True, cell=lambda row, _t: Cell(format_number(row.use.records), label="记录")),
        Column(key="days", label="有记录的天数", numeric=True, cell=lambda row, _t: Cell(format_number(row.use.days), label="天数")),
        Column(
            key="last", label="最近登录", sort="last_login", css="figures",
            cell=lambda row, _t: Cell(format_datetime(row.last_login) if row.last_login else "从未", label="登录"),
        ),
    )  # fmt: skip
    presets = [
        Preset(key="unused", label="14 天无记录", condition=_unused),
        Preset(key="never", label="从未登录", condition=lambda _a: Q(last_login__isnull=True)),
    ]
    empty_text = "您的范围内还没有在岗的人员。"
    file_columns = (
        FileColumn(key="name", paths=("name",)), FileColumn(key="stage"), FileColumn(key="sign_ins"), FileColumn(key="records"),
        FileColumn(key="days"), FileColumn(key="last", paths=("last_login",)),
    )  # fmt: skip

    def filter(self, queryset: QuerySet[Staff], cleaned: Mapping[str, Any]) -> QuerySet[Staff]:
        if text := cleaned.get("q", "").strip():
            named = Q(name__contains=text) | Q(employee_no__icontains=text) | Q(initials__startswith=text.lower())
            queryset = queryset.filter(named)
        return queryset

    def beside(self, keys: Sequence[int], wanted: Collection[str]) -> Mapping[str, Mapping[int, Any]]:
        if not wanted & {"stage", "sign_ins", "records", "days"}:
            return {}
        uses = uses_of(keys, today=business_date(timezone.now()))
        ever = set(Staff.objects.filter(pk__in=keys, last_login__isnull=False).values_list("pk", flat=True))
        found: dict[str, dict[int, Any]] = {
            name: {pk: getattr(use, name) for pk, use in uses.items()} for name in ("sign_ins", "records", "days") if name in wanted
        }
        if "stage" in wanted:
            found["stage"] = {pk: use.stage(ever=pk in ever) for pk, use in uses.items()}
        return found


def dress(rows: Sequence[Any], *, today: date) -> None:
    """Give each row its figures."""
    uses = uses_of([row.pk for row in rows], today=today) if rows else {}
    for row in rows:
        row.use = uses[row.pk]


def open_adoption(request: HttpRequest, _argument: str = "") -> OpenList:
    """Active people in positions within the reader's reach of ``team.view``."""
    reached = request.user.standing.rows("team.view", kind="role", owner="pk", unit="unit_id")
    held = Position.objects.current().filter(reached)
    return OpenList(AdoptionList(), Staff.objects.active().filter(pk__in=held.values("holder")))

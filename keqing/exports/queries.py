"""What the export screens show, and what a person has taken out lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, IntegerField, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import HttpRequest

from keqing.access.models import OrgUnit, Position, Staff
from keqing.access.standing import roles
from keqing.audit.models import Entry
from keqing.exports.models import Export
from keqing.exports.permissions import Can
from keqing.exports.policy import Limits, limits_for
from keqing.exports.reading import Heading, file_columns, wording
from keqing.kit.list_registry import asked, open_list
from keqing.kit.lists import ListSpec
from keqing.kit.made_lists import MadeRows

PAGE = 30
LOCK = 7_302_003
TONES = {
    "waiting": "waiting", "queued": "now", "running": "now", "done": "done", "declined": "refused", "cancelled": "draft",
    "failed": "refused", "expired": "draft",
}
TAKEN = ("export.begun", "export.printed")
NOT_TAKEN = (Export.State.DECLINED, Export.State.CANCELLED, Export.State.FAILED)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A list as a person looks at it: what may leave, in its order, and what the file would hold of it."""

    key: str
    query: str
    spec: ListSpec
    rows: QuerySet[Any]
    request: HttpRequest
    limits: Limits

    def columns(self, *, everything: bool) -> list[Heading]:
        return file_columns(spec=self.spec, request=self.request, everything=everything)

    @property
    def title(self) -> str:
        return str(self.spec.title)

    @cached_property
    def wording(self) -> str:
        return wording(spec=self.spec, request=self.request)


def wanted(*, staff: Staff, key: str, query: str, today: date) -> Wanted:
    """Opened again with the person's present rights; 404 for no such list, 403 without its word."""
    request = asked(user=staff, query=query, key=key)
    opened = open_list(key=key, request=request)
    chosen = opened.spec.chosen(request=request, queryset=opened.rows, today=today)
    return Wanted(
        key=key, query=query, spec=opened.spec, rows=opened.spec.exported(chosen, reader=staff), request=request,
        limits=limits_for(staff.standing.roles),
    )


def count_of(rows: QuerySet[Any] | MadeRows, *, most: int, alone: Staff | None = None) -> int:
    """How many rows, up to ``most``. ``alone`` takes the person's turn: their other exports wait for the transaction."""
    try:
        if isinstance(rows, MadeRows):
            sql, parameters = "select from generate_series(1, %s)", (min(len(rows), most),)
        else:
            sql, parameters = rows.order_by().values("pk")[:most].query.sql_with_params()
    except EmptyResultSet:
        sql, parameters = "select 1 where false", ()
    turn, who = ("pg_advisory_xact_lock(%s, %s), ", [LOCK, alone.pk]) if alone else ("", [])
    with connection.cursor() as cursor:
        # the ORM wrote it; every value travels as a parameter
        cursor.execute(f"select {turn}(select count(*) from ({sql}) as counted)", [*who, *parameters])  # noqa: S608
        return int(cursor.fetchone()[-1])


def taken_by(staff: Staff, *, at: datetime, besides: Export | None = None) -> tuple[int, int]:
    """Rows taken out in the last hour and the last day, at once and in the background. One statement."""
    since = at - timedelta(days=1)
    direct = (
        Entry.objects.filter(actor_id=staff.pk, at__gt=since, action__in=TAKEN)
        .annotate(n=Cast(KT("changes__rows"), IntegerField()), moment=F("at"))
        .values_list("n", "moment")
    )
    background = (
        Export.objects.filter(by=staff, asked_at__gt=since).exclude(state__in=NOT_TAKEN).exclude(pk=besides.pk if besides else 0)
        .annotate(n=Cast("rows", IntegerField()), moment=F("asked_at")).values_list("n", "moment")
    )
    found = list(direct.union(background, all=True))
    hour = at - timedelta(hours=1)
    return sum(n or 0 for n, moment in found if moment > hour), sum(n or 0 for n, _moment in found)


def place_of(staff: Staff) -> tuple[Position | None, OrgUnit | None]:
    """For whom an export is agreed to: the position that grants exporting, and the unit above for its head."""
    for position in staff.standing.positions:
        role = roles().get(position.role)
        if role and Can.RUN in role.words:
            above = position.unit.parent if position.is_head else None
            return position, above or position.unit
    return None, None


def approvers_of(*, staff: Staff, position: Position | None, unit: OrgUnit | None) -> list[Staff]:
    """Who may agree, the nearest above first. Nobody agrees to their own."""
    granting = [key for key, role in roles().items() if Can.APPROVE in role.words]
    held = Position.objects.current().filter(role__in=granting, holder__isnull=False, holder__is_active=True)
    found = []
    for one in held.exclude(holder=staff).select_related("holder", "unit"):
        reach = {grant.reach for grant in roles()[one.role].words[Can.APPROVE]}
        heads = one.is_head and unit is not None and unit.path.startswith(one.unit.path)
        if "all" in reach or (heads and "team" in reach):
            found.append((-len(one.unit.path) if heads else 0, one.role, one.holder))
    found.sort(key=lambda each: (each[0], roles()[each[1]].order))
    return list(dict.fromkeys(each[2] for each in found if each[2]))


@dataclass(frozen=True)
class Line:
    export: Export
    tone: str
    is_abandoned: bool = False


def lines_of(rows: Sequence[Export], *, now: datetime) -> list[Line]:
    return [Line(row, TONES[row.state], row.is_abandoned(now=now)) for row in rows]


@dataclass(frozen=True)
class Centre:
    """下载中心: mine, and what waits for my word."""

    mine: list[Line]
    older: int | None
    waiting: list[Line]


def download_centre(*, staff: Staff, now: datetime, before: int | None = None) -> Centre:
    rows = Export.objects.filter(by=staff).newest_first()
    if before:
        rows = rows.filter(pk__lt=before)
    mine = list(rows[: PAGE + 1])
    waiting = Export.objects.within_reach(staff).waiting().select_related("by").newest_first()[:PAGE] if staff.may(Can.APPROVE) else []
    return Centre(
        mine=lines_of(mine[:PAGE], now=now), older=mine[PAGE - 1].pk if len(mine) > PAGE else None,
        waiting=lines_of(list(waiting), now=now),
    )

"""无人负责: customers nobody looks after (R-191), because nobody owns them, the owner is not there, or nothing happens."""

from collections.abc import Collection
from datetime import date, timedelta

from django.db.models import Q
from django.http import HttpRequest

from keqing.access.models import Position, Staff
from keqing.kit.formats import business_date, day_bounds
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, Preset
from keqing.people import file_columns
from keqing.people.columns import KIND, NAME, OWNER, RECENT, REGION, STAGE, short_day
from keqing.people.models import Organisation
from keqing.people.permissions import Can
from keqing.people.tables import READ, OrganisationList

# the longest a customer goes without anything happening: twice the longest rhythm of contacts the company plans
SILENT_DAYS = 180


def unmanned() -> list[int]:
    """Positions whose customers have nobody: vacant ones, and those of people who left. One statement."""
    return list(Position.objects.filter(Q(holder__isnull=True) | Q(holder__is_active=False)).values_list("pk", flat=True))


def unattended(*, without: Collection[int], today: date) -> Q:
    """Customers without an owner, with one of the positions ``without`` a person, or with nothing for too long."""
    return Q(owner_position__isnull=True) | Q(owner_position__in=without) | _silent(today)


def _silent(today: date) -> Q:
    since, _next = day_bounds(today - timedelta(days=SILENT_DAYS))
    return Q(last_activity_at__lt=since) | Q(last_activity_at__isnull=True)


def reason(row: Organisation, today: date) -> str:
    position = row.owner_position
    if position is None:
        return "没有负责人"
    if position.holder is None or not position.holder.is_active:
        return "岗位空缺"
    return f"超过 {SILENT_DAYS} 天没有往来"


WHY = Column(key="why", label="原因", cell=lambda row, today: Cell(reason(row, today), "text-waiting"))
LAST = Column(
    key="activity", label="最近动态", sort="last_activity_at",
    cell=lambda row, today: Cell(short_day(business_date(row.last_activity_at) if row.last_activity_at else None, today), "figures", "动态"),
)  # fmt: skip
COLUMNS = (NAME, WHY, KIND, REGION, OWNER, STAGE, RECENT, LAST)


def _reason_in_file(position: int | None, holder: int | None, active: bool | None) -> str:
    if position is None:
        return "没有负责人"
    return "岗位空缺" if holder is None or not active else f"超过 {SILENT_DAYS} 天没有往来"


class OrphanList(OrganisationList):
    walks = False

    def __init__(self, *, request: HttpRequest, without: Collection[int]) -> None:
        super().__init__(kind="all", request=request)
        self.key, self.title, self.columns, self.edit_url = "orphans", "无人负责", COLUMNS, ""
        self.empty_text = "每家客户都有人负责，也都有往来。"
        self.presets = [
            Preset(key="unowned", label="没有负责人", condition=lambda _a: Q(owner_position__isnull=True)),
            Preset(key="vacant", label="岗位空缺", condition=lambda _a: Q(owner_position__in=without)),
            Preset(key="silent", label="很久没有往来", condition=lambda a: _silent(a.today)),
        ]
        shown = {column.key for column in COLUMNS}
        self.file_columns = (
            *(column for column in file_columns.ON_SCREEN if column.key in shown),
            FileColumn(
                key="why", paths=("owner_position_id", "owner_position__holder_id", "owner_position__holder__is_active"),
                value=_reason_in_file,
            ),
            FileColumn(key="activity", paths=("last_activity_at",)),
        )  # fmt: skip


def open_orphans(request: HttpRequest, today: date) -> OpenList:
    """Within the reach of ``orphan.view`` and of what the reader may see at all."""
    staff: Staff = request.user  # type: ignore[assignment]
    without = unmanned()
    rows = Organisation.objects.alive().reached_by(staff, Can.VIEW_ORPHANS).reached_by(staff, Can.VIEW)
    rows = rows.filter(unattended(without=without, today=today))
    columns = (*READ, "last_activity_at", "owner_position__holder__is_active")
    return OpenList(OrphanList(request=request, without=without), rows.select_related("region", "chain", "owner_position__holder").only(*columns))

"""回收站 as lists: the customers and the people deleted in the last 30 days that the reader may bring back."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Staff
from keqing.kit.addresses import address
from keqing.kit.date_ranges import DateRangeForm, within
from keqing.kit.formats import business_date, format_datetime
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec, Preset
from keqing.people.actions.trash import KEPT_DAYS
from keqing.people.choices import Kind, PersonKind
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can

SOON = 7


class TrashFilter(DateRangeForm):
    q = forms.CharField(label=_("名称"), required=False, max_length=60)
    kind = forms.ChoiceField(label=_("类型"), required=False)
    by = forms.CharField(label=_("删除人"), required=False, max_length=40)

    field_order = ("q", "kind", "by", "when", "first", "last")

    def __init__(self, *args: Any, today: date, kinds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, today=today, **kwargs)
        self.fields["kind"].choices = [("", _("全部")), *kinds]  # type: ignore[attr-defined]


def days_left(deleted_at: datetime, today: date) -> int:
    return KEPT_DAYS - (today - business_date(deleted_at)).days


def _left(row: Any, today: date) -> Cell:
    days = days_left(row.deleted_at, today)
    return Cell(str(days), "text-error" if days <= SOON else "", label=str(_("剩余天数")))


class TrashList(ListSpec):
    """Rows lead nowhere: what is deleted has no page. 恢复 belongs to a form of the page."""

    key = "trash"
    title = _("回收站 · 客户")
    noun = _("家")
    kinds = Kind.choices
    filter_form = TrashFilter
    default_sort = "-deleted"
    columns = (
        Column(key="name", label=_("名称"), sort="search_initials", hideable=False, cell=lambda row, _today: row.name),
        Column(key="kind", label=_("类型"), cell=lambda row, _today: row.get_kind_display()),
        Column(key="deleted", label=_("删除时间"), sort="deleted_at", css="figures", cell=lambda row, _today: format_datetime(row.deleted_at)),
        Column(key="by", label=_("删除人"), cell=lambda row, _today: Cell(row.deleted_by.name, label=str(_("删除人")))),
        Column(key="left", label=_("剩余天数"), numeric=True, cell=_left),
        Column(key="restore", label=_("操作"), hideable=False, cell=lambda row, _today: restore_button(row)),
    )
    file_columns = (
        FileColumn(key="name", paths=("name",)), FileColumn(key="kind", paths=("kind",), value=lambda kind: str(Kind(kind).label)),
        FileColumn(key="deleted", paths=("deleted_at",)), FileColumn(key="by", paths=("deleted_by__name",)),
        FileColumn(key="left", paths=("deleted_at",), value=lambda at: days_left(at, business_date(timezone.now()))),
    )  # fmt: skip
    presets = (
        Preset(key="soon", label=_("7 天内清除"), condition=lambda asked: Q(deleted_at__date__lte=asked.today - timedelta(days=KEPT_DAYS - SOON))),
        Preset(key="mine", label=_("我删除的"), condition=lambda asked: Q(deleted_by=asked.user)),
    )
    empty_text = _("回收站是空的。")

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        return {"today": business_date(timezone.now()), "kinds": self.kinds}

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        if text := cleaned.get("q", "").strip():
            queryset = queryset.filter(name__icontains=text)
        if kind := cleaned.get("kind"):
            queryset = queryset.filter(kind=kind)
        if name := cleaned.get("by", "").strip():
            queryset = queryset.filter(deleted_by__name__contains=name)
        return queryset.filter(within("deleted_at__date", cleaned))


class PersonTrashList(TrashList):
    key = "trash-people"
    title = _("回收站 · 人员")
    noun = _("人")
    kinds = PersonKind.choices
    file_columns = (
        *(column for column in TrashList.file_columns if column.key != "kind"),
        FileColumn(key="kind", paths=("kind",), value=lambda kind: str(PersonKind(kind).label)),
    )


def trashed_organisations(staff: Staff, *, at: datetime) -> QuerySet[Organisation]:
    """What this person may bring back."""
    since = at - timedelta(days=KEPT_DAYS)
    return Organisation.objects.trashed().reached_by(staff, Can.TRASH).filter(deleted_at__gte=since)


def trashed_people(staff: Staff, *, at: datetime) -> QuerySet[Person]:
    since = at - timedelta(days=KEPT_DAYS)
    return Person.objects.trashed().reached_by(staff, Can.TRASH_PERSON).filter(deleted_at__gte=since)


def open_trash(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(TrashList(), trashed_organisations(request.user, at=timezone.now()).select_related("deleted_by"))


def open_person_trash(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(PersonTrashList(), trashed_people(request.user, at=timezone.now()).select_related("deleted_by"))


def restore_button(row: Organisation | Person) -> SafeString:
    view = "people:person_restore" if isinstance(row, Person) else "people:organisation_restore"
    return format_html(
        '<button class="btn btn-sm" form="restore" formaction="{}">{}<span class="sr-only">{}</span></button>', address(view, row.pk), _("恢复"), row.name
    )  # fmt: skip

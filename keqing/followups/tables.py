"""The lists of contact records, reminders and promises."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Staff
from keqing.followups import file_columns
from keqing.followups.finding import SHORTEST, saying
from keqing.followups.models import Commitment, ContactRecord, Reminder, of_present_customers
from keqing.followups.permissions import Can
from keqing.followups.promises import commitment_state
from keqing.followups.queries import uncommented
from keqing.kit.addresses import address
from keqing.kit.date_ranges import DateRangeForm, within
from keqing.kit.formats import business_date, format_date, format_datetime
from keqing.kit.forms import Form
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Asked, Column, ListSpec, Preset
from keqing.kit.templatetags.kit import due_class, due_text
from keqing.people.choices import BusinessState
from keqing.people.models import Organisation, Person
from keqing.people.queries import matching

ANY = [("", _("全部"))]


class ContactFilter(DateRangeForm):
    method = forms.ChoiceField(label=_("方式"), required=False, choices=[*ANY, *ContactRecord.Method.choices])
    state = forms.ChoiceField(label=_("业务状态"), required=False, choices=[*ANY, *BusinessState.choices])
    duty = forms.ChoiceField(label=_("工作分类"), required=False, choices=[*ANY, *ContactRecord.Duty.choices])
    tracker = forms.CharField(label=_("跟踪人"), required=False, max_length=40)
    customer = forms.CharField(label=_("客户"), required=False, max_length=60)
    q = forms.CharField(
        label=_("内容"), required=False, max_length=60, min_length=SHORTEST,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("说了什么，两个字以上")}),
    )

    field_order = ("when", "q", "method", "tracker", "state", "duty", "customer", "first", "last")


class ContactList(ListSpec):
    key = "contacts"
    title = "联系记录"
    columns = (
        Column(key="customer", label="客户", hideable=False, cell=lambda row, _today: row.customer_name),
        Column(key="track_on", label="跟踪日期", sort="track_on", css="figures", cell=lambda row, _today: format_date(row.track_on)),
        Column(key="method", label="方式", cell=lambda row, _today: _method(row)),
        Column(key="state", label="业务状态", cell=lambda row, _today: row.get_business_state_display()),
        Column(key="description", label="业务描述", css="max-w-md truncate max-md:basis-full", cell=lambda row, _today: _short(row.description)),
        Column(key="tracker", label="跟踪人", cell=lambda row, _today: Cell(row.tracker_label, label="跟踪人")),
        Column(key="callback_on", label="回访日期", sort="callback_on", css="figures", cell=lambda row, _today: _day(row.callback_on, "回访")),
        Column(
            key="submitted", label="提交时间", sort="submitted_at", css="figures phone-hide",
            cell=lambda row, _today: format_datetime(row.submitted_at),
        ),
    )
    presets = (
        Preset(key="today", label="今天", condition=lambda asked: Q(track_on=asked.today)),
        Preset(key="week", label="本周", condition=lambda asked: _this_week(asked)),
        Preset(key="mine", label="我写的", condition=lambda asked: Q(tracker=asked.user)),
        Preset(key="unannounced", label="未预约", condition=lambda _: Q(is_unannounced=True)),
        Preset(key="to_comment", label="待批注", condition=lambda asked: _to_comment(asked)),
    )
    filter_form = ContactFilter
    default_sort = "-submitted"
    empty_text = "还没有联系记录。打开一家客户，从第一次联系记起。"
    file_columns = file_columns.CONTACTS

    def exported(self, queryset: QuerySet[Any], *, reader: Staff) -> QuerySet[Any]:
        return queryset.filter(file_columns.exported(reader, Can.VIEW))

    def panel_of(self, row: ContactRecord) -> str:
        return address("followups:contact", row.pk)

    url_of = panel_of

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        return {"today": business_date(timezone.now())}

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        paths = {"method": "method", "state": "business_state", "duty": "duty", "tracker": "tracker__name__icontains"}
        wanted = {paths[name]: value for name, value in cleaned.items() if name in paths}
        said = saying(text=cleaned["q"]) if "q" in cleaned else Q()
        return queryset.filter(_of_customer(cleaned), within("track_on", cleaned), said, **wanted)


def _method(row: ContactRecord) -> Cell:
    """Amber: a visit to a key customer without an appointment (R-053)."""
    label = row.get_method_display()
    return Cell(label, badge="未预约") if row.is_unannounced else Cell(label)


class ReminderFilter(Form):
    customer = forms.CharField(label=_("客户"), required=False, max_length=60)
    holder = forms.CharField(label=_("负责人"), required=False, max_length=40)
    origin = forms.ChoiceField(label=_("来源"), required=False, choices=[*ANY, *Reminder.Origin.choices])


def _short(text: str) -> Cell:
    """The beginning of a long text; more of it when the pointer rests there."""
    return Cell(text if len(text) <= 80 else f"{text[:79]}…", title=text[:200])


def _day(day: date | None, label: str) -> Cell:
    return Cell(format_date(day) if day else "", label=label)


CUSTOMER = Column(key="customer", label="客户", hideable=False, cell=lambda row, _today: row.customer_name)
TEXT = Column(key="text", label="事项", css="max-w-md truncate max-md:basis-full")


class ReminderList(ListSpec):
    """What is still to be done."""

    key = "reminders"
    title = "跟进"
    columns = (
        CUSTOMER,
        Column(key="due", label="到期", sort="due_on", cell=lambda row, _today: Cell(due_text(row.due_on), f"{due_class(row.due_on)} figures")),
        TEXT,
        Column(key="position", label="负责", cell=lambda row, _today: Cell(row.position.label, label="负责")),
        Column(key="origin", label="来源", css="phone-hide", cell=lambda row, _today: row.get_origin_display()),
        Column(
            key="first_due", label="原定日期", css="figures phone-hide",
            cell=lambda row, _today: format_date(row.first_due_on) if row.first_due_on != row.due_on else "",
        ),
    )
    presets = (
        Preset(key="overdue", label="逾期", condition=lambda a: Q(due_on__lt=a.today)),
        Preset(key="today", label="今日", condition=lambda a: Q(due_on=a.today)),
        Preset(key="tomorrow", label="明日", condition=lambda a: Q(due_on=a.today + timedelta(days=1))),
        Preset(key="future", label="未来", condition=lambda a: Q(due_on__gt=a.today)),
        Preset(key="mine", label="我的", condition=lambda a: _mine(a)),
    )
    filter_form = ReminderFilter
    default_sort = "due"
    empty_text = "还没有跟进。记录联系时填上回访日期，到期就会出现在这里。"
    file_columns = file_columns.REMINDERS

    def exported(self, queryset: QuerySet[Any], *, reader: Staff) -> QuerySet[Any]:
        return queryset.filter(file_columns.exported(reader, Can.VIEW_REMINDERS, mine=True))

    def panel_of(self, row: Reminder) -> str:
        return address("followups:reminder", row.pk)

    url_of = panel_of

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        if holder := cleaned.get("holder"):
            queryset = queryset.filter(position__holder__name__icontains=holder)
        if origin := cleaned.get("origin"):
            queryset = queryset.filter(origin=origin)
        return queryset.filter(_of_customer(cleaned))


class DoneList(ReminderList):
    """What has been done, newest first."""

    key = "reminders:done"
    columns = (
        CUSTOMER,
        Column(key="done", label="完成时间", sort="done_at", css="figures", cell=lambda row, _today: format_datetime(row.done_at)),
        TEXT,
        Column(key="outcome", label="结果", css="max-w-sm truncate", cell=lambda row, _today: _outcome(row)),
        Column(key="by", label="完成人", cell=lambda row, _today: Cell(row.done_by.name, label="完成人")),
        Column(key="due", label="到期", sort="due_on", css="figures", cell=lambda row, _today: _day(row.due_on, "到期")),
        Column(key="first_due", label="原定日期", css="figures phone-hide", cell=lambda row, _today: format_date(row.first_due_on)),
    )
    presets = (
        Preset(key="by_me", label="我完成的", condition=lambda a: Q(done_by=a.user)),
        Preset(key="late", label="晚于原定", condition=lambda _: Q(done_at__date__gt=F("first_due_on"))),
    )
    default_sort = "-done"
    empty_text = "还没有完成的跟进。"
    file_columns = file_columns.DONE


def _outcome(row: Reminder) -> Cell:
    """What became of an alarm stands before its words."""
    return _short(" · ".join(part for part in (row.get_outcome_code_display(), row.outcome) if part))


class CommitmentFilter(Form):
    customer = forms.CharField(label=_("客户"), required=False, max_length=60)
    keeper = forms.CharField(label=_("兑现人"), required=False, max_length=40)


class CommitmentList(ListSpec):
    """承诺: open and settled ones, the open first due first."""

    key = "commitments"
    title = "承诺"
    noun = "项"
    columns = (
        CUSTOMER,
        Column(key="due", label="到期", sort="due_on", cell=lambda row, _today: _due_of(row)),
        Column(key="text", label="承诺事项", css="max-w-md truncate max-md:basis-full"),
        Column(key="state", label="状态", cell=lambda row, today: _state_of(row, today)),
        Column(key="made_to", label="对谁", css="phone-hide"),
        Column(key="keeper", label="兑现人", cell=lambda row, _today: Cell(row.keeper.name if row.keeper else row.position.label, label="兑现人")),
        Column(key="promised", label="承诺日期", sort="promised_on", css="figures phone-hide", cell=lambda row, _today: format_date(row.promised_on)),
        Column(key="evidence", label="依据", css="max-w-sm truncate phone-hide", cell=lambda row, _today: _short(row.evidence or row.reason)),
    )
    presets = (
        Preset(key="open", label="未兑现", condition=lambda _: OPEN),
        Preset(key="overdue", label="逾期", condition=lambda a: OPEN & Q(due_on__lt=a.today)),
        Preset(key="today", label="今日", condition=lambda a: OPEN & Q(due_on=a.today)),
        Preset(key="tomorrow", label="明日", condition=lambda a: OPEN & Q(due_on=a.today + timedelta(days=1))),
        Preset(key="kept", label="按时兑现", condition=lambda _: Q(done_on__lte=F("promised_on"))),
        Preset(key="late", label="逾期兑现", condition=lambda _: Q(done_on__gt=F("promised_on"))),
        Preset(key="mine", label="我的", condition=lambda a: _mine(a)),
    )
    filter_form = CommitmentFilter
    default_sort = "-due"
    empty_text = "还没有承诺。记录联系时写下答应了什么，到期前会提醒您。"
    file_columns = file_columns.COMMITMENTS

    def exported(self, queryset: QuerySet[Any], *, reader: Staff) -> QuerySet[Any]:
        return queryset.filter(file_columns.exported(reader, Can.VIEW_REMINDERS, mine=True))

    def panel_of(self, row: Commitment) -> str:
        return address("followups:commitment", row.pk)

    url_of = panel_of

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        if keeper := cleaned.get("keeper"):
            queryset = queryset.filter(keeper__name__icontains=keeper)
        return queryset.filter(_of_customer(cleaned))


OPEN = Q(done_on__isnull=True, dropped_on__isnull=True)


def _due_of(row: Commitment) -> Cell:
    if not row.is_open:
        return Cell(format_date(row.due_on), "figures")
    return Cell(due_text(row.due_on), f"{due_class(row.due_on)} figures")


def _state_of(row: Commitment, today: date) -> Cell:
    state, css = commitment_state(row, today)
    return Cell(state, css)


def open_contacts(request: HttpRequest, _argument: str = "") -> OpenList:
    """Contact records of the customers within reach."""
    return OpenList(ContactList(), ContactRecord.objects.visible_to(request.user).select_related("tracker"))


def open_reminders(request: HttpRequest, argument: str = "") -> OpenList:
    """Reminders of the customers within reach, and those at my positions; ``done`` for those done."""
    done = argument == "done"
    rows = Reminder.objects.visible_to(request.user).filter(of_present_customers(), done_at__isnull=not done)
    return OpenList(DoneList() if done else ReminderList(), rows.select_related("position__holder", "done_by"))


def open_commitments(request: HttpRequest, _argument: str = "") -> OpenList:
    """Promises to the customers within reach, and those at my positions."""
    rows = Commitment.objects.visible_to(request.user).filter(of_present_customers())
    return OpenList(CommitmentList(), rows.select_related("keeper", "position__holder"))


def _of_customer(cleaned: Mapping[str, Any]) -> Q:
    """Rows of customers found as the search finds them, by name, pinyin or code; their index answers, not the rows."""
    text = cleaned.get("customer")
    if not text:
        return Q()
    named = matching(text=text, names_only=True)
    organisations = Organisation.objects.filter(named).order_by().values("pk")
    return Q(customer_id__in=organisations.union(Person.objects.filter(named).order_by().values("pk"), all=True))


def _this_week(asked: Asked) -> Q:
    monday = asked.today - timedelta(days=asked.today.weekday())
    return Q(track_on__gte=monday, track_on__lt=monday + timedelta(days=7))


def _mine(asked: Asked) -> Q:
    return Q(position_id__in=asked.user.standing.position_ids)


def _to_comment(asked: Asked) -> Q:
    recent = Q(track_on__gte=asked.today - timedelta(days=14))
    return recent & ~Q(tracker=asked.user) & uncommented()

"""The lists of contact records and reminders."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from keqing.followups.models import ContactRecord, Reminder, of_present_customers
from keqing.followups.queries import uncommented
from keqing.kit.forms import Form
from keqing.kit.list_registry import OpenList
from keqing.kit.lists import Asked, Column, ListSpec, Preset
from keqing.people.choices import BusinessState
from keqing.people.models import Organisation, Person
from keqing.people.queries import matching

ANY = [("", _("全部"))]


class ContactFilter(Form):
    method = forms.ChoiceField(label=_("方式"), required=False, choices=[*ANY, *ContactRecord.Method.choices])
    state = forms.ChoiceField(label=_("业务状态"), required=False, choices=[*ANY, *BusinessState.choices])
    tracker = forms.CharField(label=_("跟踪人"), required=False, max_length=40)
    customer = forms.CharField(label=_("客户"), required=False, max_length=60)
    first = forms.DateField(label=_("从"), required=False)
    last = forms.DateField(label=_("到"), required=False)


class ContactList(ListSpec):
    key = "contacts"
    title = "联系记录"
    row_template = "followups/_contact_row.html"
    columns = (
        Column(key="customer", label="客户", css="lead", hideable=False),
        Column(key="track_on", label="跟踪日期", sort="track_on"),
        Column(key="method", label="方式"),
        Column(key="state", label="业务状态"),
        Column(key="description", label="业务描述"),
        Column(key="tracker", label="跟踪人"),
        Column(key="callback_on", label="回访日期", sort="callback_on"),
        Column(key="submitted", label="提交时间", sort="submitted_at"),
    )
    presets = (
        Preset(key="today", label="今天", condition=lambda asked: Q(track_on=asked.today)),
        Preset(key="week", label="本周", condition=lambda asked: _this_week(asked)),
        Preset(key="mine", label="我写的", condition=lambda asked: Q(tracker=asked.user)),
        Preset(key="to_comment", label="待批注", condition=lambda asked: _to_comment(asked)),
    )
    filter_form = ContactFilter
    default_sort = "-submitted"
    empty_text = "还没有联系记录。打开一家客户，从第一次联系记起。"

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        paths = {
            "method": "method", "state": "business_state", "tracker": "tracker__name__icontains",
            "first": "track_on__gte", "last": "track_on__lte",
        }
        wanted = {paths[name]: value for name, value in cleaned.items() if name in paths}
        return queryset.filter(_of_customer(cleaned), **wanted)


class ReminderFilter(Form):
    customer = forms.CharField(label=_("客户"), required=False, max_length=60)
    holder = forms.CharField(label=_("负责人"), required=False, max_length=40)


class ReminderList(ListSpec):
    """What is still to be done."""

    key = "reminders"
    title = "跟进"
    row_template = "followups/_reminder_row.html"
    columns = (
        Column(key="customer", label="客户", css="lead", hideable=False),
        Column(key="due", label="到期", sort="due_on"),
        Column(key="text", label="事项"),
        Column(key="position", label="负责"),
        Column(key="origin", label="来源"),
        Column(key="first_due", label="原定日期"),
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

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        if holder := cleaned.get("holder"):
            queryset = queryset.filter(position__holder__name__icontains=holder)
        return queryset.filter(_of_customer(cleaned))


class DoneList(ReminderList):
    """What has been done, newest first."""

    key = "reminders:done"
    row_template = "followups/_done_row.html"
    columns = (
        Column(key="customer", label="客户", css="lead", hideable=False),
        Column(key="done", label="完成时间", sort="done_at"),
        Column(key="text", label="事项"),
        Column(key="outcome", label="结果"),
        Column(key="by", label="完成人"),
        Column(key="due", label="到期", sort="due_on"),
        Column(key="first_due", label="原定日期"),
    )
    presets = (
        Preset(key="by_me", label="我完成的", condition=lambda a: Q(done_by=a.user)),
        Preset(key="late", label="晚于原定", condition=lambda _: Q(done_at__date__gt=F("first_due_on"))),
    )
    default_sort = "-done"
    empty_text = "还没有完成的跟进。"


def open_contacts(request: HttpRequest, _argument: str = "") -> OpenList:
    """Contact records of the customers within reach."""
    return OpenList(ContactList(), ContactRecord.objects.visible_to(request.user).select_related("tracker"))


def open_reminders(request: HttpRequest, argument: str = "") -> OpenList:
    """Reminders of the customers within reach, and those at my positions; ``done`` for those done."""
    done = argument == "done"
    rows = Reminder.objects.visible_to(request.user).filter(of_present_customers(), done_at__isnull=not done)
    return OpenList(DoneList() if done else ReminderList(), rows.select_related("position__holder", "done_by"))


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

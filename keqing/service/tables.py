"""The list of feedback."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Staff
from keqing.followups.file_columns import exported
from keqing.followups.models import of_present_customers
from keqing.kit.addresses import address
from keqing.kit.formats import day_bounds, format_datetime
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec, Preset
from keqing.service.forms import FeedbackFilter
from keqing.service.models import Feedback, next_due
from keqing.service.permissions import Can

STATES = {"待确认": "text-waiting", "待答复": "text-waiting", "待上报": "text-error", "已办结": "text-success"}


class FeedbackList(ListSpec):
    key = "feedback"
    title = _("客户反馈")
    filter_form = FeedbackFilter
    default_sort = "-received"
    walks = True
    columns = [
        Column(key="customer", label=_("客户"), hideable=False, cell=lambda row, _today: row.customer_name),
        Column(key="received", label=_("收到时间"), sort="received_at", css="figures", cell=lambda row, _today: format_datetime(row.received_at)),
        Column(key="type", label=_("类别"), cell=lambda row, _today: _type(row)),
        Column(key="channel", label=_("途径"), cell=lambda row, _today: row.get_channel_display()),
        Column(key="text", label=_("内容"), css="max-w-80 truncate max-md:basis-full", cell=lambda row, _today: Cell(row.text[:80], title=row.text[:200])),
        Column(key="state", label=_("状态"), cell=lambda row, _today: Cell(row.state, STATES[row.state])),
        Column(key="due", label=_("下一时限"), css="figures", cell=lambda row, today: _due(row, today)),
        Column(key="holder", label=_("负责人"), cell=lambda row, _today: Cell(row.position.label if row.position else "待分配", label="负责人")),
        Column(key="product", label=_("涉及产品"), shown=False),
    ]
    file_columns = (
        FileColumn(key="customer", paths=("customer_name",)), FileColumn(key="received", paths=("received_at",)),
        FileColumn(key="type", paths=("type",), value=lambda key: Feedback.Type(key).label),
        FileColumn(key="channel", paths=("channel",), value=lambda key: Feedback.Channel(key).label),
        FileColumn(key="text", paths=("text",)),
        FileColumn(key="state", paths=("ack_at", "response_at", "closed_at"), value=lambda ack, answered, closed: _state(ack, answered, closed)),
        FileColumn(
            key="due", paths=("ack_due_at", "ack_at", "answer_due_at", "response_at", "report_due_at", "reported_at"),
            value=lambda *terms: next_due(zip(terms[::2], terms[1::2], strict=True)),
        ),
        FileColumn(key="holder", paths=("position__name", "position__holder__name"), value=lambda place, holder: _holder(place, holder)),
        FileColumn(key="product", paths=("product",)),
    )  # fmt: skip
    presets = [
        Preset(key="open", label=_("未办结"), condition=lambda _asked: Q(closed_at__isnull=True)),
        Preset(key="late", label=_("超时"), condition=lambda _asked: Q(pk__in=Feedback.objects.late(timezone.now()).values("pk"))),
        Preset(key="mine", label=_("我负责的"), condition=lambda asked: Q(position__in=asked.user.standing.position_ids)),
        Preset(key="adverse", label=_("不良反应"), condition=lambda _asked: Q(type="adverse")),
    ]
    empty_text = _("还没有客户反馈。在客户的页面上登记。")

    def exported(self, queryset: QuerySet[Any], *, reader: Staff) -> QuerySet[Any]:
        return queryset.filter(exported(reader, Can.VIEW))

    def url_of(self, row: Feedback) -> str:
        return address("service:feedback", row.pk)

    def filter(self, queryset: QuerySet[Feedback], cleaned: Mapping[str, Any]) -> QuerySet[Feedback]:
        texts = {"customer": "customer_name__icontains", "q": "text__icontains", "product": "product__icontains"}
        for name, path in texts.items():
            if text := cleaned.get(name, "").strip():
                queryset = queryset.filter(**{path: text})
        for name in ("type", "channel"):
            if chosen := cleaned.get(name):
                queryset = queryset.filter(**{f"{name}__in": chosen})
        if first := cleaned.get("from_on"):
            queryset = queryset.filter(received_at__gte=day_bounds(first)[0])
        if last := cleaned.get("to_on"):
            queryset = queryset.filter(received_at__lt=day_bounds(last)[1])
        return queryset


def open_feedback(request: HttpRequest, _argument: str = "") -> OpenList:
    """Feedback of the customers within reach."""
    rows = Feedback.objects.visible_to(request.user).filter(of_present_customers())
    return OpenList(FeedbackList(), rows.select_related("position__holder"))


def _type(row: Feedback) -> Cell:
    label = row.get_type_display()
    return Cell(label, "text-error font-medium") if row.is_adverse else Cell(label)


def _due(row: Feedback, _today: date) -> Cell:
    due = row.next_due_at
    if due is None:
        return Cell("")
    late = due < timezone.now()
    return Cell(f"{format_datetime(due)}{' 已超时' if late else ''}", "text-error" if late else "", label="时限")


def _state(ack: Any, answered: Any, closed: Any) -> str:
    if ack is None:
        return "待确认"
    return "待答复" if answered is None else "已办结" if closed else "待上报"


def _holder(place: str | None, holder: str | None) -> str:
    """As the list says it."""
    return holder or (f"{place}（空缺）" if place else "待分配")

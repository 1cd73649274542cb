"""送达记录: what left the house. Titles and texts stay with their recipients."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keqing.kit.formats import day_bounds, format_datetime
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec, Preset
from keqing.messaging.channels import OUTWARD, Channel
from keqing.messaging.forms import DeliveryFilter
from keqing.messaging.kinds import label_of
from keqing.messaging.models import Delivery

State = Delivery.State
TONES = {
    State.SENT: "text-success", State.FAILED: "text-warning", State.GIVEN_UP: "text-error", State.NOT_SET_UP: "text-muted",
}


class DeliveryList(ListSpec):
    key = "deliveries"
    title = _("送达记录")
    filter_form = DeliveryFilter
    default_sort = "-at"
    columns = [
        Column(key="at", label=_("时间"), sort="created_at", css="figures", hideable=False, cell=lambda row, _today: format_datetime(row.created_at)),
        Column(key="recipient", label=_("收件人"), cell=lambda row, _today: row.message.recipient.name),
        Column(key="kind", label=_("类别"), cell=lambda row, _today: row.message.kind_label),
        Column(key="channel", label=_("渠道"), cell=lambda row, _today: row.way),
        Column(key="state", label=_("状态"), cell=lambda row, _today: Cell(row.get_state_display(), TONES.get(row.state, ""))),
        Column(key="attempts", label=_("次数"), numeric=True, cell=lambda row, _today: Cell(str(row.attempts), label="次数")),
        Column(key="next", label=_("下次尝试"), css="figures", cell=lambda row, _today: format_datetime(row.next_try_at)),
        Column(key="done", label=_("完成"), css="figures", shown=False, cell=lambda row, _today: format_datetime(row.done_at)),
        Column(key="error", label=_("说明"), css="max-w-96 truncate max-md:basis-full", cell=lambda row, _today: Cell(row.error, title=row.error)),
    ]
    file_columns = (
        FileColumn(key="at", paths=("created_at",)), FileColumn(key="recipient", paths=("message__recipient__name",)),
        FileColumn(key="kind", paths=("message__kind",), value=label_of),
        FileColumn(key="channel", paths=("channel", "robot"), value=lambda key, robot: " · ".join(filter(None, [Channel(key).label, robot]))),
        FileColumn(key="state", paths=("state",), value=lambda key: State(key).label),
        FileColumn(key="attempts", paths=("attempts",)), FileColumn(key="next", paths=("next_try_at",)),
        FileColumn(key="done", paths=("done_at",)), FileColumn(key="error", paths=("error",)),
    )  # fmt: skip
    presets = [
        Preset(key="open", label=_("待发"), condition=lambda _asked: Q(next_try_at__isnull=False)),
        Preset(key="given_up", label=_("已放弃"), condition=lambda _asked: Q(state=State.GIVEN_UP)),
    ]
    empty_text = _("还没有发往站外的消息。")

    def url_of(self, row: Delivery) -> str:
        return reverse("messaging:delivery", args=[row.pk])

    def filter(self, queryset: QuerySet[Delivery], cleaned: Mapping[str, Any]) -> QuerySet[Delivery]:
        if channels := cleaned.get("channel"):
            queryset = queryset.filter(channel__in=channels)
        if states := cleaned.get("state"):
            queryset = queryset.filter(state__in=states)
        if name := cleaned.get("recipient", "").strip():
            queryset = queryset.filter(message__recipient__name=name)
        if first := cleaned.get("from_on"):
            queryset = queryset.filter(created_at__gte=day_bounds(first)[0])
        if last := cleaned.get("to_on"):
            queryset = queryset.filter(created_at__lt=day_bounds(last)[1])
        return queryset


def open_deliveries(request: HttpRequest, _argument: str = "") -> OpenList:
    """What went out or was to go out of the house; 站内 needs no log."""
    rows = Delivery.objects.visible_to(request.user).filter(channel__in=OUTWARD)
    return OpenList(DeliveryList(), rows.select_related("message__recipient"))

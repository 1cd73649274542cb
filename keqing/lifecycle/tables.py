"""The lists of needs, targets, stage changes and effects."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Staff
from keqing.followups.models import ContactRecord
from keqing.kit.addresses import address
from keqing.kit.date_ranges import DateRangeForm, bounds, within
from keqing.kit.formats import business_date, format_date, format_datetime
from keqing.kit.forms import Form
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Asked, Column, ListSpec, Preset
from keqing.kit.templatetags.kit import due_class
from keqing.lifecycle import file_columns
from keqing.lifecycle.models import Effect, Need, StageChange, Target
from keqing.lifecycle.policy import policy
from keqing.lifecycle.transitions import LABELS
from keqing.people.choices import Stage

ANY = [("", _("全部"))]
CUSTOMER = Column(key="customer", label="客户", hideable=False, cell=lambda row, _today: row.customer_name)


def _short(text: str) -> Cell:
    return Cell(text if len(text) <= 60 else f"{text[:59]}…", title=text[:200])


def _day(day: date | None, label: str) -> Cell:
    return Cell(format_date(day) if day else "", "figures", label)


class OfCustomers(ListSpec):
    """Rows that belong to customers: the export takes those it reaches."""

    def exported(self, queryset: QuerySet[Any], *, reader: Staff) -> QuerySet[Any]:
        return queryset.filter(file_columns.exported(reader))


class NeedFilter(Form):
    q = forms.CharField(label=_("需求"), required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"}))
    customer = forms.CharField(label=_("客户"), required=False, max_length=60)
    by = forms.CharField(label=_("登记人"), required=False, max_length=40)


def unanswered(asked: Asked) -> Q:
    """No answer for ``unanswered_days`` (R-286)."""
    since = asked.today - timedelta(days=policy().unanswered_days)
    return Q(answered_on__isnull=True, met_on__isnull=True, raised_on__lte=since)


class NeedList(OfCustomers):
    key = "needs"
    title = "需求"
    columns = (
        CUSTOMER,
        Column(key="text", label="需求", css="max-w-md truncate max-md:basis-full"),
        Column(key="state", label="状态", cell=lambda row, today: _need_state(row, today)),
        Column(key="raised", label="提出日期", sort="raised_on", css="figures", cell=lambda row, _today: _day(row.raised_on, "提出")),
        Column(key="evidence", label="依据", css="max-w-sm truncate phone-hide", cell=lambda row, _today: _short(row.evidence)),
        Column(key="answer", label="回应", css="max-w-sm truncate", cell=lambda row, _today: _short(row.answer)),
        Column(key="met", label="满足日期", css="figures", cell=lambda row, _today: _day(row.met_on, "满足")),
        Column(key="by", label="登记人", css="phone-hide", cell=lambda row, _today: row.created_by.name),
    )
    presets = (
        Preset(key="unanswered", label="30 天未回应", condition=unanswered),
        Preset(key="open", label="未满足", condition=lambda _: Q(met_on__isnull=True)),
        Preset(key="waiting", label="待回应", condition=lambda _: Q(met_on__isnull=True, answered_on__isnull=True)),
        Preset(key="met", label="已满足", condition=lambda _: Q(met_on__isnull=False)),
    )
    filter_form = NeedFilter
    default_sort = "raised"
    empty_text = "还没有需求。打开一家客户，在“阶段与需求”里登记。"
    file_columns = file_columns.NEEDS

    def panel_of(self, row: Need) -> str:
        return address("lifecycle:need", row.pk)

    url_of = panel_of

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        paths = {"q": "text__icontains", "customer": "customer_name__icontains", "by": "created_by__name__icontains"}
        return queryset.filter(**{paths[name]: value for name, value in cleaned.items()})


def _need_state(row: Need, today: date) -> Cell:
    if row.state == "待回应":
        days = row.days_open(today)
        late = days >= policy().unanswered_days
        return Cell(f"待回应 {days} 天", "due-over" if late else "")
    return Cell(row.state)


class TargetFilter(Form):
    kind = forms.ChoiceField(label=_("提升什么"), required=False, choices=[*ANY, *Target.Kind.choices])
    customer = forms.CharField(label=_("客户"), required=False, max_length=60)
    holder = forms.CharField(label=_("负责人"), required=False, max_length=40)


class TargetList(OfCustomers):
    key = "targets"
    title = "提升目标"
    columns = (
        CUSTOMER,
        Column(key="kind", label="提升什么", cell=lambda row, _today: row.get_kind_display()),
        Column(key="now", label="现状", cell=lambda row, _today: Cell(row.now_label, label="现状")),
        Column(key="wanted", label="目标", cell=lambda row, _today: Cell(row.wanted_label, label="目标")),
        Column(key="due", label="目标日期", sort="due_on", cell=lambda row, _today: _target_due(row)),
        Column(key="actions", label="行动", css="max-w-md truncate max-md:basis-full", cell=lambda row, _today: _short(row.actions)),
        Column(key="position", label="负责", cell=lambda row, _today: Cell(row.position.label, label="负责")),
        Column(key="reached", label="达成日期", css="figures", cell=lambda row, _today: _day(row.reached_on, "达成")),
    )
    presets = (
        Preset(key="open", label="进行中", condition=lambda _: Q(reached_on__isnull=True)),
        Preset(key="overdue", label="逾期", condition=lambda a: Q(reached_on__isnull=True, due_on__lt=a.today)),
        Preset(key="quarter", label="本季到期", condition=lambda a: Q(due_on__range=bounds("quarter", today=a.today))),
        Preset(key="reached", label="已达成", condition=lambda _: Q(reached_on__isnull=False)),
        Preset(key="mine", label="我负责的", condition=lambda a: Q(position__in=a.user.standing.position_ids)),
    )
    filter_form = TargetFilter
    default_sort = "due"
    empty_text = "还没有提升目标。打开一家客户，在“阶段与需求”里制定。"
    file_columns = file_columns.TARGETS

    def panel_of(self, row: Target) -> str:
        return address("lifecycle:target", row.pk)

    url_of = panel_of

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        paths = {"kind": "kind", "customer": "customer_name__icontains", "holder": "position__holder__name__icontains"}
        return queryset.filter(**{paths[name]: value for name, value in cleaned.items()})


def _target_due(row: Target) -> Cell:
    return Cell(format_date(row.due_on), f"{'' if row.reached_on else due_class(row.due_on)} figures", "目标日期")


class ChangeFilter(DateRangeForm):
    to = forms.ChoiceField(label=_("新阶段"), required=False, choices=[*ANY, *Stage.choices])
    customer = forms.CharField(label=_("客户"), required=False, max_length=60)
    by = forms.CharField(label=_("操作人"), required=False, max_length=40)

    field_order = ("when", "to", "customer", "by", "first", "last")


class ChangeList(OfCustomers):
    """Every step of every customer."""

    key = "stage_changes"
    title = "阶段变化"
    columns = (
        CUSTOMER,
        Column(key="from", label="原阶段", cell=lambda row, _today: LABELS[row.from_stage]),
        Column(key="to", label="新阶段", cell=lambda row, _today: LABELS[row.to_stage]),
        Column(key="days", label="历时（天）", numeric=True, cell=lambda row, _today: Cell(row.days, label="历时")),
        Column(key="at", label="时间", sort="at", css="figures", cell=lambda row, _today: format_datetime(row.at)),
        Column(key="by", label="操作人", cell=lambda row, _today: row.by.name if row.by else "系统"),
        Column(key="reason", label="原因", css="max-w-sm truncate", cell=lambda row, _today: _short(row.reason)),
        Column(key="evidence", label="依据", css="max-w-sm truncate phone-hide", cell=lambda row, _today: _short(row.evidence)),
        Column(key="loss", label="流失原因", shown=False, cell=lambda row, _today: str(row.loss_reason or "")),
        Column(key="rival", label="竞争对手", shown=False, cell=lambda row, _today: str(row.competitor or "")),
    )
    presets = (
        Preset(key="won", label="成为订单客户", condition=lambda _: Q(to_stage=Stage.ORDER_CUSTOMER)),
        Preset(key="dormant", label="转入休眠", condition=lambda _: Q(to_stage=Stage.DORMANT)),
        Preset(key="lost", label="流失", condition=lambda _: Q(to_stage=Stage.LOST)),
    )
    filter_form = ChangeFilter
    default_sort = "-at"
    empty_text = "还没有阶段变化。在看板上移动客户，就会记在这里。"
    file_columns = file_columns.CHANGES

    def url_of(self, row: StageChange) -> str:
        return f"{address('desk:customer', row.customer_id)}?tab=stage"

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        return {"today": business_date(timezone.now())}

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        paths = {"to": "to_stage", "customer": "customer_name__icontains", "by": "by__name__icontains"}
        wanted = {paths[name]: value for name, value in cleaned.items() if name in paths}
        return queryset.filter(within("on", cleaned), **wanted)


class EffectFilter(DateRangeForm):
    tracker = forms.CharField(label=_("跟踪人"), required=False, max_length=40)

    field_order = ("when", "tracker", "first", "last")


class EffectList(OfCustomers):
    """Contacts with what they moved."""

    key = "effects"
    title = "行动成效"
    columns = (
        Column(key="customer", label="客户", hideable=False, cell=lambda row, _today: getattr(row, "customer_name", "")),
        Column(key="on", label="跟踪日期", sort="on", css="figures", cell=lambda row, _today: format_date(row.on)),
        Column(key="tracker", label="跟踪人", cell=lambda row, _today: Cell(row.tracker.name, label="跟踪人")),
        Column(key="said", label="成效", cell=lambda row, _today: _effect(row)),
        Column(key="stage", label="阶段", numeric=True, cell=lambda row, _today: Cell(f"{row.d_stage:+d}", label="阶段"), shown=False),
        Column(key="completeness", label="完整度", numeric=True, cell=lambda row, _today: Cell(f"{row.d_completeness:+d}", label="完整度"), shown=False),
        Column(key="level", label="等级", numeric=True, cell=lambda row, _today: Cell(f"{row.d_level:+d}", label="等级"), shown=False),
        Column(key="text", label="业务描述", css="max-w-md truncate max-md:basis-full", cell=lambda row, _today: _short(getattr(row, "description", ""))),
    )
    presets = (
        Preset(
            key="without", label="成效为 0",
            condition=lambda _: Q(is_closed=True, d_stage__lte=0, d_completeness__lte=0, d_level__lte=0),
        ),
        Preset(key="running", label="观察中", condition=lambda _: Q(is_closed=False)),
        Preset(key="mine", label="我的", condition=lambda a: Q(tracker=a.user)),
    )
    filter_form = EffectFilter
    default_sort = "-on"
    empty_text = "还没有行动成效。记录联系以后，系统会看它带来了什么变化。"
    file_columns = file_columns.EFFECTS

    def panel_of(self, row: Effect) -> str:
        return address("followups:contact", row.contact_id)

    url_of = panel_of

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        return {"today": business_date(timezone.now())}

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        tracker = Q(tracker__name__icontains=cleaned["tracker"]) if "tracker" in cleaned else Q()
        return queryset.filter(within("on", cleaned), tracker)

    def dress(self, rows: Sequence[Effect]) -> None:
        """Customer and words of each contact: one statement for the page."""
        ids = [row.contact_id for row in rows]
        known = {pk: rest for pk, *rest in ContactRecord.objects.filter(pk__in=ids).values_list("pk", "customer_name", "description")}
        for row in rows:
            row.customer_name, row.description = known.get(row.contact_id, ("", ""))  # type: ignore[attr-defined]

    def beside(self, keys: Sequence[int], wanted: Collection[str]) -> Mapping[str, Mapping[int, Any]]:
        if "customer" not in wanted:
            return {}
        contacts = dict(Effect.objects.filter(pk__in=keys).values_list("pk", "contact_id"))
        names = dict(ContactRecord.objects.filter(pk__in=contacts.values()).values_list("pk", "customer_name"))
        return {"customer": {pk: names.get(contact, "") for pk, contact in contacts.items()}}


def _effect(row: Effect) -> Cell:
    if not row.is_closed:
        return Cell(row.said if row.total else "观察中", "text-muted", "成效")
    return Cell(row.said, "text-waiting" if row.total == 0 else "", "成效")


def open_needs(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(NeedList(), Need.objects.visible_to(request.user).select_related("created_by"))


def open_targets(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(TargetList(), Target.objects.visible_to(request.user).select_related("position__holder"))


def open_changes(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(ChangeList(), StageChange.objects.visible_to(request.user).select_related("by", "loss_reason", "competitor"))


def open_effects(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(EffectList(), Effect.objects.visible_to(request.user).select_related("tracker"))

"""The lists: plans with their progress, customers in plans, customers who need attention."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqing.access.models import Staff
from keqing.exports.permissions import Can as ExportCan
from keqing.followups.models import customers_reached
from keqing.kit.addresses import address, whole_number
from keqing.kit.formats import business_date, format_date
from keqing.kit.forms import Form, SeveralField
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec, Preset
from keqing.people.choices import Kind, Stage
from keqing.people.columns import DUE, KIND, NAME, OWNER, RECENT, REGION
from keqing.people.models import Organisation
from keqing.people.permissions import Can as PeopleCan
from keqing.people.queries import matching
from keqing.playbooks import decline, file_columns, fitting, queries
from keqing.playbooks.cadence import cadence
from keqing.playbooks.models import Enrolment, Playbook

ANY = [("", gettext_lazy("全部"))]
STAGES = {value: str(label) for value, label in Stage.choices}
NONE = queries.Progress()


def _figure(name: str, label: str) -> Column:
    css = "text-error" if name == "overdue" else ""

    def cell(row: Playbook, _today: date) -> Cell:
        number = getattr(getattr(row, "progress", NONE), name)
        return Cell(f"{number:,}", css if number else "", label)

    return Column(key=name, label=label, numeric=True, cell=cell)


def _done(row: Playbook, _today: date) -> Cell:
    progress = getattr(row, "progress", NONE)
    return Cell(f"{progress.done:,} / {progress.steps:,}" if progress.steps else "", label="已完成步骤")


def _stages(row: Playbook, _today: date) -> str:
    return "、".join(STAGES.get(one, one) for one in row.current.stages) if row.current else ""


class PlaybookFilter(Form):
    q = forms.CharField(label=gettext_lazy("名称"), required=False, max_length=60)
    stage = forms.ChoiceField(label=gettext_lazy("阶段"), required=False, choices=[*ANY, *Stage.choices])


class PlaybookList(ListSpec):
    """跟进策略提醒 (R-287): the plans, and what is due by each."""

    key = "playbooks"
    title = "跟进策略提醒"
    noun = "个"
    filter_form = PlaybookFilter
    default_sort = "title"
    presets = (
        Preset(key="active", label="使用中", condition=lambda _: Q(closed_on__isnull=True)),
        Preset(key="closed", label="已停用", condition=lambda _: Q(closed_on__isnull=False)),
    )
    columns = (
        Column(key="title", label="方案", sort="title", hideable=False),
        Column(key="unit", label="适用组织", cell=lambda row, _today: row.unit.name),
        Column(key="stages", label="阶段", cell=_stages),
        Column(key="edition", label="版本", numeric=True, cell=lambda row, _today: f"第 {row.current.number} 版" if row.current else ""),
        _figure("running", "进行中"), Column(key="done", label="已完成步骤", numeric=True, cell=_done), _figure("due", "到期"),
        _figure("overdue", "逾期"), _figure("stopped", "已结束"),
        Column(key="from", label="启用", css="figures phone-hide", cell=lambda row, _today: format_date(row.current.valid_from) if row.current else ""),
        Column(key="closed", label="停用", css="figures", shown=False, cell=lambda row, _today: format_date(row.closed_on) if row.closed_on else ""),
    )
    file_columns = file_columns.PLAYBOOKS
    empty_text = "还没有跟进方案。"

    def __init__(self, *, reader: Staff) -> None:
        self.reader = reader

    def url_of(self, row: Playbook) -> str:
        return address("playbooks:playbook", row.pk)

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        if text := cleaned.get("q"):
            queryset = queryset.filter(title__icontains=text)
        if stage := cleaned.get("stage"):
            queryset = queryset.filter(current__stages__contains=[stage])
        return queryset

    def dress(self, rows: Sequence[Playbook], *, today: date) -> None:
        """Progress of each plan over the customers the reader sees, in two statements for the page."""
        numbers = queries.progress_of([row.pk for row in rows], staff=self.reader, today=today)
        for row in rows:
            row.progress = numbers.get(row.pk, NONE)  # type: ignore[attr-defined]

    def beside(self, keys: Sequence[int], wanted: Collection[str]) -> Mapping[str, Mapping[int, Any]]:
        numbers = queries.progress_of(keys, staff=self.reader, today=business_date(timezone.now()))
        names = {"running", "done", "due", "overdue", "stopped"} & set(wanted)
        return {name: {pk: getattr(numbers.get(pk, NONE), name) for pk in keys} for name in names}


class EnrolmentFilter(Form):
    customer = forms.CharField(label=gettext_lazy("客户"), required=False, max_length=60)
    origin = forms.ChoiceField(label=gettext_lazy("加入方式"), required=False, choices=[*ANY, *Enrolment.Origin.choices])


class EnrolmentList(ListSpec):
    """Customers in a plan, or in all."""

    noun = "家"
    filter_form = EnrolmentFilter
    default_sort = "-started"
    presets = (
        Preset(key="running", label="进行中", condition=lambda _: Q(stopped_at__isnull=True)),
        Preset(key="done", label="已完成", condition=lambda _: Q(end=Enrolment.End.DONE)),
        Preset(key="stopped", label="中途结束", condition=lambda _: Q(stopped_at__isnull=False) & ~Q(end=Enrolment.End.DONE)),
    )
    columns = (
        Column(key="customer", label="客户", hideable=False, cell=lambda row, _today: row.customer_name),
        Column(key="playbook", label="方案", cell=lambda row, _today: row.playbook.title),
        Column(key="progress", label="进度", css="figures", cell=lambda row, _today: Cell(_progress(row), label="进度")),
        Column(key="next", label="下一步", css="max-w-md truncate", cell=lambda row, _today: getattr(row, "steps", (0, 0, ""))[2]),
        Column(key="stage", label="加入时的阶段", css="phone-hide", cell=lambda row, _today: row.get_stage_display()),
        Column(key="started", label="加入日期", sort="started_at", css="figures", cell=lambda row, _today: Cell(format_date(row.started_on), label="加入")),
        Column(key="origin", label="加入方式", css="phone-hide", cell=lambda row, _today: row.get_origin_display()),
        Column(key="end", label="结束", cell=lambda row, _today: row.get_end_display()),
    )
    file_columns = file_columns.ENROLMENTS
    empty_text = "还没有客户加入。进入阶段、从客户列表选“加入方案”，或等今晚自动加入。"

    def __init__(self, *, playbook: Playbook | None) -> None:
        self.key = f"enrolments:{playbook.pk if playbook else 'all'}"
        self.title = f"加入“{playbook.title}”的客户" if playbook else "加入方案的客户"

    def url_of(self, row: Enrolment) -> str:
        return address("playbooks:enrolment", row.pk)

    def exported(self, queryset: QuerySet[Any], *, reader: Staff) -> QuerySet[Any]:
        return queryset.filter(customers_reached(reader, ExportCan.RUN))

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        if text := cleaned.get("customer"):
            queryset = queryset.filter(customer_id__in=Organisation.objects.filter(matching(text=text, names_only=True)).order_by().values("pk"))
        return queryset.filter(origin=cleaned["origin"]) if "origin" in cleaned else queryset

    def dress(self, rows: Sequence[Enrolment]) -> None:
        steps = queries.next_steps([row.pk for row in rows])
        for row in rows:
            row.steps = steps.get(row.pk, (0, 0, ""))  # type: ignore[attr-defined]

    def beside(self, keys: Sequence[int], wanted: Collection[str]) -> Mapping[str, Mapping[int, Any]]:
        steps = queries.next_steps(keys) if {"progress", "next"} & set(wanted) else {}
        return {
            "progress": {pk: f"{done} / {number}" for pk, (done, number, _text) in steps.items()},
            "next": {pk: text for pk, (_done, _number, text) in steps.items()},
        }  # fmt: skip


def _progress(row: Enrolment) -> str:
    done, number, _text = getattr(row, "steps", (0, 0, ""))
    return f"{done} / {number}"


class AttentionFilter(Form):
    q = forms.CharField(label=gettext_lazy("名称"), required=False, max_length=60)
    kind = SeveralField(label=gettext_lazy("类型"), required=False, choices=Kind.choices)
    stage = SeveralField(label=gettext_lazy("阶段"), required=False, choices=Stage.choices)
    holder = forms.CharField(label=gettext_lazy("负责人"), required=False, max_length=40)


TITLES = {"silent": "沉默客户", "quiet": "长期未联系", "no_next_step": "无下一步"}


class AttentionList(ListSpec):
    """Customers who need attention, and the criterion beside each."""

    noun = "家"
    selectable = True
    filter_form = AttentionFilter
    default_sort = "recent"
    presets = (
        Preset(key="mine", label="我的", condition=lambda a: Q(owner_position__in=a.user.standing.position_ids)),
        Preset(key="waiting", label="待分配", condition=lambda _: Q(owner_position__isnull=True)),
    )
    columns = (
        NAME, Column(key="why", label="为什么在这里", cell=lambda row, today: _why(row, today)), KIND,
        Column(key="stage", label="阶段", cell=lambda row, _today: STAGES[row.lifecycle]), RECENT, DUE, OWNER, REGION,
    )  # fmt: skip
    file_columns = file_columns.ATTENTION

    def __init__(self, *, which: str) -> None:
        self.which = which
        self.key, self.title = f"attention:{which}", TITLES[which]
        self.empty_text = _("没有这样的客户。")

    def url_of(self, row: Organisation) -> str:
        return address("desk:customer", row.pk)

    def panel_of(self, row: Organisation) -> str:
        return address("people:organisation_panel", row.pk)

    def exported(self, queryset: QuerySet[Any], *, reader: Staff) -> QuerySet[Any]:
        return queryset.filter(reader.standing.rows(ExportCan.RUN, names=False))

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        if text := cleaned.get("q"):
            queryset = queryset.filter(matching(text=text, names_only=True))
        if holder := cleaned.get("holder"):
            queryset = queryset.filter(owner_position__holder__name__icontains=holder)
        for name, column in (("kind", "kind__in"), ("stage", "lifecycle__in")):
            if cleaned.get(name):
                queryset = queryset.filter(**{column: cleaned[name]})
        return queryset

    def dress(self, rows: Sequence[Organisation], *, today: date) -> None:
        """By how much each customer's orders fell, where some department knows."""
        drops = decline.drops([row.pk for row in rows], today=today) if self.which == "silent" else {}
        for row in rows:
            row.which, row.drop = self.which, drops.get(row.pk)  # type: ignore[attr-defined]


def criterion(which: str) -> str:
    """What puts a customer on the list, in a sentence, with the numbers of the policy."""
    policy = cadence()
    if which == "silent":
        stages = "、".join(STAGES[one] for one in policy.silent_stages)
        orders = f"，并且订货下降 {policy.silent_drop}% 以上" if decline.is_known() else "（订单模块启用以前不看订货）"
        return f"{stages}，{policy.silent_days} 天内没有一次联系{orders}。"
    if which == "quiet":
        usual = "、".join(f"{STAGES[stage]} {days} 天" for stage, days in policy.by_stage.items())
        return f"超过联系节奏没有联系：{usual}；等级高的医院更短。"
    stages = "、".join(STAGES[one] for one in policy.next_step_stages)
    return f"{stages}，没有任何未完成的跟进。"


def _why(row: Organisation, today: date) -> Cell:
    policy, which = cadence(), getattr(row, "which", "")
    since = row.last_contact_on or business_date(row.created_at)
    quiet = f"{(today - since).days} 天没有联系" if row.last_contact_on else f"建档 {(today - since).days} 天，从未联系"
    if which == "no_next_step":
        return Cell(_("没有安排"), label="原因")
    if which == "quiet":
        return Cell(f"{quiet}，节奏 {policy.days(stage=row.lifecycle, level=row.level)} 天", label="原因")
    drop = getattr(row, "drop", None)
    return Cell(f"{quiet}，订货 −{drop}%" if drop else quiet, label="原因")


def open_playbooks(request: HttpRequest, _argument: str = "") -> OpenList:
    rows = Playbook.objects.visible_to(request.user).select_related("unit", "current")
    return OpenList(PlaybookList(reader=request.user), rows)


def open_enrolments(request: HttpRequest, argument: str = "all") -> OpenList:
    """Customers in one plan or in all, of those seen in full."""
    rows = Enrolment.objects.visible_to(request.user).select_related("playbook", "edition")
    if argument in ("", "all"):
        return OpenList(EnrolmentList(playbook=None), rows)
    playbook = Playbook.objects.visible_to(request.user).filter(pk=whole_number(argument) or 0).first()
    if playbook is None:
        raise Http404
    return OpenList(EnrolmentList(playbook=playbook), rows.filter(playbook=playbook))


def open_attention(request: HttpRequest, which: str) -> OpenList:
    """Of the customers seen in full."""
    if which not in TITLES:
        raise Http404
    today, policy = business_date(timezone.now()), cadence()
    condition = {
        "silent": lambda: fitting.silent(policy, today), "quiet": lambda: fitting.overdue_for_contact(policy, today),
        "no_next_step": lambda: fitting.without_next_step(policy),
    }[which]()  # fmt: skip
    rows = Organisation.objects.alive().reached_by(request.user, PeopleCan.VIEW).filter(condition)
    return OpenList(AttentionList(which=which), rows.select_related("region", "owner_position__holder"))


def attention_address(which: str) -> str:
    return reverse("playbooks:attention", args=[which])


def enrolments_address(argument: str) -> str:
    number = whole_number(argument)
    return reverse("playbooks:enrolments", args=[number]) if number else reverse("playbooks:all_enrolments")

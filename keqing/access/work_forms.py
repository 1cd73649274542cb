"""Forms of proxies and transfers."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from keqing.access import handover
from keqing.access.actions.transfers import Split
from keqing.access.allotting import allot, choices_of
from keqing.access.delegated import APART
from keqing.access.forms import division_named
from keqing.access.labels import KINDS, PERSON_KINDS
from keqing.access.models import Position, Staff, Transfer
from keqing.access.permissions import Can
from keqing.kit.forms import Form

# what a proxy may be limited to, in the words of the screen
DUTIES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "look": (_("查看客户和往来"), ("organisation.view", "person.view", "contact.view", "duplicate.check")),
    "contact": (_("记录联系"), ("contact.record", "phone.full", "phone.reveal")),
    "remind": (_("安排和完成待办"), ("reminder.view", "reminder.manage")),
    "files": (_("新建和修改资料"), ("organisation.create", "organisation.edit", "person.create", "person.edit", "batch.run")),
    "team": (_("团队、批注和分配"), ("team.view", "comment.write", "report.contacts", "organisation.assign")),
    "export": (_("导出和批准导出"), ("export.run", "export.approve")),
}
RULES = 4
PICKED_SHOWN = 400
BAD_DAY = {"invalid": _("日期格式不对。")}


def duties_of(words: Sequence[str]) -> str:
    """The screen's words for a scope."""
    return "、".join(str(label) for label, many in DUTIES.values() if set(many) & set(words))


class StaffedPosition(forms.ModelChoiceField):
    """Positions with a holder, named by unit, person and position."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", Position.objects.none())
        super().__init__(empty_label=_("请选择"), **kwargs)

    def label_from_instance(self, obj: Position) -> str:
        return f"{obj.unit.name} · {obj.holder.name if obj.holder else _('空缺')}（{obj.name}）"


def staffed() -> QuerySet[Position]:
    rows = Position.objects.current().filter(holder__is_active=True).select_related("holder", "unit")
    return rows.order_by("unit__path", "code")


class ProxyForm(Form):
    layout = [
        (_("谁代理谁"), ["position", "deputy", "starts_on", "ends_on", "reason"]),
        (_("代理范围"), ["duties", "kinds"]),
    ]

    position = StaffedPosition(label=_("被代理的岗位"))
    deputy = forms.ModelChoiceField(label=_("代理人"), queryset=Staff.objects.none(), empty_label=_("请选择"))
    starts_on = forms.DateField(label=_("开始日期"), error_messages=BAD_DAY)
    ends_on = forms.DateField(label=_("结束日期"), error_messages=BAD_DAY, help_text=_("到这一天结束为止，之后自动失效。"))
    reason = forms.CharField(label=_("事由"), max_length=200, required=False)
    duties = forms.MultipleChoiceField(
        label=_("代理事项"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(key, label) for key, (label, _words) in DUTIES.items()], help_text=_("不选为整个岗位。"),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label=_("客户类型"), required=False, widget=forms.CheckboxSelectMultiple, choices=[*KINDS.items(), *PERSON_KINDS.items()],
        help_text=_("不选为全部类型。"),
    )  # fmt: skip

    def __init__(self, *args: Any, reader: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reached = reader.standing.rows(Can.MANAGE_PROXY, kind="role", owner="pk", unit="unit_id")
        if not reader.standing.reaches_everything(Can.MANAGE_PROXY):
            reached |= Q(holder=reader)
        self.fields["position"].queryset = staffed().filter(reached).exclude(role__in=APART)  # type: ignore[attr-defined]
        working = Position.objects.current().exclude(role__in=APART).values("holder")
        self.fields["deputy"].queryset = (  # type: ignore[attr-defined]
            Staff.objects.active().filter(pk__in=working).order_by("initials", "pk")
        )

    @property
    def words(self) -> list[str]:
        chosen = self.cleaned_data["duties"]
        return ["desk.use", *(word for key in chosen for word in DUTIES[key][1])] if chosen else []


class TransferForm(Form):
    """Who takes over what; ``sources`` are the positions chosen before."""

    reason = forms.ChoiceField(label=_("原因"), choices=Transfer.Reason.choices)
    effective_on = forms.DateField(label=_("生效日期"), error_messages=BAD_DAY)
    closes_account = forms.BooleanField(label=_("执行时停用离职人的账号"), required=False)
    rest_to = StaffedPosition(
        label=_("其余移交给"), required=False, help_text=_("规则和选定之外的全部工作。只移交选定的客户时可以空着。")
    )
    note = forms.CharField(
        label=_("交接说明"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("接手人会看到：进行中的事、要注意的人、承诺过什么。"),
    )  # fmt: skip
    picked_to = StaffedPosition(label=_("选定的客户移交给"), required=False)

    def __init__(self, *args: Any, reader: Staff, sources: Sequence[Position], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        holders = {position.holder_id for position in sources}
        self.leaver = sources[0].holder if len(holders) == 1 and sources[0].holder_id else None
        if self.leaver is None:
            del self.fields["closes_account"]
        else:
            self.fields["closes_account"].label = _("执行时停用 %(name)s 的账号（离职）") % {"name": self.leaver.name}
        reached = reader.standing.rows(Can.MAKE_TRANSFER, kind="role", owner="pk", unit="unit_id")
        heirs = staffed().filter(reached).exclude(pk__in=[position.pk for position in sources]).exclude(role__in=APART)
        choices = {name: choices_of(name) for name in ("kind", "level")}
        for number in range(RULES):
            self.fields[f"region{number}"] = forms.CharField(label=_("地区"), required=False, max_length=60)
            for name, label in (("kind", _("客户类型")), ("level", _("医院等级"))):
                self.fields[f"{name}{number}"] = forms.ChoiceField(
                    label=label, required=False, choices=[("", _("不限")), *choices[name]]
                )
            self.fields[f"to{number}"] = StaffedPosition(label=_("移交给"), required=False)
        for name, field in self.fields.items():
            if isinstance(field, StaffedPosition):
                field.queryset = heirs
            if name[:-1] in ("region", "kind", "level", "to") and hasattr(field.widget, "attrs"):
                kind = "select select-sm w-full" if isinstance(field, forms.ChoiceField | forms.ModelChoiceField) else "input input-sm w-full"
                field.widget.attrs["class"] = kind

    @property
    def rules(self) -> list[list[Any]]:
        return [[self[f"{name}{number}"] for name in ("region", "kind", "level", "to")] for number in range(RULES)]

    @property
    def main_fields(self) -> list[Any]:
        return [self[name] for name in ("reason", "effective_on", "closes_account") if name in self.fields]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for number in range(RULES):
            text, to = data.get(f"region{number}", ""), data.get(f"to{number}")
            if text:
                try:
                    data[f"region{number}"] = division_named(text).prefix
                except ValidationError as error:
                    self.add_error(f"region{number}", error)
            if any(data.get(f"{name}{number}") for name in ("region", "kind", "level")) and to is None:
                self.add_error(f"to{number}", _("请选择移交给谁。"))
        if data.get("closes_account") and data.get("reason") != Transfer.Reason.LEAVER:
            self.add_error("reason", _("停用账号时，原因请选“人员离职”。"))
        return data

    def splits(self, *, picked: Sequence[int]) -> list[Split]:
        """Picked customers first, then the rules from top to bottom."""
        data, found = self.cleaned_data, []
        if picked and data.get("picked_to"):
            found.append(Split(to=data["picked_to"], customers=picked))
        for number in range(RULES):
            rule = {name: data.get(f"{name}{number}") or "" for name in ("kind", "level")}
            if to := data.get(f"to{number}"):
                found.append(Split(to=to, region_prefix=data.get(f"region{number}") or "", **rule))
        return found

    def says_what_moves_nobody(self, *, splits: Sequence[Split], sources: Sequence[Position]) -> bool:
        """Whether there are rules by which no customer would go; each is told so beside it."""
        if any(split.is_empty for split in splits):
            return False  # refused as such; it would cover those below it
        numbers = [number for number in range(RULES) if self.cleaned_data.get(f"to{number}")]
        allotted = allot(positions=[position.pk for position in sources], rules=splits)
        troubles = {number: allotted.trouble(place) for place, number in enumerate(numbers, start=len(splits) - len(numbers))}
        for number, said in troubles.items():
            if said:
                self.add_error(f"to{number}", _("%(said)s请改正条件，或清空这一条。") % {"said": said})
        return any(troubles.values())


class DecisionForm(Form):
    agreed = forms.ChoiceField(label=_("决定"), choices=[("yes", _("批准")), ("no", _("不批准"))])
    opinion = forms.CharField(label=_("意见"), max_length=200, required=False)


def pickable(positions: Sequence[Position], *, text: str = "") -> list[dict[str, Any]]:
    """Customers of the positions to pick from, by name; at most ``PICKED_SHOWN``."""
    found: list[dict[str, Any]] = []
    for movable in handover.movables():
        if not movable.is_customer:
            continue
        rows = movable.rows([position.pk for position in positions])
        if text:
            rows = rows.filter(**{f"{movable.title}__icontains": text})
        names = {"title": movable.title, **movable.traits}
        columns = rows.order_by(movable.title, "pk").values_list("pk", *names.values())[:PICKED_SHOWN]
        model = rows.model._meta
        labels = {n: dict(model.get_field(path).choices or ()) for n, path in names.items() if "__" not in path}
        for pk, *values in columns:
            row = dict(zip(names, values, strict=True))
            found.append(
                {"pk": pk, "title": row["title"], **{n: str(labels.get(n, {}).get(v, "")) for n, v in row.items() if n in ("kind", "level")}}
            )
    return found[:PICKED_SHOWN]


def default_days(today: date) -> dict[str, str]:
    return {"starts_on": today.isoformat(), "ends_on": today.isoformat()}

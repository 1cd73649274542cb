"""With whom a customer is shared, how and until when."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqing.access.models import OrgUnit, Position, Staff
from keqing.access.standing import roles
from keqing.kit.forms import Form
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can

BAD_DAY = {"invalid": _("日期格式不对。")}


class Colleague(forms.ModelChoiceField):
    def label_from_instance(self, obj: Position) -> str:
        return f"{obj.holder.name if obj.holder else ''}（{obj.unit.name} · {obj.role_title}）"


class ShareForm(Form):
    position = Colleague(label=_("同事"), queryset=Position.objects.none(), required=False, empty_label=_("请选择"))
    unit = forms.ModelChoiceField(
        label=_("或整个组织"), queryset=OrgUnit.objects.current().order_by("path"), required=False, empty_label=_("请选择"),
        help_text=_("组织之下所有岗位的人都能看到。"),
    )  # fmt: skip
    may_write = forms.ChoiceField(label=_("对方可以"), choices=[("no", _("只查看")), ("yes", _("查看、记录联系和修改"))])
    from_on = forms.DateField(label=_("开始"), error_messages=BAD_DAY)
    to_on = forms.DateField(label=_("结束"), error_messages=BAD_DAY, help_text=_("到这一天结束为止，之后对方看不到。"))
    reason = forms.CharField(label=_("理由"), max_length=200, required=False)

    def __init__(self, *args: Any, customer: Organisation | Person, reader: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {str(Can.VIEW), str(Can.VIEW_PERSON)}
        seeing = [key for key, role in roles().items() if words & role.words.keys()]
        rows = Position.objects.current().filter(role__in=seeing, holder__is_active=True).exclude(
            Q(pk=customer.owner_position_id) | Q(holder=reader)
        )
        self.fields["position"].queryset = rows.select_related("holder", "unit").order_by("unit__path", "code")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if bool(data.get("position")) == bool(data.get("unit")):
            self.add_error("position", _("请选择一位同事，或一个组织。"))
        return data

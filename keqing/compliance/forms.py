"""The form that makes a new version of a rule: one text area per list of words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keqing.compliance.labels import parameter_label
from keqing.compliance.models import RuleVersion
from keqing.kit.forms import Form, VersionedForm


class RuleForm(VersionedForm):
    """Each parameter is a list of words, one a line."""

    valid_from = forms.DateField(label=_("启用日期"), error_messages={"invalid": _("日期格式不对。")})
    reason = forms.CharField(label=_("变更理由"), max_length=200)

    def __init__(self, *args: Any, rule: RuleVersion, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"version": rule.version, "valid_from": today})
        super().__init__(*args, **kwargs)
        self._names = list(rule.parameters)
        for name, words in rule.parameters.items():
            field = forms.CharField(
                label=parameter_label(name), required=False, help_text=_("一行一个。"), initial="\n".join(words),
                widget=forms.Textarea(attrs={"rows": min(12, max(4, len(words)))}),
            )  # fmt: skip
            field.widget.attrs["class"] = "textarea"
            self.fields[f"p_{name}"] = field

    @property
    def parameters(self) -> Mapping[str, list[str]]:
        """The lists as typed, without blanks and repetitions."""
        return {name: _lines(self.cleaned_data[f"p_{name}"]) for name in self._names}


class RefusalFilter(Form):
    rule_id = forms.CharField(label=_("规则"), required=False, max_length=20)
    actor_name = forms.CharField(label=_("操作人"), required=False, max_length=60)
    where = forms.CharField(label=_("地点或所见"), required=False, max_length=60)
    from_on = forms.DateField(label=_("从"), required=False, error_messages={"invalid": _("日期格式不对。")})
    to_on = forms.DateField(label=_("到"), required=False, error_messages={"invalid": _("日期格式不对。")})


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))

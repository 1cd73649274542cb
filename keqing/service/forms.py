"""Forms of feedback."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keqing.kit.forms import Form, SeveralField, VersionedForm
from keqing.service.models import Feedback

EMPTY = [("", _("请选择"))]


class FeedbackForm(Form):
    layout = [
        (_("反馈"), ["type", "channel", "received_at", "said_by", "text"]),
        (_("涉及的产品"), ["product", "batch_no", "severity"]),
    ]
    type = forms.ChoiceField(label=_("类别"), choices=[*EMPTY, *Feedback.Type.choices])
    channel = forms.ChoiceField(label=_("途径"), choices=[*EMPTY, *Feedback.Channel.choices])
    received_at = forms.DateTimeField(label=_("收到时间"))
    said_by = forms.CharField(label=_("反馈人"), required=False, max_length=60)
    text = forms.CharField(label=_("反馈内容"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5}))
    product = forms.CharField(label=_("产品"), required=False, max_length=80)
    batch_no = forms.CharField(label=_("批号"), required=False, max_length=40)
    severity = forms.ChoiceField(
        label=_("不良反应严重程度"), required=False, choices=[("", _("不是不良反应")), *Feedback.Severity.choices],
        help_text=_("死亡病例立即上报，严重的 15 日内，其他的 30 日内。"),
    )

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.fields["text"].css = "field-wide"  # type: ignore[attr-defined]

    def clean_received_at(self) -> datetime:
        received: datetime = self.cleaned_data["received_at"]
        if received > self.at:
            raise forms.ValidationError(_("收到时间不能晚于现在。"))
        return received

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        adverse = cleaned.get("type") == Feedback.Type.ADVERSE
        if adverse and not cleaned.get("severity"):
            self.add_error("severity", _("请选择不良反应的严重程度。"))
        if adverse and not cleaned.get("product"):
            self.add_error("product", _("请填写引起不良反应的产品。"))
        if not adverse and cleaned.get("severity"):
            self.add_error("type", _("填了不良反应的严重程度，类别请选“不良反应”。"))
        return cleaned


class AcknowledgeForm(VersionedForm):
    note = forms.CharField(label=_("怎么确认的"), required=False, max_length=200, help_text=_("如 电话致谢，告知三个工作日内答复。"))


class AnswerForm(VersionedForm):
    text = forms.CharField(label=_("答复"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].css = "field-wide"  # type: ignore[attr-defined]


class ReportForm(VersionedForm):
    number = forms.CharField(label=_("报告编号"), max_length=60)


class FeedbackFilter(Form):
    customer = forms.CharField(label=_("客户"), required=False, max_length=60)
    type = SeveralField(label=_("类别"), required=False, choices=Feedback.Type.choices)
    q = forms.CharField(label=_("内容"), required=False, max_length=60)
    channel = SeveralField(label=_("途径"), required=False, choices=Feedback.Channel.choices)
    product = forms.CharField(label=_("产品"), required=False, max_length=60)
    from_on = forms.DateField(label=_("从"), required=False, error_messages={"invalid": _("日期格式不对。")})
    to_on = forms.DateField(label=_("到"), required=False, error_messages={"invalid": _("日期格式不对。")})

"""Forms of messages: a person's wishes, a template, the filter of the delivery log."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keqing.kit.forms import Form, SeveralField, VersionedForm
from keqing.messaging.channels import OUTWARD, PERSONAL, Channel
from keqing.messaging.kinds import kinds
from keqing.messaging.models import Delivery
from keqing.messaging.queries import Wishes
from keqing.messaging.wording import PLACEHOLDERS, WordingRefused, check

TIMES = {"invalid": _("时间请写成 20:00 的样子。")}


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class WishesForm(Form):
    """Quiet hours and, for every kind, the channels of one's own. 站内 always stands and is not asked."""

    quiet_from = forms.TimeField(label=_("免打扰从"), widget=TimeInput(), error_messages=TIMES)
    quiet_to = forms.TimeField(
        label=_("到"), widget=TimeInput(), error_messages=TIMES, help_text=_("两个时间相同表示不设免打扰。")
    )
    quiet_on_rest_days = forms.BooleanField(
        label=_("休息日也免打扰"), required=False, help_text=_("按公司工作日历；紧急的照发。")
    )
    wecom_user = forms.CharField(
        label=_("企业微信账号"), required=False, max_length=64, help_text=_("与登录名不同时填写。")
    )

    def __init__(self, *args: Any, wishes: Wishes, ready: Collection[str], **kwargs: Any) -> None:
        reach = wishes.reach
        kwargs["initial"] = {
            "quiet_from": reach.quiet_from, "quiet_to": reach.quiet_to, "quiet_on_rest_days": reach.quiet_on_rest_days,
            "wecom_user": reach.wecom_user, **{f"kind_{key}": list(value) for key, value in wishes.chosen.items()},
        }
        super().__init__(*args, **kwargs)
        self.kind_fields = [f"kind_{key}" for key in wishes.chosen]
        for kind in kinds():
            if kind.key in wishes.chosen:
                field = forms.MultipleChoiceField(
                    label=kind.label, required=False, widget=forms.CheckboxSelectMultiple,
                    choices=[(one.value, one.label if one in ready else _("%s（未配置）") % one.label) for one in PERSONAL],
                    help_text=_("紧急，不受免打扰限制。") if kind.urgent else "",
                )
                field.widget.template_name = "kit/choices.html"
                self.fields[f"kind_{kind.key}"] = field
        self.layout = [
            (_("什么时候不打扰"), ["quiet_from", "quiet_to", "quiet_on_rest_days", "wecom_user"]),
            (_("站内消息之外，还用什么渠道"), self.kind_fields),
        ]

    @property
    def channels(self) -> dict[str, list[str]]:
        """By kind, what was ticked."""
        return {name.removeprefix("kind_"): self.cleaned_data[name] for name in self.kind_fields}


class TemplateForm(VersionedForm):
    """The wording of one channel."""

    title = forms.CharField(label=_("标题"), required=False, max_length=200)
    body = forms.CharField(
        label=_("正文"), widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("可以用的占位符：%s") % "　".join(f"{{{name}}}" for name in PLACEHOLDERS),
    )

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel = channel
        if channel in (Channel.SMS, Channel.ROBOT):  # these have one text
            del self.fields["title"]
        for field in self.fields.values():
            field.css = "field-wide"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "body" in cleaned:
            try:
                check(channel=self.channel, title=cleaned.get("title", ""), body=cleaned["body"])
            except WordingRefused as refusal:
                self.add_error("body", str(refusal))
        return cleaned


class RobotForm(VersionedForm):
    """What a group hears of."""

    kinds = forms.MultipleChoiceField(label=_("发到这个群的消息"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [one for one in kinds() if one.for_groups]
        field: Any = self.fields["kinds"]
        field.choices = [(one.key, one.label if one.open_in_groups else _("%s（只说类别和链接）") % one.label) for one in offered]
        field.help_text = _("群里可能有不该知道客户的人：除注明的以外，只写消息类别和链接，不写客户名称、电话和内容。")
        field.widget.template_name = "kit/choices.html"
        field.css = "field-wide"


class DeliveryFilter(Form):
    channel = SeveralField(label=_("渠道"), required=False, choices=[(one.value, one.label) for one in OUTWARD])
    state = SeveralField(label=_("状态"), required=False, choices=Delivery.State.choices)
    recipient = forms.CharField(label=_("收件人"), required=False, max_length=40)
    from_on = forms.DateField(label=_("从"), required=False, error_messages={"invalid": _("日期格式不对。")})
    to_on = forms.DateField(label=_("到"), required=False, error_messages={"invalid": _("日期格式不对。")})

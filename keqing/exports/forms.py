"""What file of a list a person wants, and the word of who agrees."""

from django import forms
from django.utils.translation import gettext_lazy as _

from keqing.exports.models import Export
from keqing.kit.forms import Form


class OrderForm(Form):
    format = forms.ChoiceField(
        label=_("格式"), choices=Export.Format.choices, initial=Export.Format.XLSX, widget=forms.RadioSelect
    )
    columns = forms.ChoiceField(
        label=_("栏目"), choices=[("shown", _("当前显示的栏目")), ("all", _("全部栏目"))], initial="shown",
        widget=forms.RadioSelect,
    )
    encoding = forms.ChoiceField(
        label=_("CSV 编码"), choices=[(Export.Encoding.UTF8, _("UTF-8（推荐）")), (Export.Encoding.GB18030, _("GB18030（旧版软件）"))],
        initial=Export.Encoding.UTF8, required=False,
    )
    reason = forms.CharField(label=_("理由"), required=False, max_length=200)

    def __init__(self, *args, needs_reason: bool, **kwargs) -> None:  # type: ignore[no-untyped-def]
        super().__init__(*args, **kwargs)
        if needs_reason:
            self.fields["reason"].required = True
            self.fields["reason"].help_text = _("给谁用、做什么。批准人和审计都会看到。")
            self.fields["reason"].error_messages["required"] = _("请写明理由。")
        else:
            del self.fields["reason"]

    def clean_encoding(self) -> str:
        return self.cleaned_data["encoding"] or Export.Encoding.UTF8


class OpinionForm(Form):
    opinion = forms.CharField(label=_("意见"), required=False, max_length=200)

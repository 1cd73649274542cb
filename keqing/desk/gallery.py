"""Invented samples for the component gallery; nothing here touches the database."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from keqing.kit.forms import VersionedForm


class SampleForm(VersionedForm):
    """Every kind of field once."""

    layout = [("基本信息", ["name", "grade", "beds", "founded"]), ("联系", ["channels", "note", "public"])]

    name = forms.CharField(label="名称", max_length=80)
    grade = forms.ChoiceField(label="等级", choices=[("", "请选择"), ("A", "A 级"), ("B", "B 级")])
    beds = forms.IntegerField(label="床位", min_value=0, required=False, help_text="编制床位，不含加床。")
    founded = forms.DateField(label="成立日期", required=False)
    channels = forms.MultipleChoiceField(
        label="联系方式",
        required=False,
        choices=[("call", "电话"), ("visit", "拜访"), ("mail", "邮件")],
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(label="备注", required=False, widget=forms.Textarea)
    public = forms.BooleanField(label="公立机构", required=False)


def samples(*, at: datetime) -> dict[str, Any]:
    """The context of ``desk/gallery.html``."""
    refused = SampleForm({"name": "", "grade": "", "beds": "许多", "version": "3"}, auto_id="id_refused_%s")
    refused.is_valid()
    alone = SampleForm({"beds": "许多", "version": "3"}, auto_id="id_alone_%s")
    alone.is_valid()
    stale = SampleForm({"name": "江湾示范医院", "grade": "A", "beds": "720", "version": "3"}, auto_id="id_stale_%s")
    stale.is_valid()
    stale.show_conflict(current={"name": "江湾示范医院", "grade": "B", "beds": 760}, version=4)
    return {
        "form": SampleForm(initial={"version": 1}, auto_id="id_fresh_%s"),
        "filters": SampleForm(auto_id="id_filter_%s"),
        "alone": alone,
        "single": SampleForm(auto_id="id_single_%s"),
        "refused": refused,
        "stale": stale,
        "today": at,
        "tomorrow": at + timedelta(days=3),
        "past": at - timedelta(days=4),
    }

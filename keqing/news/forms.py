"""Forms of market news."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqing.kit.forms import Form, SeveralField, VersionedForm
from keqing.news.models import Topic
from keqing.news.queries import spellings
from keqing.news.words import folded, split, wrong


class ProductsField(forms.CharField):
    """Product words in one line."""

    def clean(self, value: Any) -> list[str]:
        words = split(super().clean(value))
        if sentence := wrong(words):
            raise forms.ValidationError(sentence)
        known = spellings() if words else {}
        return [known.get(folded(word), word) for word in words]

    def prepare_value(self, value: Any) -> Any:
        return "、".join(value) if isinstance(value, list) else value


class IntelForm(VersionedForm):
    layout = [(_("动态"), ["title", "topic", "products", "summary"]), (_("出处"), ["source", "published_on", "url"])]
    title = forms.CharField(label=_("标题"), max_length=120)
    topic = forms.ModelChoiceField(label=_("主题"), queryset=Topic.objects.none(), empty_label=_("请选择"))
    products = ProductsField(
        label=_("相关产品"), required=False, max_length=400, help_text=_("几个产品用顿号隔开；关注这些产品的人马上收到通知。")
    )
    summary = forms.CharField(label=_("摘要"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6}))
    source = forms.CharField(label=_("来源"), max_length=60, help_text=_("如 国家药监局、某期刊、某公司公告。"))
    published_on = forms.DateField(label=_("发布日期"))
    url = forms.URLField(
        label=_("原文链接"), required=False, max_length=500, assume_scheme="https",
        error_messages={"invalid": _("请填写以 https:// 开头的网址。")},
    )

    def __init__(self, *args: Any, today: date, current: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        topics: Any = self.fields["topic"]
        topics.queryset = Topic.objects.filter(Q(closed_on__isnull=True) | Q(pk=current))
        for name in ("title", "products", "summary"):
            self.fields[name].css = "field-wide"  # type: ignore[attr-defined]

    def clean_published_on(self) -> date:
        day: date = self.cleaned_data["published_on"]
        if day > self.today:
            raise forms.ValidationError(_("发布日期不能晚于今天。"))
        return day

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if url and not url.startswith(("http://", "https://")):
            raise forms.ValidationError(_("请填写以 https:// 开头的网址。"))
        return url


class SubscriptionForm(Form):
    topics = forms.ModelMultipleChoiceField(
        label=_("主题"), required=False, queryset=Topic.objects.none(), widget=forms.CheckboxSelectMultiple,
        help_text=_("每天早上汇总成一条摘要。"),
    )
    products = forms.CharField(
        label=_("产品"), required=False, max_length=900, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("几个产品用顿号隔开，如 阿莫西林、头孢克肟；有新动态时马上通知。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        topics: Any = self.fields["topics"]
        topics.queryset = Topic.objects.filter(closed_on__isnull=True)
        for field in self.fields.values():
            field.css = "field-wide"  # type: ignore[attr-defined]

    def clean_products(self) -> str:
        text: str = self.cleaned_data["products"]
        if sentence := wrong(split(text)):
            raise forms.ValidationError(sentence)
        return text


class IntelFilter(Form):
    q = forms.CharField(label=_("标题或摘要"), required=False, max_length=60)
    topic = SeveralField(label=_("主题"), required=False)
    product = forms.CharField(label=_("产品"), required=False, max_length=40)
    source = forms.CharField(label=_("来源"), required=False, max_length=60)
    from_on = forms.DateField(label=_("从"), required=False, error_messages={"invalid": _("日期格式不对。")})
    to_on = forms.DateField(label=_("到"), required=False, error_messages={"invalid": _("日期格式不对。")})

    def __init__(self, *args: Any, topics: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [(str(pk), name) for pk, name in topics]  # type: ignore[attr-defined]

"""Fields that name another record by typing: a place, an organisation."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from keqing.access.models import Staff
from keqing.people import queries
from keqing.people.models import Organisation
from keqing.reference.models import Division


def suggesting(*, url: Any, options: str) -> dict[str, Any]:
    """Attributes of a text field whose suggestions come from the server into ``<datalist id=options>``."""
    return {
        "list": options, "hx-get": url, "hx-trigger": "input changed delay:200ms", "hx-target": f"#{options}",
        "hx-swap": "innerHTML", "hx-sync": "this:replace", "data-suggests": "",
    }


class RegionField(forms.CharField):
    """省市区 by name, pinyin or code; the value is the division."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("输入省、市、区县的名称或拼音首字母，从提示中选择。"))
        super().__init__(**kwargs)
        self.widget.attrs.update(suggesting(url=reverse_lazy("people:regions"), options="region-options"))

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) == 6 and value.isdecimal():
            value = Division.objects.filter(pk=value).first() or value
        return value.full_name if isinstance(value, Division) else value

    def clean(self, value: Any) -> Division | None:
        text = (super().clean(value) or "").strip()
        if not text:
            return None
        current = Division.objects.filter(valid_to__isnull=True)
        found = current.filter(code=text).first() or current.filter(full_name=text).order_by("code").first()
        if found is None:
            options = queries.division_options(text, limit=2)
            if len(options) != 1:
                raise forms.ValidationError(_("没有找到唯一的地区“%(text)s”，请从提示中选择。") % {"text": text})
            found = options[0]
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "") != (data or "")


class OrganisationField(forms.CharField):
    """Another organisation by its name; only those the reader reaches can be chosen, and ``current`` can stay."""

    def __init__(self, *, kinds: Iterable[str] = (), **kwargs: Any) -> None:
        self.kinds = tuple(kinds)
        self.staff: Staff | None = None
        self.word = "organisation.view"
        self.current: Organisation | None = None  # what the edited record names already, in reach or not
        super().__init__(**kwargs)
        options = f"organisation-options-{'-'.join(self.kinds) or 'all'}"
        url = reverse_lazy("people:organisation_options", args=["-".join(self.kinds) or "all"])
        self.widget.attrs.update(suggesting(url=url, options=options))
        self.options_id = options

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            value = Organisation.objects.filter(pk=value).first()
        return value.name if isinstance(value, Organisation) else value

    def clean(self, value: Any) -> Organisation | None:
        text = (super().clean(value) or "").strip()
        if not text:
            return None
        if self.current is not None and self.current.name == text:
            return self.current
        rows = Organisation.objects.alive().reached_by(self.staff, self.word)
        if self.kinds:
            rows = rows.filter(kind__in=self.kinds)
        found = list(rows.filter(name=text)[:2])
        if not found:
            found = queries.organisation_options(staff=self.staff, text=text, kinds=self.kinds, word=self.word, limit=2)
        if len(found) != 1:
            raise forms.ValidationError(_("没有找到唯一的机构“%(text)s”，请从提示中选择。") % {"text": text})
        return found[0]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "") != (data or "")


class LinesField(forms.CharField):
    """Several short texts, separated by 、 or a line break."""

    def prepare_value(self, value: Any) -> Any:
        return "、".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value) or ""
        for sign in ("\r", "\n", ";", "；", ",", "，"):
            text = text.replace(sign, "、")
        return [part.strip() for part in text.split("、") if part.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "") != (data or "")

"""Filtering by owner: a choice while there are few, a name to type where a company has hundreds of positions."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Position
from keqing.kit.addresses import whole_number
from keqing.people.queries import ListChoices


def owner_field(choices: ListChoices) -> forms.Field:
    """The field ``owner`` for these choices; an owner an address names stays chosen either way."""
    field: Any
    if not choices.has_more_owners or choices.owners:
        field = forms.ChoiceField(label=_("负责人"), required=False, choices=[("", _("全部")), *choices.owners])
        field.widget.attrs["class"] = "select"
    else:
        field = forms.CharField(label=_("负责人"), required=False, max_length=40)
        field.widget.attrs.update({"class": "input", "placeholder": _("姓名或首字母"), "autocomplete": "off"})
    return field


def owned_by(value: str, *, path: str = "owner_position") -> Q:
    """Rows of one position, or of all whose holder or name is the one typed."""
    if number := whole_number(value):
        return Q(**{path: number})
    named = Q(holder__name__contains=value) | Q(name__contains=value) | Q(holder__initials__startswith=value.lower())
    return Q(**{f"{path}__in": Position.objects.current().filter(named).values("pk")})

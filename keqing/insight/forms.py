"""What a report is asked for; all of it in the address."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keqing.followups.models import ContactRecord
from keqing.insight.periods import SPANS, month_of
from keqing.insight.queries import METHODS, PEOPLE, TEAMS
from keqing.kit.forms import Form

GROUPINGS = ((PEOPLE, _("按人员")), (TEAMS, _("按团队")), (METHODS, _("按方式")))
LARGEST_ID = 2**63 - 1


class ReportForm(Form):
    """Anything wrong in the address falls back to what is shown without it."""

    months = forms.TypedChoiceField(required=False, coerce=int, empty_value=SPANS[-1], choices=[(n, n) for n in SPANS])
    month = forms.CharField(required=False, max_length=7)
    by = forms.ChoiceField(required=False, choices=GROUPINGS)
    method = forms.ChoiceField(label=_("方式"), required=False, choices=[("", _("全部方式")), *ContactRecord.Method.choices])
    unit = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    sort = forms.ChoiceField(required=False, choices=[("name", "name")])
    start = forms.IntegerField(required=False, min_value=0, max_value=100_000)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    @property
    def asked(self) -> dict[str, Any]:
        """Every field, with its default where it is absent or wrong; ``month`` as its first day."""
        self.is_valid()
        found = {name: self.cleaned_data.get(name) for name in self.fields}
        found["months"] = found["months"] or SPANS[-1]
        found["month"] = month_of(found["month"] or "", today=self.today)
        return found


class DrillForm(Form):
    """Which line of a report records are asked for."""

    person = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    position = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_ID)
    unit = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_ID)
    at = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)

    @property
    def drill(self) -> dict[str, int]:
        """Nothing is found for what is wrong: a mistyped address must not show more than was asked for."""
        self.is_valid()
        given = {name: self.cleaned_data.get(name) for name in self.fields if self.data.get(name)}
        return {name: -1 if value is None else value for name, value in given.items()}

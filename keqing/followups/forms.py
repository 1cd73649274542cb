"""What people type: contacts, corrections, comments, reminders."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Position
from keqing.compliance.rules import Hit, check_label
from keqing.followups.attendees import Attendee
from keqing.followups.models import ContactRecord, Reminder
from keqing.kit.addresses import whole_number
from keqing.kit.forms import Form, VersionedForm
from keqing.people.choices import BusinessState


class PeopleField(forms.TypedMultipleChoiceField):
    """Chosen people; the empty line of a plain select means nobody."""

    def clean(self, value: Any) -> Any:
        return super().clean([one for one in value or () if one])


class ContactFields(forms.Form):
    """The seven fields of R-195 under exactly these labels, then participants, products and materials."""

    track_on = forms.DateField(label=_("跟踪日期"))
    method = forms.ChoiceField(label=_("方式"), choices=ContactRecord.Method.choices, widget=forms.RadioSelect)
    business_state = forms.ChoiceField(label=_("业务状态"), choices=BusinessState.choices)
    participants = PeopleField(label=_("参与人"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple)
    description = forms.CharField(
        label=_("业务描述"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4, "placeholder": _("谈了什么、对方怎么说")})
    )
    solution = forms.CharField(
        label=_("解决方法"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    products = forms.CharField(label=_("推荐产品"), required=False, max_length=200)
    materials = forms.CharField(label=_("送出资料"), required=False, max_length=200)
    callback_on = forms.DateField(label=_("回访日期"), required=False, help_text=_("到这一天会出现在“今日”里；不安排就清空。"))

    def __init__(self, *args: Any, attendees: Sequence[Attendee], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attendees = {person.person_id: person for person in attendees}
        self.today = today
        field = self.fields["participants"]
        field.choices = [(person.person_id, str(person)) for person in attendees]  # type: ignore[attr-defined]
        field.css = "field-wide max-h-64 overflow-y-auto"  # type: ignore[attr-defined]
        if not attendees:
            del self.fields["participants"]
        self.fields["track_on"].widget.attrs["max"] = today.isoformat()
        for name in ("method", "description", "solution"):
            self.fields[name].css = "field-wide"  # type: ignore[attr-defined]

    def clean_track_on(self) -> date:
        day: date = self.cleaned_data["track_on"]
        if day > self.today:
            raise forms.ValidationError(_("跟踪日期不能晚于今天。"))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, callback = cleaned.get("track_on"), cleaned.get("callback_on")
        if first and callback and callback < first:
            self.add_error("callback_on", _("回访日期不能早于跟踪日期。"))
        return cleaned

    @property
    def chosen(self) -> list[Attendee]:
        return [self.attendees[pk] for pk in self.cleaned_data.get("participants") or ()]


class ContactForm(ContactFields, Form):
    """A new contact; ``finish`` are open reminders it settles, ``finish_due`` all that are due at my positions."""

    layout = [
        (_("这次联系"), ["track_on", "method", "participants", "description", "solution", "products", "materials"]),
        (_("结果与下次"), ["business_state", "callback_on", "finish"]),
    ]
    finish = forms.TypedMultipleChoiceField(
        label=_("同时完成的跟进"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    finish_due = forms.BooleanField(required=False, widget=forms.HiddenInput)
    no_callback = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, reminders: Sequence[Reminder] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if reminders is None:  # a posted form: the action closes only what is open at this customer
            self.fields["finish"].choices = [  # type: ignore[attr-defined]
                (pk, pk) for pk in self.data.getlist("finish") if whole_number(pk) is not None
            ]
        elif reminders:
            self.fields["finish"].choices = [  # type: ignore[attr-defined]
                (r.pk, f"{r.due_on:%m-%d} {r.text}") for r in reminders
            ]
        else:
            del self.fields["finish"]

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("no_callback"):  # 只记录: whatever stands in the date does not count
            self.cleaned_data["callback_on"] = None
            self.errors.pop("callback_on", None)
        return super().clean()

    @property
    def key(self) -> uuid.UUID:
        """The idempotency key; a mangled one is replaced, the form then counts as new."""
        try:
            return uuid.UUID(self.form_key)
        except ValueError:
            return uuid.uuid4()

    def begin_anew(self) -> None:
        """The next save of this content counts as a form of its own."""
        self._form_key = uuid.uuid4().hex


class CorrectionForm(ContactFields, VersionedForm):
    layout = [
        (_("更正"), ["reason"]),
        (_("这次联系"), ["track_on", "method", "participants", "description", "solution", "products", "materials"]),
        (_("结果与下次"), ["business_state", "callback_on"]),
    ]
    reason = forms.CharField(label=_("更正理由"), max_length=200)


class WideText(forms.Form):
    """One text as wide as its place."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].css = "field-wide"  # type: ignore[attr-defined]


class CommentForm(WideText, Form):
    text = forms.CharField(label=_("批注"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class ReplyForm(WideText, Form):
    text = forms.CharField(label=_("回复"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class ReminderForm(Form):
    due_on = forms.DateField(label=_("到期日"))
    text = forms.CharField(label=_("事项"), max_length=200)


class ScheduleForm(ReminderForm):
    """A reminder at many customers: what a single one refuses is refused before any is made."""

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.hit: Hit | None = None

    def clean_due_on(self) -> date:
        due_on: date = self.cleaned_data["due_on"]
        if due_on < self.today:
            raise forms.ValidationError(_("到期日不能早于今天。"))
        return due_on

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        self.hit = check_label(text)
        if self.hit is not None:  # whoever shows the form logs it (RX-05)
            raise forms.ValidationError(self.hit.sentence)
        return text


class DoneForm(VersionedForm):
    """完成并安排下次: with a date for the next one it is made, without it is not."""

    outcome = forms.CharField(label=_("结果"), required=False, max_length=200)
    next_on = forms.DateField(label=_("下次日期"), required=False, help_text=_("不安排就清空。"))
    next_text = forms.CharField(label=_("下次事项"), required=False, max_length=200)

    def clean(self) -> Mapping[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("next_on") and not cleaned.get("next_text"):
            self.add_error("next_text", _("请填写下次事项。"))
        return cleaned


class PostponeForm(VersionedForm):
    to = forms.DateField(label=_("延后到"))
    reason = forms.CharField(label=_("理由"), required=False, max_length=200)


class HandOverForm(VersionedForm):
    position = forms.ModelChoiceField(label=_("转交给"), queryset=Position.objects.none(), empty_label=_("请选择岗位"))
    reason = forms.CharField(label=_("说明"), required=False, max_length=200)

    def __init__(self, *args: Any, positions: QuerySet[Position], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["position"]
        field.queryset = positions  # type: ignore[attr-defined]
        field.label_from_instance = lambda p: f"{p.label} · {p.name}" if p.holder_id else p.label  # type: ignore[attr-defined]

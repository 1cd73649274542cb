"""What people type: contacts, corrections, comments, reminders, promises, tasks, appointments."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Position
from keqing.compliance.rules import Hit, check_label
from keqing.followups.actions.promising import Promise
from keqing.followups.actions.tasks import Booking
from keqing.followups.attendees import Attendee
from keqing.followups.models import ContactRecord, Reminder
from keqing.followups.policy import policy
from keqing.kit.addresses import whole_number
from keqing.kit.formats import SHANGHAI
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
    duty = forms.ChoiceField(label=_("工作分类"), required=False, choices=[("", "--"), *ContactRecord.Duty.choices])
    minutes = forms.IntegerField(label=_("用时（分钟）"), required=False, min_value=1, max_value=600)
    callback_on = forms.DateField(label=_("回访日期"), required=False, help_text=_("到这一天会出现在“今日”里；不安排就清空。"))

    def __init__(self, *args: Any, attendees: Sequence[Attendee], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.offer(attendees)
        self.fields["participants"].css = "field-wide max-h-64 overflow-y-auto"  # type: ignore[attr-defined]
        self.fields["track_on"].widget.attrs["max"] = today.isoformat()
        for name in ("method", "description", "solution"):
            self.fields[name].css = "field-wide"  # type: ignore[attr-defined]

    def offer(self, attendees: Sequence[Attendee]) -> None:
        """The people to choose from."""
        self.attendees = {person.person_id: person for person in attendees}
        self.fields["participants"].choices = [(person.person_id, str(person)) for person in attendees]  # type: ignore[attr-defined]

    def visible_fields(self) -> list[BoundField]:
        """Without participants where there is nobody to choose."""
        return [field for field in super().visible_fields() if field.name != "participants" or self.attendees]

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
        return [self.attendees[pk] for pk in dict.fromkeys(self.cleaned_data.get("participants") or ())]


class ContactForm(ContactFields, Form):
    """A new contact; ``finish`` are open reminders it settles, ``finish_due`` all that are due at my positions."""

    layout = [
        (_("这次联系"), ["track_on", "method", "checked", "participants", "description", "solution", "products", "materials", "duty", "minutes"]),
        (_("结果与下次"), ["business_state", "callback_on", "promise", "promise_on", "finish"]),
    ]
    checked = forms.MultipleChoiceField(
        label=_("出发前检核"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("带 * 的没有勾选会提醒，不妨碍保存。"),
    )
    promise = forms.CharField(label=_("答应了什么"), required=False, max_length=200)
    promise_on = forms.DateField(label=_("哪天前"), required=False, help_text=_("到期前一天、当天和逾期都会提醒。"))
    finish = forms.TypedMultipleChoiceField(
        label=_("同时完成的跟进"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    finish_due = forms.BooleanField(required=False, widget=forms.HiddenInput)
    no_callback = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, reminders: Sequence[Reminder] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hit: Hit | None = None
        items = policy().checklist(ContactRecord.Method.VISIT)
        self.fields["checked"].choices = [(i.key, f"{i.text} *" if i.is_mandatory else i.text) for i in items]  # type: ignore[attr-defined]
        self.fields["checked"].css = "field-wide only-visit"  # type: ignore[attr-defined]
        if not items:
            del self.fields["checked"]
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
        cleaned = super().clean()
        promise, until = cleaned.get("promise"), cleaned.get("promise_on")
        if promise and not until and "promise_on" not in self.errors:
            self.add_error("promise_on", _("请填写承诺的日期。"))
        elif until and not promise:
            self.add_error("promise", _("请填写答应了什么。"))
        elif until and until < self.today:
            self.add_error("promise_on", _("承诺的日期不能早于今天。"))
        if promise and (hit := check_label(promise)):
            self.hit = hit  # whoever shows the form logs it (RX-05)
            self.add_error("promise", hit.sentence)
        return cleaned

    @property
    def promised(self) -> Promise | None:
        text = self.cleaned_data.get("promise")
        return Promise(text, self.cleaned_data["promise_on"]) if text else None

    @property
    def ticked(self) -> list[str]:
        """What was ticked counts for a visit only."""
        visit = self.cleaned_data.get("method") == ContactRecord.Method.VISIT
        return self.cleaned_data.get("checked") or [] if visit else []

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
        (_("这次联系"), ["track_on", "method", "participants", "description", "solution", "products", "materials", "duty", "minutes"]),
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
    outcome_code = forms.ChoiceField(
        label=_("结果分类"), choices=[("", _("请选择")), *Reminder.Outcome.choices], required=False
    )
    next_on = forms.DateField(label=_("下次日期"), required=False, help_text=_("不安排就清空。"))
    next_text = forms.CharField(label=_("下次事项"), required=False, max_length=200)

    def __init__(self, *args: Any, is_alarm: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_alarm:
            self.fields["outcome_code"].required = True
        else:
            del self.fields["outcome_code"]

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


class MoveForm(VersionedForm):
    """改到…"""

    to = forms.DateField(label=_("改到"))


class CommitmentForm(Form):
    text = forms.CharField(label=_("答应了什么"), max_length=200)
    due_on = forms.DateField(label=_("哪天前"), help_text=_("到期前一天、当天和逾期都会提醒。"))
    made_to = forms.CharField(label=_("对谁"), required=False, max_length=60)

    @property
    def promise(self) -> Promise:
        data = self.cleaned_data
        return Promise(data["text"], data["due_on"], made_to=data["made_to"])


class KeepForm(VersionedForm):
    on = forms.DateField(label=_("兑现日期"))
    evidence = forms.CharField(
        label=_("依据"), max_length=300,
        widget=forms.TextInput(attrs={"placeholder": _("交了什么、给了谁、哪份单据")}),
    )


class PutOffForm(VersionedForm):
    to = forms.DateField(label=_("改到"))
    reason = forms.CharField(label=_("理由"), max_length=200)
    agreed = forms.BooleanField(
        label=_("对方同意改期"), required=False, help_text=_("同意了，是否按时就按新日期算；没有同意，仍按原日期算。")
    )


class ReasonForm(VersionedForm):
    reason = forms.CharField(label=_("理由"), max_length=200)


class TaskForm(ReminderForm):
    """A task, or a part of one, for the owner of the customer or for somebody chosen."""

    field_order = ("text", "due_on", "position")
    position = forms.ModelChoiceField(
        label=_("负责"), queryset=Position.objects.none(), required=False, empty_label=_("客户负责人")
    )

    def __init__(self, *args: Any, positions: QuerySet[Position], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["position"]
        field.queryset = positions  # type: ignore[attr-defined]
        field.label_from_instance = lambda p: f"{p.label} · {p.name}" if p.holder_id else p.label  # type: ignore[attr-defined]


class AttachForm(VersionedForm):
    parent = forms.ModelChoiceField(
        label=_("归入任务"), queryset=Reminder.objects.none(), required=False, empty_label=_("不归入任何任务")
    )

    def __init__(self, *args: Any, parents: QuerySet[Reminder], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = parents  # type: ignore[attr-defined]


class HoursFields(forms.Form):
    """When somebody is expected: one day, from and until."""

    day = forms.DateField(label=_("日期"))
    begins = forms.TimeField(label=_("开始"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=_("结束"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    status = forms.ChoiceField(label=_("预约状态"), choices=Reminder.Appointment.choices)
    booking_no = forms.CharField(label=_("预约号"), required=False, max_length=40)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("begins"), cleaned.get("ends")
        if begins and ends and ends <= begins:
            self.add_error("ends", _("结束时间要晚于开始时间。"))
        return cleaned

    @property
    def booking(self) -> Booking:
        data = self.cleaned_data
        first, last = (datetime.combine(data["day"], data[name], SHANGHAI) for name in ("begins", "ends"))
        return Booking(first, last, data["status"], data["booking_no"])


class AppointmentForm(HoursFields, Form):
    text = forms.CharField(label=_("事项"), max_length=200)
    field_order = ("text", "day", "begins", "ends", "status", "booking_no")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        status = self.fields["status"]
        status.choices = [one for one in Reminder.Appointment.choices if one[0] != Reminder.Appointment.CANCELLED]  # type: ignore[attr-defined]


class RebookForm(HoursFields, VersionedForm):
    pass

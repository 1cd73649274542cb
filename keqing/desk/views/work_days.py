"""工作日历: the year, one day changed, a year brought in (U45)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow
from keqing.desk.queries.work_days import FIRST, LAST, year_board
from keqing.desk.work_days import NAME, DaysRefused, Given, forget_day, keep_days, read_days
from keqing.kit import pages
from keqing.kit.addresses import whole_number
from keqing.kit.formats import business_date
from keqing.kit.forms import Form
from keqing.reference.permissions import Can


class DayForm(Form):
    day = forms.DateField(label=gettext_lazy("日期"), error_messages={"invalid": gettext_lazy("日期格式不对。")})
    working = forms.ChoiceField(label=gettext_lazy("安排"), choices=[("off", gettext_lazy("休息")), ("on", gettext_lazy("上班"))])
    name = forms.CharField(label=gettext_lazy("名称"), max_length=NAME, help_text=gettext_lazy("例如 司庆、周末加班。"))


class ImportForm(Form):
    text = forms.CharField(
        label=gettext_lazy("每行一天"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 6, "placeholder": "2027-01-01,休,元旦"}),
        help_text=gettext_lazy("日期、休或班、名称，用逗号或制表符隔开，可以从表格里直接粘贴。"),
    )
    complete = forms.IntegerField(
        label=gettext_lazy("这一年已全部录入"), required=False, min_value=FIRST, max_value=LAST,
        help_text=gettext_lazy("写年份，例如 2027。写了以后这一年不再提示。"),
    )
    source = forms.CharField(label=gettext_lazy("依据"), required=False, max_length=200)


@require_GET
@allow(Can.MANAGE_CALENDAR)
def work_days(request: HttpRequest) -> HttpResponse:
    """One year, this one unless asked otherwise."""
    return _page(request)


@require_POST
@allow(Can.MANAGE_CALENDAR)
def work_day_keep(request: HttpRequest) -> HttpResponse:
    """Set one day, or let the announced calendar count again."""
    form, at = DayForm(request.POST), timezone.now()
    if "forget" in request.POST:
        form.fields["working"].required = form.fields["name"].required = False
    if not form.is_valid():
        return _page(request, day_form=form, status=422)
    day = form.cleaned_data["day"]
    if not FIRST <= day.year <= LAST:
        form.add_error("day", _("请填写 %(first)s 到 %(last)s 年的日期。") % {"first": FIRST, "last": LAST})
        return _page(request, day_form=form, status=422)
    if "forget" in request.POST:
        forget_day(day=day, by=request.user, at=at)
        messages.success(request, _("%(day)s 恢复为公布的安排。") % {"day": day})
    else:
        given = Given(day, form.cleaned_data["working"] == "on", form.cleaned_data["name"].strip())
        keep_days(days=[given], by=request.user, at=at)
        messages.success(request, _("%(day)s 已保存。") % {"day": day})
    return redirect(f"{reverse('desk:work_days')}?year={day.year}")


@require_POST
@allow(Can.MANAGE_CALENDAR)
def work_days_import(request: HttpRequest) -> HttpResponse:
    """Many days at once, as the notice of a year lists them."""
    form, at = ImportForm(request.POST), timezone.now()
    if form.is_valid():
        year = form.cleaned_data["complete"]
        try:
            days = read_days(form.cleaned_data["text"])
            count = keep_days(days=days, complete=year, source=form.cleaned_data["source"], by=request.user, at=at)
        except DaysRefused as refusal:
            form.add_error("text", str(refusal))
        else:
            messages.success(request, _("已保存 %(count)s 天的变化。") % {"count": count})
            return redirect(f"{reverse('desk:work_days')}?year={year or days[0].day.year}")
    return _page(request, import_form=form, status=422)


def _page(request: HttpRequest, *, day_form: Any = None, import_form: Any = None, status: int = 200) -> HttpResponse:
    today = business_date(timezone.now())
    asked = whole_number(request.GET.get("year")) or today.year
    board = year_board(year=min(max(asked, FIRST), LAST), today=today)
    context = {
        "board": board, "day_form": day_form or DayForm(), "import_form": import_form or ImportForm(),
        "weekdays": "一二三四五六日", "earlier": max(board.year - 1, FIRST), "later": min(board.year + 1, LAST),
    }
    return pages.render(request=request, template="desk/work_days.html", context=context, status=status)

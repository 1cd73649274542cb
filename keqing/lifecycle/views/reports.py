"""Coverage, activities without effect, losses, results of targets, picklists."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow
from keqing.compliance.actions import log_refusal
from keqing.kit import pages
from keqing.kit.addresses import replaced
from keqing.kit.formats import business_date
from keqing.lifecycle.actions.goals import GoalRefused, set_goal
from keqing.lifecycle.actions.picklists import MODELS, LabelRefused, PicklistRefused, add_value, close_value
from keqing.lifecycle.forms import GoalForm, ValueForm
from keqing.lifecycle.models import Competitor, LossReason
from keqing.lifecycle.months import shifted
from keqing.lifecycle.permissions import Can
from keqing.lifecycle.policy import policy
from keqing.lifecycle.quarters import Quarter, quarter_of
from keqing.lifecycle.queries.reports import effect_lines, goal_positions, loss_board, target_result, total_line
from keqing.lifecycle.report_files import (
    COVERAGE,
    EFFECTS,
    LOSSES,
    PERIODS,
    RESULT,
    asked_month,
    asked_period,
    asked_quarter,
    asked_quarters,
    coverage_of,
)
from keqing.lifecycle.transitions import LABELS


@allow(Can.PLAN)
def coverage(request: HttpRequest) -> HttpResponse:
    """Goals of a month and how well prospects cover what is missing; the small form sets a goal."""
    at = timezone.now()
    today = business_date(at)
    month = asked_month(request, today)
    form = GoalForm(request.POST or None, positions=goal_positions(request.user), initial={"month": f"{month:%Y-%m}"})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                set_goal(position=data["position"], month=data["month"], wanted=data["wanted"], by=request.user, at=at)
            except GoalRefused as refusal:
                form.add_error("position", str(refusal))
            else:
                messages.success(request, f"已下达 {data['position'].label} {data['month']:%Y-%m} 的目标：{data['wanted']} 家。")
                return redirect(f"{request.path}?month={data['month']:%Y-%m}")
    rules = policy()
    context = {
        "form": form, "month": month, "lines": coverage_of(request, month), "export_key": COVERAGE,
        "former_url": f"?month={shifted(month, -1):%Y-%m}", "next_url": f"?month={shifted(month, 1):%Y-%m}",
        "weights": [(LABELS[stage], weight) for stage, weight in rules.weights.items()], "target": rules.coverage_target,
    }
    return pages.render(request=request, template="lifecycle/coverage.html", context=context, status=status)


@require_GET
@allow(Can.VIEW)
def effect_report(request: HttpRequest) -> HttpResponse:
    """Per person: how many activities moved nothing (R-180)."""
    today = business_date(timezone.now())
    when, first, last = asked_period(request, today)
    lines = effect_lines(staff=request.user, first=first, last=last)
    context = {
        "lines": lines, "total": total_line(lines), "first": first, "last": last, "when": when, "days": policy().effect_days,
        "periods": [(label, replaced(request=request, changes={"when": key}), None, key == when) for key, label in PERIODS],
        "export_key": EFFECTS,
    }
    return pages.render(request=request, template="lifecycle/effect_report.html", context=context)


@require_GET
@allow(Can.VIEW)
def losses(request: HttpRequest) -> HttpResponse:
    """Customers lost, by reason and competitor, over four quarters (R-129)."""
    today = business_date(timezone.now())
    quarters = asked_quarters(request, today)
    context = {
        "board": loss_board(staff=request.user, quarters=quarters), **_around(request, quarters[-1], today),
        "may_manage": request.user.may(Can.MANAGE), "export_key": LOSSES,
    }
    return pages.render(request=request, template="lifecycle/losses.html", context=context)


@require_GET
@allow(Can.VIEW)
def result(request: HttpRequest) -> HttpResponse:
    """Planned versus reached of a quarter, and the rest with their last action (R-285)."""
    today = business_date(timezone.now())
    quarter = asked_quarter(request, today)
    context = {
        "result": target_result(staff=request.user, quarter=quarter), **_around(request, quarter, today), "export_key": RESULT,
    }
    return pages.render(request=request, template="lifecycle/result.html", context=context)


@allow(Can.MANAGE)
def picklists(request: HttpRequest) -> HttpResponse:
    """流失原因 and 竞争对手."""
    at = timezone.now()
    form = ValueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        noun, name = form.cleaned_data["noun"], form.cleaned_data["name"]
        try:
            add_value(noun=noun, name=name, by=request.user, at=at)
        except LabelRefused as refusal:
            log_refusal(hit=refusal.hit, by=request.user, at=at, where=f"选项“{name}”")
            form.add_error("name", str(refusal))
        except PicklistRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"已新增：{name}。")
            return redirect("lifecycle:picklists")
    context = {"form": form, "lists": [("reason", "流失原因", LossReason.objects.all()), ("competitor", "竞争对手", Competitor.objects.all())]}
    return pages.render(
        request=request, template="lifecycle/picklists.html", context=context, status=422 if form.is_bound else 200
    )


@require_POST
@allow(Can.MANAGE)
def value(request: HttpRequest, noun: str, pk: int) -> HttpResponse:
    """Close a value or open it again."""
    at = timezone.now()
    found = get_object_or_404(MODELS.get(noun, LossReason), pk=pk)
    close_value(value=found, on=None if found.closed_on else business_date(at), by=request.user, at=at)
    messages.success(request, f"已停用：{found.name}。" if found.closed_on else f"已启用：{found.name}。")
    return redirect("lifecycle:picklists")


def _around(request: HttpRequest, quarter: Quarter, today: date) -> dict[str, object]:
    """The quarters before and after, as far as there is something to see."""
    ahead = quarter.shifted(1)
    return {
        "quarter": quarter, "former_url": replaced(request=request, changes={"quarter": quarter.shifted(-1).key}),
        "next_url": replaced(request=request, changes={"quarter": ahead.key}) if ahead.first <= quarter_of(today).shifted(4).last else "",
    }

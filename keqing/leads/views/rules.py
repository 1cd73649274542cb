"""分配规则: the list in its order, a rule's form, and the trial (R-186)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow, fetch
from keqing.compliance.actions import log_refusal
from keqing.kit import pages
from keqing.kit.formats import business_date
from keqing.leads.actions import ruling
from keqing.leads.models import LeadRule
from keqing.leads.permissions import Can
from keqing.leads.rule_forms import RuleForm, TrialForm
from keqing.leads.rule_queries import rule_rows, try_rules
from keqing.reference.models import Division


@require_GET
@allow(Can.MANAGE)
def rules(request: HttpRequest) -> HttpResponse:
    """All rules in the order in which they are asked."""
    rows = rule_rows(staff=request.user, today=business_date(timezone.now()))
    return pages.render(request=request, template="leads/rules.html", context={"rows": rows})


@allow(Can.MANAGE)
def rule_new(request: HttpRequest) -> HttpResponse:
    """A new rule, asked last until it is moved up."""
    at = timezone.now()
    form = RuleForm(request.POST or None, staff=request.user, initial={"valid_from": business_date(at)})
    return _answer(request, form, None, _("新建分配规则"))


@allow(Can.MANAGE)
def rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The next version of a rule; over somebody else's change it comes back with mine beside theirs (409)."""
    rule = fetch(LeadRule.objects.select_related("unit", "position").prefetch_related("members"), pk, request)
    form = RuleForm(request.POST or None, staff=request.user, rule=rule, initial=_values_of(rule))
    return _answer(request, form, rule, _("修改规则 · %(name)s") % {"name": rule.name})


@require_POST
@allow(Can.MANAGE)
def rule_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    rule = fetch(LeadRule, pk, request)
    ruling.move_rule(rule=rule, step=-1 if "up" in request.POST else 1, by=request.user, at=timezone.now())
    return redirect(f"{reverse('leads:rules')}#rule-{pk}")


@require_POST
@allow(Can.MANAGE)
def rule_end(request: HttpRequest, pk: int) -> HttpResponse:
    """停用, from now on."""
    rule = fetch(LeadRule, pk, request)
    try:
        ruling.end_rule(rule=rule, by=request.user, at=timezone.now())
    except ruling.RuleRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("规则“%(name)s”已停用。") % {"name": rule.name})
    return redirect("leads:rules")


@require_GET
@allow(Can.MANAGE)
def rule_try(request: HttpRequest) -> HttpResponse:
    """试算: which rule would take a lead like this, and why."""
    at = timezone.now()
    form = TrialForm(request.GET if "channel" in request.GET else None)
    trial = try_rules(values=form.cleaned_data, at=at, today=business_date(at)) if form.is_bound and form.is_valid() else None
    status = 422 if form.is_bound and trial is None else 200
    return pages.render(request=request, template="leads/rule_try.html", context={"form": form, "trial": trial}, status=status)


def _answer(request: HttpRequest, form: RuleForm, rule: LeadRule | None, heading: str) -> HttpResponse:
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _store(request, form, rule)
            except ruling.StaleRule as stale:
                form.show_conflict(current=_values_of(stale.theirs), version=stale.theirs.version)
                status = 409
            except ruling.WordRefused as refusal:
                log_refusal(hit=refusal.hit, by=request.user, at=timezone.now(), where=_("分配规则"))
                form.add_error(None, str(refusal))
            except ruling.RuleRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("规则已保存。"))
                return redirect("leads:rules")
    context = {"form": form, "heading": heading, "submit_label": _("保存规则"), "cancel_url": reverse("leads:rules")}
    return pages.render(request=request, template="kit/form.html", context=context, status=status)


def _store(request: HttpRequest, form: RuleForm, rule: LeadRule | None) -> None:
    given: dict[str, Any] = {"values": form.values(), "members": form.chosen_members(), "by": request.user, "at": timezone.now()}
    if rule is None:
        ruling.create_rule(**given)
        return
    rule.version = form.cleaned_data["version"] or 0
    ruling.change_rule(rule=rule, **given)


def _values_of(rule: LeadRule) -> dict[str, Any]:
    names = dict(Division.objects.filter(pk__in=rule.regions).values_list("pk", "full_name"))
    return {
        **{name: getattr(rule, name) for name in ("name", "valid_from", "valid_to", "kinds", "channels", "campaigns", "least_score", "target", "version")},
        "regions": "\n".join(names.get(code, code) for code in rule.regions), "words": "\n".join(rule.words), "unit": rule.unit_id,
        "position": rule.position_id, "members": [one.pk for one in rule.members.all()],
    }  # fmt: skip

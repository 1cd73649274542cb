"""Rules and refusals."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from keqing.access.gate import allow
from keqing.compliance import queries
from keqing.compliance.actions import RuleRefused, StaleRule, revise_rule
from keqing.compliance.forms import RuleForm
from keqing.compliance.permissions import Can
from keqing.compliance.tables import open_refusals
from keqing.kit import lists, pages
from keqing.kit.formats import business_date


@require_GET
@allow(Can.VIEW_RULES)
def rules(request: HttpRequest) -> HttpResponse:
    """The rules in force; they bind everybody alike, so rows are not narrowed."""
    today = business_date(timezone.now())
    return pages.render(
        request=request, template="compliance/rules.html", context={"rules": queries.rules_in_force(today)}
    )


@require_GET
@allow(Can.VIEW_RULES)
def rule(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Text, basis, parameters, examples and versions of one rule."""
    board = _board(rule_id)
    context = {"board": board, "may_manage": request.user.may(Can.MANAGE_RULES)}
    return pages.render(request=request, template="compliance/rule.html", context=context)


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE_RULES)
def rule_edit(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Words and exceptions as a new version from a day on."""
    at = timezone.now()
    latest = _board(rule_id).latest
    form = RuleForm(request.POST or None, rule=latest, today=max(business_date(at), latest.valid_from))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and form.cleaned_data["version"] != latest.version:
            current = {f"p_{name}": "\n".join(words) for name, words in latest.parameters.items()}
            form.show_conflict(current=current, version=latest.version)
            status = 409
        elif form.is_valid():
            try:
                revise_rule(
                    rule=latest, parameters=form.parameters, valid_from=form.cleaned_data["valid_from"],
                    reason=form.cleaned_data["reason"], by=request.user, at=at,
                )  # fmt: skip
            except StaleRule as stale:
                form.add_error(None, str(stale))
                status = 409
            except RuleRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("新版本已保存，从启用日期起生效。"))
                return redirect("compliance:rule", rule_id)
    context = {
        "form": form,
        "heading": _("%(rule)s 新版本") % {"rule": f"{latest.rule_id} {latest.title}"},
        "submit_label": _("保存新版本"),
        "cancel_url": reverse("compliance:rule", args=[rule_id]),
    }
    return pages.render(request=request, template="kit/form.html", context=context, status=status)


@require_GET
@allow(Can.VIEW_REFUSALS)
def refusals(request: HttpRequest) -> HttpResponse:
    """What rules refused, newest first."""
    opened = open_refusals(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return lists.respond(request=request, page=page)


def _board(rule_id: str) -> queries.RuleBoard:
    board = queries.rule_board(rule_id=rule_id, today=business_date(timezone.now()))
    if board is None:
        raise Http404
    return board

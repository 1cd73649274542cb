"""相似客户: institutions like those we won, for a person to look at (R-199, X-23)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow, fetch
from keqing.kit import pages
from keqing.kit.jobs import defer
from keqing.leads.actions.alike import judge_likeness
from keqing.leads.alike import alike, check_enough, latest_model
from keqing.leads.likeness import TooFew
from keqing.leads.models import LikenessOpinion
from keqing.leads.permissions import Can
from keqing.leads.policy import policy
from keqing.leads.tasks import learn_likeness
from keqing.people.models import Organisation
from keqing.people.permissions import Can as PeopleCan


@require_GET
@allow(Can.VIEW)
def likeness(request: HttpRequest) -> HttpResponse:
    """The likest of the customers within reach, each with its three reasons."""
    model = latest_model()
    context = {
        "model": model, "rows": alike(model=model, staff=request.user) if model else [], "least_won": policy().least_won,
        "may_compute": request.user.may(Can.MANAGE),
    }
    return pages.render(request=request, template="leads/likeness.html", context=context)


@require_POST
@allow(Can.MANAGE)
def likeness_compute(request: HttpRequest) -> HttpResponse:
    """Learn from what was won until now, in the background: it reads all institutions."""
    try:
        check_enough(least_won=policy().least_won)
    except TooFew as refusal:
        messages.error(request, str(refusal))
    else:
        defer(learn_likeness, staff_id=request.user.pk)
        messages.success(request, _("已开始计算，过一会儿刷新本页可见结果。"))
    return redirect("leads:likeness")


@require_POST
@allow(Can.VIEW)
def likeness_judge(request: HttpRequest, pk: int) -> HttpResponse:
    """认可 or 不认可; kept, and nothing else happens."""
    organisation = fetch(Organisation, pk, request, word=PeopleCan.VIEW)
    verdict = request.POST.get("verdict", "")
    if verdict not in LikenessOpinion.Verdict.values:
        messages.error(request, _("请选择 认可 或 不认可。"))
        return redirect("leads:likeness")
    try:
        judge_likeness(organisation=organisation, verdict=verdict, note=request.POST.get("note", ""), by=request.user, at=timezone.now())
    except TooFew as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已记录对“%(name)s”的意见。") % {"name": organisation.name})
    return redirect("leads:likeness")

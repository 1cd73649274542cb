"""安全告警: who opened more customers' cards than the policy allows."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.actions.card_rates import lift_block
from keqing.access.actions.common import AdminRefused
from keqing.access.forms import ReasonForm
from keqing.access.gate import allow, fetch
from keqing.access.models import CardRate
from keqing.access.permissions import Can
from keqing.kit import pages

SHOWN = 200


@require_GET
@allow(Can.MANAGE_STAFF)
def alarms(request: HttpRequest) -> HttpResponse:
    return _page(request, ReasonForm())


@require_POST
@allow(Can.MANAGE_STAFF)
def alarm_lift(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the person go on within the hour, with a reason."""
    rate = fetch(CardRate, pk, request)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            lift_block(rate=rate, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
        except AdminRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已解除，可以继续打开客户资料。"))
            return redirect("access:alarms")
    return _page(request, form, open_pk=pk, status=422)


def _page(request: HttpRequest, form: ReasonForm, *, open_pk: int = 0, status: int = 200) -> HttpResponse:
    blocked = CardRate.objects.visible_to(request.user).select_related("staff", "lifted_by").order_by("-blocked_at")
    context = {"rates": blocked[:SHOWN], "form": form, "open_pk": open_pk}
    return pages.render(request=request, template="access/alarms.html", context=context, status=status)

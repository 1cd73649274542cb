"""工作代理: who stands in for whom; arranged by the person or the manager, ended early, history."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqing.access.actions import proxies as actions
from keqing.access.actions.common import AdminRefused
from keqing.access.gate import allow, fetch
from keqing.access.models import Proxy
from keqing.access.permissions import Can
from keqing.access.work_forms import ProxyForm
from keqing.access.work_lists import open_proxies, scope_of
from keqing.kit import lists, pages
from keqing.kit.formats import business_date


@require_GET
@allow(Can.MANAGE_PROXY)
def proxies(request: HttpRequest) -> HttpResponse:
    opened = open_proxies(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return lists.respond(
        request=request, page=page, template="access/proxies.html",
        context={"empty_url": reverse("access:proxy_new"), "empty_label": _("安排代理")},
    )  # fmt: skip


@require_GET
@allow(Can.MANAGE_PROXY)
def proxy(request: HttpRequest, pk: int) -> HttpResponse:
    """Also for the deputy, who sees it and cannot end it."""
    rows = Proxy.objects.select_related("from_staff", "to_staff", "made_by", "ended_by", "position__unit")
    found = get_object_or_404(rows.visible_to(request.user), pk=pk)
    today = business_date(timezone.now())
    context = {
        "proxy": found, "state": found.state(today), "scope": scope_of(found.words, found.kinds),
        "may_end": found.ended_at is None and found.ends_on >= today and found.allows(request.user, Can.MANAGE_PROXY),
    }
    return pages.render(request=request, template="access/proxy.html", context=context)


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE_PROXY)
def proxy_new(request: HttpRequest) -> HttpResponse:
    home = request.user.standing.home
    form = ProxyForm(request.POST or None, reader=request.user, initial={"position": home.pk if home else None})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.arrange_proxy(
                position=data["position"], deputy=data["deputy"], starts_on=data["starts_on"], ends_on=data["ends_on"],
                words=form.words, kinds=data["kinds"], reason=data["reason"], by=request.user, at=timezone.now(),
            )
        except AdminRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(proxy)s，%(from)s 至 %(to)s。") % {"proxy": made, "from": made.starts_on, "to": made.ends_on})
            return redirect("access:proxies")
    context = {"form": form, "heading": _("安排工作代理"), "submit_label": _("安排"), "cancel_url": reverse("access:proxies")}
    return pages.render(
        request=request, template="access/proxy_form.html", context=context, status=422 if form.errors else 200
    )


@require_POST
@allow(Can.MANAGE_PROXY)
def proxy_end(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetch(Proxy.objects.select_related("position"), pk, request)
    try:
        actions.end_proxy(proxy=found, by=request.user, at=timezone.now())
    except AdminRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("代理已结束，代理人从现在起看不到这些工作。"))
    return redirect("access:proxy", pk)

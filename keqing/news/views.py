"""市场动态: list, item, write, follow."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.kit import lists, pages
from keqing.kit.formats import business_date
from keqing.news.actions import FIELDS, LABEL, StaleIntel, add_intel, edit_intel, subscribe, take_down
from keqing.news.forms import IntelForm, SubscriptionForm
from keqing.news.models import MarketIntel
from keqing.news.permissions import Can
from keqing.news.queries import followed_by, near
from keqing.news.tables import open_intel


@require_GET
@allow(Can.VIEW)
def intel_list(request: HttpRequest) -> HttpResponse:
    """All news, newest first."""
    opened = open_intel(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    may_manage = request.user.may(Can.MANAGE)
    context: dict[str, Any] = {"may_manage": may_manage}
    if may_manage:
        context |= {"empty_url": reverse("news:intel_new"), "empty_label": _("登记第一条动态")}
    return lists.respond(request=request, page=page, context=context, template="news/news.html")


@require_GET
@allow(Can.VIEW)
def intel(request: HttpRequest, pk: int) -> HttpResponse:
    """One item and the newest others like it."""
    found = fetch(MarketIntel.objects.select_related("topic", "made_by"), pk, request)
    context = {"intel": found, "near": near(found, request.user), "may_manage": request.user.may(Can.MANAGE)}
    return pages.render(request=request, template="news/intel.html", context=context)


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE)
def intel_new(request: HttpRequest) -> HttpResponse:
    """Write one down."""
    at = timezone.now()
    today = business_date(at)
    form = IntelForm(request.POST or None, today=today, initial={"published_on": today, "version": 0})
    if request.method == "POST" and form.is_valid():
        pk, made = once(
            by=request.user, sent=request.POST, label=LABEL, at=at,
            make=lambda: add_intel(fields=form.cleaned_data, by=request.user, at=at),
        )
        if made:
            messages.success(request, _("已登记，关注的人会收到。"))
        return redirect("news:intel", pk)
    context = {"form": form, "heading": _("登记市场动态"), "cancel_url": reverse("news:news"), "draft": "news-new"}
    return pages.render(
        request=request, template="kit/form.html", context=context, status=422 if request.method == "POST" else 200
    )


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE)
def intel_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct one."""
    at = timezone.now()
    found = fetch(MarketIntel.objects.select_related("topic"), pk, request)
    initial = {name: getattr(found, name) for name in (*FIELDS, "version")}
    form = IntelForm(request.POST or None, today=business_date(at), current=found.topic_id, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                edit_intel(
                    intel=found, fields=form.cleaned_data, version=form.cleaned_data["version"], by=request.user, at=at
                )
            except StaleIntel as stale:
                form.show_conflict(
                    current={name: getattr(stale.current, name) for name in FIELDS if name != "topic"} | {"topic": stale.current.topic_id},
                    version=stale.current.version,
                )
                status = 409
            else:
                messages.success(request, _("已保存。"))
                return redirect("news:intel", pk)
    context = {"form": form, "heading": _("修改市场动态"), "cancel_url": reverse("news:intel", args=[pk])}
    return pages.render(request=request, template="kit/form.html", context=context, status=status)


@require_POST
@allow(Can.MANAGE)
def intel_down(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one down, or put it back."""
    found = take_down(intel=fetch(MarketIntel, pk, request), by=request.user, at=timezone.now())
    messages.success(request, _("已撤下，只有管理动态的人还看得到。") if found.taken_down_at else _("已恢复。"))
    return redirect("news:intel", pk)


@require_http_methods(["GET", "POST"])
@allow(Can.VIEW)
def following(request: HttpRequest) -> HttpResponse:
    """What I want to hear of."""
    followed = followed_by(request.user)
    initial = {"topics": followed.topics, "products": "、".join(followed.products)}
    form = SubscriptionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        subscribe(
            staff=request.user, topics=form.cleaned_data["topics"], products=form.cleaned_data["products"],
            at=timezone.now(),
        )
        messages.success(request, _("已保存关注的内容。"))
        return redirect(f"{reverse('news:news')}?preset=mine")
    context = {"form": form, "heading": _("我关注的市场动态"), "cancel_url": reverse("news:news")}
    return pages.render(
        request=request, template="kit/form.html", context=context, status=422 if request.method == "POST" else 200
    )

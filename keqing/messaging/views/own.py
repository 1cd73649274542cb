"""A person's own messages and wishes."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqing.access.gate import allow, fetch
from keqing.kit import pages
from keqing.kit.addresses import back, whole_number
from keqing.messaging.actions.inbox import mark_all_read, mark_read
from keqing.messaging.actions.settings import save_reach
from keqing.messaging.forms import WishesForm
from keqing.messaging.models import Message
from keqing.messaging.permissions import Can
from keqing.messaging.queries import inbox, wishes_of
from keqing.messaging.setup import configured


@require_GET
@allow(Can.READ_OWN)
def inbox_page(request: HttpRequest) -> HttpResponse:
    """All of them, or the unread ones, newest first."""
    unread = request.GET.get("show") == "unread"
    board = inbox(staff=request.user, unread=unread, before=whole_number(request.GET.get("before")))
    return pages.render(request=request, template="messaging/messages.html", context={"board": board})


@require_GET
@allow(Can.READ_OWN)
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message in full; a digest with its lines."""
    found = fetch(Message, pk, request)
    context = {"message": found, "items": found.items.all()}
    return pages.render(request=request, template="messaging/message.html", context=context)


@require_POST
@allow(Can.READ_OWN)
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Read; with ``go`` on to what it is about."""
    found = fetch(Message, pk, request)
    mark_read(message=found, at=timezone.now())
    if "go" in request.POST:
        return redirect(found.url) if found.url else redirect("messaging:message", pk)
    return redirect(back(request) or "messaging:messages")


@require_POST
@allow(Can.READ_OWN)
def read_all(request: HttpRequest) -> HttpResponse:
    """What stood on the page and everything before it."""
    up_to = whole_number(request.POST.get("up_to")) or 0
    count = mark_all_read(staff=request.user, up_to=up_to, at=timezone.now())
    messages.success(request, _("已读 %(n)s 条消息。") % {"n": count})
    return redirect(back(request) or "messaging:messages")


@require_http_methods(["GET", "POST"])
@allow(Can.READ_OWN)
def wishes(request: HttpRequest) -> HttpResponse:
    """Quiet hours and channels."""
    form = WishesForm(request.POST or None, wishes=wishes_of(request.user), ready=configured())
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            names = ("quiet_from", "quiet_to", "quiet_on_rest_days", "wecom_user")
            save_reach(
                staff=request.user, channels=form.channels, at=timezone.now(),
                **{name: form.cleaned_data[name] for name in names},
            )
            messages.success(request, _("通知设置已保存。"))
            return redirect("messaging:wishes")
    context = {"form": form, "heading": _("通知设置"), "submit_label": _("保存"), "cancel_url": reverse("messaging:messages")}
    return pages.render(request=request, template="kit/form.html", context=context, status=status)

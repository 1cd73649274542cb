"""Channels, templates and the delivery log: the system administrator's."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqing.access.gate import allow, fetch
from keqing.kit import lists, pages
from keqing.kit.formats import business_date
from keqing.messaging.actions.delivering import try_again
from keqing.messaging.actions.settings import (
    StaleRobot,
    StaleTemplate,
    reset_template,
    save_robot,
    save_template,
    send_trial,
)
from keqing.messaging.channels import OUTWARD, Channel
from keqing.messaging.forms import RobotForm, TemplateForm
from keqing.messaging.kinds import kinds
from keqing.messaging.models import Delivery, GroupRobot, Template
from keqing.messaging.permissions import Can
from keqing.messaging.queries import channel_lines, template_line, template_lines
from keqing.messaging.setup import outward, robot_named
from keqing.messaging.tables import open_deliveries


@require_GET
@allow(Can.MANAGE)
def channels(request: HttpRequest) -> HttpResponse:
    """Which ways out are set up, and how they did."""
    lines = channel_lines(at=timezone.now())
    return pages.render(request=request, template="messaging/channels.html", context={"lines": lines})


@require_POST
@allow(Can.MANAGE)
def trial(request: HttpRequest, channel: str) -> HttpResponse:
    """A message to oneself; the worker sends it within a minute."""
    asked = _channel(channel)
    robot = _robot(request.POST.get("robot", "")) if asked == Channel.ROBOT and outward().robots else ""
    made = send_trial(channel=asked, to=request.user, at=timezone.now(), robot=robot)
    if made.state == Delivery.State.NOT_SET_UP:
        messages.warning(request, _("这个渠道还没有配置。"))
    else:
        told = _("测试消息一分钟内发到“%(group)s”，结果见这一页。") % {"group": robot} if robot else _("测试消息一分钟内发给您自己，结果见这一页。")
        messages.success(request, told)
    return redirect("messaging:delivery", made.pk)


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE)
def group(request: HttpRequest, robot: str) -> HttpResponse:
    """Which messages the group of a robot hears of."""
    name, at, status = robot, timezone.now(), 200
    stored = GroupRobot.objects.visible_to(request.user).filter(name=name).first()
    stored = stored or GroupRobot(name=_robot(name), version=0)  # one chosen for stays to be seen, also while it is not set up
    form = RobotForm(request.POST or None, initial={"kinds": stored.kinds, "version": stored.version})
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                save_robot(name=name, kinds_chosen=data["kinds"], version=data["version"], by=request.user, at=at)
            except StaleRobot as stale:
                form.show_conflict(current={"kinds": stale.current.kinds}, version=stale.current.version)
                status = 409
            else:
                messages.success(request, _("已保存，以后的消息按它发到“%(name)s”。") % {"name": name})
                return redirect("messaging:channels")
    context = {
        "form": form, "heading": _("群机器人：%(name)s") % {"name": name}, "submit_label": _("保存"),
        "cancel_url": reverse("messaging:channels"),
    }
    return pages.render(request=request, template="kit/form.html", context=context, status=status)


@require_GET
@allow(Can.MANAGE)
def templates(request: HttpRequest) -> HttpResponse:
    """How messages read on each channel."""
    context = {"lines": template_lines(), "kinds": kinds(), "channels": OUTWARD}
    return pages.render(request=request, template="messaging/templates.html", context=context)


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE)
def template(request: HttpRequest, channel: str) -> HttpResponse:
    """Write one; ``kind`` in the address: for that kind alone."""
    kind = request.GET.get("kind", "")
    if kind and kind not in {one.key for one in kinds()}:
        raise Http404
    rows = Template.objects.visible_to(request.user)
    line = template_line(kind=kind, channel=_channel(channel), stored=rows.filter(kind=kind, channel=channel).first())
    initial = {"title": line.title, "body": line.body, "version": line.stored.version if line.stored else 0}
    form = TemplateForm(request.POST or None, channel=line.channel, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if "reset" in request.POST and line.stored:
            reset_template(template=line.stored, by=request.user, at=timezone.now())
            messages.success(request, _("已恢复出厂文字。"))
            return redirect("messaging:templates")
        if form.is_valid():
            try:
                save_template(
                    kind=kind, channel=channel, title=form.cleaned_data.get("title", ""), body=form.cleaned_data["body"],
                    version=form.cleaned_data["version"], by=request.user, at=timezone.now(),
                )
            except StaleTemplate as stale:
                current = {name: getattr(stale.current, name) for name in ("title", "body") if name in form.fields}
                form.show_conflict(current=current, version=stale.current.version)
                status = 409
            else:
                messages.success(request, _("模板已保存，以后的消息按它写。"))
                return redirect("messaging:templates")
    context = {
        "form": form, "line": line, "submit_label": _("保存"), "cancel_url": reverse("messaging:templates"),
        "heading": _("模板：%(channel)s · %(kind)s") % {"channel": line.channel.label, "kind": line.kind_label},
    }
    return pages.render(request=request, template="messaging/template.html", context=context, status=status)


@require_GET
@allow(Can.MANAGE)
def deliveries(request: HttpRequest) -> HttpResponse:
    """The log, newest first."""
    opened = open_deliveries(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return lists.respond(request=request, page=page)


@require_GET
@allow(Can.MANAGE)
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of one."""
    found = fetch(Delivery.objects.select_related("message__recipient"), pk, request)
    again = found.state in (Delivery.State.GIVEN_UP, Delivery.State.NOT_SET_UP)
    return pages.render(request=request, template="messaging/delivery.html", context={"delivery": found, "again": again})


@require_POST
@allow(Can.MANAGE)
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Try one once more that was given up."""
    try_again(delivery=fetch(Delivery, pk, request), by=request.user, at=timezone.now())
    messages.success(request, _("一分钟内再发一次。"))
    return redirect("messaging:delivery", pk)


def _robot(name: str) -> str:
    """A robot that is set up."""
    if robot_named(name) is None:
        raise Http404
    return name


def _channel(text: str) -> Channel:
    if text not in {one.value for one in OUTWARD}:
        raise Http404
    return Channel(text)

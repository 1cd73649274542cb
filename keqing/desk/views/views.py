"""视图: the menu of a list, and the page to keep one's views in order."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow, fetch
from keqing.access.models import OrgUnit
from keqing.desk import actions, starts
from keqing.desk.models import DefaultView, SavedView
from keqing.desk.permissions import Can
from keqing.kit import list_registry, pages
from keqing.kit.addresses import whole_number
from keqing.kit.forms import Form


class ViewForm(Form):
    """The name of a view and whom it is shared with."""

    list = forms.CharField(widget=forms.HiddenInput, max_length=60)
    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=actions.LONGEST)
    name = forms.CharField(label="名称", max_length=30)
    team = forms.BooleanField(label="与团队共享", required=False)


@require_GET
@allow(Can.USE)
def views(request: HttpRequest) -> HttpResponse:
    """One's own views of a list and those shared with one; in the list's menu, or as a page to keep them in order.

    Without ``list``: the views of all lists.
    """
    key, sent = request.GET.get("list", ""), request.GET.get("query", "")
    if key:
        _known(request, key)
    active = whole_number(QueryDict(sent[: actions.LONGEST]).get("view"))
    return _show(request, key=key, query=actions.list_query(sent), active=active)


@require_POST
@allow(Can.USE)
def view_new(request: HttpRequest) -> HttpResponse:
    """Keep the list as it stands under a name."""
    form = ViewForm(request.POST)
    if not form.is_valid():
        key = form.cleaned_data.get("list", "")
        if key:
            _known(request, key)
        return _show(request, key=key, query=form.cleaned_data.get("query", ""), form=form, status=422)
    key = form.cleaned_data["list"]
    _known(request, key)
    try:
        view = actions.save_view(
            list_key=key, name=form.cleaned_data["name"], query=form.cleaned_data["query"],
            unit=_team(request, form.cleaned_data["team"]), by=request.user, at=timezone.now(),
        )
    except actions.ViewRefused as refusal:
        form.add_error("name", str(refusal))
        return _show(request, key=key, query=form.cleaned_data["query"], form=form, status=422)
    messages.success(request, _("视图“%(name)s”已保存。") % {"name": view.name})
    return _go(request, starts.address_of(view))


@require_POST
@allow(Can.USE)
def view_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, take over the address in use, share or stop sharing; only by whoever made it."""
    view = fetch(SavedView, pk, request)
    sent = request.POST
    name = " ".join(sent["name"].split())[:30] if "name" in sent else None
    if name == "":
        messages.error(request, _("请填写名称。"))
        return _go(request, _manage(view.list_key))
    shares = "sharing" in sent
    try:
        view = actions.change_view(
            view=view, by=request.user, at=timezone.now(), name=name, query=sent.get("query"),
            unit=_team(request, "team" in sent) if shares else None, keep_unit=not shares,
        )
    except actions.ViewRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("视图“%(name)s”已更新。") % {"name": view.name})
    return _go(request, starts.address_of(view) if "query" in sent else _manage(view.list_key))


@require_POST
@allow(Can.USE)
def view_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down in one's own menu."""
    view = fetch(SavedView, pk, request)
    actions.move_view(view=view, by=request.user, step=1 if request.POST.get("step") == "1" else -1)
    return _go(request, _manage(view.list_key))


@require_POST
@allow(Can.USE)
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    view = fetch(SavedView, pk, request)
    actions.delete_view(view=view, by=request.user, at=timezone.now())
    starts.refresh(request, request.user)
    messages.success(request, _("视图“%(name)s”已删除。") % {"name": view.name})
    return _go(request, _manage(view.list_key))


@require_POST
@allow(Can.USE)
def view_default(request: HttpRequest, pk: int) -> HttpResponse:
    """The list opens with this view, or plainly again; anybody who sees the view may say so."""
    view = SavedView.objects.visible_to(request.user).filter(pk=pk).first()
    if view is None:
        raise Http404
    on = request.POST.get("on") == "1"
    actions.set_default(view=view if on else None, list_key=view.list_key, by=request.user)
    starts.refresh(request, request.user)
    text = _("以后打开这个列表，先显示“%(name)s”。") if on else _("打开这个列表时，不再先显示“%(name)s”。")
    messages.success(request, text % {"name": view.name})
    return _go(request, _manage(view.list_key))


def _known(request: HttpRequest, key: str) -> None:
    """404 for no such list, 403 for one the reader may not open."""
    list_registry.open_list(key=key, request=request)


def _team(request: HttpRequest, wanted: bool) -> OrgUnit | None:
    """The unit a view is shared with: where the person's first position is."""
    if not wanted:
        return None
    home = request.user.standing.home
    if home is None or not request.user.may(Can.SHARE_VIEWS):
        raise PermissionDenied(_("您的岗位不能共享视图。"))
    return home.unit


def _manage(key: str) -> str:
    return f"{reverse('desk:views')}?list={key}"


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """On to another page, also when htmx asked."""
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return redirect(url)


def _show(
    request: HttpRequest, *, key: str, query: str, active: int | None = None, form: ViewForm | None = None, status: int = 200
) -> HttpResponse:
    staff: Any = request.user
    rows = list(SavedView.objects.visible_to(staff).filter(**{"list_key": key} if key else {}).select_related("staff", "unit"))
    defaults = set(DefaultView.objects.filter(staff=staff).values_list("view_id", flat=True))
    for row in rows:
        row.url, row.is_default = starts.address_of(row), row.pk in defaults  # type: ignore[attr-defined]
        row.is_mine = row.staff_id == staff.pk  # type: ignore[attr-defined]
    context = {
        "mine": [row for row in rows if row.is_mine],  # type: ignore[attr-defined]
        "team": [row for row in rows if not row.is_mine],  # type: ignore[attr-defined]
        "active": next((row for row in rows if row.pk == active), None),
        "form": form or ViewForm(initial={"list": key, "query": query}),
        "may_share": staff.may(Can.SHARE_VIEWS) and staff.standing.home is not None,
        "list_key": key, "query": query, "list_url": list_registry.address_of(key) if key else "",
    }
    return pages.render(
        request=request, template="desk/views.html", context=context, partials=("list-views",), status=status
    )

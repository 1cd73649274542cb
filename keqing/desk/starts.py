"""Lists that open with a person's own view: remembered in the session, so that a list costs no statement more."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from keqing.desk.models import DefaultView, SavedView
from keqing.kit import list_registry
from keqing.playbooks.filters import Filter

KEY = "list_starts"


def connect() -> None:
    user_logged_in.connect(_remember, dispatch_uid="desk.starts")


def _remember(sender: Any, request: HttpRequest, user: Any, **_: Any) -> None:
    refresh(request, user)


def refresh(request: HttpRequest, staff: Any) -> None:
    """Read the defaults anew: at sign-in and after one changed."""
    rows = DefaultView.objects.filter(staff_id=staff.pk).values_list("list_key", "view_id")
    request.session[KEY] = {
        list_registry.address_of(key): view for key, view in rows if key.partition(":")[0] in list_registry.names()
    }


class StartWithView:
    """Leads a list asked for without any wish to the view the person starts it with."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "GET" and not request.META.get("QUERY_STRING") and request.user.is_authenticated:
            view = request.session.get(KEY, {}).get(request.path)
            found = view and SavedView.objects.visible_to(request.user).filter(pk=view).first()
            if found:
                return redirect(address_of(found))
        return self.get_response(request)


def customer_views(staff: Any) -> list[Filter]:
    """The saved views of customer lists, for plans that are for the customers in one of them."""
    rows = SavedView.objects.visible_to(staff).filter(list_key__startswith="customers:")
    return [Filter(view.name, f"{view.list_key}?{view.query}") for view in rows]


def address_of(view: SavedView) -> str:
    """The list with this view."""
    query = f"{view.query}&" if view.query else ""
    return f"{list_registry.address_of(view.list_key)}?{query}view={view.pk}"

"""The gate: one door for every view, one way to hold an object (house, The gate)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from keqing.access import usage
from keqing.audit import acting
from keqing.kit.prepared import Prepared

View = TypeVar("View", bound=Callable[..., HttpResponse])
M = TypeVar("M", bound=Model)


def allow(*words: str, before_password: bool = False) -> Callable[[View], View]:
    """Open a view to staff who hold any of ``words``; others get 403, strangers the sign-in page.

    ``before_password`` admits staff who have yet to change their one-time password.
    """
    if not words:
        raise ValueError("allow() needs a word")

    def door(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            staff = request.user
            if not staff.is_authenticated:
                return _to_sign_in(request)
            if staff.must_change_password and not before_password:
                return redirect("access:change_password")
            held = [word for word in words if staff.may(word)]
            if not held:
                raise PermissionDenied("您的岗位没有这项权限。")
            usage.note(staff_id=staff.pk, word=held[0])
            request.words = words  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        guarded.words = words  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return door


def public(reason: str) -> Callable[[View], View]:
    """Mark a view as open without a word; the reason is read by the guard test and by reviewers."""

    def door(view: View) -> View:
        view.public_reason = reason  # type: ignore[attr-defined]
        return view

    return door


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401)  # the page asks to sign in again and repeats the request
    return redirect_to_login(request.get_full_path(), reverse("access:sign_in"))


def fetch(
    model: type[M] | QuerySet[M] | Callable[[], QuerySet[M]], pk: Any, request: HttpRequest, *, word: str | None = None, names: bool = False, steady: str = ""
) -> M:
    """The object, if this request may have it: 404 if it may not be known, 403 if it may be seen but not done.

    ``word`` defaults to the words on the view's door. ``names`` admits rows of which only the name may be seen.
    A model gives ``objects.visible_to(staff)`` and ``allows(staff, word, names=)``. ``steady`` is a name under which the
    statement of a queryset that is the same for every request (give what makes it) is kept while the reader's rights stay.
    """
    staff: Any = request.user

    def one(pk: int) -> QuerySet[M]:
        made: Any = model._default_manager if isinstance(model, type) else model if isinstance(model, QuerySet) else model()
        return made.visible_to(staff).filter(pk=pk)[:1]  # type: ignore[no-any-return]

    rows = staff.recall(("one", steady), lambda: Prepared(one), bulky=True)(pk=pk) if steady else one(pk)
    found = next(iter(rows), None)
    if found is None:
        raise Http404
    words = (word,) if word else request.words  # type: ignore[attr-defined]
    if not any(found.allows(staff, each, names=names) for each in words):
        raise PermissionDenied("您可以看到这条记录，但不能做这项操作。")
    note_deputy(staff, found, words)
    return found


def note_deputy(staff: Any, row: Any, words: tuple[str, ...]) -> None:
    """Remember for the audit in whose place the person acts, when only a proxy opens the row to them."""
    deputyships = staff.standing.deputyships
    if not deputyships or any(row.allows(staff.on_behalf_of(None), word) for word in words):
        return
    for one in deputyships:
        if any(row.allows(staff.on_behalf_of(one), word) for word in words):
            acting.act_for(staff_id=staff.pk, name=one.name)
            return

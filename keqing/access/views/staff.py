"""The people of the company: list, one person, new, edit, password, leaving and coming back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqing.access import handover, queries
from keqing.access.actions import staff as actions
from keqing.access.actions.common import AdminRefused, Stale
from keqing.access.actions.positions import describe
from keqing.access.forms import LeaveForm, StaffForm
from keqing.access.gate import allow, fetch
from keqing.access.models import Position, Staff
from keqing.access.permissions import Can
from keqing.access.tables import open_staff
from keqing.kit import lists, pages
from keqing.kit.formats import business_date

FACTS = (
    "login_name", "name", "employee_no", "mobile", "email", "is_medical_rep_filed", "rep_filing_no", "rep_filing_valid_to",
)  # fmt: skip


@require_GET
@allow(Can.VIEW_STAFF)
def staff_list(request: HttpRequest) -> HttpResponse:
    opened = open_staff(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return lists.respond(request=request, page=page, template="access/staff_list.html")


@require_GET
@allow(Can.VIEW_STAFF)
def staff(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: facts, positions now and before, rights and where they come from."""
    person = fetch(Staff, pk, request)
    context = {
        "person": person,
        "positions": person.standing.positions,
        "holdings": person.holdings.select_related("position__unit"),
        "rights": queries.rights_of(person),
        "may_manage": request.user.may(Can.MANAGE_STAFF),
    }
    return pages.render(request=request, template="access/staff_detail.html", context=context)


@never_cache
@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE_STAFF)
def staff_new(request: HttpRequest) -> HttpResponse:
    form = StaffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person, password = actions.create_staff(values=form.values(), by=request.user, at=timezone.now())
        except AdminRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _show_password(request, person, password)
    return _form(request, form, title=_("新建员工"))


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE_STAFF)
def staff_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person = fetch(Staff, pk, request)
    facts = {name: getattr(person, name) for name in FACTS}
    form = StaffForm(request.POST or None, initial={**facts, "version": person.version})
    status = None
    if request.method == "POST" and form.is_valid():
        person.version = form.cleaned_data["version"]
        try:
            actions.edit_staff(staff=person, values=form.values(), by=request.user, at=timezone.now())
        except Stale as stale:
            form.show_conflict(
                current={name: getattr(stale.theirs, name) for name in FACTS}, version=stale.theirs.version
            )
            status = 409
        except AdminRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已保存。"))
            return redirect("access:staff", pk)
    return _form(request, form, title=_("修改员工"), person=person, status=status)


@never_cache
@require_POST
@allow(Can.MANAGE_STAFF)
def staff_reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    person = fetch(Staff, pk, request)
    try:
        password = actions.reset_password(staff=person, by=request.user, at=timezone.now())
    except AdminRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("access:staff", pk)
    return _show_password(request, person, password)


@require_http_methods(["GET", "POST"])
@allow(Can.MANAGE_STAFF)
def staff_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Deactivate; offers who takes over while there is open work."""
    person = fetch(Staff, pk, request)
    form = LeaveForm(request.POST or None, staff=person, initial={"version": person.version})
    status = 200
    if request.method == "POST" and form.is_valid():
        person.version = form.cleaned_data["version"]
        try:
            actions.deactivate_staff(
                staff=person, by=request.user, at=timezone.now(), successor=form.successor,
                manager_takes_over=form.manager_takes_over,
            )  # fmt: skip
        except Stale as stale:
            form.show_conflict(current={}, version=stale.theirs.version)
            form.add_error(None, str(stale))
            status = 409
        except AdminRefused as refusal:
            form.add_error(None, str(refusal))
            status = 422
        else:
            messages.success(request, _("%(name)s 已停用，岗位已处理。") % {"name": person.name})
            return redirect("access:staff", pk)
    positions = list(Position.objects.current().filter(holder=person).select_related("unit"))
    context = {
        "form": form,
        "heading": _("停用 %(name)s") % {"name": person.name},
        "submit_label": _("停用"),
        "cancel_url": reverse("access:staff", args=[pk]),
        "person": person,
        "positions": positions,
        "work": describe(handover.open_work(positions=positions)),
    }
    return pages.render(request=request, template="access/staff_leave.html", context=context, status=status)


@never_cache
@require_POST
@allow(Can.MANAGE_STAFF)
def staff_return(request: HttpRequest, pk: int) -> HttpResponse:
    person = fetch(Staff, pk, request)
    try:
        password = actions.reactivate_staff(staff=person, by=request.user, at=timezone.now())
    except AdminRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("access:staff", pk)
    return _show_password(request, person, password)


def _show_password(request: HttpRequest, person: Staff, password: str) -> HttpResponse:
    """The only time the password is seen: shown in the answer itself, kept nowhere."""
    return pages.render(
        request=request, template="access/one_time_password.html", context={"person": person, "password": password}
    )


def _form(
    request: HttpRequest, form: StaffForm, *, title: str, person: Staff | None = None, status: int | None = None
) -> HttpResponse:
    back = reverse("access:staff", args=[person.pk]) if person else reverse("access:staff_list")
    return pages.render(
        request=request, template="access/staff_form.html",
        context={"form": form, "heading": title, "person": person, "cancel_url": back},
        status=status or (422 if form.errors else 200),
    )  # fmt: skip

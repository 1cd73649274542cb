"""Departments across customers and inside one; the panels of the customer page that belong here."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow, fetch
from keqing.kit import lists, pages
from keqing.kit.formats import business_date
from keqing.people import queries
from keqing.people.actions import people as actions
from keqing.people.forms.people import DepartmentForm
from keqing.people.labels import change_lines
from keqing.people.models import Department, Organisation
from keqing.people.permissions import Can
from keqing.people.tables import open_departments


@require_GET
@allow(Can.VIEW_PERSON)
def departments(request: HttpRequest) -> HttpResponse:
    """Open departments of the customers seen in full."""
    opened = open_departments(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    heads = queries.department_heads([row.pk for row in page.rows])
    for row in page.rows:
        row.head = heads.get(row.pk, "")
    return lists.respond(request=request, page=page, context={"section": "departments"}, template="people/people.html")


@require_GET
@allow(Can.VIEW)
def organisation_people(request: HttpRequest, pk: int) -> HttpResponse:
    """人员 of the customer page; phones masked."""
    organisation = fetch(Organisation, pk, request)
    context = {
        "organisation": organisation,
        "people": queries.people_of(pk),
        "may_add": organisation.allows(request.user, Can.CREATE_PERSON),
        "may_see": request.user.may(Can.VIEW_PERSON),
    }
    return pages.render(request=request, template="people/organisation_people.html", context=context)


@require_GET
@allow(Can.VIEW)
def organisation_departments(request: HttpRequest, pk: int) -> HttpResponse:
    """科室 of the customer page."""
    organisation = fetch(Organisation, pk, request)
    context = {
        "organisation": organisation,
        "departments": queries.departments_of(pk),
        "may_edit": organisation.allows(request.user, Can.EDIT),
    }
    return pages.render(request=request, template="people/organisation_departments.html", context=context)


@require_GET
@allow(Can.VIEW)
def organisation_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """变更记录 of the customer page, newest first."""
    organisation = fetch(Organisation, pk, request)
    lines = change_lines(queries.file_changes(pk, limit=100), customer_id=pk)
    context = {"organisation": organisation, "changes": lines}
    return pages.render(request=request, template="people/organisation_changes.html", context=context)


@require_POST
@allow(Can.EDIT)
def department_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add departments by name, several separated by 、."""
    organisation = fetch(Organisation, pk, request)
    names = [name.strip()[:80] for name in request.POST.get("names", "").replace("，", "、").replace("\n", "、").split("、")]
    names = [name for name in names if name]
    if not names:
        messages.error(request, _("请填写科室名称。"))
    else:
        actions.create_departments(organisation=organisation, names=names, by=request.user, at=timezone.now())
        messages.success(request, _("已添加科室：%(names)s。") % {"names": "、".join(names)})
    return redirect(f"{reverse('desk:customer', args=[pk])}?tab=departments")


@allow(Can.EDIT)
def department_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, describe or close a department; gated by its organisation."""
    department = Department.objects.select_related("organisation").filter(pk=pk).first()
    if department is None:
        raise Http404
    organisation = fetch(Organisation, department.organisation_id, request)
    start = {name: getattr(department, name) for name in ("name", "standard_name", "beds", "remark", "closed_on", "version")}
    form = DepartmentForm(request.POST if request.method == "POST" else None, department=department, initial=start)
    back, status = f"{reverse('desk:customer', args=[organisation.pk])}?tab=departments", 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        values = dict(form.cleaned_data)
        department.version = values.pop("version")
        try:
            actions.update_department(department=department, values=values, by=request.user, at=timezone.now())
        except actions.PersonRefused:
            theirs = Department.objects.get(pk=pk)
            form.show_conflict(current={name: getattr(theirs, name) for name in values}, version=theirs.version)
            status = 409
        else:
            messages.success(request, _("已保存科室：%(name)s。") % {"name": values["name"]})
            return redirect(back)
    context = {"form": form, "heading": f"{organisation.name} · {department.name}", "cancel_url": back}
    return pages.render(request=request, template="kit/form.html", context=context, status=status)

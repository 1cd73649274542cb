"""回收站: customers and people go in, and come back within 30 days."""

from datetime import datetime, timedelta
from itertools import chain

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow, fetch
from keqing.access.models import Staff
from keqing.kit import pages
from keqing.kit.formats import business_date
from keqing.people import queries
from keqing.people.actions import trash as actions
from keqing.people.actions.organisations import OrganisationRefused
from keqing.people.actions.people import PersonRefused
from keqing.people.actions.trash import KEPT_DAYS
from keqing.people.forms.organisations import ReasonForm
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can

SHOWN = 200


@require_GET
@allow(Can.TRASH, Can.TRASH_PERSON)
def trash(request: HttpRequest) -> HttpResponse:
    """What was deleted in the last 30 days and may be brought back, the newest first."""
    staff, at = request.user, timezone.now()
    today = business_date(at)
    newest = [
        rows.select_related("deleted_by").order_by("-deleted_at")[:SHOWN]
        for rows in (_organisations(staff, at), _people(staff, at))
    ]
    found = sorted(chain(*newest), key=lambda row: row.deleted_at, reverse=True)[:SHOWN]
    for row in found:
        row.days_left = KEPT_DAYS - (today - business_date(row.deleted_at)).days
        name = "person_restore" if isinstance(row, Person) else "organisation_restore"
        row.restore_url = reverse(f"people:{name}", args=[row.pk])
    return pages.render(request=request, template="people/trash.html", context={"rows": found})


@allow(Can.TRASH)
def organisation_trash(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, naming the customer, then move it to 回收站."""
    organisation = fetch(Organisation, pk, request)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.trash_organisation(
                organisation=organisation, by=request.user, at=timezone.now(), reason=form.cleaned_data["reason"]
            )
        except OrganisationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已删除：%(name)s。30 天内可在回收站恢复。") % {"name": organisation.name})
            return redirect("people:organisations", organisation.kind)
    context = {"organisation": organisation, "form": form, "counts": queries.with_counts(Organisation.objects.filter(pk=pk)).get()}
    return pages.render(
        request=request, template="people/organisation_trash.html", context=context, status=422 if form.is_bound else 200
    )


@allow(Can.TRASH_PERSON)
def person_trash(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for a person."""
    person = fetch(Person, pk, request)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.trash_person(person=person, by=request.user, at=timezone.now(), reason=form.cleaned_data["reason"])
        except PersonRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已删除：%(name)s。30 天内可在回收站恢复。") % {"name": person.name})
            return redirect("people:people")
    posts = person.affiliations.filter(to_on__isnull=True).select_related("organisation")
    context = {"person": person, "form": form, "places": "、".join(post.organisation.name for post in posts)}
    return pages.render(
        request=request, template="people/person_trash.html", context=context, status=422 if form.is_bound else 200
    )


@require_POST
@allow(Can.TRASH)
def organisation_restore(request: HttpRequest, pk: int) -> HttpResponse:
    at = timezone.now()
    organisation = get_object_or_404(_organisations(request.user, at), pk=pk)
    try:
        actions.restore_organisation(organisation=organisation, by=request.user, at=at)
    except OrganisationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("people:trash")
    messages.success(request, _("已恢复：%(name)s。") % {"name": organisation.name})
    return redirect("desk:customer", pk)


@require_POST
@allow(Can.TRASH_PERSON)
def person_restore(request: HttpRequest, pk: int) -> HttpResponse:
    at = timezone.now()
    person = get_object_or_404(_people(request.user, at), pk=pk)
    try:
        actions.restore_person(person=person, by=request.user, at=at)
    except PersonRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("people:trash")
    messages.success(request, _("已恢复：%(name)s。") % {"name": person.name})
    return redirect("people:person", pk)


def _organisations(staff: Staff, at: datetime) -> QuerySet[Organisation]:
    since = at - timedelta(days=KEPT_DAYS)
    return Organisation.objects.trashed().reached_by(staff, Can.TRASH).filter(deleted_at__gte=since)


def _people(staff: Staff, at: datetime) -> QuerySet[Person]:
    since = at - timedelta(days=KEPT_DAYS)
    return Person.objects.trashed().reached_by(staff, Can.TRASH_PERSON).filter(deleted_at__gte=since)

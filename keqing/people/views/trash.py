"""回收站: customers and people go in, and come back within 30 days."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow, fetch
from keqing.kit import lists, pages
from keqing.kit.formats import business_date
from keqing.kit.list_registry import OpenList
from keqing.people import queries
from keqing.people.actions import trash as actions
from keqing.people.actions.organisations import OrganisationRefused
from keqing.people.actions.people import PersonRefused
from keqing.people.forms.organisations import ReasonForm
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can
from keqing.people.trash_lists import open_person_trash, open_trash, trashed_organisations, trashed_people


@require_GET
@allow(Can.TRASH, Can.TRASH_PERSON)
def trash(request: HttpRequest) -> HttpResponse:
    """Customers deleted in the last 30 days that may be brought back; people, for who may bring back only them."""
    return _list_page(request, open_trash if request.user.may(Can.TRASH) else open_person_trash)


@require_GET
@allow(Can.TRASH_PERSON)
def trash_people(request: HttpRequest) -> HttpResponse:
    """The same of people."""
    return _list_page(request, open_person_trash)


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
    organisation = get_object_or_404(trashed_organisations(request.user, at=at), pk=pk)
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
    person = get_object_or_404(trashed_people(request.user, at=at), pk=pk)
    try:
        actions.restore_person(person=person, by=request.user, at=at)
    except PersonRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("people:trash_people")
    messages.success(request, _("已恢复：%(name)s。") % {"name": person.name})
    return redirect("people:person", pk)


def _list_page(request: HttpRequest, opener: Callable[[HttpRequest], OpenList]) -> HttpResponse:
    opened = opener(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    key = opened.spec.key
    tabs = [
        (label, reverse(f"people:{name}"), None, key == of)
        for word, label, name, of in (
            (Can.TRASH, _("客户"), "trash", "trash"), (Can.TRASH_PERSON, _("人员"), "trash_people", "trash-people"),
        )
        if request.user.may(word)
    ]
    return lists.respond(request=request, page=page, context={"tabs": tabs}, template="people/trash.html")

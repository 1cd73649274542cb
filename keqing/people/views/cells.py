"""Single values edited in the lists of customers and people."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from keqing.access.gate import allow, fetch
from keqing.kit.cells import CellEdit, edit_cell
from keqing.kit.formats import business_date
from keqing.people.actions import organisations, people
from keqing.people.columns import OF_KIND
from keqing.people.fields import organisation_fields, person_fields
from keqing.people.forms.organisations import organisation_form
from keqing.people.forms.people import person_form
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can
from keqing.people.tables import PersonList

EDITABLE = {column.key: column for columns in OF_KIND.values() for column in columns if column.edit}
EDITABLE_OF_PEOPLE = {column.key: column for column in PersonList.columns if column.edit}


@require_http_methods(["GET", "POST"])
@allow(Can.EDIT)
def organisation_cell(request: HttpRequest, pk: int, column: str) -> HttpResponse:
    """One value of a customer; a figure typed here has no source until one is named on its page."""
    staff, at = request.user, timezone.now()
    row = fetch(Organisation, pk, request)
    known = EDITABLE.get(column)
    if known is None or known.edit not in organisation_fields(row.kind).columns:
        raise Http404
    name = known.edit
    assessed = name in organisations.ASSESSED

    def save(form: Any, version: int) -> Organisation:
        seen = Organisation.objects.get(pk=pk)
        values = {name: form.cleaned_data[name]}
        if assessed and getattr(seen, name) != values[name]:
            values["figure_sources"] = form.figure_sources(before=seen, by=staff, on=business_date(at).isoformat())
        seen.version = version
        return organisations.update_organisation(organisation=seen, values=values, by=staff, at=at)

    return edit_cell(request, CellEdit(
        column=known, row=row, url=reverse("people:organisation_cell", args=[pk, column]), today=business_date(at),
        form=lambda data, initial: organisation_form(row.kind)(data, staff=staff, before=row, initial=initial),
        save=save, stale=organisations.StaleOrganisation, refused=organisations.OrganisationRefused,
        also=(f"{name}_source", f"{name}_note") if assessed else (),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@allow(Can.EDIT_PERSON)
def person_cell(request: HttpRequest, pk: int, column: str) -> HttpResponse:
    """One value of a person."""
    at = timezone.now()
    row = fetch(Person, pk, request)
    known = EDITABLE_OF_PEOPLE.get(column)
    if known is None or known.edit not in person_fields(row.kind).columns:
        raise Http404

    def save(form: Any, version: int) -> Person:
        seen = Person.objects.get(pk=pk)
        seen.version = version
        return people.update_person(person=seen, values={known.edit: form.cleaned_data[known.edit]}, by=request.user, at=at)

    return edit_cell(request, CellEdit(
        column=known, row=row, url=reverse("people:person_cell", args=[pk, column]), today=business_date(at),
        form=lambda data, initial: person_form(row.kind)(data, initial=initial),
        save=save, stale=people.StalePerson, refused=people.PersonRefused,
    ))  # fmt: skip

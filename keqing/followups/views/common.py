"""What the views of this department share."""

from collections.abc import Collection, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from keqing.access.gate import fetch
from keqing.followups.attendees import with_people
from keqing.people.models import Organisation, Person


def fetch_customer(
    pk: int, request: HttpRequest, *, word: str | None = None, people: Collection[int] | None = None, once: bool = False
) -> Organisation | Person:
    """The customer behind the gate, an organisation or a person who belongs to none.

    With ``once`` also a person who did so before: what was written then is read and corrected, nothing is added.
    With ``people`` its staff come along in the same statement (``attendees.with_people``).
    """
    organisations = Organisation.objects.all()
    if people is not None:
        organisations = with_people(organisations, wanted=people)
    try:
        return fetch(organisations, pk, request, word=word)
    except Http404:
        people_rows = Person.objects.unaffiliated()
        return fetch(people_rows | Person.objects.once_customers() if once else people_rows, pk, request, word=word)


def customer_url(customer: Organisation | Person) -> str:
    return reverse("desk:customer", args=[customer.pk])


def answer(
    request: HttpRequest, *, page: str, fragment: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """The whole page, or its inner part when htmx asks."""
    asked = request.headers.get("HX-Request") == "true" and not request.headers.get("HX-History-Restore-Request")
    response = render(request, fragment if asked else page, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response

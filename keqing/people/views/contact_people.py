"""联系人管理: people across customers, and the gist of one beside the list."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqing.access.card_rate import card
from keqing.access.gate import allow, fetch
from keqing.kit import lists, pages
from keqing.kit.formats import business_date
from keqing.people.contact_people import open_contact_people, posts_of
from keqing.people.labels import value_of
from keqing.people.models import Person
from keqing.people.permissions import Can


@require_GET
@allow(Can.VIEW_PERSON)
def contact_people(request: HttpRequest) -> HttpResponse:
    """Everybody in sight who works at a customer."""
    opened = open_contact_people(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    opened.spec.dress(page.rows)
    new_url = reverse("people:person_new") if request.user.may(Can.CREATE_PERSON) else ""
    context = {"new_url": new_url, "empty_url": new_url, "empty_label": _("新建人员"), "section": "contacts"}
    return lists.respond(request=request, page=page, context=context, template="people/people.html")


@require_GET
@allow(Can.VIEW_PERSON)
@card
def person_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the person works, how to reach them, when they were met last."""
    found = fetch(Person, pk, request)
    full = found.allows(request.user, Can.FULL_PHONE)
    context = {
        "person": found, "post": posts_of(person_ids=[pk], reader=request.user).get(pk), "full_phone": full, "best_times": value_of(found, "best_times"),
        "may_reveal": not full and bool(found.mobile or found.phone) and found.allows(request.user, Can.REVEAL_PHONE),
        "person_url": reverse("people:person" if found.is_affiliated else "desk:customer", args=[pk]),
    }
    return pages.render(request=request, template="people/person_panel.html", context=context)

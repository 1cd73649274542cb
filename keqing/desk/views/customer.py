"""The page of one customer (decision 17): head, overview and first entries in one request."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqing.access.card_rate import card
from keqing.access.gate import allow, fetch
from keqing.desk.queries.customer import PersonPage, customer_page, furnish, page_rows, person_page
from keqing.followups import queries as followups
from keqing.followups.models import ContactRecord
from keqing.kit import pages
from keqing.kit.formats import business_date
from keqing.lifecycle.queries.customer import precall
from keqing.people.choices import CARE_KINDS
from keqing.people.labels import change_lines, owner_label
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can
from keqing.people.queries import file_changes
from keqing.people.stages import days_in

PANELS = {
    "stage": "lifecycle:panel",
    "people": "people:organisation_people",
    "departments": "people:organisation_departments",
    "contacts": "followups:history",
    "commitments": "followups:customer_commitments",
    "leads": "leads:customer_leads",
    "plans": "playbooks:customer_plans",
    "feedback": "service:customer_feedback",
    "changes": "people:organisation_changes",
}


@require_GET
@allow(Can.VIEW, Can.VIEW_PERSON)
@card
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """An organisation, or a person who belongs to none; somebody with an affiliation has a page of their own."""
    try:
        organisation = fetch(page_rows, pk, request, word=Can.VIEW, names=True, steady="customer")
    except Http404:
        return _person(request, pk)
    if not organisation.allows(request.user, Can.VIEW):
        return pages.render(request=request, template="desk/customer_name.html", context={"organisation": organisation})
    return _organisation(request, organisation)


def _organisation(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    staff, today, pk = request.user, business_date(timezone.now()), organisation.pk
    furnish(organisation, staff=staff)
    board = followups.stream_board(customer=organisation, staff=staff, today=today) if staff.may("contact.view") else None
    counts = {
        "people": organisation.people_count,  # type: ignore[attr-defined]
        "departments": organisation.department_count,  # type: ignore[attr-defined]
        "contacts": board.counts.get("contact", 0) if board else None,
    }
    labels = {
        "stage": _("阶段与需求"), "people": _("人员"), "departments": _("科室"), "contacts": _("联系记录"), "commitments": _("承诺"), "leads": _("线索"),
        "plans": _("方案"), "feedback": _("反馈"), "changes": _("变更记录"),
    }
    hidden = set() if organisation.kind in CARE_KINDS else {"departments"}
    if board is None:
        hidden.add("contacts")
    if not staff.may("reminder.view"):
        hidden.add("commitments")
    if not organisation.allows(staff, "lifecycle.view"):
        hidden.add("stage")
    if not staff.may("lead.view"):
        hidden.add("leads")
    if not organisation.allows(staff, "playbook.view"):
        hidden.add("plans")
    if not organisation.allows(staff, "feedback.view"):
        hidden.add("feedback")
    tabs = [(key, label, counts.get(key)) for key, label in labels.items() if key not in hidden]
    tab = request.GET.get("tab", "")
    context = {
        "organisation": organisation,
        "customer": organisation,
        "board": board,
        "page": customer_page(organisation=organisation, staff=staff, today=today),
        "owner": owner_label(organisation),
        "stage_days": days_in(organisation.lifecycle_since, today),
        "tabs": tabs,
        "tab": tab if tab in {key for key, _label, _count in tabs} else "",
        "panel_url": reverse(PANELS[tab], args=[pk]) if tab in PANELS and tab not in hidden else "",
        "may_edit": organisation.allows(staff, Can.EDIT),
        "may_assign": organisation.allows(staff, Can.ASSIGN),
        "may_trash": organisation.allows(staff, Can.TRASH),
        "may_record": organisation.allows(staff, "contact.record"),
        "may_see_people": staff.may(Can.VIEW_PERSON),
        "today": today,
    }
    if tab != "stage" and "stage" not in hidden:
        context["precall"] = precall(customer=organisation, staff=staff, today=today)
    return pages.render(request=request, template="desk/customer.html", context=context)


def _person(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody without affiliation is a customer of their own; others are shown where they work."""
    person = fetch(Person.objects.select_related("owner_position__holder", "collected_by", "unit"), pk, request, word=Can.VIEW_PERSON)
    if person.is_affiliated:
        return redirect("people:person", pk)
    staff, today = request.user, business_date(timezone.now())
    board = followups.stream_board(customer=person, staff=staff, today=today) if staff.may("contact.view") else None
    page: PersonPage = person_page(person=person, staff=staff)
    context = {
        "person": person, "customer": person, "board": board, "page": page, "owner": owner_label(person), "today": today,
        "may_edit": person.allows(staff, Can.EDIT_PERSON), "may_trash": person.allows(staff, Can.TRASH_PERSON),
        "may_record": person.allows(staff, "contact.record"), "may_hear": person.allows(staff, "feedback.view"),
    }
    return pages.render(request=request, template="desk/customer_person.html", context=context)


@require_GET
@allow("contact.view")
def person_contacts(request: HttpRequest, pk: int) -> HttpResponse:
    """The records a person took part in, and those from before they got a post; a panel of the person's page."""
    person = fetch(Person, pk, request, word=Can.VIEW_PERSON)
    rows = ContactRecord.objects.visible_to(request.user).filter(pk__in=followups.contacts_with(person_id=person.pk))
    context = {"person": person, "contacts": rows.select_related("tracker").order_by("-track_on", "-pk")[:50]}
    return pages.render(request=request, template="desk/customer_person_contacts.html", context=context)


@require_GET
@allow(Can.VIEW_PERSON)
def person_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """变更记录 of somebody who is a customer of their own."""
    person = fetch(Person, pk, request)
    lines = change_lines(file_changes(person.pk, limit=100), customer_id=person.pk)
    context: dict[str, Any] = {"changes": lines}
    return pages.render(request=request, template="people/organisation_changes.html", context=context)

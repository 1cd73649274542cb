"""Lists of customers, their forms, assignment, trash and the file on paper."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqing.access.actions.once import once
from keqing.access.card_rate import card
from keqing.access.gate import allow, fetch
from keqing.access.models import Position, Staff
from keqing.access.territories import TerritoryMap
from keqing.kit import lists, pages
from keqing.kit.formats import business_date
from keqing.people import queries
from keqing.people.actions import organisations as actions
from keqing.people.choices import Kind
from keqing.people.fields import organisation_fields
from keqing.people.forms.organisations import (
    NewOwnerForm,
    OrganisationForm,
    initial_of,
    organisation_form,
)
from keqing.people.labels import fact, missing_items, owner_label, validity_class, validity_text
from keqing.people.models import Organisation
from keqing.people.permissions import Can
from keqing.people.tables import dress_organisations, may_enter, names_on, open_organisations
from keqing.timeline import queries as timeline

KINDS = [("all", "全部"), *Kind.choices]


@require_GET
@allow(Can.VIEW)
def organisations(request: HttpRequest, kind: str) -> HttpResponse:
    """The customers of a kind the reader sees; those seen by name only are a list of their own."""
    staff, today = request.user, business_date(timezone.now())
    names, may_change = names_on(request)
    opened = open_organisations(request, kind)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    if not names:
        dress_organisations(page.rows, opened.spec.columns, staff=staff)
    new_kinds = [(key, label) for key, label in Kind.choices if may_enter(staff, key)]
    context = {
        "kind": kind,
        "kinds": KINDS,
        "names_on": names and may_change,
        "names_url": "?names=1" if may_change else "",
        "new_kinds": new_kinds if kind == "all" else [],
        "new_url": reverse("people:organisation_new", args=[kind]) if kind in dict(new_kinds) else "",
        "empty_url": reverse("people:organisation_new", args=[kind]) if kind in dict(new_kinds) else "",
        "empty_label": _("新建%(kind)s") % {"kind": dict(KINDS)[kind]},
        "may_import": staff.may("import.run"),
        "trash_url": reverse("people:trash") if staff.may(Can.TRASH) else "",
    }
    return lists.respond(request=request, page=page, context=context, template="people/organisations.html")


@require_GET
@allow(Can.VIEW)
@card
def organisation_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The gist of one customer beside the list."""
    organisation = fetch(Organisation.objects.select_related("region", "owner_position__holder"), pk, request)
    today, place = business_date(timezone.now()), request.GET.get("from", "")
    context = {
        "organisation": organisation,
        "customer_url": reverse("desk:customer", args=[pk]) + (f"?{urlencode({'from': place})}" if place else ""),
        "subtitle": " · ".join(
            part
            for part in (
                organisation.get_level_display(), organisation.get_category_display(),
                organisation.region.full_name if organisation.region else "", f"负责人 {owner_label(organisation)}",
            )
            if part
        ),
        "facts": timeline.facts_of(organisation.pk),
        "entries": timeline.stream_of(organisation.pk, limit=5).entries,
        "missing": missing_items(organisation),
        "people": queries.key_people(organisation.pk, limit=3),
        "may_edit": organisation.allows(request.user, Can.EDIT),
        "may_record": organisation.allows(request.user, "contact.record"),
        "today": today,
    }
    return pages.render(request=request, template="people/organisation_panel.html", context=context)


@allow(Can.CREATE)
def organisation_new(request: HttpRequest, kind: str) -> HttpResponse:
    """A new customer: a representative's own, a manager's for a chosen position, by territory or into the queue."""
    if kind not in Kind.values:
        raise Http404
    staff, at = request.user, timezone.now()
    if not may_enter(staff, kind):
        raise PermissionDenied(_("您的岗位不能新建这类客户。"))
    data = request.POST if request.method == "POST" else None
    form = organisation_form(kind)(data, staff=staff, initial={"version": 0, "name": request.GET.get("name", "")})
    owner_form = NewOwnerForm(data, staff=staff, kind=kind)
    chooses = owner_form.fields["owner"].queryset.count() > 1
    if data is not None and form.is_valid() & (not chooses or owner_form.is_valid()):
        owner = owner_form.cleaned_data["owner"] if chooses else staff.standing.home
        try:
            made, _new = once(
                by=staff, sent=data, label=actions.LABEL, make=lambda: _enter(staff, form, owner, chooses, at), at=at
            )
        except actions.OrganisationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已建立档案：%(name)s。") % {"name": form.cleaned_data["name"]})
            return redirect("desk:customer", made)
    context = {
        "form": form, "owner_form": owner_form if chooses else None, "kind": kind, "draft": f"organisation-new-{kind}",
        "heading": _("新建%(kind)s") % {"kind": Kind(kind).label}, "may_check": staff.may(Can.CHECK_DUPLICATES),
        "cancel_url": reverse("people:organisations", args=[kind]),
    }
    status = 422 if data is not None else 200
    return pages.render(request=request, template="people/organisation_form.html", context=context, status=status)


def _enter(staff: Staff, form: OrganisationForm, owner: Position | None, chooses: bool, at: Any) -> Organisation:
    today, home = business_date(at), staff.standing.home
    values = {**form.values(), "kind": form.kind, "figure_sources": form.figure_sources(before=None, by=staff, on=today.isoformat())}
    if owner is None and chooses:
        region = values.get("region")
        owner = TerritoryMap(today=today).position_for(kind=form.kind, division=region.code if region else None)
        if owner and not queries.positions_reached(staff=staff, word=Can.CREATE, kind=form.kind).filter(pk=owner.pk).exists():
            raise actions.OrganisationRefused(f"按辖区规则，这家客户归“{owner.name}”，不在您的辖区。")
    unit = owner.unit if owner else home.unit
    if not staff.standing.reaches(Can.CREATE, kind=form.kind, owner_position_id=owner.pk if owner else None, unit_id=unit.pk):
        raise actions.OrganisationRefused("这个负责岗位不在您的辖区。")
    draft = actions.Draft(values, unit=unit, owner=owner, tags=form.tags() or ())
    return actions.create_organisation(draft=draft, by=staff, at=at)


@allow(Can.EDIT)
def organisation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the file; a save over somebody else's change comes back with mine beside theirs (409)."""
    staff, at = request.user, timezone.now()
    organisation = fetch(Organisation.objects.select_related("region", "chain", "main_distributor"), pk, request)
    form_class, status = organisation_form(organisation.kind), 200
    if request.method == "POST":
        form, status = form_class(request.POST, staff=staff, before=organisation), 422
        if form.is_valid():
            before = organisation
            organisation.version = form.cleaned_data["version"]
            values = {
                **form.values(),
                "figure_sources": form.figure_sources(before=before, by=staff, on=business_date(at).isoformat()),
            }
            try:
                actions.update_organisation(organisation=organisation, values=values, by=staff, at=at, tags=form.tags())
            except actions.StaleOrganisation as stale:
                current = {name: value for name, value in initial_of(stale.theirs).items() if name in form.fields and name != "version"}
                form.show_conflict(current=current, version=stale.theirs.version)
                status = 409
            except actions.OrganisationRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("已保存：%(name)s。") % {"name": organisation.name})
                return redirect("desk:customer", pk)
    else:
        form = form_class(staff=staff, initial=initial_of(organisation))
        if (wanted := request.GET.get("field", "")) in form.fields:
            form.fields[wanted].widget.attrs["autofocus"] = True
    context = {
        "form": form, "kind": organisation.kind, "organisation": organisation, "draft": f"organisation-{pk}",
        "heading": _("编辑%(name)s") % {"name": organisation.name}, "cancel_url": reverse("desk:customer", args=[pk]),
        "may_check": staff.may(Can.CHECK_DUPLICATES),
    }
    return pages.render(request=request, template="people/organisation_form.html", context=context, status=status)


@require_GET
@allow(Can.VIEW)
@card
def organisation_print(request: HttpRequest, pk: int) -> HttpResponse:
    """档案表 on A4."""
    rows = Organisation.objects.select_related("region", "chain", "main_distributor", "owner_position__holder", "collected_by", "unit")
    organisation = fetch(rows, pk, request)
    today = business_date(timezone.now())
    context = {
        "organisation": organisation,
        "owner": owner_label(organisation),
        "facts": file_facts(organisation, today),
        "people": queries.people_of(organisation.pk),
        "departments": queries.departments_of(organisation.pk),
        "today": today,
    }
    return pages.render(request=request, template="people/organisation_print.html", context=context)


def file_facts(organisation: Organisation, today: Any) -> list[dict[str, Any]]:
    """The file's facts in the order of the policy, with the source of assessed figures; empty ones left out."""
    facts = []
    for name in organisation_fields(organisation.kind).columns:
        if name == "name":
            continue
        line = fact(organisation, name)
        if name in ("license_expires_on", "authorised_until") and (until := getattr(organisation, name)):
            line |= {"css": validity_class(until, today), "note": validity_text(until, today)}
        facts.append(line)
    return facts

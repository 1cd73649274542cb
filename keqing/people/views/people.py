"""People: list, page, forms, affiliations, the card on paper, phones."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.actions.once import once
from keqing.access.card_rate import card
from keqing.access.gate import allow, fetch
from keqing.access.models import Staff
from keqing.kit import lists, pages
from keqing.kit.addresses import replaced, whole_number
from keqing.kit.formats import business_date
from keqing.people.actions import people as actions
from keqing.people.actions.phones import reveal_phone
from keqing.people.choices import GUARDED_ROLES, PersonKind, Role
from keqing.people.fields import person_fields
from keqing.people.forms.people import (
    EndForm,
    PersonForm,
    PostForm,
    RevealForm,
    current_affiliations,
    initial_of,
    person_form,
    person_kinds,
)
from keqing.people.labels import fact, missing_items
from keqing.people.models import Affiliation, Organisation, Person
from keqing.people.permissions import Can
from keqing.people.tables import open_people

PRIVATE = ("name", "mobile", "phone", "email", "gender")
CARD = ("title", "specialty", "academic_posts", "publications", "best_times", "topics", "patients_day", "profile")


@require_GET
@allow(Can.VIEW_PERSON)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody the reader sees; phones masked."""
    today = business_date(timezone.now())
    opened = open_people(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    opened.spec.dress(page.rows)
    may_create = request.user.may(Can.CREATE_PERSON)
    new_url = reverse("people:person_new") if may_create else ""
    context = {
        "new_url": new_url, "empty_url": new_url, "empty_label": _("新建人员"), "section": "people",
        "trash_url": reverse("people:trash_people") if request.user.may(Can.TRASH_PERSON) else "",
    }
    return lists.respond(request=request, page=page, context=context, template="people/people.html")


@require_GET
@allow(Can.VIEW_PERSON)
@card
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: facts, where they work and worked, the contacts they took part in."""
    found = fetch(Person.objects.select_related("owner_position__holder", "collected_by"), pk, request)
    if not found.is_affiliated:  # a customer of their own
        return redirect("desk:customer", pk)
    return pages.render(request=request, template="people/person.html", context=person_context(request, found))


def person_context(request: HttpRequest, found: Person) -> dict[str, Any]:
    """What the person's page shows; the customer page of somebody without affiliation shows the same."""
    staff = request.user
    affiliations = current_affiliations(found)
    seen = {a.organisation_id for a in affiliations if a.organisation.allows(staff, Can.VIEW)}
    for affiliation in affiliations:
        affiliation.is_seen = affiliation.organisation_id in seen  # type: ignore[attr-defined]
    current = [a for a in affiliations if a.to_on is None]
    full = found.allows(staff, Can.FULL_PHONE)
    may_edit = found.allows(staff, Can.EDIT_PERSON)
    return {
        "person": found,
        "current": current,
        "former": [a for a in affiliations if a.to_on is not None],
        "facts": [fact(found, name) for name in person_fields(found.kind).columns if name not in PRIVATE],
        "missing": missing_items(found),
        "full_phone": full,
        "may_reveal": not full and bool(found.mobile or found.phone) and found.allows(staff, Can.REVEAL_PHONE),
        "may_edit": may_edit,
        "may_trash": found.allows(staff, Can.TRASH_PERSON),
        "guarded": any(a.role in GUARDED_ROLES for a in current),
    }


@allow(Can.CREATE_PERSON)
def person_new(request: HttpRequest) -> HttpResponse:
    """A new person, at an organisation (``?organisation=``) or belonging to none."""
    staff, at = request.user, timezone.now()
    organisation = None
    if (sent := whole_number(request.GET.get("organisation"))) is not None:
        organisation = fetch(Organisation, sent, request)
    kinds = [
        (key, label) for key, label in person_kinds(organisation)
        if organisation is not None or _may_enter(staff, key)
    ]
    # whoever may enter people only at organisations of some kinds has to name one
    needs_organisation = organisation is not None or not kinds
    kinds = kinds or [(PersonKind.COMPANY_STAFF.value, PersonKind.COMPANY_STAFF.label)]
    kind = request.GET.get("kind", "")
    if kind not in dict(kinds):
        kind = _kind_for_role(request.GET.get("role", ""), kinds)
    needs_post = kind not in (PersonKind.CONSUMER, PersonKind.INDIVIDUAL_AGENT)
    data = request.POST if request.method == "POST" else None
    form = person_form(kind)(data, initial={"version": 0, "name": request.GET.get("name", "")})
    role = request.GET.get("role", "") or (Role.DOCTOR if kind == PersonKind.DOCTOR else "")
    start = {"organisation": organisation, "role": role, "is_primary": True}
    post_form = PostForm(data, staff=staff, organisation=organisation, initial=start) if needs_post else None
    if post_form:
        del post_form.fields["is_primary"]
        # a doctor whose hospital is not known yet waits under 无任职
        post_form.fields["organisation"].required = post_form.fields["role"].required = needs_organisation
    if data is not None and form.is_valid() & (post_form is None or post_form.is_valid()):
        made, _new = once(
            by=staff, sent=data, label=actions.LABEL, make=lambda: _enter(request, form, post_form, at), at=at
        )
        messages.success(request, _("已建立人员档案：%(name)s。") % {"name": form.cleaned_data["name"]})
        return redirect("people:person", made)
    context = {
        "form": form, "post_form": post_form, "kinds": kinds, "kind": kind, "organisation": organisation,
        "kind_links": [(label, _with_kind(request, key), None, key == kind) for key, label in kinds],
        "heading": _("新建%(kind)s") % {"kind": PersonKind(kind).label}, "draft": f"person-new-{kind}",
        "cancel_url": reverse("desk:customer", args=[organisation.pk]) if organisation else reverse("people:people"),
        "may_check": staff.may(Can.CHECK_DUPLICATES),
    }
    return pages.render(
        request=request, template="people/person_form.html", context=context, status=422 if data is not None else 200
    )


def _may_enter(staff: Staff, kind: str) -> bool:
    """Whether a person of this kind, belonging to no organisation yet, may be entered for one's own position."""
    home = staff.standing.home
    return home is not None and staff.standing.reaches(
        Can.CREATE_PERSON, kind=kind, owner_position_id=home.pk, unit_id=home.unit_id
    )


def _with_kind(request: HttpRequest, kind: str) -> str:
    return replaced(request=request, changes={"kind": kind})


def _kind_for_role(role: str, kinds: list[tuple[str, str]]) -> str:
    keys = [key for key, _label in kinds]
    if role and role not in ("doctor", "clinical_head") and PersonKind.CARE_STAFF in keys:
        return PersonKind.CARE_STAFF
    return keys[0]


@transaction.atomic
def _enter(request: HttpRequest, form: PersonForm, post_form: PostForm | None, at: Any) -> Person:
    staff = request.user
    home = staff.standing.home
    posts = []
    if post_form and (organisation := post_form.cleaned_data.get("organisation")):
        posts = [_post(post_form, organisation, staff, at)]
    draft = actions.PersonDraft({**form.values(), "kind": form.kind}, unit=home.unit, owner=home, posts=posts)
    return actions.create_person(draft=draft, by=staff, at=at)


def _post(form: PostForm, organisation: Organisation, staff: Any, at: Any) -> actions.Post:
    clean, department = form.cleaned_data, None
    if clean.get("department", "").strip():
        department = actions.create_departments(organisation=organisation, names=[clean["department"]], by=staff, at=at)[0]
    return actions.Post(
        organisation, clean["role"], department, clean["post"], clean.get("is_department_head", False), clean["from_on"]
    )


@allow(Can.EDIT_PERSON)
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the file; a save over somebody else's change comes back with mine beside theirs (409)."""
    staff = request.user
    found = fetch(Person, pk, request)
    full = found.allows(staff, Can.FULL_PHONE)
    form_class, status = person_form(found.kind), 200
    if request.method == "POST":
        form, status = form_class(request.POST), 422
        _hide_phones(form, full)
        if form.is_valid():
            found.version = form.cleaned_data["version"]
            try:
                actions.update_person(person=found, values=form.values(), by=staff, at=timezone.now())
            except actions.StalePerson as stale:
                current = {n: v for n, v in initial_of(stale.theirs).items() if n in form.fields and n != "version"}
                form.show_conflict(current=current, version=stale.theirs.version)
                status = 409
            else:
                messages.success(request, _("已保存：%(name)s。") % {"name": found.name})
                return redirect("people:person", pk)
    else:
        form = form_class(initial=initial_of(found))
        _hide_phones(form, full)
        if (wanted := request.GET.get("field", "")) in form.fields:
            form.fields[wanted].widget.attrs["autofocus"] = True
    context = {
        "form": form, "person": found, "kind": found.kind, "draft": f"person-{pk}", "heading": _("编辑%(name)s") % {"name": found.name},
        "cancel_url": reverse("people:person", args=[pk]), "phones_hidden": not full,
    }
    return pages.render(request=request, template="people/person_form.html", context=context, status=status)


def _hide_phones(form: PersonForm, full: bool) -> None:
    """Who may not read a phone may not overwrite it either."""
    if not full:
        for name in ("mobile", "phone"):
            form.fields.pop(name, None)


@require_GET
@allow(Can.VIEW_PERSON)
@card
def person_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The doctor's card on one A4 page: professional facts only, no phones (R-009)."""
    found = fetch(Person, pk, request)
    affiliations = [a for a in current_affiliations(found) if a.to_on is None]
    fields = person_fields(found.kind)
    facts = [fact(found, name) for name in CARD if name in fields and name != "title"]
    context = {"person": found, "affiliations": affiliations, "facts": facts, "today": business_date(timezone.now())}
    return pages.render(request=request, template="people/person_card.html", context=context)


@require_POST
@allow(Can.REVEAL_PHONE)
def person_phone(request: HttpRequest, pk: int) -> HttpResponse:
    """The full phone for a reason; the look is in the audit."""
    found = fetch(Person, pk, request)
    form = RevealForm(request.POST)
    context: dict[str, Any] = {"person": found, "reveal_form": form, "may_reveal": True}
    if form.is_valid():
        reveal_phone(person=found, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
        context |= {"full_phone": True, "may_reveal": False, "revealed": True}
    status = 200 if form.is_valid() else 422
    if request.headers.get("HX-Target") == "phones":
        return pages.render(request=request, template="people/_phones.html", context=context, status=status)
    context = {**person_context(request, found), **context}
    return pages.render(request=request, template="people/person.html", context=context, status=status)


@allow(Can.EDIT_PERSON)
def affiliation_new(request: HttpRequest, pk: int) -> HttpResponse:
    """The person works at one more organisation."""
    found = fetch(Person, pk, request)
    form = PostForm(request.POST if request.method == "POST" else None, staff=request.user, initial={"is_primary": not found.is_affiliated})
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        try:
            with transaction.atomic():  # a refusal takes the new department back too
                post = _post(form, form.cleaned_data["organisation"], request.user, at)
                actions.add_affiliation(
                    person=found, post=post, is_primary=form.cleaned_data["is_primary"], by=request.user, at=at
                )
        except actions.PersonRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已新增任职。"))
            return redirect("people:person", pk)
    context = {"form": form, "person": found, "heading": _("%(name)s · 新增任职") % {"name": found.name}, "cancel_url": reverse("people:person", args=[pk])}
    return pages.render(
        request=request, template="people/affiliation_form.html", context=context, status=422 if form.is_bound else 200
    )


def _affiliation(request: HttpRequest, pk: int) -> Affiliation:
    """Reached through its organisation: who may edit people there."""
    affiliation = Affiliation.objects.select_related("person", "organisation").filter(pk=pk).first()
    if affiliation is None:
        raise Http404
    fetch(Person, affiliation.person_id, request)
    if not affiliation.organisation.allows(request.user, Can.EDIT_PERSON):
        raise PermissionDenied(_("这家机构不在您的辖区。"))
    return affiliation


@allow(Can.EDIT_PERSON)
def affiliation_end(request: HttpRequest, pk: int) -> HttpResponse:
    """The person left; the affiliation stays as history (R-002)."""
    affiliation = _affiliation(request, pk)
    at = timezone.now()
    form = EndForm(request.POST if request.method == "POST" else None, initial={"on": business_date(at)})
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_affiliation(affiliation=affiliation, by=request.user, at=at, **form.cleaned_data)
        except actions.PersonRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已结束任职，历史保留。"))
            if Person.objects.visible_to(request.user).filter(pk=affiliation.person_id).exists():
                return redirect("people:person", affiliation.person_id)
            return redirect("desk:customer", affiliation.organisation_id)  # now somebody else's to look after
    context = {
        "form": form, "submit_label": _("结束任职"), "cancel_url": reverse("people:person", args=[affiliation.person_id]),
        "heading": _("结束%(name)s在%(place)s的任职") % {"name": affiliation.person.name, "place": affiliation.organisation.name},
    }
    return pages.render(request=request, template="kit/form.html", context=context, status=422 if form.is_bound else 200)


@require_POST
@allow(Can.EDIT_PERSON)
def affiliation_primary(request: HttpRequest, pk: int) -> HttpResponse:
    affiliation = _affiliation(request, pk)
    try:
        actions.make_primary(affiliation=affiliation, by=request.user, at=timezone.now())
    except actions.PersonRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("主要任职已改为%(place)s。") % {"place": affiliation.organisation.name})
    return redirect("people:person", affiliation.person_id)

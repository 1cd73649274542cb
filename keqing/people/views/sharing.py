"""谁能看到: the page of a customer's sharing."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow, fetch
from keqing.access.permissions import Can as AccessCan
from keqing.kit import pages
from keqing.kit.formats import business_date
from keqing.people.actions.sharing import SharingRefused, revoke_share, share_customer
from keqing.people.forms.sharing import ShareForm
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can
from keqing.people.sharing import share_numbered, who_sees

PROPOSED_DAYS = 30


@require_GET
@allow(Can.VIEW, Can.VIEW_PERSON)
def sharing(request: HttpRequest, pk: int) -> HttpResponse:
    """Who sees this customer and why; with whom it is shared, and was."""
    return _page(request, _customer(request, pk))


@require_POST
@allow(AccessCan.SHARE)
def share_new(request: HttpRequest, pk: int) -> HttpResponse:
    customer = _customer(request, pk)
    form = ShareForm(request.POST, customer=customer, reader=request.user)
    if form.is_valid():
        data = form.cleaned_data
        try:
            share = share_customer(
                customer=customer, position=data["position"], unit=data["unit"], from_on=data["from_on"], to_on=data["to_on"],
                may_write=data["may_write"] == "yes", reason=data["reason"], by=request.user, at=timezone.now(),
            )
        except SharingRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已共享给%(who)s，到 %(day)s。") % {"who": share.with_whom, "day": share.to_on})
            return redirect("people:sharing", pk)
    return _page(request, customer, form, status=422)


@require_POST
@allow(AccessCan.SHARE)
def share_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    found = share_numbered(pk)
    if found is None:
        raise Http404
    customer = _customer(request, found.customer_id)
    try:
        revoke_share(share=found, by=request.user, at=timezone.now())
    except SharingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已收回，%(who)s从现在起看不到。") % {"who": found.with_whom})
    return redirect("people:sharing", customer.pk)


def _customer(request: HttpRequest, pk: int) -> Organisation | Person:
    """An organisation, or a person who is a customer of their own; seen in full."""
    try:
        return fetch(Organisation.objects.select_related("unit", "owner_position"), pk, request)
    except Http404:
        return fetch(Person.objects.unaffiliated().select_related("unit", "owner_position"), pk, request)


def _page(request: HttpRequest, customer: Organisation | Person, form: ShareForm | None = None, *, status: int = 200) -> HttpResponse:
    today = business_date(timezone.now())
    may_share = customer.allows(request.user, AccessCan.SHARE)
    if form is None and may_share:
        days = {"from_on": today, "to_on": today + timedelta(days=PROPOSED_DAYS)}
        form = ShareForm(customer=customer, reader=request.user, initial=days)
    context = {
        "customer": customer, "page": who_sees(customer=customer, today=today), "form": form, "may_share": may_share, "today": today,
    }
    return pages.render(request=request, template="people/sharing.html", context=context, status=status)

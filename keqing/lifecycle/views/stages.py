"""看板, the panel of a customer, and moving one along."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow, fetch
from keqing.kit import list_registry, pages
from keqing.kit.addresses import back, replaced
from keqing.kit.formats import business_date
from keqing.kit.lists import respond
from keqing.lifecycle.actions import MoveRefused, move_customers
from keqing.lifecycle.forms import MoveForm
from keqing.lifecycle.permissions import Can
from keqing.lifecycle.queries.board import more_cards, stage_columns
from keqing.lifecycle.queries.customer import precall, stage_panel
from keqing.lifecycle.tables import open_changes, open_effects
from keqing.lifecycle.transitions import LABELS, MOVED_MEANWHILE, onward
from keqing.lifecycle.views.common import contact_of, stage_url
from keqing.people.choices import Stage
from keqing.people.models import Organisation

CUSTOMERS = "customers:all"


@require_GET
@allow(Can.VIEW)
def board(request: HttpRequest) -> HttpResponse:
    """The customers of the list, with its filters, in a column for each stage; on a phone one column at a time."""
    today = business_date(timezone.now())
    opened = _customers(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    rows = opened.spec.chosen(request=request, queryset=opened.rows, today=today, lenient=True)
    columns = stage_columns(rows=rows, staff=request.user, today=today)
    shown = request.GET.get("column", "")
    query = page.query
    context = {
        "page": page, "columns": columns, "shown": shown if shown in Stage.values else Stage.PROSPECT, "today": today,
        "here": request.get_full_path(), "query": query,
        "table_url": f"{list_registry.address_of(CUSTOMERS)}{'?' + query if query else ''}",
        "tabs": [(c, replaced(request=request, changes={"column": c.stage})) for c in columns],
    }
    return pages.render(request=request, template="lifecycle/board.html", context=context, partials=("list",))


@require_GET
@allow(Can.VIEW)
def column(request: HttpRequest, stage: str) -> HttpResponse:
    """The next cards of one column."""
    if stage not in Stage.values:
        raise Http404
    today = business_date(timezone.now())
    opened = _customers(request)
    rows = opened.spec.chosen(request=request, queryset=opened.rows, today=today)
    found = more_cards(rows=rows, stage=stage, after=request.GET.get("after", ""), staff=request.user, today=today)
    context = {
        "column": found, "today": today, "here": reverse("lifecycle:board"),
        "query": replaced(request=request, changes={"after": ""}).removeprefix("?"),
    }
    return pages.render(request=request, template="lifecycle/column.html", context=context, partials=())


@require_GET
@allow(Can.VIEW)
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """阶段与需求 on the customer's page."""
    customer = fetch(Organisation, pk, request)
    found = stage_panel(customer=customer, staff=request.user, today=business_date(timezone.now()))
    template = "lifecycle/_panel.html" if request.headers.get("HX-Request") == "true" else "lifecycle/panel.html"
    return pages.render(request=request, template=template, context={"panel": found, "customer": customer})


@require_GET
@allow(Can.VIEW)
def before_call(request: HttpRequest, pk: int) -> HttpResponse:
    """出发前: stage, open needs and targets, beside the form of a contact."""
    customer = fetch(Organisation, pk, request)
    found = precall(customer=customer, staff=request.user, today=business_date(timezone.now()))
    template = "lifecycle/_precall.html" if request.headers.get("HX-Request") == "true" else "lifecycle/precall.html"
    return pages.render(request=request, template=template, context={"precall": found, "customer": customer})


@allow(Can.EDIT)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Into another stage; the form asks for what the step needs, the refusal says what is missing."""
    customer = fetch(Organisation, pk, request)
    seen = request.POST.get("seen", customer.lifecycle)
    start = seen if seen in Stage.values else customer.lifecycle
    ways = list(onward(start))
    to = request.POST.get("to") or request.GET.get("to", "")
    initial = {"to": to, "seen": start, "contact": request.GET.get("contact", "")}
    form = MoveForm(request.POST or None, initial=initial, ways=ways, to=to)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            customer.lifecycle = form.cleaned_data["seen"]
            try:
                _move(customer, form, request)
            except MoveRefused as refusal:
                status = 409 if refusal.refused[pk].rule == MOVED_MEANWHILE else 422
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{customer.name}：{LABELS[form.cleaned_data['to']]}。")
                return redirect(back(request, stage_url(pk)))
    context = {
        "form": form, "customer": customer, "from_label": LABELS[start], "to": to, "to_label": LABELS.get(to, ""), "ways": ways,
        "next": back(request, ""), "cancel_url": back(request, stage_url(pk)),
        "asks_need": to == Stage.OPPORTUNITY, "here": f"{request.path}?{urlencode({'to': to, 'next': back(request, '')})}",
    }
    return pages.render(request=request, template="lifecycle/move.html", context=context, status=status)


def _move(customer: Organisation, form: Any, request: HttpRequest) -> None:
    data = form.cleaned_data
    move_customers(
        customers=[customer], to=data["to"], by=request.user, at=timezone.now(), reason=data["reason"], evidence=data["evidence"],
        contact_id=contact_of(customer=customer, contact_id=data["contact"]), loss_reason=data.get("loss_reason"),
        competitor=data.get("competitor"),
    )


@require_GET
@allow(Can.VIEW)
def changes(request: HttpRequest) -> HttpResponse:
    opened = open_changes(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return respond(request=request, page=page)


@require_GET
@allow(Can.VIEW)
def effects(request: HttpRequest) -> HttpResponse:
    opened = open_effects(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    opened.spec.dress(page.rows)  # type: ignore[attr-defined]
    return respond(request=request, page=page)


def _customers(request: HttpRequest) -> list_registry.OpenList:
    """The list of customers as this address asks for it; the directory of names has no stages."""
    opened = list_registry.open_list(key=CUSTOMERS, request=request)
    if not hasattr(opened.spec, "kind"):
        raise Http404
    return opened

"""需求: list, detail, register, answer."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.kit import pages
from keqing.kit.formats import business_date
from keqing.kit.lists import respond
from keqing.lifecycle.actions.needs import FIELDS, LABEL, change_need, register_need
from keqing.lifecycle.forms import NeedEditForm, NeedForm
from keqing.lifecycle.models import Need
from keqing.lifecycle.permissions import Can
from keqing.lifecycle.tables import open_needs
from keqing.lifecycle.views.common import act, contact_of, stage_url
from keqing.people.models import Organisation


@require_GET
@allow(Can.VIEW)
def needs(request: HttpRequest) -> HttpResponse:
    """All needs within reach; the chip 30 天未回应 is the list of those nobody answered (R-286)."""
    opened = open_needs(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return respond(request=request, page=page)


@require_GET
@allow(Can.VIEW)
def need(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetch(Need.objects.select_related("created_by"), pk, request)
    context = {"need": found, "may_edit": found.allows(request.user, Can.EDIT), "today": business_date(timezone.now())}
    template = "lifecycle/_need.html" if request.headers.get("HX-Request") == "true" else "lifecycle/need.html"
    return pages.render(request=request, template=template, context=context)


@allow(Can.EDIT)
def need_new(request: HttpRequest, pk: int) -> HttpResponse:
    at = timezone.now()
    customer = fetch(Organisation, pk, request)
    form = NeedForm(request.POST or None, initial={"raised_on": business_date(at), "contact": request.GET.get("contact", "")})

    def store() -> str:
        data = form.cleaned_data
        once(
            by=request.user, sent=request.POST, label=LABEL, at=at,
            make=lambda: register_need(
                customer=customer, text=data["text"], evidence=data["evidence"], raised_on=data["raised_on"],
                answer=data["answer"], contact_id=contact_of(customer=customer, contact_id=data["contact"]), by=request.user, at=at,
            ),
        )
        return "已登记需求。"

    return act(
        request, form=form, store=store, default=stage_url(pk),
        context={"customer": customer, "heading": "登记需求", "submit": "保存", "draft": "need"},
    )


@allow(Can.EDIT)
def need_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """回应, 已满足, or another wording."""
    at = timezone.now()
    found = fetch(Need, pk, request)
    form = NeedEditForm(request.POST or None, initial={**{name: getattr(found, name) for name in FIELDS}, "version": found.version})

    def store() -> str:
        found.version = form.cleaned_data["version"]
        stored = change_need(need=found, values={name: form.cleaned_data[name] for name in FIELDS}, by=request.user, at=at)
        return f"已保存：{stored.state}。"

    return act(
        request, form=form, store=store, default=stage_url(found.customer_id),
        context={"customer": found.customer(), "heading": "回应需求", "submit": "保存"},
    )

"""客户提升目标: list, detail, set, change, reached."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.kit import pages
from keqing.kit.formats import business_date
from keqing.kit.lists import respond
from keqing.lifecycle.actions.targets import LABEL, change_target, reach_target, set_target
from keqing.lifecycle.forms import ReachForm, TargetEditForm, TargetForm
from keqing.lifecycle.models import Target
from keqing.lifecycle.permissions import Can
from keqing.lifecycle.queries.customer import positions_for_target
from keqing.lifecycle.tables import open_targets
from keqing.lifecycle.views.common import act, stage_url
from keqing.people.models import Organisation


@require_GET
@allow(Can.VIEW)
def targets(request: HttpRequest) -> HttpResponse:
    opened = open_targets(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return respond(request=request, page=page, template="lifecycle/targets.html")


@require_GET
@allow(Can.VIEW)
def target(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetch(Target.objects.select_related("position__holder", "created_by"), pk, request)
    context = {
        "target": found, "today": business_date(timezone.now()),
        "may_edit": found.reached_on is None and found.allows(request.user, Can.EDIT),
    }
    template = "lifecycle/_target.html" if request.headers.get("HX-Request") == "true" else "lifecycle/target.html"
    return pages.render(request=request, template=template, context=context)


@allow(Can.EDIT)
def target_new(request: HttpRequest, pk: int) -> HttpResponse:
    at = timezone.now()
    customer = fetch(Organisation.objects.select_related("unit"), pk, request)
    positions = positions_for_target(staff=request.user, customer=customer)
    form = TargetForm(request.POST or None, positions=positions, initial={"position": customer.owner_position_id})

    def store() -> str:
        data = form.cleaned_data
        once(
            by=request.user, sent=request.POST, label=LABEL, at=at,
            make=lambda: set_target(
                customer=customer, kind=data["kind"], now=data["now"], wanted=data["wanted"], due_on=data["due_on"],
                actions=data["actions"], position=data["position"], by=request.user, at=at,
            ),
        )
        return "已制定目标。"

    return act(
        request, form=form, store=store, default=stage_url(pk),
        context={"customer": customer, "heading": "制定提升目标", "submit": "保存", "draft": "target"},
    )


@allow(Can.EDIT)
def target_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetch(Target.objects.select_related("position__holder"), pk, request)
    customer = found.customer()
    initial = {"due_on": found.due_on, "actions": found.actions, "position": found.position_id, "version": found.version}
    form = TargetEditForm(request.POST or None, positions=positions_for_target(staff=request.user, customer=customer), initial=initial)

    def store() -> str:
        found.version = form.cleaned_data["version"]
        change_target(target=found, values=form.cleaned_data, by=request.user, at=timezone.now())
        return "已保存。"

    return act(
        request, form=form, store=store, default=stage_url(customer.pk),
        context={"customer": customer, "heading": f"修改目标 · {found}", "submit": "保存"},
    )


@allow(Can.EDIT)
def target_reach(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetch(Target.objects.select_related("position__holder"), pk, request)
    form = ReachForm(request.POST or None, initial={"version": found.version})

    def store() -> str:
        found.version = form.cleaned_data["version"]
        reach_target(target=found, evidence=form.cleaned_data["evidence"], by=request.user, at=timezone.now())
        return "目标已达成。"

    return act(
        request, form=form, store=store, default=stage_url(found.customer_id),
        context={"customer": found.customer(), "heading": f"达成 · {found}", "submit": "达成"},
    )

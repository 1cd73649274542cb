"""工作转移: the wizard (whose work, to whom), the page of one transfer, deciding, calling off, undoing."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqing.access import handover
from keqing.access.actions import transfers as actions
from keqing.access.actions.common import AdminRefused
from keqing.access.allotting import Allotment, allot, condition_of
from keqing.access.gate import allow
from keqing.access.models import Position, Transfer, TransferProgress, TransferSplit
from keqing.access.permissions import Can
from keqing.access.tasks import carry_out_transfer
from keqing.access.work import SHARED_DAYS, UNDO_DAYS
from keqing.access.work_forms import DecisionForm, TransferForm, pickable
from keqing.access.work_lists import STATES, from_names, open_items, open_transfers, told
from keqing.kit import lists, pages
from keqing.kit.formats import business_date
from keqing.kit.jobs import defer

SOURCES_SHOWN = 60
MOST_SOURCES = 50


@require_GET
@allow(Can.MANAGE_PROXY, Can.MAKE_TRANSFER)
def transfers(request: HttpRequest) -> HttpResponse:
    """Those of the reader's own positions too: who gives and who gets reads the handover note."""
    opened = open_transfers(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    context = {"may_make": request.user.may(Can.MAKE_TRANSFER)}
    return lists.respond(request=request, page=page, template="access/transfers.html", context=context)


@require_GET
@allow(Can.MANAGE_PROXY, Can.MAKE_TRANSFER)
def transfer(request: HttpRequest, pk: int) -> HttpResponse:
    found = _shown(request, pk)
    staff, now = request.user, timezone.now()
    decides = found.state == Transfer.State.WAITING and staff.may(Can.APPROVE_TRANSFER)
    undo_until = found.finished_at + timedelta(days=UNDO_DAYS) if found.finished_at else None
    progress = TransferProgress.objects.filter(pk=found.pk).first() if found.state == Transfer.State.SCHEDULED else None
    due = found.state == Transfer.State.SCHEDULED and found.effective_on <= business_date(now)
    splits, allotted = _splits(found)
    context = {
        "transfer": found,
        "names": from_names(found),
        "told": told(transfer=found, staff=staff),
        "tone": STATES[found.state],
        "splits": splits,
        "rest": allotted.rest if allotted else None,
        "work": handover.open_work(positions=[source.position for source in found.sources.all()]) if _is_open(found) else [],
        "why_not": actions.may_decide(transfer=found, staff=staff) if decides else "",
        "decides": decides,
        "may_cancel": _is_open(found) and staff.pk in (found.made_by_id, found.decided_by_id),
        "may_undo": found.state == Transfer.State.DONE and staff.may(Can.APPROVE_TRANSFER) and undo_until and now <= undo_until,
        "undo_until": undo_until,
        "shared_days": SHARED_DAYS,
        "progress": progress,
        "is_due": due,
        "is_polled": request.headers.get("HX-Target") == "progress",
        "shows_items": bool(found.counts) and staff.may("organisation.view"),
    }
    return pages.render(request=request, template="access/transfer.html", context=context, partials=("progress",))


@require_GET
@allow(Can.MANAGE_PROXY, Can.MAKE_TRANSFER)
def transfer_items(request: HttpRequest, pk: int) -> HttpResponse:
    """The report: what moved, row by row, to look at and to export."""
    opened = open_items(request, str(pk))
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return lists.respond(request=request, page=page, template="access/transfer_items.html", context={"transfer_id": pk})


@require_http_methods(["GET", "POST"])
@allow(Can.MAKE_TRANSFER)
def transfer_new(request: HttpRequest) -> HttpResponse:
    """First whose work, then everything that moves and who gets it."""
    reached = _positions(request)
    wanted = [int(one) for one in request.GET.getlist("position") if one.isdecimal() and len(one) < 10][:MOST_SOURCES]
    sources = list(reached.filter(pk__in=wanted)) if wanted else []
    if not sources:
        return _choose(request)
    sees_names = request.user.may("organisation.view")
    form = TransferForm(
        request.POST or None, reader=request.user, sources=sources,
        initial={"effective_on": business_date(timezone.now()), "reason": Transfer.Reason.REORGANISATION},
    )
    picked = [int(one) for one in request.POST.getlist("picked") if one.isdecimal() and len(one) < 19]
    if request.method == "POST" and form.is_valid():
        if picked and not form.cleaned_data.get("picked_to"):
            form.add_error("picked_to", _("选定了客户，请选择移交给谁。"))
        elif made := _ask(request, form, sources, picked):
            messages.success(request, _("已提交，等待双方共同的上级批准。"))
            return redirect("access:transfer", made.pk)
    text = request.GET.get("customer", "").strip()[:40]
    context = {
        "form": form, "sources": sources, "work": handover.open_work(positions=sources),
        "personal": handover.personal_work(staff=form.leaver) if form.leaver else [],
        "customers": pickable(sources, text=text) if sees_names else [], "picked": picked, "sees_names": sees_names,
    }  # fmt: skip
    return pages.render(
        request=request, template="access/transfer_new.html", context=context, status=422 if form.errors else 200
    )


@require_POST
@allow(Can.APPROVE_TRANSFER)
def transfer_decide(request: HttpRequest, pk: int) -> HttpResponse:
    found = _shown(request, pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请选择批准或不批准。"))
        return redirect("access:transfer", pk)
    at, agreed = timezone.now(), form.cleaned_data["agreed"] == "yes"
    try:
        decided = actions.decide_transfer(
            transfer=found, agreed=agreed, opinion=form.cleaned_data["opinion"], by=request.user, at=at
        )
    except AdminRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("access:transfer", pk)
    if agreed and decided.effective_on <= business_date(at):
        defer(carry_out_transfer, transfer_id=decided.pk)
    messages.success(request, _("已批准。") if agreed else _("已退回。"))
    return redirect("access:transfer", pk)


@require_POST
@allow(Can.MAKE_TRANSFER, Can.APPROVE_TRANSFER)
def transfer_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        actions.cancel_transfer(transfer=_shown(request, pk), by=request.user, at=timezone.now())
    except AdminRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已取消，没有移交任何工作。"))
    return redirect("access:transfer", pk)


@require_POST
@allow(Can.APPROVE_TRANSFER)
def transfer_undo(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        back, kept = actions.undo_transfer(transfer=_shown(request, pk), by=request.user, at=timezone.now())
    except AdminRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已撤销 %(n)s 项。") % {"n": back})
        if kept and not request.user.may("organisation.view"):
            messages.warning(request, _("%(n)s 项之后又有变动，没有撤销。") % {"n": len(kept)})
        elif kept:
            names = "、".join(kept[:10]) + (_(" 等") if len(kept) > 10 else "")
            messages.warning(request, _("%(n)s 项之后又有变动，没有撤销：%(names)s") % {"n": len(kept), "names": names})
    return redirect("access:transfer", pk)


def _ask(request: HttpRequest, form: TransferForm, sources: list[Position], picked: list[int]) -> Transfer | None:
    data, splits = form.cleaned_data, form.splits(picked=picked)
    if splits and form.says_what_moves_nobody(splits=splits, sources=sources):
        return None
    try:
        return actions.ask_transfer(
            positions=sources, reason=data["reason"], rest_to=data["rest_to"], splits=splits,
            effective_on=data["effective_on"], note=data["note"], leaver=form.leaver if data.get("closes_account") else None,
            by=request.user, at=timezone.now(),
        )
    except AdminRefused as refusal:
        form.add_error(None, str(refusal))
        return None


def _choose(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:40]
    rows = _positions(request)
    if text:
        rows = rows.filter(Q(name__contains=text) | Q(holder__name__contains=text) | Q(unit__name__contains=text))
    context: dict[str, Any] = {"positions": rows[:SOURCES_SHOWN], "text": text, "most": SOURCES_SHOWN}
    return pages.render(request=request, template="access/transfer_choose.html", context=context)


def _positions(request: HttpRequest) -> Any:
    reached = request.user.standing.rows(Can.MAKE_TRANSFER, kind="role", owner="pk", unit="unit_id")
    return Position.objects.current().filter(reached).select_related("holder", "unit").order_by("unit__path", "code")


def _shown(request: HttpRequest, pk: int) -> Transfer:
    rows = Transfer.objects.select_related("made_by", "decided_by", "undone_by", "leaver", "rest_to__holder", "rest_to__unit")
    rows = rows.prefetch_related("sources__position__holder", "sources__position__unit")
    return get_object_or_404(rows.visible_to(request.user), pk=pk)


def _splits(found: Transfer) -> tuple[list[tuple[TransferSplit, str, int | None, str]], Allotment | None]:
    """The rules in words; of what is not carried out yet also how many go by each now, and what is wrong with it."""
    rules = list(found.splits.select_related("to_position__holder"))
    if not rules or not _is_open(found):
        return [(rule, condition_of(rule), None, "") for rule in rules], None
    allotted = allot(positions=[source.position_id for source in found.sources.all()], rules=rules)
    return [(rule, condition_of(rule), allotted.counts[place], allotted.trouble(place)) for place, rule in enumerate(rules)], allotted


def _is_open(transfer: Transfer) -> bool:
    return transfer.state in (Transfer.State.WAITING, Transfer.State.SCHEDULED, Transfer.State.FAILED)



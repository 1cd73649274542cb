"""Choosing what to do to many customers, watching it, taking it back."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.batches import actions, queries
from keqing.batches.models import Batch
from keqing.batches.permissions import Can
from keqing.batches.registry import BatchAction, action_of, takes_rows_of
from keqing.compliance.actions import log_refusal
from keqing.kit import list_registry, pages
from keqing.kit.addresses import back, whole_number
from keqing.kit.formats import business_date

OUT_OF_REACH = "不在您可以做这项操作的范围。"
SHOWN = 12


@dataclass(frozen=True)
class Chosen:
    """The rows a person ticked, or all a list holds, and those of them the action may touch."""

    ids: list[int]
    allowed: list[int]
    names: dict[int, str]
    is_all: bool
    list_key: str
    query: str

    @property
    def skipped(self) -> dict[int, str]:
        may = set(self.allowed)
        return {pk: OUT_OF_REACH for pk in self.ids if pk not in may}


@allow(Can.RUN)
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Name the number, ask what has to be known, begin."""
    action = action_of(key)
    if action is None:
        raise Http404
    chosen = _chosen(request, action)
    form = action.form(request.POST if request.method == "POST" else None, staff=request.user)
    if form.is_bound and form.is_valid() and _still_as_told(request, chosen, form):
        at = timezone.now()
        try:
            made, _is_new = once(
                by=request.user, sent=request.POST, label=actions.LABEL, at=at,
                make=lambda: actions.start_batch(
                    action=action, ids=chosen.allowed, parameters=action.parameters(form), sentence=action.sentence(form),
                    list_key=chosen.list_key, query=chosen.query, by=request.user, at=at, skipped=chosen.skipped,
                    names=chosen.names,
                ),
            )
        except actions.BatchRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _after(request, Batch.objects.visible_to(request.user).get(pk=made))
    if hit := getattr(form, "hit", None):
        log_refusal(hit=hit, by=request.user, at=timezone.now(), where=f"{action.label} {request.path}")
    context = {
        "form": form, "action": action, "chosen": chosen, "heading": action.label, "submit_label": action.label,
        "cancel_url": back(request) or list_registry.address_of(chosen.list_key), "next": back(request),
        "shown": list(chosen.names.values())[:SHOWN], "more": len(chosen.ids) - SHOWN, "count": len(chosen.allowed),
    }
    status = 422 if form.is_bound else 200
    return pages.render(request=request, template="batches/new.html", context=context, status=status)


@require_GET
@allow(Can.RUN)
def batches(request: HttpRequest) -> HttpResponse:
    """My batches of the last weeks."""
    rows = Batch.objects.visible_to(request.user).order_by("-pk")[:50]
    return pages.render(request=request, template="batches/batches.html", context={"rows": rows})


@require_GET
@allow(Can.RUN)
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress, exact numbers, and each customer with what became of it."""
    found = fetch(Batch, pk, request)
    board = queries.batch_board(
        batch=found, outcome=request.GET.get("outcome", ""), after=whole_number(request.GET.get("after")) or 0
    )
    context = {"batch": found, "board": board, "back": _list_address(found)}
    return pages.render(request=request, template="batches/batch.html", context=context, partials=("progress",))


@require_POST
@allow(Can.RUN)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    actions.ask_to_stop(batch=fetch(Batch, pk, request), at=timezone.now())
    return redirect("batches:batch", pk)


@require_POST
@allow(Can.RUN)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back the ticked customers, or all."""
    found = fetch(Batch, pk, request)
    ticked = [number for one in request.POST.getlist("selected") if (number := whole_number(one)) is not None]
    if request.POST.get("everything"):
        ticked = []
    if request.POST.get("ticked") and not ticked:
        messages.error(request, _("请先勾选要撤销的客户。"))
        return redirect("batches:batch", pk)
    try:
        done = actions.undo_batch(batch=found, customers=ticked or None, by=request.user, at=timezone.now())
    except actions.BatchRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("batches:batch", pk)
    if not done.is_working:
        board = queries.batch_board(batch=done)
        text = _("已撤销 %(n)d 家。") % {"n": board.undone}
        if board.done and not ticked:
            text += _("%(n)d 家之后又有变动，没有撤销，见说明。") % {"n": board.done}
        messages.success(request, text)
    return redirect("batches:batch", pk)


def _chosen(request: HttpRequest, action: BatchAction) -> Chosen:
    """From ``list`` with ``all=1`` and ``query``, or from ``selected``. Rows out of sight are a 404, as everywhere."""
    sent = request.POST if "list" in request.POST else request.GET
    key, query, is_all = sent.get("list", ""), sent.get("query", ""), sent.get("all") == "1"
    if not takes_rows_of(action, key):
        raise Http404
    if is_all:
        asked = list_registry.asked(user=request.user, query=query, key=key)
        opened = list_registry.open_list(key=key, request=asked)
        rows = opened.spec.chosen(request=asked, queryset=opened.rows, today=business_date(timezone.now()))
    else:
        ids = {number for one in sent.getlist("selected") if (number := whole_number(one)) is not None}
        asked = list_registry.asked(user=request.user, query="", key=key)
        model = list_registry.open_list(key=key, request=asked).rows.model
        # also rows known by name only: what may not be done to them is a 403
        rows = model.objects.visible_to(request.user).filter(pk__in=ids).order_by("pk")
    found = list(rows.values_list("pk", "name")[: actions.LARGEST + 1])
    if not found or (not is_all and len(found) != len(ids)):
        raise Http404
    ids_found = [pk for pk, _name in found]
    reach = action.within_reach(rows.model.objects.filter(pk__in=ids_found), staff=request.user)
    may = set(reach.values_list("pk", flat=True))
    if not may:
        raise PermissionDenied(_("您可以看到这些客户，但不能做这项操作。"))
    return Chosen(ids_found, [pk for pk in ids_found if pk in may], dict(found), is_all, key, query)


def _still_as_told(request: HttpRequest, chosen: Chosen, form: Any) -> bool:
    """全部 N 家 means the N that was shown: a list that changed since is confirmed again."""
    told = request.POST.get("count", "")
    if not chosen.is_all or told == str(len(chosen.allowed)):
        return True
    form.add_error(None, _("列表有变化：现在是 %(n)d 家，请核对后再确认。") % {"n": len(chosen.allowed)})
    return False


def _after(request: HttpRequest, batch: Batch) -> HttpResponse:
    """A job is watched on its page; what was done at once is told where the person came from, with 撤销."""
    if batch.is_working:
        return redirect("batches:batch", batch.pk)
    board = queries.batch_board(batch=batch)
    text = _("已%(what)s：%(n)d 家。") % {"what": batch.sentence, "n": board.done}
    if board.skipped:
        text += _("跳过 %(n)d 家，原因见批量记录。") % {"n": board.skipped}
    undo_tag = f"undo:{reverse('batches:undo', args=[batch.pk])}" if board.done else ""
    messages.success(request, text, extra_tags=undo_tag)
    return redirect(back(request) or _list_address(batch))


def _list_address(batch: Batch) -> str:
    return f"{list_registry.address_of(batch.list_key)}?{batch.query}".rstrip("?")

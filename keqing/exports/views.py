"""Asking for a file of a list, the download centre, agreeing to others' files, the log."""

import tempfile
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow, fetch
from keqing.exports import actions, files, queries
from keqing.exports.csv_file import shown_text
from keqing.exports.forms import OpinionForm, OrderForm
from keqing.exports.models import Export
from keqing.exports.permissions import Can
from keqing.exports.queries import Wanted
from keqing.exports.tables import open_log
from keqing.kit import lists, pages
from keqing.kit.addresses import whole_number
from keqing.kit.formats import business_date
from keqing.kit.list_registry import address_of

TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@allow(Can.RUN)
def new(request: HttpRequest) -> HttpResponse:
    """Format and columns of a file, and what the policy asks for; then the file itself, or its job."""
    if "list" not in _sent(request):
        return redirect("exports:exports")
    wanted = _wanted(request)
    rows = queries.count_of(wanted.rows, most=wanted.limits.counted) if request.method != "POST" else None
    if rows is not None:
        return _ask(request, wanted, OrderForm(needs_reason=wanted.limits.needs_reason(rows)), rows=rows)
    form = OrderForm(request.POST, needs_reason="reason" in request.POST)
    if form.is_valid():
        chosen = form.cleaned_data
        order = actions.Order(
            wanted=wanted, format=chosen["format"], encoding=chosen["encoding"], everything=chosen["columns"] == "all",
            reason=chosen.get("reason", ""),
        )
        try:
            made = actions.take_out(order=order, by=request.user, at=timezone.now())
        except actions.ReasonMissing as refusal:
            form = OrderForm(request.POST, needs_reason=True)
            form.is_valid()
            if not form.errors:
                form.add_error("reason", str(refusal))
        except actions.ExportRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("exports:export", made.pk) if isinstance(made, Export) else _send(made)
    return _ask(request, wanted, form, status=422)


@require_POST
@allow(Can.RUN)
def print_list(request: HttpRequest) -> HttpResponse:
    """The list on paper, A4 across, with who printed it and when on every page."""
    if "list" not in request.POST:
        return redirect("exports:exports")
    wanted, at = _wanted(request), timezone.now()
    everything = request.POST.get("columns") == "all"
    order = actions.Order(wanted=wanted, format="print", everything=everything, reason=request.POST.get("reason", ""))
    try:
        paper = actions.print_out(order=order, by=request.user, at=at)
    except actions.ExportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(_list_url(wanted))
    context = {
        "wanted": wanted, "columns": order.columns, "at": at,
        "rows": [[(shown_text(value), "num" if column.numeric else "") for column, value in zip(order.columns, row, strict=True)] for row in paper.table()],
        "marks": range(12),
        "back": _list_url(wanted),
    }
    return pages.render(request=request, template="exports/print.html", context=context)


@require_GET
@allow(Can.RUN, Can.APPROVE)
def exports(request: HttpRequest) -> HttpResponse:
    """下载中心."""
    centre = queries.download_centre(
        staff=request.user, now=timezone.now(), before=whole_number(request.GET.get("before"))
    )
    return pages.render(request=request, template="exports/exports.html", context={"centre": centre})


@require_GET
@allow(Can.RUN, Can.APPROVE, Can.OVERSEE)
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """One export; while it is made, the region ``progress`` asks again every second."""
    found = _known(request, pk)
    if request.headers.get("HX-Target") == "progress" and not found.is_working:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("exports:export", args=[pk])
        return response
    return _show(request, found)


@require_GET
@allow(Can.RUN)
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """The finished file, for who asked for it and still holds the position it was made under."""
    found = fetch(Export.objects.asked_by(request.user), pk, request)
    if found.state != Export.State.DONE or not found.path.exists():
        raise Http404
    try:
        files.hand_over(export=found, by=request.user, at=timezone.now())
    except actions.ExportRefused as refusal:
        messages.error(request, _(str(refusal)))
        return redirect("exports:export", pk)
    response = FileResponse(found.path.open("rb"), as_attachment=True, filename=found.file_name, content_type=TYPES[found.format])
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@allow(Can.RUN)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    mine = Export.objects.asked_by(request.user)
    return _step(request, pk, lambda found: actions.cancel_export(export=found, by=request.user, at=timezone.now()), mine)


@require_POST
@allow(Can.RUN)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    mine = Export.objects.asked_by(request.user)
    return _step(request, pk, lambda found: actions.resume_export(export=found, by=request.user, at=timezone.now()), mine)


@require_POST
@allow(Can.APPROVE)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    opinion = _opinion(request)
    return _step(
        request, pk,
        lambda found: actions.approve_export(export=found, by=request.user, opinion=opinion, at=timezone.now()),
    )


@require_POST
@allow(Can.APPROVE)
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    opinion = _opinion(request)
    return _step(
        request, pk,
        lambda found: actions.decline_export(export=found, by=request.user, opinion=opinion, at=timezone.now()),
    )


@require_GET
@allow(Can.OVERSEE)
def log(request: HttpRequest) -> HttpResponse:
    """Everything taken out of the lists and everything refused, newest first."""
    opened = open_log(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return lists.respond(request=request, page=page)


def _sent(request: HttpRequest) -> QueryDict:
    return request.POST if request.method == "POST" else request.GET


def _wanted(request: HttpRequest) -> Wanted:
    sent = _sent(request)
    query = sent.get("query", "").removeprefix("?")
    return queries.wanted(
        staff=request.user, key=sent.get("list", ""), query=query, today=business_date(timezone.now())
    )


def _ask(
    request: HttpRequest, wanted: Wanted, form: OrderForm, *, rows: int | None = None, status: int = 200
) -> HttpResponse:
    if rows is None:
        rows = queries.count_of(wanted.rows, most=wanted.limits.counted)
    limits = wanted.limits
    approver = None
    if limits.needs_approval(rows):
        position, unit = queries.place_of(request.user)
        approver = next(iter(queries.approvers_of(staff=request.user, position=position, unit=unit)), None)
    context: dict[str, Any] = {
        "form": form, "wanted": wanted, "rows": rows, "limits": limits, "approver": approver,
        "at_once": limits.at_once(rows), "needs_approval": limits.needs_approval(rows),
        "too_many": rows > limits.file_rows,
        "shown": [column.label for column in wanted.columns(everything=False)],
        "everything": [column.label for column in wanted.columns(everything=True)],
        "back": _list_url(wanted),
    }
    return pages.render(request=request, template="exports/new.html", context=context, partials=("export-dialog",), status=status)


def _list_url(wanted: Wanted) -> str:
    return f"{address_of(wanted.key)}?{wanted.query}".rstrip("?")


def _send(made: actions.Direct) -> HttpResponse:
    response: Any
    if made.order.format == Export.Format.CSV:
        response = StreamingHttpResponse(made.pieces(), content_type=f"text/csv; charset={made.order.encoding.removesuffix('-sig')}")
    else:
        workbook = tempfile.TemporaryFile()  # the response closes it
        made.write_workbook(workbook)
        response = FileResponse(workbook, content_type=TYPES["xlsx"])
    response["Content-Disposition"] = content_disposition_header(True, made.file_name)
    response["Cache-Control"] = "private, no-store"
    return response


def _known(request: HttpRequest, pk: int) -> Export:
    return fetch(Export.objects.select_related("by", "decided_by"), pk, request)


def _show(request: HttpRequest, found: Export, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    waiting = found.state == Export.State.WAITING
    approvers = queries.approvers_of(staff=found.by, position=found.position, unit=found.unit) if waiting else []
    context = {
        "export": found, "line": queries.lines_of([found], now=now)[0], "mine": found.by_id == request.user.pk,
        "may_decide": waiting and found.allows(request.user, Can.APPROVE), "approver": next(iter(approvers), None),
        "form": OpinionForm(),
    }
    return pages.render(request=request, template="exports/export.html", context=context, partials=("progress",), status=status)


def _opinion(request: HttpRequest) -> str:
    form = OpinionForm(request.POST)
    return form.cleaned_data["opinion"] if form.is_valid() else ""


def _step(
    request: HttpRequest, pk: int, work: Callable[[Export], Any], rows: QuerySet[Export] | None = None
) -> HttpResponse:
    found = fetch(Export if rows is None else rows, pk, request)
    try:
        work(found)
    except actions.ExportRefused as refusal:
        messages.error(request, _(str(refusal)))
    return redirect("exports:export", pk)

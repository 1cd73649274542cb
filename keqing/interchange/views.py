"""The import wizard: upload, columns, dry run, confirm, progress, result. Plain POST and redirect throughout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow, fetch
from keqing.interchange import actions, queries, workbooks
from keqing.interchange.forms import MappingForm, MatchForm, SheetForm, UploadForm
from keqing.interchange.models import Import
from keqing.interchange.permissions import WORDS
from keqing.interchange.registry import ImportSpec, spec_of, specs_for
from keqing.interchange.tables import open_imports
from keqing.kit import lists, pages
from keqing.kit.addresses import whole_number
from keqing.kit.formats import business_date

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@allow(*WORDS)
@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    opened = open_imports(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    context = {"specs": specs_for(request.user), "empty_url": reverse("interchange:upload"), "empty_label": _("导入文件")}
    return lists.respond(request=request, page=page, context=context, template="interchange/imports.html")


@allow(*WORDS)
def upload(request: HttpRequest) -> HttpResponse:
    specs = specs_for(request.user)
    asked = request.GET.get("kind", "")
    form = UploadForm(request.POST or None, request.FILES or None, specs=specs, initial={"kind": asked})
    if request.method == "POST" and form.is_valid():
        spec = spec_of(form.cleaned_data["kind"])
        try:
            batch = actions.begin_import(
                spec=spec, upload=form.cleaned_data["file"], by=request.user, at=timezone.now()
            )
        except (actions.UnreadableFile, actions.ImportRefused) as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("interchange:job", batch.pk)
    return pages.render(
        request=request, template="interchange/upload.html", context={"form": form, "specs": specs},
        status=422 if form.is_bound else 200,
    )


@allow(*WORDS)
@require_GET
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """One import at its present stage; while it works, the region ``progress`` asks again every second."""
    batch = _mine(request, pk)
    now = timezone.now()
    if request.headers.get("HX-Target") == "progress" and (not batch.is_working or batch.is_interrupted(now=now)):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("interchange:job", args=[pk])
        return response
    return _show(request, batch)


@allow(*WORDS)
@require_POST
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _mine(request, pk)
    form = SheetForm(request.POST, batch=batch)
    if form.is_valid():
        changed = form.cleaned_data["sheet"] != batch.sheet
        row = None if changed else form.cleaned_data["header_row"]
        try:
            actions.read_other_sheet(
                batch=batch, sheet=form.cleaned_data["sheet"], header_row=row, by=request.user, at=timezone.now()
            )
        except (actions.UnreadableFile, actions.ImportRefused) as refusal:
            form.add_error("sheet", str(refusal))
        else:
            return redirect("interchange:job", pk)
    return _show(request, fetch(Import, pk, request), sheet_form=form, status=422)


@allow(*WORDS)
@require_POST
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Match the columns by their headers again, not as last time."""
    batch = _mine(request, pk)
    return _step(request, pk, lambda: actions.forget_mapping(batch=batch, by=request.user, at=timezone.now()))


@allow(*WORDS)
@require_POST
def check(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _mine(request, pk)
    form = MappingForm(request.POST, batch=batch, spec=spec_of(batch.kind))
    if form.is_valid():
        try:
            actions.start_check(
                batch=batch, mapping=form.mapping, options=form.options, by=request.user, at=timezone.now()
            )
        except actions.ImportRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("interchange:job", pk)
    return _show(request, batch, mapping_form=form, status=422)


@allow(*WORDS)
@require_POST
def match(request: HttpRequest, pk: int) -> HttpResponse:
    """The user said which of ours the unmatched names are: check again with that."""
    batch = _mine(request, pk)
    form = MatchForm(request.POST, batch=batch, noun=spec_of(batch.kind).matches)
    if not form.is_valid():
        return _show(request, batch, match_form=form, status=422)
    options = {**batch.options, "choices": {**batch.options.get("choices", {}), **form.choices}}
    return _step(
        request, pk,
        lambda: actions.start_check(
            batch=batch, mapping=batch.mapping, options=options, by=request.user, at=timezone.now()
        ),
    )


@allow(*WORDS)
@require_POST
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _mine(request, pk)
    return _step(request, pk, lambda: actions.start_apply(batch=batch, by=request.user, at=timezone.now()))


@allow(*WORDS)
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _mine(request, pk)
    return _step(request, pk, lambda: actions.cancel_import(batch=batch, by=request.user, at=timezone.now()))


@allow(*WORDS)
@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _mine(request, pk)
    return _step(request, pk, lambda: actions.resume_import(batch=batch, by=request.user, at=timezone.now()))


@allow(*WORDS)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _mine(request, pk)
    return _step(request, pk, lambda: actions.start_undo(batch=batch, by=request.user, at=timezone.now()))


@allow(*WORDS)
@require_GET
def problems(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _mine(request, pk)
    stem = batch.file_name.rpartition(".")[0] or batch.file_name
    return _download(workbooks.problem_workbook(batch=batch), _("%(stem)s-问题行.xlsx") % {"stem": stem})


@allow(*WORDS)
@require_GET
def template(request: HttpRequest, key: str) -> HttpResponse:
    spec = next((spec for spec in specs_for(request.user) if spec.key == key), None)
    if spec is None:
        raise Http404
    return _download(workbooks.template_workbook(spec=spec), _("%(label)s导入模板.xlsx") % {"label": spec.label})


def _mine(request: HttpRequest, pk: int) -> Import:
    """My import, of a kind I may still import."""
    batch = fetch(Import, pk, request)
    if not spec_of(batch.kind).allowed(request.user):
        raise Http404
    return batch


def _step(request: HttpRequest, pk: int, work: Callable[[], Any]) -> HttpResponse:
    try:
        work()
    except actions.ImportRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("interchange:job", pk)


def _show(request: HttpRequest, batch: Import, *, status: int = 200, **forms: Any) -> HttpResponse:
    spec: ImportSpec = spec_of(batch.kind)
    board = queries.import_board(
        batch=batch, outcome=request.GET.get("outcome", ""), cause=request.GET.get("cause", ""),
        after=whole_number(request.GET.get("after")) or 0, now=timezone.now(),
    )
    context: dict[str, Any] = {"board": board, "batch": batch, "spec": spec}
    if batch.state in (Import.State.UPLOADED, Import.State.FAILED, Import.State.CANCELLED) or forms:
        mapping = forms.get("mapping_form") or MappingForm(batch=batch, spec=spec)
        context |= {
            "mapping_form": mapping, "sheet_form": forms.get("sheet_form") or SheetForm(batch=batch),
            "columns": queries.columns_of_file(batch=batch, form=mapping),
            "preview": queries.preview_rows(batch=batch), "before": queries.same_file_before(batch=batch),
            "notes": queries.setup_notes(batch=batch, staff=request.user), "setting_up": True,
            "remembered": queries.remembered_from(batch=batch),
        }
    if batch.state == Import.State.CHECKED and batch.findings.get("unmatched"):
        context["match_form"] = forms.get("match_form") or MatchForm(batch=batch, noun=spec.matches)
        context["unmatched"] = list(
            zip(batch.findings["unmatched"], context["match_form"].visible_fields(), strict=True)
        )
    return pages.render(
        request=request, template="interchange/job.html", context=context, partials=("progress",), status=status
    )


def _download(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response

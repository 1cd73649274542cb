"""Editing one cell of a list: the field of the record's own form, stored by the record's own action."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from keqing.kit.addresses import back
from keqing.kit.forms import VersionedForm
from keqing.kit.list_parts import Column
from keqing.kit.list_rows import cell_html


@dataclass(frozen=True, kw_only=True)
class CellEdit:
    """One cell of one record. ``form`` makes the record's form from what was sent or from initial values; ``save``
    stores it over the version given and returns the stored record.

    ``stale`` (with ``theirs``) and ``refused`` are the exceptions of the action.
    """

    column: Column
    row: Any
    url: str
    today: date
    form: Callable[[Any, dict[str, Any]], VersionedForm]
    save: Callable[[VersionedForm, int], Any]
    stale: type[Exception]
    refused: type[Exception]
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.column.edit


def only(form: VersionedForm, names: tuple[str, ...]) -> VersionedForm:
    """The form with these fields and its version alone: the others are neither asked nor stored."""
    for name in [name for name in form.fields if name not in (*names, "version")]:
        del form.fields[name]
    return form


def edit_cell(request: HttpRequest, edit: CellEdit) -> HttpResponse:
    """GET: the editor in the cell. POST: the cell as it stands now, or the editor with what is wrong (422, 409)."""
    if request.method != "POST":
        form = _form(edit, None, {edit.name: getattr(edit.row, edit.name), "version": edit.row.version})
        return _editor(request, edit, form, seen=_raw(edit.row, edit))
    if request.POST.get("take") == "theirs":
        return HttpResponse(cell_html(column=edit.column, row=edit.row, today=edit.today))
    # 撤销 of a notice carries the former value in its address
    sent = request.POST if edit.name in request.POST else request.GET
    form = _form(edit, sent, {})
    if not form.is_valid():
        return _refused(request, edit, form, sent)
    try:
        stored = _save(edit, form, sent.get("seen"))
    except edit.stale as stale:
        theirs = stale.theirs  # type: ignore[attr-defined]
        form.show_conflict(current={edit.name: getattr(theirs, edit.name)}, version=theirs.version)
        return _refused(request, edit, form, sent, theirs=theirs)
    except edit.refused as refusal:
        form.add_error(edit.name, str(refusal))
        return _refused(request, edit, form, sent)
    return _stored(request, edit, stored)


def _form(edit: CellEdit, data: Any, initial: dict[str, Any]) -> VersionedForm:
    return only(edit.form(data, initial), (edit.name, *edit.also))


def _save(edit: CellEdit, form: VersionedForm, seen: str | None) -> Any:
    """Over the version that was read; a later one whose value of this field is the one seen does no harm."""
    try:
        return edit.save(form, form.cleaned_data["version"])
    except edit.stale as stale:
        theirs = stale.theirs  # type: ignore[attr-defined]
        if seen is None or _raw(theirs, edit) != seen:
            raise
        return edit.save(form, theirs.version)


def _stored(request: HttpRequest, edit: CellEdit, stored: Any) -> HttpResponse:
    before, changed = _raw(edit.row, edit), _raw(stored, edit) != _raw(edit.row, edit)
    if request.headers.get("HX-Request") != "true":
        messages.success(request, _("已撤销：%(name)s。") % {"name": str(stored)})
        return redirect(back(request, "/"))
    response = HttpResponse(cell_html(column=edit.column, row=stored, today=edit.today))
    if changed:
        here = urlsplit(request.headers.get("HX-Current-URL", "/"))
        undo = urlencode({edit.name: before, "version": stored.version, "next": f"{here.path}?{here.query}"})
        text = _("已保存%(name)s的%(field)s。") % {"name": str(stored), "field": edit.column.label}
        toast = {"text": text, "level": "success", "undo": f"{edit.url}?{undo}"}
        response["HX-Trigger"] = json.dumps({"toast": toast})
    return response


def _refused(request: HttpRequest, edit: CellEdit, form: VersionedForm, sent: Any, theirs: Any = None) -> HttpResponse:
    status = 409 if theirs is not None else 422
    if request.headers.get("HX-Request") != "true":  # 撤销 came too late
        messages.error(request, _("没有撤销：这一项后来又改过了。"))
        return redirect(back(request, "/"))
    seen = _raw(theirs, edit) if theirs is not None else sent.get("seen", "")
    return _editor(request, edit, form, seen=seen, status=status)



def _editor(request: HttpRequest, edit: CellEdit, form: VersionedForm, *, seen: str, status: int = 200) -> HttpResponse:
    widget = form.fields[edit.name].widget
    widget.attrs["aria-label"] = f"{edit.column.label} {edit.row}"
    widget.attrs.pop("rows", None)
    context = {
        "form": form, "field": form[edit.name], "edit": edit, "seen": seen, "conflict": next(iter(form.conflicts), None),
        "is_conflict": status == 409,
    }
    return render(request, "kit/_cell_form.html", context, status=status)


def _raw(row: Any, edit: CellEdit) -> str:
    value = getattr(row, edit.name)
    return "" if value is None else str(value)

"""跟进策略提醒: the plans, one plan, and the page on which it is changed."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.compliance.actions import log_refusal
from keqing.kit import pages
from keqing.kit.formats import business_date
from keqing.kit.lists import respond
from keqing.people.permissions import Can as PeopleCan
from keqing.playbooks import fitting, queries
from keqing.playbooks.actions import playbooks as actions
from keqing.playbooks.actions import rollouts
from keqing.playbooks.forms import (
    BLANK_STEPS,
    FRESH,
    CloseForm,
    HeadForm,
    ReviseForm,
    StepForm,
    reordered,
    rows_of,
    typed,
    units_managed,
)
from keqing.playbooks.models import Edition, Playbook
from keqing.playbooks.permissions import Can
from keqing.playbooks.tables import open_playbooks


@require_GET
@allow(Can.VIEW)
def playbooks(request: HttpRequest) -> HttpResponse:
    """The plans with their progress over the customers the reader sees."""
    today = business_date(timezone.now())
    opened = open_playbooks(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    opened.spec.dress(page.rows, today=today)  # type: ignore[attr-defined]
    context = {"may_manage": request.user.may(Can.MANAGE)}
    return respond(request=request, page=page, context=context, template="playbooks/playbooks.html")


@require_GET
@allow(Can.VIEW)
def playbook(request: HttpRequest, pk: int) -> HttpResponse:
    """What a plan says, whom it is for, how far it has come, and its former editions."""
    found = fetch(Playbook.objects.select_related("unit", "current"), pk, request)
    today = business_date(timezone.now())
    board = queries.plan_board(playbook=found, staff=request.user, today=today)
    may_manage = found.allows(request.user, Can.MANAGE)
    context = {"board": board, "playbook": found, "may_manage": may_manage and found.closed_on is None, "may_resume": may_manage}
    return pages.render(request=request, template="playbooks/playbook.html", context=context, partials=("rollout",))


@allow(Can.MANAGE)
def playbook_new(request: HttpRequest) -> HttpResponse:
    """A plan of one's own unit or of one below it."""
    at = timezone.now()
    units = units_managed(request.user)
    steps = _Steps(request, blank=BLANK_STEPS)
    initial = {"valid_from": business_date(at), "again_after": 180, "unit": units[0].pk if units else ""}
    head = _head(HeadForm, request, steps, staff=request.user, initial=initial)

    def store() -> Playbook:
        unit = next((one for one in units if str(one.pk) == head.cleaned_data["unit"]), None)
        if unit is None:
            raise Http404
        made, _is_new = once(
            by=request.user, sent=request.POST, label=actions.LABEL, at=at,
            make=lambda: actions.create_playbook(
                title=head.cleaned_data["title"], unit=unit, draft=head.draft(steps.drafts()), by=request.user, at=at
            ),
        )  # fmt: skip
        return Playbook.objects.visible_to(request.user).get(pk=made)

    return _edit(request, head, steps, store, {
        "heading": _("新建跟进方案"), "submit_label": _("保存方案"), "cancel_url": reverse("playbooks:playbooks"),
    })  # fmt: skip


@allow(Can.MANAGE)
def playbook_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A new edition of a plan; the former ones stay readable."""
    at = timezone.now()
    found = fetch(Playbook.objects.select_related("unit", "current"), pk, request)
    if found.current is None or found.closed_on is not None:
        raise Http404
    steps = _Steps(request, edition=found.current)
    initial = _initial(found, found.current)
    head = _head(ReviseForm, request, steps, staff=request.user, kept=found.current, initial=initial)

    def store() -> Playbook:
        found.version = head.cleaned_data["version"]
        changed, moves = actions.revise_playbook(
            playbook=found, title=head.cleaned_data["title"], draft=head.draft(steps.drafts()),
            running=head.cleaned_data["running"], reason=head.cleaned_data["reason"], by=request.user, at=at,
        )  # fmt: skip
        if moves and moves.total:
            told = _("正在把 %(n)d 家客户转到新版本，进度见本页。") if moves.is_running else _("%(n)d 家客户已转到新版本。")
            messages.info(request, told % {"n": moves.total})
        return changed

    context = {
        "heading": _("修改方案：%(title)s") % {"title": found.title}, "submit_label": _("保存新版本"),
        "cancel_url": reverse("playbooks:playbook", args=[pk]),
    }  # fmt: skip
    return _edit(request, head, steps, store, context)


@allow(Can.MANAGE)
def playbook_close(request: HttpRequest, pk: int) -> HttpResponse:
    """The plan ends, also where it runs."""
    found = fetch(Playbook.objects.select_related("unit", "current"), pk, request)
    form = CloseForm(request.POST or None, initial={"version": found.version})
    running = queries.progress_of([pk], staff=request.user, today=business_date(timezone.now())).get(pk, queries.Progress()).running
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            found.version = form.cleaned_data["version"]
            try:
                ended = actions.close_playbook(playbook=found, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
            except actions.StalePlaybook as stale:
                form.add_error(None, str(stale))
                form.data = {**form.data.dict(), "version": str(stale.theirs.version)}
                status = 409
            except actions.PlaybookRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                told = _("方案已停用，正在结束 %(n)d 家客户的方案。") if ended.is_running else _("方案已停用，%(n)d 家客户的方案随之结束。")
                messages.success(request, told % {"n": ended.total})
                return redirect("playbooks:playbook", pk)
    context = {
        "form": form, "heading": _("停用方案：%(title)s") % {"title": found.title}, "submit_label": _("停用"), "running": running,
        "cancel_url": reverse("playbooks:playbook", args=[pk]),
    }  # fmt: skip
    return pages.render(request=request, template="playbooks/playbook_close.html", context=context, status=status)


@require_POST
@allow(Can.MANAGE)
def rollout_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """A change that failed on its way goes on."""
    found = fetch(Playbook.objects.select_related("unit"), pk, request)
    failed = queries.unfinished_rollout(found)
    try:
        if failed is None:
            raise rollouts.RolloutRefused(_("这次变更已经完成。"))
        rollouts.resume(rollout=failed, by=request.user, at=timezone.now())
    except rollouts.RolloutRefused as refusal:
        messages.info(request, str(refusal))
    return redirect("playbooks:playbook", pk)


@require_GET
@allow(Can.VIEW)
def playbook_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """How many customers the plan is for, and how many could enter it now, of those the reader sees (R-135)."""
    found = fetch(Playbook.objects.select_related("unit", "current__by", "current__playbook__unit"), pk, request)
    if found.current is None:
        raise Http404
    today = business_date(timezone.now())
    segment = fitting.customers_for(found.current, today=today).reached_by(request.user, PeopleCan.VIEW)  # type: ignore[attr-defined]
    free = fitting.who_may_enter(found.current, today=today).reached_by(request.user, PeopleCan.VIEW)  # type: ignore[attr-defined]
    context = {
        "playbook": found, "number": segment.count(), "free": free.count(),
        "rows": free.select_related("owner_position__holder").order_by("-last_activity_at", "-pk")[:20],
    }  # fmt: skip
    return pages.render(request=request, template="playbooks/_preview.html", context=context)


class _Steps:
    """The step forms of the page, in their order."""

    def __init__(self, request: HttpRequest, *, edition: Edition | None = None, blank: int = 0) -> None:
        self.sent = request.POST if request.method == "POST" else None
        self.reshapes = bool(self.sent and self.sent.get("do"))
        kept = [step.position_id for step in edition.steps.all() if step.position_id] if edition else []
        positions = queries.positions_offered(staff=request.user, kept=kept)
        self.positions = positions
        if self.sent is None:
            initial = [_of_step(step) for step in edition.steps.all()] if edition else [dict(FRESH) for _n in range(blank)]
            self.rows = [f"s{n}" for n in range(len(initial))]
            self.forms = [StepForm(prefix=row, initial=one, positions=positions) for row, one in zip(self.rows, initial, strict=True)]
        elif self.reshapes:
            self.rows = reordered(rows_of(self.sent), self.sent["do"])
            self.forms = [StepForm(prefix=row, initial=self._typed(row), positions=positions) for row in self.rows]
        else:
            self.rows = rows_of(self.sent)
            self.forms = [StepForm(self.sent, prefix=row, positions=positions) for row in self.rows]

    def _typed(self, row: str) -> dict[str, Any]:
        known = self.sent is not None and f"{row}-text" in self.sent
        return typed(StepForm, self.sent, row) if known else dict(FRESH)

    @property
    def order(self) -> str:
        return ",".join(row[1:] for row in self.rows)

    def are_valid(self) -> bool:
        checked = [form.is_valid() for form in self.forms]  # every form shows its errors, not only the first
        return all(checked)

    def drafts(self) -> list[actions.StepDraft]:
        known = queries.positions_by_id([pk for pk, _label in self.positions])
        return [form.step(known) for form in self.forms]


def _head(form_class: type[HeadForm], request: HttpRequest, steps: _Steps, **arguments: Any) -> Any:
    if steps.sent is None:
        return form_class(**arguments)
    if steps.reshapes:
        arguments["initial"] = arguments["initial"] | typed(form_class, steps.sent)
        return form_class(**arguments)
    arguments.pop("initial", None)
    return form_class(steps.sent, **arguments)


def _edit(request: HttpRequest, head: Any, steps: _Steps, store: Any, context: dict[str, Any]) -> HttpResponse:
    """Form → one action → the plan; adding, moving and removing steps only draws the page again."""
    status = 200
    if request.method == "POST" and not steps.reshapes:
        status = 422
        if all([head.is_valid(), steps.are_valid()]):
            try:
                changed = store()
            except actions.WordingRefused as refusal:
                log_refusal(hit=refusal.hit, by=request.user, at=timezone.now(), where=f"跟进方案 {request.path}")
                head.add_error(None, str(refusal))
            except actions.StalePlaybook as stale:
                status = 409
                theirs = _initial(stale.theirs, stale.theirs.current)
                current = {name: value for name, value in theirs.items() if name in head.fields and name not in ("version", "running")}
                head.show_conflict(current=current, version=stale.theirs.version)
                head.add_error(None, str(stale))
            except actions.PlaybookRefused as refusal:
                head.add_error(None, str(refusal))
            else:
                messages.success(request, _("方案“%(title)s”已保存。") % {"title": changed.title})
                return redirect("playbooks:playbook", changed.pk)
    context |= {"form": head, "steps": steps.forms, "order": steps.order, "wrong_steps": _wrong(steps.forms) if status == 422 else []}
    return pages.render(request=request, template="playbooks/playbook_form.html", context=context, status=status)


def _wrong(step_forms: Sequence[forms.Form]) -> list[int]:
    return [number for number, form in enumerate(step_forms, 1) if form.is_bound and form.errors]


def _initial(found: Playbook, edition: Edition) -> dict[str, Any]:
    return {
        "title": found.title, "purpose": edition.purpose, "valid_from": edition.valid_from, "valid_to": edition.valid_to,
        "on_entry": edition.on_entry, "on_night": edition.on_night, "on_alarm": edition.on_alarm, "again_after": edition.again_after,
        "stages": edition.stages, "kinds": edition.kinds, "levels": edition.levels, "tags": [str(pk) for pk in edition.tag_ids],
        "saved": edition.query, "version": found.version, "running": Edition.Running.KEEP,
    }  # fmt: skip


def _of_step(step: Any) -> dict[str, Any]:
    return {
        "line": step.line, "text": step.text, "offset": step.offset, "in_workdays": "yes" if step.in_workdays else "no",
        "deadline_days": step.deadline_days, "method": step.method, "owner_rule": step.owner_rule, "position": step.position_id,
        "is_mandatory": step.is_mandatory,
    }  # fmt: skip

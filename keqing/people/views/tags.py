"""标签: the administrator's screen for dimensions and their values."""

from django import forms
from django.contrib import messages
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqing.access.gate import allow
from keqing.compliance.actions import log_refusal
from keqing.kit import pages
from keqing.kit.formats import business_date
from keqing.kit.forms import Form
from keqing.people.actions import tags as actions
from keqing.people.models import Dimension, Tag
from keqing.people.permissions import Can


class LabelForm(Form):
    """A new label: without ``dimension`` it is a dimension of its own."""

    dimension = forms.ModelChoiceField(
        label=_("维度"), queryset=Dimension.objects.filter(closed_on__isnull=True), required=False,
        empty_label=_("（新建维度）"),
    )
    name = forms.CharField(label=_("名称"), max_length=20)


@allow(Can.MANAGE_TAGS)
def tags(request: HttpRequest) -> HttpResponse:
    """All dimensions; a label on the deny list comes back with the rule that refuses it."""
    form = LabelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        at, dimension, name = timezone.now(), form.cleaned_data["dimension"], form.cleaned_data["name"].strip()
        try:
            if dimension is None:
                actions.create_dimension(name=name, by=request.user, at=at)
            else:
                actions.create_tag(dimension=dimension, name=name, by=request.user, at=at)
        except actions.LabelRefused as refusal:
            log_refusal(hit=refusal.hit, by=request.user, at=at, where=_("标签“%(name)s”") % {"name": name})
            form.add_error("name", str(refusal))
        except actions.TagRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("已新建：%(name)s。") % {"name": name})
            return redirect("people:tags")
    values = Tag.objects.annotate(used=Count("links")).order_by("closed_on", "pk")
    dimensions = Dimension.objects.prefetch_related(Prefetch("tags", queryset=values))
    return pages.render(
        request=request, template="people/tags.html", context={"form": form, "dimensions": dimensions},
        status=422 if form.is_bound else 200,
    )


@require_POST
@allow(Can.MANAGE_TAGS)
def label(request: HttpRequest, noun: str, pk: int) -> HttpResponse:
    """Rename, close or reopen one label."""
    found = get_object_or_404(Dimension if noun == "dimension" else Tag, pk=pk)
    at = timezone.now()
    try:
        if "close" in request.POST:
            on = None if found.closed_on else business_date(at)
            actions.close_label(label=found, on=on, by=request.user, at=at)
            messages.success(request, _("已停用：%(name)s。") % {"name": found.name} if on else _("已启用：%(name)s。") % {"name": found.name})
        elif name := request.POST.get("name", "").strip()[:20]:
            actions.rename_label(label=found, name=name, by=request.user, at=at)
            messages.success(request, _("已改名：%(name)s。") % {"name": name})
    except actions.LabelRefused as refusal:
        log_refusal(hit=refusal.hit, by=request.user, at=at, where=_("标签改名"))
        messages.error(request, str(refusal))
    except actions.TagRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("people:tags")

"""What the wizard asks: a file, which column is what, what to do with names nothing answers to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keqing.interchange.models import Import
from keqing.interchange.registry import FILL, KEEP, OVERWRITE, ImportSpec
from keqing.kit.forms import Form

CREATE, LEAVE = "create", "leave"


class UploadForm(Form):
    kind = forms.ChoiceField(label=_("导入什么"))
    file = forms.FileField(
        label=_("文件"), help_text=_("Excel（.xlsx、.xls）或 CSV，最大 30 MB。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv,.txt"}),
    )

    def __init__(self, *args: Any, specs: Sequence[ImportSpec], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(spec.key, spec.label) for spec in specs]  # type: ignore[attr-defined]


class SheetForm(Form):
    """Another sheet, or another line as the header."""

    sheet = forms.ChoiceField(label=_("工作表"))
    header_row = forms.IntegerField(label=_("表头在第几行"), min_value=1, max_value=1000, required=False)

    def __init__(self, *args: Any, batch: Import, **kwargs: Any) -> None:
        super().__init__(*args, initial={"sheet": batch.sheet, "header_row": batch.header_row}, **kwargs)
        self.fields["sheet"].choices = [  # type: ignore[attr-defined]
            (s["name"], _("%(name)s（%(rows)s 行）") % {"name": s["name"], "rows": s["rows"]}) for s in batch.sheets
        ]


class MappingForm(Form):
    """One choice per column of the file, and how to treat what we already have."""

    def __init__(self, *args: Any, batch: Import, spec: ImportSpec, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._batch, self._spec = batch, spec
        fields = [("", _("不导入"))] + [(f.key, f"{f.label}{' *' if f.required else ''}") for f in spec.fields]
        for at in range(len(batch.headers)):
            self.fields[f"column_{at}"] = forms.ChoiceField(
                choices=fields, required=False, initial=batch.mapping.get(str(at), ""),
                widget=forms.Select(attrs={"class": "select select-sm w-full"}),
            )
        if spec.update_keys:
            self.fields["update_by"] = forms.ChoiceField(
                label=_("怎样认出已有的记录"), choices=[(k, _("按%(key)s") % {"key": label}) for k, label in spec.update_keys],
                required=False, initial=batch.options.get("update_by", spec.update_keys[0][0]),
                widget=forms.Select(attrs={"class": "select"}),
            )
            ways = [
                (KEEP, _("保持不变，这一行列为重复")), (FILL, _("只补上空着的资料")), (OVERWRITE, _("用文件的资料更新")),
            ]
            self.fields["existing"] = forms.ChoiceField(
                label=_("已有的记录"), choices=ways, required=False, initial=batch.options.get("existing", KEEP),
                widget=forms.Select(attrs={"class": "select"}),
            )
        if spec.matches:
            ways = [(CREATE, _("新建为待核实")), (LEAVE, _("留在问题文件里"))]
            self.fields["unmatched"] = forms.ChoiceField(
                label=_("没有找到的%(noun)s") % {"noun": spec.matches}, choices=ways, required=False,
                initial=batch.options.get("unmatched", CREATE), widget=forms.Select(attrs={"class": "select"}),
            )

    def column(self, at: int) -> forms.BoundField:
        return self[f"column_{at}"]

    @property
    def ways(self) -> list[forms.BoundField]:
        return [self[name] for name in ("update_by", "existing", "unmatched") if name in self.fields]

    @property
    def mapping(self) -> dict[str, str]:
        return {str(at): self.cleaned_data.get(f"column_{at}", "") for at in range(len(self._batch.headers))}

    @property
    def options(self) -> dict[str, Any]:
        asked = ("update_by", "existing", "unmatched")
        chosen = {name: self.cleaned_data[name] for name in asked if self.cleaned_data.get(name)}
        return {**chosen, "choices": self._batch.options.get("choices", {})}


class MatchForm(Form):
    """For each name nothing answers to: one that comes near, a new one, or none."""

    def __init__(self, *args: Any, batch: Import, noun: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = [name for name, _rows, _near in batch.findings.get("unmatched", [])]
        default = batch.options.get("unmatched", CREATE)
        for at, (name, _rows, near) in enumerate(batch.findings.get("unmatched", [])):
            candidates = [(str(pk), _("%(name)s（相似 %(score)s%%）") % {"name": other, "score": score}) for pk, other, score in near]
            self.fields[f"name_{at}"] = forms.ChoiceField(
                label=name, required=False,
                choices=[(CREATE, _("新建为待核实")), *candidates, (LEAVE, _("留在问题文件里"))],
                initial=batch.options.get("choices", {}).get(name, default),
                widget=forms.Select(attrs={"class": "select select-sm w-full"}),
            )

    @property
    def choices(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(f"name_{at}") or CREATE for at, name in enumerate(self._names)}

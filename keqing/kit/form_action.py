"""Form → one action → back to where the person was: what every small form does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from keqing.kit.addresses import back
from keqing.kit.pages import answer


def _say(request: HttpRequest, form: Any, refusal: Exception) -> None:
    form.add_error(None, str(refusal))


class Told(str):
    """What was done, in words, and the address the notice's 撤销 posts to."""

    undo: str

    def __new__(cls, text: str, *, undo: str) -> Self:
        told = super().__new__(cls, text)
        told.undo = undo
        return told


@dataclass(frozen=True, kw_only=True)
class FormAction:
    """How the small forms of a department come back: whole when refused, with 409 and theirs when stale.

    ``stale`` are the exceptions that carry the stored row as ``theirs``, ``refused`` those that carry a sentence (the
    stale ones may be among their kinds). ``beside`` names what stands in the row now, field by field, to be put beside
    what was typed; without it the template gets ``stale``. ``refuse`` places a refusal at the form.
    """

    page: str
    fragment: str = ""
    stale: tuple[type[Exception], ...]
    refused: tuple[type[Exception], ...]
    beside: Callable[[Any, Any], Mapping[str, Any]] | None = None
    refuse: Callable[[HttpRequest, Any, Any], None] = _say

    def __call__(
        self, request: HttpRequest, *, form: Any, store: Callable[[], str], default: str, context: Mapping[str, Any]
    ) -> HttpResponse:
        """``store`` does the one thing and says what it did, as ``Told`` when the notice offers to take it back.

        ``default`` is where the person goes without ``next``.
        """
        status, theirs = 200, None
        if request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    said = store()
                except self.stale as stale:
                    status, theirs = 409, stale.theirs  # type: ignore[attr-defined]
                    form.show_conflict(current=self.beside(form, theirs) if self.beside else {}, version=theirs.version)
                    form.add_error(None, str(stale))
                except self.refused as refusal:
                    self.refuse(request, form, refusal)
                else:
                    messages.success(request, said, extra_tags=f"undo:{said.undo}" if isinstance(said, Told) and said.undo else "")
                    return redirect(back(request, default))
        full = {
            **context, "form": form, "stale": theirs, "next": back(request, ""), "cancel_url": back(request, default),
            "action": request.path,
        }
        return answer(request, page=self.page, fragment=self.fragment or self.page, context=full, status=status)

"""批注: write, answer, read."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from keqing.access.gate import allow, fetch
from keqing.followups.actions.comments import CommentRefused, comment_on, mark_read, reply_to
from keqing.followups.forms import CommentForm, ReplyForm
from keqing.followups.models import Comment, ContactRecord
from keqing.followups.permissions import Can
from keqing.followups.queries import history_of
from keqing.kit.addresses import back
from keqing.kit.pages import answer


@allow(Can.COMMENT)
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Comment on a record with the customer's history at hand (R-196, R-198)."""
    at = timezone.now()
    found = fetch(ContactRecord.objects.select_related("tracker"), pk, request)
    return _write(
        request, form=CommentForm(request.POST or None), contact=found, heading="批注", submit="发出批注",
        store=lambda text: comment_on(contact=found, text=text, by=request.user, at=at), thanks="批注已发出。",
    )


@allow(Can.RECORD, Can.COMMENT)
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a comment addressed to me."""
    at = timezone.now()
    found = fetch(Comment.objects.select_related("contact__tracker", "author"), pk, request)
    return _write(
        request, form=ReplyForm(request.POST or None), contact=found.contact, heading=f"回复{found.author.name}",
        submit="发出回复", comment=found, thanks="回复已发出。",
        store=lambda text: reply_to(comment=found, text=text, by=request.user, at=at),
    )


@require_POST
@allow(Can.VIEW)
def comment_read(request: HttpRequest, pk: int) -> HttpResponse:
    """I have read the comments on this record."""
    found = fetch(Comment.objects.select_related("contact"), pk, request)
    mark_read(contact=found.contact, by=request.user, at=timezone.now())
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204)
    return redirect(back(request, reverse("followups:contact", args=[found.contact_id])))


def _write(
    request: HttpRequest, *, form: CommentForm | ReplyForm, contact: ContactRecord, heading: str, submit: str,
    store: Callable[[str], Comment], thanks: str, comment: Comment | None = None,
) -> HttpResponse:
    url = reverse("followups:contact", args=[contact.pk])
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                store(form.cleaned_data["text"])
            except CommentRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, thanks)
                return redirect(back(request, url))
    context = {
        "form": form, "contact": contact, "comment": comment, "heading": heading, "submit": submit,
        "next": back(request, ""), "cancel_url": back(request, url), "action": request.path,
        "history": history_of(customer_id=contact.customer_id),
    }
    return answer(
        request, page="followups/write_comment.html", fragment="followups/_write_comment.html", context=context, status=status
    )

"""Comments of superiors and the replies to them (R-197)."""

from datetime import datetime

from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.followups.models import Comment, ContactRecord

LABEL = "followups.comment"


class CommentRefused(Exception):
    """The comment cannot be written; the text is for the user."""


def subject_of(comment: Comment, contact: ContactRecord) -> audit.Subject:
    return audit.Subject(LABEL, comment.pk, str(contact), contact.customer_id)


@transaction.atomic
def comment_on(*, contact: ContactRecord, text: str, by: Staff, at: datetime) -> Comment:
    """Comment on a colleague's contact record; unread for its tracker until read. One audit entry."""
    if contact.tracker_id == by.pk:
        raise CommentRefused("这是您自己写的联系记录，请用更正。")
    return _write(contact=contact, reply_to=None, addressee_id=contact.tracker_id, text=text, by=by, at=at)


@transaction.atomic
def reply_to(*, comment: Comment, text: str, by: Staff, at: datetime) -> Comment:
    """Answer a comment addressed to ``by``; the comment counts as read, the answer is unread for its author."""
    if comment.addressee_id != by.pk:
        raise CommentRefused("这条批注不是写给您的。")
    Comment.objects.filter(pk=comment.pk, read_at__isnull=True).update(read_at=at)
    return _write(
        contact=comment.contact, reply_to=comment, addressee_id=comment.author_id, text=text, by=by, at=at
    )


@transaction.atomic
def mark_read(*, contact: ContactRecord, by: Staff, at: datetime) -> int:
    """All comments on this record addressed to ``by`` are read now; returns how many were new to them.

    One audit entry when there were any; asking again changes nothing.
    """
    number = Comment.objects.unread_by(by).filter(contact=contact).update(read_at=at)
    if number:
        audit.record(
            action="comment.read", by=by, at=at, changes={"read": [None, number]},
            subject=audit.Subject("followups.contactrecord", contact.pk, str(contact), contact.customer_id),
        )
    return number


def _write(
    *, contact: ContactRecord, reply_to: Comment | None, addressee_id: int, text: str, by: Staff, at: datetime
) -> Comment:
    if not text.strip():
        raise CommentRefused("请填写内容。")
    made = Comment.objects.create(
        customer_id=contact.customer_id, contact=contact, reply_to=reply_to, author=by, addressee_id=addressee_id,
        text=text.strip(), at=at,
    )
    audit.record(
        action="comment.replied" if reply_to else "comment.written", by=by, at=at, subject=subject_of(made, contact)
    )
    return made

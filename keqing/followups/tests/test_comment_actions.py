import pytest

from keqing.audit.models import Entry
from keqing.followups.actions import comments
from keqing.followups.actions.comments import CommentRefused, comment_on, mark_read, reply_to
from keqing.followups.models import Comment
from keqing.followups.tests.factories import NOW, make_contact
from keqing.people.tests.factories import make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(cast):
    return make_contact(customer=make_organisation(owner=cast.rep), by=cast.rep)


@pytest.mark.proves("R-197")
def test_a_comment_is_unread_until_the_tracker_reads_or_answers_it(cast, contact):
    comment = comment_on(contact=contact, text=" 下次带上医学部 ", by=cast.manager, at=NOW)
    assert (comment.addressee, comment.text, comment.customer_id) == (cast.rep, "下次带上医学部", contact.customer_id)
    assert list(Comment.objects.unread_by(cast.rep)) == [comment]
    entry = Entry.objects.get(action="comment.written")
    assert (entry.actor_id, entry.subject_id, entry.customer_id) == (cast.manager.pk, comment.pk, contact.customer_id)
    answer = reply_to(comment=comment, text="好的，已约", by=cast.rep, at=NOW)
    assert (answer.reply_to, answer.addressee) == (comment, cast.manager)
    assert not Comment.objects.unread_by(cast.rep).exists()
    assert list(Comment.objects.unread_by(cast.manager)) == [answer]
    assert Entry.objects.filter(action="comment.replied", actor_id=cast.rep.pk, subject_id=answer.pk).count() == 1


def test_reading_is_audited_once_and_touches_only_ones_own(cast, contact):
    for text in ("一", "二"):
        comment_on(contact=contact, text=text, by=cast.manager, at=NOW)
    assert mark_read(contact=contact, by=cast.sibling, at=NOW) == 0
    assert [mark_read(contact=contact, by=cast.rep, at=NOW) for _ in range(2)] == [2, 0]
    assert Entry.objects.get(action="comment.read").changes == {"read": [None, 2]}


def test_comments_on_ones_own_record_empty_ones_and_foreign_answers_are_refused(cast, contact):
    with pytest.raises(CommentRefused, match="自己写的"):
        comment_on(contact=contact, text="好", by=cast.rep, at=NOW)
    with pytest.raises(CommentRefused, match="填写"):
        comment_on(contact=contact, text=" ", by=cast.manager, at=NOW)
    comment = comment_on(contact=contact, text="好", by=cast.manager, at=NOW)
    with pytest.raises(CommentRefused, match="不是写给您"):
        reply_to(comment=comment, text="我来答", by=cast.sibling, at=NOW)
    with pytest.raises(CommentRefused, match="填写"):
        reply_to(comment=comment, text=" ", by=cast.rep, at=NOW)
    assert Comment.objects.unread_by(cast.rep).count() == 1


@pytest.mark.parametrize("act", ["write", "read"])
def test_without_its_audit_entry_nothing_stays(cast, contact, monkeypatch, act):
    comment_on(contact=contact, text="先有一条", by=cast.manager, at=NOW)

    def fails(**_):
        raise RuntimeError("审计写不进去")

    monkeypatch.setattr(comments.audit, "record", fails)
    acts = {
        "write": lambda: comment_on(contact=contact, text="好", by=cast.manager, at=NOW),
        "read": lambda: mark_read(contact=contact, by=cast.rep, at=NOW),
    }
    with pytest.raises(RuntimeError):
        acts[act]()
    assert Comment.objects.unread_by(cast.rep).count() == 1

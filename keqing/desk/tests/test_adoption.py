"""What counts as use of the system, and what does not."""

import pytest
from django.utils import timezone

from keqing.access.tests.factories import make_cast
from keqing.audit import actions as audit
from keqing.desk.adoption import STAGES, uses_of
from keqing.kit.formats import business_date

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-098")]


@pytest.mark.parametrize("action", ["staff.password_changed", "person.phone_revealed", "comment.read", "duplicate.checked", "export.begun"])
def test_who_changed_the_password_and_looked_around_has_recorded_nothing(action):
    at, rep = timezone.now(), make_cast().rep
    for one in ("session.began", action):
        audit.record(action=one, by=rep, at=at)
    use = uses_of([rep.pk], today=business_date(at))[rep.pk]
    assert (use.sign_ins, use.records, use.stage(ever=True)) == (1, 0, STAGES[1])


def test_what_was_recorded_counts():
    at, rep = timezone.now(), make_cast().rep
    audit.record(action="contact.recorded", by=rep, at=at)
    use = uses_of([rep.pk], today=business_date(at))[rep.pk]
    assert (use.records, use.days) == (1, 1)

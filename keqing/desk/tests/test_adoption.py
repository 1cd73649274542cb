"""What counts as use of the system, and what does not; a person with two positions is one person."""

import pytest
from django.utils import timezone

from keqing.access.tests.factories import make_cast, make_position
from keqing.audit import actions as audit
from keqing.desk.adoption import STAGES, uses_of
from keqing.desk.queries.cockpit import cockpit
from keqing.followups.tests.factories import NOW, make_contact
from keqing.kit.formats import business_date
from keqing.people.tests.factories import make_organisation

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


@pytest.mark.proves("R-177")
def test_the_cockpit_counts_the_contacts_of_a_person_with_two_positions_once():
    cast = make_cast()
    make_contact(customer=make_organisation(owner=cast.rep), by=cast.rep)
    make_position(unit=cast.guangzhou, holder=cast.rep, name="广州二岗")
    board = cockpit(staff=cast.manager, at=NOW)
    assert board.contacts_today == 1
    assert len({one.member.staff_id for one in board.coaching}) == len(board.coaching)

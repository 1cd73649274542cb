from datetime import timedelta

import pytest

from keqing.access.tests.factories import make_cast
from keqing.followups.models import ContactRecord
from keqing.followups.tests.factories import NOW, make_contact
from keqing.people.actions.people import Post, add_affiliation
from keqing.people.tests.factories import make_organisation, make_person

pytestmark = pytest.mark.django_db


@pytest.mark.proves("R-193")
def test_records_of_a_person_stay_readable_after_the_person_gets_a_post():
    cast = make_cast()
    person = make_person(owner=cast.rep, name="曾无任职")
    contact = make_contact(customer=person, by=cast.rep)
    hospital = make_organisation(owner=cast.sibling, name="另一家医院")

    add_affiliation(
        person=person, post=Post(hospital, "doctor"), is_primary=True, by=cast.manager, at=NOW + timedelta(days=1)
    )

    assert list(ContactRecord.objects.visible_to(cast.sibling)) == [contact]
    assert list(ContactRecord.objects.visible_to(cast.stranger)) == []
    assert contact.allows(cast.sibling, "contact.view") and not contact.allows(cast.rep, "contact.view")

from datetime import timedelta

import pytest

from keqing.access.tests.factories import make_cast
from keqing.people.actions.people import PersonRefused, Post, add_affiliation, end_affiliation
from keqing.people.models import Organisation, Person
from keqing.people.tests.factories import NOW, make_organisation, make_person

pytestmark = pytest.mark.django_db


def test_each_person_sees_the_organisations_of_their_reach_and_no_others():
    cast = make_cast()
    mine = make_organisation(owner=cast.rep, name="广州示例医院")
    make_organisation(owner=cast.stranger, name="北京示例医院")
    waiting = make_organisation(unit=cast.guangzhou, name="待分配医院")
    partner = make_organisation(owner=cast.sibling, name="示例医药公司", kind="distributor")

    def seen(staff):
        return set(Organisation.objects.reached_by(staff, "organisation.view").values_list("pk", flat=True))

    assert seen(cast.rep) == {mine.pk}
    assert seen(cast.manager) == {mine.pk, waiting.pk, partner.pk}
    assert seen(cast.region_manager) == {mine.pk, waiting.pk, partner.pk}
    assert seen(cast.commerce) == {partner.pk}
    assert seen(cast.finance) == set()
    assert Organisation.objects.visible_to(cast.finance).count() == 4
    assert seen(cast.gm) == set(Organisation.objects.values_list("pk", flat=True))
    assert Organisation.objects.visible_to(cast.system).count() == 0


def test_people_follow_the_organisations_they_work_at():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    doctor = make_person(at_organisation=hospital, owner=cast.stranger)
    loose = make_person(owner=cast.stranger, name="曾无任职")

    assert list(Person.objects.visible_to(cast.rep)) == [doctor]
    assert list(Person.objects.visible_to(cast.stranger)) == [loose]
    assert doctor.allows(cast.rep, "person.edit") and not doctor.allows(cast.stranger, "person.view")


def test_organisations_and_people_draw_their_ids_from_one_sequence():
    cast = make_cast()
    first = make_organisation(owner=cast.rep)
    second = make_person(at_organisation=first, owner=cast.rep)
    third = make_organisation(owner=cast.rep, name="另一家医院")
    assert [second.pk, third.pk] == [first.pk + 1, first.pk + 2]


@pytest.mark.proves("R-004")
def test_completeness_is_filled_over_required_and_names_what_is_missing():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, level="3a", beds=800, outpatients_day=3000)
    doctor = make_person(at_organisation=hospital, owner=cast.rep, title="chief", specialty="肿瘤")
    assert (hospital.completeness, hospital.missing) == (62, ["region", "address", "role:pharmacy_head"])
    assert (doctor.completeness, doctor.missing) == (66, ["department", "best_times"])


def test_people_follow_today_s_posts_and_former_ones_only_when_there_is_no_other():
    cast = make_cast()
    here, there = make_organisation(owner=cast.rep, name="甲医院"), make_organisation(owner=cast.stranger, name="乙医院")
    doctor = make_person(at_organisation=here, owner=cast.rep, mobile="18612341402")

    def reached(staff):
        person = Person.objects.get(pk=doctor.pk)
        listed = Person.objects.visible_to(staff).filter(pk=doctor.pk).exists()
        assert listed == person.allows(staff, "phone.full") == person.allows(staff, "person.edit")
        return listed

    end_affiliation(affiliation=doctor.affiliations.get(), on=NOW.date(), by=cast.rep, at=NOW)
    assert reached(cast.rep) and not reached(cast.stranger)
    add_affiliation(person=doctor, post=Post(there, "doctor"), is_primary=True, by=cast.stranger, at=NOW)
    assert reached(cast.stranger) and not reached(cast.rep)
    assert Person.objects.visible_to(cast.gm).filter(pk=doctor.pk).exists()


def test_a_post_cannot_end_on_a_day_to_come():
    cast = make_cast()
    doctor = make_person(at_organisation=make_organisation(owner=cast.rep), owner=cast.rep)
    with pytest.raises(PersonRefused, match="今天"):
        end_affiliation(affiliation=doctor.affiliations.get(), on=NOW.date() + timedelta(days=1), by=cast.rep, at=NOW)
    assert doctor.affiliations.get().to_on is None

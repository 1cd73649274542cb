"""What an activity moved (R-180)."""

from datetime import timedelta

import pytest

from keqing.access.tests.factories import make_cast
from keqing.followups.tests.factories import TODAY, make_contact
from keqing.lifecycle.actions import move_customers
from keqing.lifecycle.actions.effects import keep_effects, mark_effects
from keqing.lifecycle.actions.targets import reach_target
from keqing.lifecycle.models import Effect
from keqing.lifecycle.tests.factories import make_target, take_up
from keqing.people.actions.organisations import update_organisation
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.timeline.models import Entry

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=8)


def effect_of(contact):
    return Effect.objects.get(contact_id=contact.pk)


@pytest.mark.proves("R-180")
def test_a_visit_that_moved_nothing_shows_effect_0_and_is_counted():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep)
    visit = make_contact(customer=customer, by=cast.rep)
    assert list(Effect.objects.without_effect()) == [], "it still has time"
    keep_effects(at=LATER)
    mark_effects(at=LATER)
    found = effect_of(visit)
    assert (found.total, found.said, found.is_closed) == (0, "成效 0", True)
    assert list(Effect.objects.without_effect()) == [found]
    assert Entry.objects.get(subject_label="followups.contactrecord", subject_id=visit.pk).details["effect"] == "成效 0"


@pytest.mark.proves("R-180")
def test_stage_completeness_and_level_are_counted_for_the_visit_they_followed():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep)
    visit = make_contact(customer=customer, by=cast.rep)
    take_up(customer, cast.rep)
    target = make_target(customer=customer, by=cast.rep)
    before = Organisation.objects.get(pk=customer.pk)
    after = update_organisation(organisation=before, values={"beds": 800, "address": "示例路 1 号"}, by=cast.rep, at=NOW)
    move_customers(customers=[after], to="opportunity", by=cast.rep, at=NOW)
    reach_target(target=target, evidence="季度评级为 A", by=cast.rep, at=NOW)
    gained = after.completeness - before.completeness
    assert gained > 0
    found = effect_of(visit)
    assert (found.d_stage, found.d_completeness, found.d_level) == (1, gained, 1)
    assert found.total == 2 + gained and found.said == f"阶段 +1、完整度 +{gained}、等级 +1"
    for _ in range(2):
        keep_effects(at=LATER)
        mark_effects(at=LATER)
    assert effect_of(visit).said == found.said, "the job may come as often as it likes"
    assert Entry.objects.get(subject_label="followups.contactrecord", subject_id=visit.pk).details["effect"] == found.said


@pytest.mark.proves("R-180")
def test_a_change_belongs_to_one_visit_the_last_before_it_or_when_that_is_over_the_next():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep)
    first = make_contact(customer=customer, by=cast.rep)
    update_organisation(organisation=Organisation.objects.get(pk=customer.pk), values={"beds": 800}, by=cast.rep, at=NOW)
    second = make_contact(customer=customer, by=cast.rep, at=NOW + timedelta(hours=3), method="phone")
    assert effect_of(first).is_closed and effect_of(first).d_completeness > 0
    keep_effects(at=LATER)
    assert effect_of(second).total == 0
    update_organisation(organisation=Organisation.objects.get(pk=customer.pk), values={"address": "甲路 1 号"}, by=cast.rep, at=LATER)
    third = make_contact(customer=customer, by=cast.rep, at=LATER + timedelta(days=1), track_on=TODAY + timedelta(days=9))
    keep_effects(at=LATER + timedelta(days=9))
    assert effect_of(second).total == 0 and effect_of(third).d_completeness > 0
    total = Organisation.objects.get(pk=customer.pk).completeness - customer.completeness
    assert sum(e.d_completeness for e in Effect.objects.all()) == total


def test_people_who_are_customers_of_their_own_have_no_effects_yet():
    cast = make_cast()
    make_contact(customer=make_person(owner=cast.rep, kind="consumer"), by=cast.rep)
    assert not Effect.objects.exists()
